"""The companions of a label file: what may say more of it, and what is nobody's business."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.io.formats.sources import beside
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
