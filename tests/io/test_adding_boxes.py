"""Adding a box that nobody labelled, through every format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.save import save, undo
from labelaudit.testing import images, with_image_files
from tests.io.formats.conversions import convert

CONTENT = {"a.png": ["car 10 10 40 40", "bus 50 20 90 60"], "b.png": ["car 5 5 25 25"], "c.png": []}
NEW = [100.0, 110.0, 150.0, 170.0]


def written(folder: Path, name: str) -> Dataset:
    """The dataset as files of a format, loaded."""
    dataset = with_image_files(images(CONTENT, size=(200, 200)), folder / "images")
    path = folder / ("labels.json" if name == "coco" else "labels")
    convert(name, dataset, path)
    return labelaudit.load(path, images=folder / "images")


def adding(dataset: Dataset, image: str, class_name: str) -> Findings:
    """A finding whose fix adds `NEW` to an image."""
    rows = [Path(name).stem for name in dataset.images.name.tolist()]
    values = {
        "image": rows.index(Path(image).stem),
        "label": dataset.class_names.index(class_name),
        "xyxy": NEW,
    }
    fix = np.empty(1, object)
    fix[0] = Fix("add", Safety.UNSAFE, RecordType.BOX, MISSING, values)
    return Findings.of(1, code=texts(["MOD001"]), image=[values["image"]], fix=fix)


@pytest.mark.parametrize("image", ["a.png", "c.png"])
@pytest.mark.parametrize("name", ["coco", "voc", "yolo"])
def test_an_added_box_is_in_the_saved_file_and_undo_takes_it_out(
    tmp_path: Path, name: str, image: str
):
    dataset = written(tmp_path, name)
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    fixed = labelaudit.apply(dataset, adding(dataset, image, "bus")).dataset
    target = tmp_path / ("cleaned.json" if name == "coco" else "cleaned")
    save(fixed, target)
    again = labelaudit.load(target, images=tmp_path / "images")
    assert len(again.boxes) == len(dataset.boxes) + 1
    row = np.flatnonzero(np.isclose(again.boxes.xyxy, NEW, atol=1.0).all(axis=1))
    assert len(row) == 1
    derived = DatasetColumns(again)
    assert derived.classes[int(derived.box_class[row[0]])] == "bus"
    assert Path(str(again.images.name[again.boxes.image[row[0]]])).stem == Path(image).stem
    undo(target)
    for path, content in before.items():
        assert path.read_bytes() == content
    assert len(labelaudit.load(target, images=tmp_path / "images").boxes) == len(dataset.boxes)


def test_rows_of_boxes_are_known_after_fixing():
    dataset = images(CONTENT, size=(200, 200))
    drop = np.empty(2, object)
    drop[0] = Fix("drop", Safety.SAFE, RecordType.BOX, 1)
    drop[1] = adding(dataset, "b.png", "bus").fix[0]
    applied = labelaudit.apply(dataset, Findings.of(2, fix=drop))
    assert applied.box.tolist() == [0, 2, MISSING]
    assert applied.image.tolist() == [0, 1, 2]


def test_boxes_of_dropped_images_are_gone_and_later_images_move_up():
    dataset = images(CONTENT, size=(200, 200))
    drop = np.empty(1, object)
    drop[0] = Fix("drop", Safety.SAFE, RecordType.IMAGE, 0)
    applied = labelaudit.apply(dataset, Findings.of(1, fix=drop))
    assert applied.box.tolist() == [2]
    assert applied.image.tolist() == [1, 2]
    assert len(applied.dataset.boxes) == 1
