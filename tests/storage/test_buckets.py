"""A dataset in a bucket is what its copy on a disk is."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import labelaudit
from tests.storage.conftest import Bucket

EXAMPLE = Path(__file__).parents[2] / "examples" / "bccd"

IMAGES = 12

Tell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def bccd(tmp_path: Path) -> Path:
    """A few photographs of blood with their labels, as VOC."""
    folder = tmp_path / "local" / "bccd"
    every = sorted(path.stem for path in (EXAMPLE / "JPEGImages").iterdir())
    wrong = [name for name in every if name[-3:] in ("331", "338", "403")]
    for name in [*every[: IMAGES - len(wrong)], *wrong]:
        for kind in (f"JPEGImages/{name}.jpg", f"Annotations/{name}.xml"):
            (folder / kind).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(EXAMPLE / kind, folder / kind)
    return folder


def findings(out: str) -> list[str]:
    """The findings of a report as JSON, without where the dataset is."""
    return [json.dumps(one) for one in json.loads(out)["findings"]]


def test_a_folder_in_a_bucket_has_the_findings_of_its_local_copy(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "data/bccd/")
    json_report = ("--output-format", "json", "--pixels", "always")
    code, local, _ = tell("scan", bccd, *json_report)
    away = tell("scan", f"{bucket.url}/data/bccd", *json_report)
    assert away[0] == code == 1
    assert findings(away[1]) == findings(local)
    assert json.loads(away[1])["dataset"]["sources"] == [f"{bucket.url}/data/bccd"]


def test_no_report_no_error_and_no_queue_names_a_file_of_the_cache(
    bccd: Path, bucket: Bucket, tell: Tell, tmp_path: Path
):
    bucket.put(bccd, "bccd/")
    (next((bccd / "JPEGImages").iterdir())).unlink()
    url, queue = f"{bucket.url}/bccd", tmp_path / "queue.db"
    formats = ("text", "json", "jsonl", "markdown", "csv", "sarif", "github", "gitlab", "junit")
    files = {one: tmp_path / f"report.{one}" for one in (*formats, "html")}
    outputs = [word for one, file in files.items() for word in ("-o", f"{one}={file}")]
    told = [*tell("scan", url, "--queue", queue, *outputs)[1:]]
    for one in formats:
        told += tell("scan", url, "--output-format", one, "--debug")[1:]
    told += tell("scan", f"{url}/none")[1:]
    told += tell("scan", url, "--manifest", tmp_path / "manifest.json")[1:]
    told += [file.read_text("utf-8") for file in files.values()]
    told.append((tmp_path / "manifest.json").read_text("utf-8"))
    told.append(queue.read_bytes().decode("latin-1"))
    for text in told:
        assert "cache/storage" not in text
        assert "cache%2Fstorage" not in text
        assert "secret-of-a-test" not in text
        assert "key-of-a-test" not in text


def test_labels_are_fetched_and_images_are_known_by_their_names_alone(
    bccd: Path, bucket: Bucket, tell: Tell, own_storage: Path
):
    bucket.put(bccd, "bccd/")
    tell("scan", f"{bucket.url}/bccd", "--pixels", "never")
    fetched = [path.suffix for path in own_storage.glob("storage/objects/*/*")]
    assert fetched.count(".xml") == IMAGES
    alike = sorted(path.stat().st_size for path in (bccd / "JPEGImages").iterdir())
    assert fetched.count(".jpg") <= sum(size in alike[:row] for row, size in enumerate(alike)) * 2
    tell("scan", f"{bucket.url}/bccd", "--pixels", "always")
    assert len(list(own_storage.glob("storage/objects/*/*.jpg"))) == IMAGES


def test_headers_come_in_pieces_once_and_are_those_of_the_whole_files(
    bccd: Path, bucket: Bucket, tmp_path: Path
):
    from labelaudit.images.headers import headers_of

    images = sorted((bccd / "JPEGImages").iterdir())
    images[0].write_bytes(images[0].read_bytes()[:-20_000])  # cut off
    images[1].write_bytes(b"")
    images[2].write_bytes(b"<html>not found</html>")
    noise = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
    Image.fromarray(noise).save(images[3], quality=95)
    assert images[3].stat().st_size > 300_000
    bucket.put(bccd, "bccd/")
    here, away = labelaudit.load(bccd), labelaudit.load(f"{bucket.url}/bccd")
    for _ in range(2):
        one, other = headers_of(here), headers_of(away)
        assert other.error.tolist() == one.error.tolist()
        assert len(set(one.error.tolist())) == 4
        assert (other.size[~(one.error != "")] == one.size[~(one.error != "")]).all()
        assert other.kind.tolist() == one.kind.tolist()
    pieces = bucket.faults.asked(rf"GET /{bucket.name}/bccd/JPEGImages/{images[3].name}")
    assert 0 < pieces <= 2  # of five and more


def test_what_was_fetched_once_is_not_fetched_again_until_it_changes(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    words = ("scan", f"{bucket.url}/bccd", "--select", "DUP,GEO", "--output-format", "json")
    first = tell(*words)[1]
    bucket.faults.requests.clear()
    assert findings(tell(*words)[1]) == findings(first)
    assert not bucket.faults.asked(r"GET .*\.xml")
    changed = sorted((bccd / "Annotations").iterdir())[0]
    changed.write_text(changed.read_text().replace("RBC", "WBC"))
    bucket.put(bccd, "bccd/")
    here = tell("scan", bccd, *words[2:])[1]
    assert findings(tell(*words)[1]) == findings(here) != findings(first)


def test_what_was_removed_from_a_bucket_is_not_there_any_more(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    url = f"{bucket.url}/bccd"
    count = len(labelaudit.load(url).images)
    gone = sorted((bccd / "Annotations").iterdir())[0]
    bucket.client.delete_object(Bucket=bucket.name, Key=f"bccd/Annotations/{gone.name}")
    assert len(labelaudit.load(url).images) == count - 1


def test_images_elsewhere_in_the_bucket_are_found(bccd: Path, bucket: Bucket, tell: Tell):
    bucket.put(bccd / "Annotations", "labels/")
    bucket.put(bccd / "JPEGImages", "images/")
    url = f"{bucket.url}/labels"
    lost = labelaudit.load(url)
    assert not (lost.images.path != "").any()
    found = labelaudit.load(url, images=f"{bucket.url}/images")
    assert (found.images.path != "").all()


def test_an_archive_in_a_bucket_is_read(bccd: Path, bucket: Bucket, tmp_path: Path, tell: Tell):
    shutil.make_archive(str(tmp_path / "bccd"), "zip", bccd)
    bucket.client.upload_file(str(tmp_path / "bccd.zip"), bucket.name, "bccd.zip")
    code, here, _ = tell("scan", tmp_path / "bccd.zip", "--output-format", "json")
    away = tell("scan", f"{bucket.url}/bccd.zip", "--output-format", "json")
    assert away[0] == code
    assert findings(away[1]) == findings(here)


def test_a_cleaned_copy_goes_to_the_bucket_and_its_list_comes_last(
    bccd: Path, bucket: Bucket, tell: Tell, tmp_path: Path
):
    bucket.put(bccd, "bccd/")
    here = tmp_path / "clean"
    assert tell("scan", bccd, "--unsafe-fixes", "-o", here, "--copy-images")[0] in (0, 1)
    code, _, err = tell("scan", f"{bucket.url}/bccd", "--unsafe-fixes", "-o", f"{bucket.url}/clean")
    assert code in (0, 1), err
    assert f"Wrote {bucket.url}/clean" in err
    objects = bucket.objects()
    made = {key[6:]: content for key, content in objects.items() if key.startswith("clean/")}
    listed = json.loads(made.pop(".labelaudit-objects.json"))["objects"]
    assert [one["name"] for one in listed] == sorted(made)
    assert [one["size"] for one in listed] == [len(made[one["name"]]) for one in listed]
    local = {
        path.relative_to(here).as_posix(): path.read_bytes()
        for path in here.rglob("*")
        if path.is_file()
    }
    patches = {name for name in local if "patch" in name}
    assert made.keys() == local.keys()
    assert all(made[name] == local[name] for name in local.keys() - patches)
    puts = [one for one in bucket.faults.requests if re.match("(PUT|DELETE) .*/clean/", one)]
    assert puts[0].endswith(".labelaudit-unfinished")
    assert puts[-2].endswith(".labelaudit-objects.json")
    assert puts[-1] == f"DELETE /{bucket.name}/clean/.labelaudit-unfinished"
    again = tell("scan", f"{bucket.url}/clean", "--output-format", "json")
    assert findings(again[1]) == findings(tell("scan", here, "--output-format", "json")[1])


def test_images_go_from_bucket_to_bucket_without_coming_here(
    bccd: Path, bucket: Bucket, tell: Tell, own_storage: Path
):
    bucket.put(bccd, "bccd/")
    clean = f"{bucket.url}/clean"
    code = tell("scan", f"{bucket.url}/bccd", "--unsafe-fixes", "--pixels", "never", "-o", clean)
    assert code[0] in (0, 1), code
    assert len([key for key in bucket.objects() if key.startswith("clean/JPEGImages/")]) == IMAGES
    assert len(list(own_storage.glob("storage/objects/*/*.jpg"))) < 10  # of one length


def test_a_conversion_goes_to_the_bucket(bccd: Path, bucket: Bucket, tell: Tell, tmp_path: Path):
    bucket.put(bccd, "bccd/")
    here, away = tmp_path / "coco.json", f"{bucket.url}/out/coco.json"
    assert tell("convert", bccd, here, "--to", "coco")[0] == 0
    code, _, err = tell("convert", "--to", "coco", f"{bucket.url}/bccd", away, "--copy-images")
    assert code == 0, err
    assert f"Wrote {away}" in err
    local, made = json.loads(here.read_bytes()), json.loads(bucket.objects()["out/coco.json"])
    assert made["annotations"] == local["annotations"]
    assert len(bucket.objects()) == 2 * IMAGES + 1 + IMAGES


def test_a_place_that_is_taken_is_refused_before_anything_is_read(
    bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    url = f"{bucket.url}/bccd"
    code, _, err = tell("scan", bccd, "--fix", "-o", url)
    assert code == 2
    assert f"{url}: exists; name another place, or replace it by --overwrite" in err
    code, _, err = tell("scan", bccd, "--fix", "-o", url, "--overwrite")
    assert code == 2
    assert "holds objects that labelaudit did not write" in err


def test_a_copy_is_replaced_by_overwrite_and_nothing_of_it_is_left(
    bccd: Path, bucket: Bucket, tell: Tell
):
    url = f"{bucket.url}/clean"
    assert tell("scan", bccd, "--unsafe-fixes", "-o", url, "--copy-images")[0] in (0, 1)
    before = bucket.objects().keys()
    gone = sorted((bccd / "Annotations").iterdir())[0]
    gone.unlink()
    words = ("--unsafe-fixes", "-o", url, "--copy-images", "--overwrite")
    assert tell("scan", bccd, *words)[0] in (0, 1)
    assert before - bucket.objects().keys() == {f"clean/Annotations/{gone.name}"}


def test_an_upload_that_fails_leaves_a_copy_that_is_said_to_be_unfinished(
    bccd: Path, bucket: Bucket, tell: Tell
):
    from tests.storage.servers import Fault

    bucket.faults.waiting.append(Fault(r"PUT .*/clean/Annotations/.*", "403", times=99))
    url = f"{bucket.url}/clean"
    code, _, err = tell("scan", bccd, "--unsafe-fixes", "-o", url)
    assert code == 2
    assert f"{url}/Annotations/" in err
    assert "access is refused" in err
    bucket.faults.waiting.clear()
    code, _, err = tell("scan", url)
    assert code == 2
    assert f"{url}: an unfinished copy" in err
    words = ("--unsafe-fixes", "-o", url, "--overwrite")
    assert tell("scan", bccd, *words)[0] in (0, 1)
    assert tell("scan", url)[0] in (0, 1)


@pytest.mark.parametrize("words", [("--fix",), ("--in-place",)])
def test_what_is_in_a_bucket_is_not_changed_where_it_is(
    words: tuple[str, ...], bccd: Path, bucket: Bucket, tell: Tell
):
    bucket.put(bccd, "bccd/")
    before = bucket.objects()
    code, _, err = tell("scan", f"{bucket.url}/bccd", *words)
    assert code == 2
    assert "--output" in err
    assert bucket.objects() == before


def test_a_review_queue_finds_its_bucket_again_and_the_page_shows_its_images(
    bccd: Path, bucket: Bucket, tell: Tell, tmp_path: Path
):
    from labelaudit.images.shown_files import ShownFiles, opened
    from labelaudit.review.queue.scanned import scanned
    from labelaudit.review.queue.store import Queue

    bucket.put(bccd, "bccd/")
    queue = tmp_path / "queue.db"
    url = f"{bucket.url}/bccd"
    assert tell("scan", url, "--queue", queue, "--pixels", "never")[0] == 1
    known = scanned(Queue.existing(queue))
    dataset = labelaudit.load(known.paths)
    files = ShownFiles(dataset)
    bucket.faults.requests.clear()
    with opened(files.path(3)) as image:
        assert image.size == (640, 480)
    assert bucket.faults.asked(rf"GET /{bucket.name}/bccd/JPEGImages/.*") == 1
    assert tell("fix", queue, "--dataset", url, "--diff")[0] in (0, 1, 2)


def test_reports_and_manifests_go_to_the_bucket(
    bccd: Path, bucket: Bucket, tell: Tell, tmp_path: Path
):
    words = ("-o", f"json={bucket.url}/reports/scan.json", "--manifest", f"{bucket.url}/m.json")
    for _ in range(2):  # files of reports are replaced
        assert tell("scan", bccd, *words)[0] == 1
    objects = bucket.objects()
    assert objects.keys() == {"reports/scan.json", "m.json"}
    assert json.loads(objects["reports/scan.json"])["findings"]


def test_queues_stay_on_this_machine(bucket: Bucket, tell: Tell):
    code, _, err = tell("scan", EXAMPLE, "--queue", f"{bucket.url}/queue.db")
    assert code == 2
    assert f"--queue {bucket.url}/queue.db: is changed all the time; name a local one" in err


def test_a_folder_of_more_objects_than_are_listed_is_refused(
    bccd: Path, bucket: Bucket, tell: Tell, monkeypatch: pytest.MonkeyPatch
):
    bucket.put(bccd, "bccd/")
    count = len(bucket.objects())
    url = f"{bucket.url}/bccd"
    monkeypatch.setenv("LABELAUDIT_STORAGE_OBJECTS", str(count))
    assert tell("scan", url)[0] == 1
    monkeypatch.setenv("LABELAUDIT_STORAGE_OBJECTS", str(count - 1))
    code, _, err = tell("scan", url)
    assert code == 2
    assert f"{url}: more than {count - 1} objects" in err


def test_a_url_without_its_package_names_the_extra(tell: Tell, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("labelaudit.core.extras.find_spec", lambda name: None)
    monkeypatch.setattr("labelaudit.storage.connect._open", {})
    for scheme, extra in {"s3": "s3", "gs": "gcs", "az": "azure", "https": "http"}.items():
        code, _, err = tell("scan", f"{scheme}://bucket/labels.json")
        assert code == 2
        assert f"pip install 'labelaudit[{extra}]'" in err


def test_a_path_of_python_that_was_a_url_is_one(bccd: Path, bucket: Bucket):
    bucket.put(bccd, "bccd/")
    assert len(labelaudit.load(Path(f"{bucket.url}/bccd")).images)
    with pytest.raises(labelaudit.LabelauditError, match=f"{bucket.url}/none: no such object"):
        labelaudit.load(os.path.join(bucket.url, "none"))


def test_images_of_the_same_bytes_are_found_though_one_of_them_was_fetched_before(
    bccd: Path, bucket: Bucket, tell: Tell
):
    from labelaudit.images.shown_files import ShownFiles

    first, second = sorted((bccd / "JPEGImages").iterdir())[:2]
    shutil.copyfile(first, second)
    bucket.put(bccd, "bccd/")
    dataset = labelaudit.load(f"{bucket.url}/bccd")
    row = [Path(path).name for path in dataset.images.path.tolist()].index(first.name)
    ShownFiles(dataset).path(row)
    words = ("--select", "duplicate-image", "--pixels", "never", "--output-format", "json")
    here = tell("scan", bccd, *words)[1]
    assert findings(tell("scan", f"{bucket.url}/bccd", *words)[1]) == findings(here) != []
