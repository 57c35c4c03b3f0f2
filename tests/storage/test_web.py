"""Files of web servers that fail, cut off, change and hide what they have."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import labelaudit
from labelaudit.core.mirror_names import USED
from labelaudit.storage import failures, fetch
from tests.storage.servers import Fault, WebServer

COUNT = 60

Tell = Callable[..., tuple[int, str, str]]


def coco(count: int = COUNT, width: int = 0) -> bytes:
    """A COCO file of so many boxes, the first of so much width."""
    boxes = [
        {"id": n, "image_id": 1, "category_id": 1, "bbox": [n % 500, 10, 20 if n else width, 30]}
        for n in range(count)
    ]
    images = [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}]
    content = {"images": images, "categories": [{"id": 1, "name": "car"}], "annotations": boxes}
    return json.dumps(content).encode()


@pytest.fixture
def labels(web: WebServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a COCO file that comes in several blocks."""
    monkeypatch.setattr(fetch, "BLOCK", 1000)
    web.files["/labels.json"] = coco()
    assert len(web.files["/labels.json"]) > 3 * fetch.BLOCK
    return f"{web.url}/labels.json"


@pytest.mark.parametrize("kind", ["500", "503", "429", "408", "cut"])
@pytest.mark.parametrize("times", [1, failures.TRIES - 1])
def test_what_fails_for_a_while_is_asked_for_again(
    kind: str, times: int, labels: str, web: WebServer
):
    web.faults.waiting.append(Fault(".*", kind, times))
    dataset = labelaudit.load(labels)
    assert len(dataset.boxes) == COUNT
    assert web.faults.waiting[0].seen == times
    assert Path(dataset.sources[0]).read_bytes() == web.files["/labels.json"]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("500", "HTTP 500, 6 times; try again later"),
        ("403", "access is refused (HTTP 403); a signed URL may have run out; ask for a new one"),
        ("404", "no such object or folder"),
        ("418", "HTTP 418"),
    ],
)
def test_what_does_not_come_is_told_in_a_line_without_what_is_secret(
    kind: str, said: str, labels: str, web: WebServer, tell: Tell
):
    web.faults.waiting.append(Fault(".*", kind, 99))
    secret = labels.replace("http://", "http://me:pa55@") + "?signature=s1gned"
    for debug in ((), ("--debug",)):
        code, out, err = tell("scan", secret, *debug)
        assert code == 2
        assert not out
        assert err.endswith(f"labelaudit: error: {labels}: {said}\n")
        assert "s1gned" not in err
        assert "pa55" not in err
    assert len(web.faults.requests) == 2 * (failures.TRIES if kind == "500" else 1)


def test_an_answer_that_is_always_cut_off_leaves_no_file_under_its_name(
    labels: str, web: WebServer, tell: Tell, own_storage: Path
):
    web.faults.waiting.append(Fault(".*", "cut", 99))
    code, _, err = tell("scan", labels)
    assert code == 2
    assert f"{labels}: the answer was cut off, 6 times" in err
    files = [path.name for path in own_storage.glob("storage/objects/*/*")]
    assert all(name.endswith((".part", ".parts")) for name in files)


def test_a_file_that_changes_between_two_blocks_is_refused(
    labels: str, web: WebServer, tell: Tell, own_storage: Path
):
    def change(request: str) -> None:
        if len(web.faults.requests) == 3:
            web.files["/labels.json"] = coco(width=7)

    web.faults.before = change
    code, _, err = tell("scan", labels)
    assert code == 2
    assert f"{labels}: changed while it was read; scan it again" in err
    assert not list(own_storage.glob("storage/objects/*/*"))
    assert tell("scan", labels)[0] == 1


def test_a_server_without_ranges_gives_its_file_as_a_whole(
    labels: str, web: WebServer, own_storage: Path
):
    web.ranges = False
    dataset = labelaudit.load(labels)
    assert Path(dataset.sources[0]).read_bytes() == web.files["/labels.json"]
    assert len(web.faults.requests) == 2
    web.faults.waiting.append(Fault(".*", "cut", 2))
    web.files["/labels.json"] = coco(COUNT + 10)
    assert len(labelaudit.load(labels).boxes) == COUNT + 10


def test_a_file_of_which_no_version_is_said_is_fetched_by_each_process(labels: str, web: WebServer):
    web.tags = False
    program = f"import labelaudit; print(len(labelaudit.load({labels!r}).boxes))"
    for count in (COUNT, COUNT + 1):
        web.files["/labels.json"] = coco(count).ljust(8000)  # of one length
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
        assert int(done.stdout) == count


