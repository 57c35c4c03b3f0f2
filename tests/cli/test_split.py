"""`labelaudit split` proposes, says what was wrong, writes, and what it writes does not leak."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from labelaudit.cli.split_options import SplitChoice
from labelaudit.errors import ConfigError
from labelaudit.io.load import load
from tests.recorded_frames import PHOTOGRAPHS, panned, scene

BCCD = Path(__file__).parents[2] / "examples/bccd"


@pytest.fixture
def leaking(tmp_path):
    """A COCO dataset of a recording and single pictures, dealt out without a thought."""
    pictures = {f"cam_{n}.jpg": frame for n, frame in enumerate(panned(PHOTOGRAPHS[0], 8))}
    pictures |= {f"x{n}.jpg": scene(n) for n in range(12)}
    pictures["again.jpg"] = pictures["x0.jpg"].resize((240, 240))
    given = []
    for part, name in enumerate(("train", "val")):
        content = {"images": [], "annotations": [], "categories": [{"id": 1, "name": "car"}]}
        for n, (file, picture) in enumerate(pictures.items()):
            if (n % 4 == 3) != part:
                continue
            (tmp_path / name).mkdir(exist_ok=True)
            picture.save(tmp_path / name / file, quality=92)
            width, height = picture.size
            image = {"id": n, "file_name": file, "width": width, "height": height}
            content["images"].append(image)
            box = {"id": n, "image_id": n, "category_id": 1, "bbox": [9, 9, 40, 50 + n]}
            content["annotations"].append({**box, "area": 40 * (50 + n), "iscrowd": 0})
        given.append(tmp_path / f"{name}.json")
        given[-1].write_text(json.dumps(content))
    return given


def codes(run, *sources: Path) -> set[str]:
    ran = run("scan", *sources, "--select", "SPL", "--output-format", "json")
    return {one["code"] for one in json.loads(ran.out)["findings"]}


def test_a_split_that_leaks_is_told_and_the_new_one_does_not(run, leaking, tmp_path):
    assert codes(run, *leaking) == {"SPL003"} or "SPL003" in codes(run, *leaking)
    out = tmp_path / "out"
    ran = run("split", *leaking, "--shares", "train=.7,val=.3", "-o", out)
    assert ran.code == 0, ran.err
    assert "images of val" in ran.out
    assert "frames of one recording" in ran.out
    assert "read again, all of it is there" in ran.err
    assert codes(run, out / "train.json", out / "val.json") <= {"SPL004"}
    again = load((out / "train.json", out / "val.json"))
    assert (len(again.images), len(again.boxes)) == (21, 21)


def test_without_an_output_nothing_is_written(run, leaking, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert run("split", *leaking).code == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_a_kept_split_stays_and_what_leaks_is_set_aside(run, leaking, tmp_path):
    out = tmp_path / "out"
    ran = run("split", *leaking, "--keep", "val", "-o", out)
    assert ran.code == 0, ran.err
    names = {one["file_name"] for one in json.loads((out / "val.json").read_text())["images"]}
    old = {one["file_name"] for one in json.loads(leaking[1].read_text())["images"]}
    assert names == old
    assert (out / "aside.json").exists()
    assert codes(run, out / "train.json", out / "val.json") <= {"SPL004"}


def test_random_images_are_dealt_out_one_by_one(run, leaking):
    ran = run("split", *leaking, "--by", "random", "--output-format", "json")
    assert json.loads(ran.out)["groups"] == 21
    grouped = run("split", *leaking, "--output-format", "json")
    assert json.loads(grouped.out)["groups"] == 13
    asked = run("split", *leaking, "--by", "random", "--pattern", "^x", "--output-format", "json")
    assert json.loads(asked.out)["groups"] == 10


def test_json_and_the_list_tell_the_split_of_every_image(run, leaking, tmp_path):
    table = tmp_path / "splits.csv"
    ran = run("split", *leaking, "--output-format", "json", "--list", table)
    told = json.loads(ran.out)
    with table.open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert rows == told["images"]
    assert len(rows) == 21
    assert len({row["split"] for row in rows if row["image"].startswith("cam_")}) == 1
    assert sum(split["images"] for split in told["splits"]) == 21
    assert sum(split["classes"]["car"] for split in told["splits"]) == 21


def test_a_real_dataset_in_its_own_format_and_in_another(run, tmp_path):
    ran = run("split", BCCD, "--shares", "train=.75,val=.25", "-o", tmp_path / "voc")
    assert ran.code == 0, ran.err
    assert "nothing found wrong" in ran.out
    again = load(tmp_path / "voc")
    assert again.splits == ("train", "val")
    assert (len(again.images), len(again.boxes)) == (40, 495)
    ran = run("split", BCCD, "-o", tmp_path / "yolo", "--to", "yolo", "--seed", "4")
    assert ran.code == 0, ran.err
    assert load(tmp_path / "yolo").splits == ("train", "val", "test")


def test_a_format_that_can_only_be_read_is_proposed_for_and_converted(run, tmp_path):
    rows = [f"{n}.jpg,100,100,cat,{n},2,{n + 30},40" for n in range(12)]
    table = tmp_path / "boxes.csv"
    table.write_text("\n".join(["filename,width,height,class,xmin,ymin,xmax,ymax", *rows]) + "\n")
    assert "12 images not found or not decoded" in run("split", table).out
    refused = run("split", table, "-o", tmp_path / "out")
    assert refused.code == 2
    assert "--to coco writes the split in another format" in refused.err
    assert run("split", table, "-o", tmp_path / "out", "--to", "coco").code == 0
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        *("test.json", "train.json", "val.json")
    ]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shares", "train"), "expected train=.8,val=.2, found 'train'"),
        (("--shares", "train=0,val=1"), "found 'train=0'"),
        (("--shares", "train=nan,val=1"), "found 'train=nan'"),
        (("--shares", "train=1"), "name two splits at least"),
        (("--shares", "a=1,a=1"), "a is named twice"),
        (("--shares", "../a=1,b=1"), "cannot be the name of a file or folder"),
        (("--keep", "test", "--shares", "a=1,b=1"), "--keep leaves images where they are"),
        (("--keep", "dev"), "no split is called 'dev'"),
        (("--pattern", "("), "--pattern '('"),
        (("--by", "patient"), "no field is called 'patient'"),
        (("--to", "yolo"), "add --output"),
        (("--copy-images",), "add --output"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(run, words, said):
    ran = run("split", BCCD, *words)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_a_place_that_is_taken_is_refused_before_any_work(run, tmp_path):
    (tmp_path / "out").mkdir()
    ran = run("split", "nowhere", "-o", tmp_path / "out")
    assert "exists" in ran.err
    ran = run("split", "nowhere", "--list", tmp_path / "out")
    assert "exists" in ran.err


def test_shares_are_read_whatever_they_add_up_to():
    assert SplitChoice(shares=" train = 8 , val=2").parsed_shares == {"train": 8.0, "val": 2.0}
    assert list(SplitChoice().parsed_shares) == ["train", "val", "test"]
    with pytest.raises(ConfigError):
        SplitChoice(shares=",").check()


def test_files_of_splits_are_changed_in_place_and_undone(run, leaking, tmp_path):
    folder = tmp_path / "images"
    folder.mkdir()
    for name in ("train", "val"):
        for picture in sorted((tmp_path / name).iterdir()):
            picture.rename(folder / picture.name)
        (tmp_path / name).rmdir()
    before = [path.read_bytes() for path in leaking]
    assert "SPL003" in codes(run, *leaking)
    ran = run("split", *leaking, "--shares", "train=.7,val=.3", "--in-place")
    assert ran.code == 0, ran.err
    assert "Changed 2 files" in ran.err
    assert f"labelaudit undo {tmp_path}" in ran.err
    assert codes(run, *leaking) <= {"SPL004"}
    assert run("undo", tmp_path).code == 0
    assert [path.read_bytes() for path in leaking] == before


def test_what_cannot_be_changed_in_place_is_said_and_left(run, leaking, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    ran = run("split", *leaking, "--shares", "train=.7,val=.3", "--in-place")
    assert ran.code == 2
    assert "write the split to a new place with --output" in ran.err
    assert [path for path in sorted(tmp_path.rglob("*")) if ".lock" not in path.name] == before
    ran = run("split", *leaking, "--in-place", "-o", tmp_path / "out")
    assert "--in-place and --output exclude each other" in ran.err
