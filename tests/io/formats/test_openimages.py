"""Open Images: fractions, groups, codes and names of classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw

TABLE = (
    "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsTruncated,IsGroupOf,IsDepiction,IsInside",
    "0001eeaf4aed83f9,xclick,/m/0cmf2,1,0.022673031,0.9642005,0.07103825,0.80054647,0,0,0,0,0",
    "0001eeaf4aed83f9,xclick,/m/0jbk,1,0.25,0.5,0.5,0.75,0,0,1,0,0",
)
OTHER = "ImageID,Subset,OriginalURL,Rotation\n0001eeaf4aed83f9,train,http://x,0.0\n"


def read(folder: Path, *, names: str | None = "/m/0cmf2,Airplane\n/m/0jbk,Animal\n") -> Dataset:
    draw(folder / "images" / "train" / "0001eeaf4aed83f9.jpg", (640, 480))
    (folder / "annotations").mkdir()
    (folder / "annotations" / "train-annotations-bbox.csv").write_text("\n".join(TABLE))
    (folder / "annotations" / "train-images-boxable-with-rotation.csv").write_text(OTHER)
    if names is not None:
        (folder / "annotations" / "class-descriptions.csv").write_text(names)
    return load(folder)


def test_boxes_are_those_that_datumaro_1_13_reads(tmp_path):
    dataset = read(tmp_path)
    assert dataset.format == "openimages"
    assert dataset.boxes.xyxy.tolist() == [
        [pytest.approx(value, abs=0.006) for value in (14.51, 34.10, 617.09, 384.26)],
        [160, 240, 320, 360],
    ]
    assert dataset.boxes.crowd.tolist() == [False, True]
    assert dataset.splits == ("train",)


def test_a_box_from_0_to_1_is_the_whole_image(tmp_path):
    draw(tmp_path / "a.jpg", (640, 480))
    (tmp_path / "train-annotations-bbox.csv").write_text(
        f"{TABLE[0]}\na,x,/m/0jbk,1,0,1,0,1,0,0,0,0,0\n"
    )
    assert load(tmp_path).boxes.xyxy.tolist() == [[0, 0, 640, 480]]


def test_images_are_found_by_their_ids(tmp_path):
    dataset = read(tmp_path)
    assert dataset.images.name.tolist() == ["0001eeaf4aed83f9.jpg"]
    assert dataset.images.size.tolist() == [[640, 480]]


def test_classes_have_the_names_that_a_table_beside_gives_or_their_codes(tmp_path):
    dataset = read(tmp_path / "a")
    assert dataset.class_names == ["Airplane", "Animal"]
    (note,) = dataset.notes
    assert note.endswith(": annotations/train-images-boxable-with-rotation.csv")
    dataset = read(tmp_path / "b", names="LabelName,DisplayName\n/m/0jbk,Animal\n")
    assert dataset.class_names == ["/m/0cmf2", "Animal"]
    dataset = read(tmp_path / "c", names=None)
    assert dataset.class_names == ["/m/0cmf2", "/m/0jbk"]
    assert "classes are called by codes" in dataset.notes[0]


def test_classes_without_codes_have_their_names(tmp_path):
    lines = [line.replace("/m/0cmf2", "Airplane").replace("/m/0jbk", "Animal") for line in TABLE]
    for number, names in enumerate((None, "Airplane,Airplane\nAnimal,Animal\n")):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "train-annotations-bbox.csv").write_text("\n".join(lines))
        if names:
            (folder / "class-descriptions.csv").write_text(names)
        dataset = load(folder)
        assert dataset.class_names == ["Airplane", "Animal"]
        assert not any("codes" in note or "not read" in note for note in dataset.notes)