def test_an_unchanged_file_is_asked_for_its_version_alone(labels: str, web: WebServer):
    labelaudit.load(labels)
    web.faults.requests.clear()
    labelaudit.load(labels)
    assert len(web.faults.requests) == 1
    web.files["/labels.json"] = coco(COUNT + 1)
    assert len(labelaudit.load(labels).boxes) == COUNT + 1


def test_a_login_and_a_signature_are_sent_and_are_in_no_name(
    labels: str, web: WebServer, tell: Tell, own_storage: Path
):
    web.login = "Basic bWU6cGE1NQ=="
    assert tell("scan", labels)[0] == 2
    web.faults.requests.clear()
    url = labels.replace("http://", "http://me:pa55@") + "?signature=s1gned"
    code, out, err = tell("scan", url, "--output-format", "json")
    assert code == 1
    assert all(one.endswith("?signature=s1gned") for one in web.faults.requests)
    assert json.loads(out)["dataset"]["sources"] == [labels]
    names = "\n".join(map(str, own_storage.rglob("*")))
    for text in (out, err, names):
        assert "s1gned" not in text
        assert "pa55" not in text


def test_a_web_server_lists_and_takes_nothing(labels: str, web: WebServer, tell: Tell):
    code, _, err = tell("scan", f"{web.url}/folder/")
    assert code == 2
    assert f"{web.url}/folder/: a web server lists no folder" in err
    code, _, err = tell("scan", labels, "--fix", "-o", f"{web.url}/clean.json")
    assert code == 2
    assert f"{web.url}/clean.json: a web server takes no files; name a bucket" in err


def test_an_archive_of_a_web_server_is_read(web: WebServer, tell: Tell):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("annotations.json", coco())
    web.files["/data.zip"] = file.getvalue()
    code, out, _ = tell("scan", f"{web.url}/data.zip", "--output-format", "json")
    assert code == 1
    assert json.loads(out)["dataset"]["boxes"] == COUNT


def test_a_kill_costs_no_block_that_had_come(
    labels: str, web: WebServer, own_storage: Path, tmp_path: Path
):
    web.files["/labels.json"] = coco(2000)
    count = -(-len(web.files["/labels.json"]) // 1000)
    program = (
        "from labelaudit.storage import fetch; fetch.BLOCK = 1000; fetch.THREADS = 1\n"
        f"import labelaudit; labelaudit.load({labels!r})"
    )
    process = subprocess.Popen([sys.executable, "-c", program], env=dict(os.environ))
    while len(web.faults.requests) < count // 2:
        time.sleep(0.001)
    process.kill()
    process.wait()
    before = len(web.faults.requests)
    assert not list(own_storage.glob("storage/objects/*/*.json"))
    web.faults.requests.clear()
    dataset = labelaudit.load(labels)
    assert Path(dataset.sources[0]).read_bytes() == web.files["/labels.json"]
    # The first asks for the version; the last two of before had perhaps not been written.
    assert count - before + 1 <= len(web.faults.requests) - 1 <= count - before + 3


def test_predictions_and_configuration_may_be_urls(
    web: WebServer, labels: str, tell: Tell, tmp_path: Path
):
    pytest.importorskip("sklearn")
    web.files["/labelaudit.toml"] = b'select = ["GEO001"]\n'
    code, out, err = tell(
        "scan", labels, "--config", f"{web.url}/labelaudit.toml", "--output-format", "json"
    )
    assert code == 1, err
    assert {one["code"] for one in json.loads(out)["findings"]} == {"GEO001"}
    found = [{"image_id": 1, "category_id": 1, "bbox": [10, 10, 20, 30], "score": 0.9}]
    web.files["/found.json"] = json.dumps(found).encode()
    words = ("--predictions", f"{web.url}/found.json", "--output-format", "json")
    here = tmp_path / "found.json"
    here.write_bytes(web.files["/found.json"])
    local = tell("scan", labels, "--predictions", here, "--output-format", "json")
    away = tell("scan", labels, *words)
    assert away[0] == local[0]
    assert json.loads(away[1])["findings"] == json.loads(local[1])["findings"]


def test_a_file_url_is_a_local_path(tmp_path: Path, tell: Tell):
    (tmp_path / "a b.json").write_bytes(coco())
    code, out, _ = tell("scan", (tmp_path / "a b.json").as_uri(), "--output-format", "json")
    assert code == 1
    assert json.loads(out)["dataset"]["sources"] == [str(tmp_path / "a b.json")]
    assert USED not in os.environ
