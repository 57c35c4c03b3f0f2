"""Tables of Label Studio: they say what its JSON_MIN says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.labelstudio.tables import is_table, items_of
from labelaudit.io.load import load
from labelaudit.io.recognition import recognise
from labelaudit.testing import draw
from tests.io.formats.read_only_files import objects

COLUMNS = ("annotation_id", "annotator", "created_at", "id", "image", "label", "lead_time")
REGION = {"x": 10.0, "y": 20.0, "width": 30, "height": 40, "rotation": 0}
REGION |= {"original_width": 200, "original_height": 100}


def regions(*labels: str) -> str:
    return json.dumps([REGION | {"rectanglelabels": [label]} for label in labels])


def put(path: Path, *labels: str, delimiter: str = ",", cell: str | None = None) -> Path:
    """A table as the exporter writes it, every text in quotes, with an image beside it."""
    cell = regions(*labels) if cell is None else cell
    row = ("7", "1", "2024-05-01T10:00:00Z", "3", "/data/upload/1/1a2b3c4d-a.png", cell, "12.5")
    quoted = ['"' + value.replace('"', '""') + '"' for value in row]
    header = [f'"{name}"' for name in COLUMNS]
    path.write_text(delimiter.join(header) + "\n" + delimiter.join(quoted) + "\n")
    draw(path.parent / "a.png", (200, 100))
    return path


def told(dataset: Dataset) -> list[str]:
    return dataset.problems.field.tolist()


@pytest.mark.parametrize(("name", "delimiter"), [("result.csv", ","), ("result.tsv", "\t"),
                                                 ("result.csv", "\t")])  # fmt: skip
def test_a_table_is_read_as_json_min_is(tmp_path, name, delimiter):
    path = put(tmp_path / name, "cat", "dog", delimiter=delimiter)
    for place in (path, tmp_path):
        assert recognise(place).format.name == "labelstudio"
        dataset = load(place)
        box = [20.0, 20.0, 80.0, 60.0]
        assert objects(dataset) == [("a.png", "cat", box), ("a.png", "dog", box)]
        assert dataset.images.path.tolist() == [str(tmp_path / "a.png")]
        assert len(dataset.problems) == 0


def test_a_cell_may_be_as_long_as_it_is(tmp_path):
    dataset = load(put(tmp_path / "result.csv", *["cat"] * 2000))
    assert len(dataset.boxes) == 2000


def test_an_image_without_regions_is_one(tmp_path):
    dataset = load(put(tmp_path / "result.csv", cell=""))
    assert (len(dataset.images), len(dataset.boxes)) == (1, 0)


def test_a_cell_that_is_no_json_is_text(tmp_path):
    (item,) = items_of(put(tmp_path / "result.csv", cell="[not json"))
    assert item["label"] == "[not json"


@pytest.mark.parametrize(
    "head",
    [b"annotation_id,name\n1,a\n", b"filename,xmin\n", b"a\nannotation_id,lead_time\n", b""],
)
def test_other_tables_are_none(head):
    assert not is_table(head)
    assert is_table(b"\xef\xbb\xbfannotation_id,id,image,lead_time\n")


def test_a_table_that_is_no_text_is_told(tmp_path):
    path = put(tmp_path / "result.csv", "cat")
    path.write_bytes(path.read_bytes() + b"\xff\xfe\n")
    dataset = load(path)
    assert "utf-8" in dataset.problems.found[0]
