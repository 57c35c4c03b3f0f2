"""Folders of annotations as people have them: beside images, nested, in splits, with strays."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.load import load
from labelaudit.testing import draw

OLD_LABELME = (
    "<annotation><filename>a.jpg</filename><source><sourceAnnotation>LabelMe Webtool"
    "</sourceAnnotation></source><object><name>car</name><polygon><pt><x>1</x><y>2</y></pt>"
    "</polygon></object></annotation>"
)


def annotation(name: str) -> str:
    return (
        f"<annotation><filename>{name}.png</filename>"
        "<size><width>100</width><height>80</height><depth>3</depth></size>"
        "<object><name>car</name><bndbox><xmin>2</xmin><ymin>3</ymin><xmax>10</xmax><ymax>12</ymax>"
        "</bndbox></object></annotation>"
    )


def put(folder: Path, *names: str) -> Path:
    """Images (.png), annotations (.xml), and anything else as an empty object of JSON."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name.endswith(".png"):
            draw(path, (100, 80))
        else:
            path.write_text(annotation(path.stem) if name.endswith(".xml") else "{}")
    return folder


def read(folder: Path) -> Dataset:
    dataset = load(folder)
    assert dataset.format == "voc"
    return dataset


@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("a.png", "a.xml", "b.png", "b.xml"), ()),
        (("images/a.png", "images/a.xml", "images/b.png", "images/b.xml"), ()),
        (("train/a.png", "train/a.xml", "valid/b.png", "valid/b.xml"), ("train", "valid")),
        (
            (
                *("train/images/a.png", "train/annotations/a.xml"),
                *("test/images/b.png", "test/annotations/b.xml"),
            ),
            ("test", "train"),
        ),
        (
            (
                *("VOC2007/JPEGImages/a.png", "VOC2007/Annotations/a.xml"),
                *("VOC2012/JPEGImages/b.png", "VOC2012/Annotations/b.xml"),
            ),
            (),
        ),
        (("x/y/images/a.png", "x/y/xmls/a.xml", "x/y/images/b.png", "x/y/xmls/b.xml"), ()),
    ],
)
def test_annotations_and_images_are_found_where_people_put_them(tmp_path, names, splits):
    dataset = read(put(tmp_path, *names, "README.md"))
    assert len(dataset.boxes) == 2
    assert all(dataset.images.path.tolist())
    assert tuple(sorted(dataset.splits)) == splits


@pytest.mark.parametrize("stray", ["gallery.json", "annotations/report.json", "x/y.csv"])
def test_a_stray_file_beside_annotations_changes_nothing_and_is_named(tmp_path, stray):
    dataset = read(put(tmp_path, "images/a.png", "annotations/a.xml", stray))
    assert len(dataset.boxes) == 1
    assert dataset.notes == (f"not read, a file that is no labels of this dataset: {stray}",)


@pytest.mark.parametrize("name", ["pom.xml", "a-first.xml", "deep/er/feed.xml"])
def test_sound_xml_of_something_else_is_no_annotation_and_is_named(tmp_path, name):
    put(tmp_path, "labels/a.xml", name)
    (tmp_path / name).write_text("<project><name>x</name></project>")
    dataset = read(tmp_path)
    assert dataset.files.path.tolist() == ["labels/a.xml"]
    assert not len(dataset.problems)
    assert dataset.notes[0].endswith(f"dataset: {name}")


def test_in_a_folder_of_annotations_and_where_it_is_broken_other_xml_is_a_finding(tmp_path):
    put(tmp_path / "voc", "Annotations/a.xml", "Annotations/b.xml")
    (tmp_path / "voc" / "Annotations" / "b.xml").write_text("<project/>")
    put(tmp_path / "bare", "a.xml", "b.xml")
    (tmp_path / "bare" / "b.xml").write_text("<annotat")
    put(tmp_path / "cut", "a.xml", "b.xml")
    (tmp_path / "cut" / "b.xml").write_text("<project><annotation></annotation>")
    for folder in ("voc", "bare", "cut"):
        dataset = read(tmp_path / folder)
        assert len(dataset.files) == 2
        assert dataset.problems.kind.tolist() in (["unreadable"], ["truncated"])


def test_without_any_annotation_there_is_an_error(tmp_path):
    put(tmp_path, "a.xml")
    (tmp_path / "a.xml").write_text("<project/>")
    with pytest.raises(FormatError, match="none of its XML files has an <annotation>"):
        load(tmp_path, format="voc")


def test_xml_of_the_old_labelme_is_not_taken_for_annotations_of_boxes(tmp_path):
    put(tmp_path, "Annotations/day/a.xml")
    (tmp_path / "Annotations" / "day" / "a.xml").write_text(OLD_LABELME)
    with pytest.raises(FormatError, match=r"labels of LabelMe of 2005 .* -if label_me"):
        load(tmp_path)
    put(tmp_path, "Annotations/day/b.xml")
    assert read(tmp_path).notes[0].startswith("labels of LabelMe of 2005")


def test_one_annotation_is_a_dataset_of_one_image(tmp_path):
    put(tmp_path, "Annotations/a.xml", "JPEGImages/a.png", "Annotations/b.xml")
    dataset = read(tmp_path / "Annotations" / "a.xml")
    assert (len(dataset.images), len(dataset.boxes)) == (1, 1)
