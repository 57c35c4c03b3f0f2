"""The companions of a label file: what may say more of it, and what is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.io.formats.sources import beside, splits_of
from labelaudit.io.load import load

TABLE = "filename,width,height,class,xmin,ymin,xmax,ymax\na.jpg,64,48,dog,1,2,3,4\n"
OPEN_IMAGES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax\na,x,/m/dog,1,.1,.2,.1,.2\n"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a table, what lies beside it, and another dataset in a folder."""
    for name in ("a.csv", "classes.CSV", "classes.txt", ".hidden.csv", "a.cleaned.csv"):
        (tmp_path / name).write_text("cat,0\n")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "classes.csv").write_text("bird,0\n")
    return tmp_path


def test_of_a_file_only_those_beside_it_count_and_of_a_folder_all(home):
    assert beside(home / "a.csv", [".csv"]) == ["a.csv", "classes.CSV"]
    assert beside(home, [".csv"]) == ["a.csv", "classes.CSV", "other/classes.csv"]


@pytest.mark.parametrize(("format_", "text"), [("csv", TABLE), ("openimages", OPEN_IMAGES)])
def test_a_table_does_not_take_its_classes_from_another_dataset_below(home, format_, text):
    (home / "a.csv").write_text(text)
    (home / "other" / "classes.csv").write_text("/m/dog,bird\n" if format_ != "csv" else "bird,0\n")
    dataset = load(home / "a.csv", format=format_)
    assert "bird" not in dataset.class_names
    assert len(dataset.boxes) == 1


def names(*folders: tuple[str, int]) -> list[str]:
    return [f"{folder}{number}.json" for folder, count in folders for number in range(count)]


def test_up_to_ten_files_are_a_split_each_and_of_more_their_folders_are():
    assert splits_of(names(("", 10))) == [str(number) for number in range(10)]
    assert splits_of(names(("", 11))) == [""] * 11
    assert splits_of(names(("train/", 9), ("valid/", 2))) == ["train"] * 9 + ["valid"] * 2
    assert splits_of(["a.json", *names(("train/", 10))]) == ["", *["train"] * 10]


def test_folders_of_one_file_each_are_no_splits_either():
    assert splits_of([f"{number}/labels.json" for number in range(11)]) == [""] * 11
