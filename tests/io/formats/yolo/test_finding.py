"""What counts as a YOLO label: text files of many formats hold numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.io.formats.evidence import PathSample
from labelaudit.io.formats.yolo.finding import evidence, is_label
from labelaudit.testing import draw

OTHERS = {
    "KITTI": "Car 0.00 0 -1.57 614.24 181.78 727.31 284.77 1.52 1.63 3.89 1.04 1.56 8.01 -1.61",
    "DOTA": "2753 2408 2861 2385 2888 2468 2805 2502 plane 0",
    "VisDrone": "684,8,273,116,0,0,0,0",
    "MOT": "1,-1,0,4,4,8,1,3,1.0",
    "WIDER": "449 330 122 149 0 0 0 0 0 0",
    "mAP": "person 12 20 100 200",
}


def put(folder: Path, *texts: str) -> Path:
    folder.mkdir(parents=True)
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)
    return folder


def seems_yolo(folder: Path) -> bool:
    """Whether there is more than the weak evidence that counts where nothing else is found."""
    found = evidence(PathSample(folder))
    return found is not None and not found.weak


@pytest.mark.parametrize("line", OTHERS.values(), ids=OTHERS)
def test_files_of_other_formats_are_none(tmp_path, line):
    assert not seems_yolo(put(tmp_path / "ds", f"{line}\n{line}\n"))


@pytest.mark.parametrize(
    "line",
    [
        "0 0.5 0.5 0.2 0.2",
        "3 100 120 50 60",  # pixels by mistake
        "1.0 0.5 0.5 0.2 0.2 0.93",
        "0,0.5,0.5,0.2,0.2",
        "cat 0.5 0.5 0.2 0.2",
        "0 0.1 0.1 0.2 0.1 0.2 0.2",
        "4 0.1 0.1 0.4 0.2 0.3 0.5 0.05 0.4",  # four corners
        "0 0.5 0.5 0.2 0.2 0.4 0.4 2",
    ],
)
def test_a_class_with_a_box_or_with_fractions_is_one(tmp_path, line):
    assert evidence(PathSample(put(tmp_path / "ds", line))) is not None


@pytest.mark.parametrize(
    "line", ["a.jpg 10 20 30 40", "a.JPG 0.5 0.5 0.2 0.2", "b/c.png 1 2 3 4 5"]
)
def test_a_line_that_begins_with_an_image_is_none(tmp_path, line):
    assert evidence(PathSample(put(tmp_path / "ds", line))) is None


def test_names_are_weak_evidence_where_nothing_gives_them_numbers(tmp_path):
    folder = put(tmp_path / "ds", "car 0.5 0.5 0.2 0.2")
    assert not seems_yolo(folder)
    assert seems_yolo(put(tmp_path / "both", "car 0.5 0.5 0.2 0.2\n0 0.5 0.5 0.2 0.2"))
    (folder / "obj.names").write_text("car\n")
    assert not seems_yolo(folder)  # only text files are label files, or beside them
    (folder / "classes.txt").write_text("car\n")
    assert seems_yolo(folder)


def test_a_name_of_the_class_list_may_go_before_pixels(tmp_path):
    folder = put(tmp_path / "ds", "car 10 20 30 40")
    assert not seems_yolo(folder)
    (folder / "classes.txt").write_text("cat\ncar\n")
    assert evidence(PathSample(folder)).fitting == ("0.txt",)


def test_points_in_pixels_are_labels_only_in_a_folder_of_labels():
    words = ["0", "10", "10", "20", "10", "20", "20"]
    assert is_label(words, (), in_labels=True)
    assert not is_label(words, (), in_labels=False)


@pytest.mark.parametrize(
    ("label", "declared"),
    [
        ("labels/train/a.txt", True),
        ("images/train/a.txt", True),
        ("labels/val/a.txt", False),
        ("labels/train/a.xml", False),
    ],
)
def test_a_description_declares_only_where_it_leads_to_text_files(tmp_path, label, declared):
    draw(tmp_path / "set" / "images" / "train" / "a.png", (64, 48))
    path = tmp_path / "set" / label
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("")
    home = tmp_path / "home"
    home.mkdir()
    (home / "data.yaml").write_text("train: ../set/images/train\nnames: [car]\n")
    found = evidence(PathSample(home))
    assert (found.declared, found.weak) == (declared, False)


def test_a_description_that_leads_to_a_list_declares_and_one_that_leads_nowhere_is_weak(tmp_path):
    yaml = "train: list.lst\nnames: [car]\n"
    (tmp_path / "data.yaml").write_text(yaml)
    found = evidence(PathSample(tmp_path))
    assert (found.declared, found.weak) == (False, True)
    (tmp_path / "list.lst").write_text("a.png\n")
    found = evidence(PathSample(tmp_path))
    assert (found.declared, found.weak) == (True, False)


def test_half_of_the_lines_may_be_broken(tmp_path):
    line, broken = "0 .5 .5 .1 .1\n", "0 .5 .5 x .1\n"
    assert seems_yolo(put(tmp_path / "half", line + broken))
    assert not seems_yolo(put(tmp_path / "more", line + broken + broken))
