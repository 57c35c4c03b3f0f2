"""Lines of other formats among labels are named; lines that are only broken are none of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.yolo.loose import number
from labelaudit.io.formats.yolo.other_lines import other_format
from labelaudit.io.load import load
from labelaudit.testing import draw

LINE = "0 0.5 0.5 0.2 0.2"
DOTA = "10 10 30 10 30 30 10 30 plane 0"
KITTI = "Car 0.00 0 -1.57 4.00 6.00 36.00 30.00 1.52 1.63 3.89 1.04 1.56 8.01 -1.61"


def meant(line: str) -> str:
    words = line.split()
    return other_format(words, [number(word) for word in words]).partition(",")[0]


@pytest.mark.parametrize(
    ("line", "name"),
    [
        (DOTA, "DOTA"),
        ("10.5 10 30 10 30 30 10 30 storage tank 1", "DOTA"),
        ("10 10 30 10 30 30 10 30 plane", "DOTA"),
        ("0 0 3 0 3 2.5 0 2.5 plane 0", "DOTA"),
        ("0 0 2 0 2 2 0 2 plane 0", ""),  # may be fractions
        ("0 .1 .1 .2 .1 .2 .2 .1 x", ""),  # points, of which one is broken
        ("0 .1 .1 .2 .1 .2 .2 .1 x .2", ""),
        ("10 10 30 10 30 30 10 30 plane 0.5", ""),
        ("10 10 30 10 30 30 10 30 1", ""),
        ("10 10 30 10 30 x 10 30 plane 0", ""),
        ("10 10 30 10 30 30 10", ""),
        (KITTI, "KITTI"),
        (f"{KITTI} 0.9", "KITTI"),
        (f"{KITTI} 0.9 1", ""),
        (KITTI.rpartition(" ")[0], ""),
        (KITTI.replace("1.52", "x"), ""),
        (KITTI.replace("Car", "0"), ""),
        (KITTI.replace("36.00", "3.00"), ""),
        (KITTI.replace("30.00", "5.00"), ""),
        ("cat 0 0 .1 .1 .1 2 2 .2 .2 .3 .3 .4 .4 .4", ""),  # points
        ("cat 0 0 .1 .1 .1 2 2.1 .2 .2 .3 .3 .4 .4 .4", "KITTI"),
    ],
)
def test_a_line_is_of_another_format_if_all_of_it_is_and_in_pixels(line, name):
    assert meant(line) == name


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    for name in "ab":
        draw(tmp_path / "images" / f"{name}.png", (64, 48))
        (tmp_path / "labels").mkdir(exist_ok=True)
        (tmp_path / "labels" / f"{name}.txt").write_text(f"{LINE}\n{LINE[:-1]}3\n")
    (tmp_path / "data.yaml").write_text("train: images\nnames: [Car]\n")
    return tmp_path


def told(dataset: Dataset) -> list[tuple[str, int, str]]:
    columns = (getattr(dataset.problems, name).tolist() for name in ("kind", "record", "found"))
    return list(zip(*columns, strict=True))


@pytest.mark.parametrize(("line", "name"), [(DOTA, "DOTA"), (KITTI, "KITTI")])
def test_it_is_one_problem_no_class_and_no_box_and_stays_where_it_is(mixed, line, name):
    (mixed / "labels" / "a.txt").write_text(f"{LINE}\n{line}\n{LINE}\n")
    dataset = load(mixed)
    ((kind, record, found),) = told(dataset)
    assert (kind, record) == ("unreadable", 1)
    assert found.startswith(f"a line of {name}, ")
    assert (len(dataset.boxes), dataset.class_names) == (4, ["Car"])
    assert main(["fix", str(mixed), "--in-place"]) == 0
    assert (mixed / "labels" / "a.txt").read_text() == f"{LINE}\n{line}\n"


def test_a_conversion_counts_it_as_lost(mixed, tmp_path, capsys):
    (mixed / "labels" / "a.txt").write_text(f"{LINE}\n{DOTA}\n")
    assert main(["convert", str(mixed), str(tmp_path / "out.json"), "--to", "coco"]) == 2
    assert "1 object that cannot be read" in capsys.readouterr().err
