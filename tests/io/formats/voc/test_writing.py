from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from defusedxml.ElementTree import parse
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import (
    Boxes,
    Categories,
    Dataset,
    Images,
    Keypoints,
    Masks,
    SplitMembership,
)
from labelaudit.errors import FormatError
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.stems import stems
from labelaudit.io.load import load as load_any
from labelaudit.io.recognition import recognise
from labelaudit.testing import images, one_image
from tests.io.formats.conversions import write_voc as write
from tests.io.formats.voc_files import problems
from tests.io.formats.wild_layouts import IMAGE, coco, put, xml

ONE_BASED = "as in Pascal VOC, pixels count from 1: xmin and ymin are one more than left and top"


def plain(dataset: Dataset) -> Dataset:
    """The dataset without ids, which Pascal VOC does not have."""
    return dataclasses.replace(
        dataset,
        images=dataclasses.replace(dataset.images, id=Ids.missing(len(dataset.images))),
        categories=dataclasses.replace(dataset.categories, id=Ids.missing(len(dataset.categories))),
        boxes=dataclasses.replace(dataset.boxes, id=Ids.missing(len(dataset.boxes))),
    )


def in_splits(dataset: Dataset, **rows: list[int]) -> Dataset:
    listed = [(split, row) for split, name in enumerate(rows) for row in rows[name]]
    split, image = zip(*listed, strict=True)
    return dataclasses.replace(
        dataset,
        splits=tuple(rows),
        split_members=SplitMembership.of(len(listed), split=split, image=image),
    )


def contents(dataset: Dataset) -> dict[str, tuple[Any, ...]]:
    """Size and objects of each image, by name."""
    boxes = dataset.boxes
    return {
        name: (
            dataset.images.size[row].tolist(),
            [dataset.class_names[label] for label in boxes.label[boxes.image == row]],
            boxes.xyxy[boxes.image == row].tolist(),
            boxes.difficult[boxes.image == row].tolist(),
        )
        for row, name in enumerate(dataset.images.name.tolist())
    }


def test_what_was_written_is_loaded(tmp_path: Path):
    dataset = plain(images({"b.jpg": ["dog 1 2 3 4.5", "cat 0 0 9 9 difficult"], "a.jpg": []}))
    assert write(dataset, tmp_path / "new") == [ONE_BASED]
    after = load(tmp_path / "new", [])
    assert contents(after) == contents(dataset)
    assert problems(after) == []


def test_it_is_written_as_the_challenge_does(tmp_path: Path):
    write(one_image("dog 9 19 30 40"), tmp_path / "new")
    assert (
        (tmp_path / "new" / "Annotations" / "image.xml").read_bytes()
        == b"""<annotation>
\t<folder>new</folder>
\t<filename>image.jpg</filename>
\t<size>
\t\t<width>640</width>
\t\t<height>480</height>
\t</size>
\t<segmented>0</segmented>
\t<object>
\t\t<name>dog</name>
\t\t<pose>Unspecified</pose>
\t\t<truncated>0</truncated>
\t\t<difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>10</xmin>
\t\t\t<ymin>20</ymin>
\t\t\t<xmax>30</xmax>
\t\t\t<ymax>40</ymax>
\t\t</bndbox>
\t</object>
</annotation>
"""
    )


def test_splits_become_lists(tmp_path: Path):
    dataset = in_splits(images({"a.jpg": [], "b.jpg": [], "c.jpg": []}), train=[2, 0], val=[1])
    write(dataset, tmp_path / "new")
    lists = tmp_path / "new" / "ImageSets" / "Main"
    assert (lists / "train.txt").read_bytes() == b"c\na\n"
    after = load(tmp_path / "new", [])
    assert after.splits == ("train", "val")
    assert after.split_members.image.tolist() == [2, 0, 1]


def test_images_of_one_name_get_files_of_their_own(tmp_path: Path):
    dataset = plain(images({"x/a.jpg": ["dog 0 0 1 1"], "y/A.png": ["cat 0 0 2 2"], "y/a.jpg": []}))
    lost = write(in_splits(dataset, train=[0], val=[1, 2]), tmp_path / "new")
    assert lost == [
        "2 images under another name, because another image has theirs: "
        "y/A.png (A_2), y/a.jpg (a_3)",
        ONE_BASED,
    ]
    after = load(tmp_path / "new", [])
    assert contents(after) == contents(dataset)
    assert (tmp_path / "new" / "ImageSets" / "Main" / "val.txt").read_text() == "A_2\na_3\n"
    assert after.split_members.image[1:].tolist() == [
        after.images.name.tolist().index(name) for name in ("y/A.png", "y/a.jpg")
    ]


def test_a_list_is_read_back_whatever_its_names_are(tmp_path: Path):
    dataset = in_splits(images({"\ufeffa.jpg": [], "b .jpg": [], "c -1": []}), train=[0, 1, 2])
    write(dataset, tmp_path / "new")
    after = load(tmp_path / "new", [])
    names = after.images.name.tolist()
    assert after.split_members.image.tolist() == [
        names.index(name) for name in dataset.images.name.tolist()
    ]


@pytest.mark.parametrize(
    "name",
    ["../../evil.jpg", "/etc/passwd", "C:\\x.jpg", "..", ".hidden.jpg", "", "a\nb.jpg", "x" * 999],
)
def test_no_image_name_leads_out_of_the_folder(tmp_path: Path, name: str):
    write(images({name: ["dog 0 0 9 9"]}), tmp_path / "new")
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent for path in files] == [tmp_path / "new" / "Annotations"]
    assert load(tmp_path / "new", []).images.name.tolist() == [name]


def test_what_is_lost_is_told(tmp_path: Path):
    dataset = in_splits(
        images(
            {
                "a.jpg": ["dog 0 0 9 9 crowd", "cat 0 0 9 9", "cow 0 0 nan 9", "dog 1 1 2 2"],
                "b\x07.jpg": [],
                "unmeasured.jpg": ["pig 0 0 1 1"],
            }
        ),
        train=[0, 2, -1],
        odd=[1],
    )
    dataset = dataclasses.replace(
        dataset,
        images=dataclasses.replace(dataset.images, assumed=np.array([False, False, True])),
        boxes=dataclasses.replace(dataset.boxes, label=np.array([0, -1, 2, 0, 3], np.int32)),
        masks=Masks.of(2, box=[0, 3]),
        keypoints=Keypoints.of(1, box=[3]),
    )
    assert write(dataset, tmp_path / "new") == [
        "2 boxes without an image, a class or finite numbers",
        "1 box in 1 image of which nobody says the size, unless --images says where they are",
        "2 masks: boxes alone are converted",
        "1 object with keypoints: without them",
        "1 crowd: as difficult objects, which trainers pass over too",
        "12 ids of images, classes and objects",
        "1 name in splits of images without a record",
        "1 name with characters that XML cannot hold",
        "3 classes without objects: cat, cow, pig",
        "1 image under another name, because no file can have theirs: b\x07.jpg (b_)",
        "1 split with names that are not read back as splits: odd",
        ONE_BASED,
    ]
    after = load(tmp_path / "new", [])
    assert after.images.name.tolist() == ["a.jpg", "b\ufffd.jpg"]
    assert after.boxes.xyxy.tolist() == [[0, 0, 9, 9], [1, 1, 2, 2]]
    assert after.boxes.difficult.tolist() == [True, False]
    assert after.split_members.image.tolist() == [0]


def test_an_unknown_size_is_left_out(tmp_path: Path):
    write(one_image("dog 0 0 9 9", size=(float("nan"), 5)), tmp_path / "new")
    after = load(tmp_path / "new", [])
    assert np.isnan(after.images.size).all()
    assert [problem[2:4] for problem in problems(after)] == [("missing-field", "size")]


def test_nothing_is_a_dataset_too(tmp_path: Path):
    nothing = Dataset("coco", tmp_path)
    assert write(nothing, tmp_path / "new") == []
    after = load(tmp_path / "new", [])
    assert (len(after.files), len(after.images), len(after.boxes)) == (0, 0, 0)
    assert recognise(tmp_path / "new").format.name == "voc"
    (tmp_path / "new" / "labels.json").write_text("{}")
    with pytest.raises(FormatError):
        recognise(tmp_path / "new")
    (tmp_path / "other" / "Annotations").mkdir(parents=True)
    with pytest.raises(FormatError, match="no XML file"):
        load(tmp_path / "other", [])


def test_what_exists_is_not_overwritten(tmp_path: Path):
    with pytest.raises(FormatError, match="exists; give the name of a new folder"):
        write(one_image(), tmp_path)


def test_a_thousand_images_of_one_name_differ():
    names = stems(["a.jpg"] * 1000)
    assert len(set(names)) == 1000
    assert stems(["a_2.jpg", "a.jpg", "A.png", "é.jpg", "e\u0301.jpg"]) == [
        "a_2",
        "a",
        "A_3",
        "é",
        "e\u0301_2",
    ]


def readable(name: str) -> bool:
    return bool(name.strip())


letters = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
hostile = st.sampled_from(
    [
        "a & b",
        "</name>",
        "<![CDATA[x]]>",
        "]]>",
        "&amp;",
        " dog ",
        "cat\n",
        "\r",
        "a\r\nb",
        "\t.",
        "犬🐕",
    ]
)
class_name = (hostile | st.text(letters, max_size=8)).filter(readable)
quarter = st.integers(-4000, 4000).map(lambda number: number / 4)
box = st.tuples(st.integers(0, 2), class_name, st.tuples(*[quarter] * 4), st.booleans())


@given(
    names=st.lists(st.text(letters, max_size=12), min_size=3, max_size=3, unique=True),
    boxes=st.lists(box, max_size=6),
    train=st.lists(st.integers(0, 2), max_size=4),
)
def test_any_dataset_is_loaded_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, names: list[str], boxes: list[Any], train: list[int]
):
    boxes = sorted(boxes, key=lambda item: item[0])
    classes = list(dict.fromkeys(item[1] for item in boxes))
    dataset = Dataset(
        "coco",
        Path(),
        images=Images.of(3, name=texts(names), size=[[640, 480]] * 3),
        categories=Categories.of(len(classes), name=texts(classes)),
        boxes=Boxes.of(
            len(boxes),
            image=[item[0] for item in boxes],
            label=[classes.index(item[1]) for item in boxes],
            xyxy=[item[2] for item in boxes],
            difficult=[item[3] for item in boxes],
        ),
        splits=("train",) if train else (),
        split_members=SplitMembership.of(len(train), split=[0] * len(train), image=train),
    )
    path = tmp_path_factory.mktemp("any") / "new"
    write(dataset, path)
    after = load(path, [])
    after_names = after.images.name.tolist()
    assert contents(after) == contents(dataset)
    assert [after_names[row] for row in after.split_members.image] == [names[row] for row in train]
    assert {problem[3] for problem in problems(after)} <= {"filename"}
    for file in after.files.path.tolist():
        assert parse(path / file).getroot().tag == "annotation"


def test_an_image_that_is_written_under_another_name_is_called_by_it(tmp_path):
    files = {"a.json": coco("sub/what?.jpg"), "images/sub/what?.jpg": IMAGE}
    made = tmp_path / "voc"
    write(load_any(put(tmp_path / "in", files)), made)
    again = load_any(made)
    assert again.images.name.tolist() == ["what_.jpg"]
    assert len(audit(again, select=["REF010", "IMG"])) == 0


def test_an_image_that_is_not_at_hand_keeps_its_name(tmp_path):
    made = tmp_path / "voc"
    write(load_any(put(tmp_path / "in", {"a.json": coco("sub/what?.jpg")})), made)
    assert load_any(made).images.name.tolist() == ["sub/what?.jpg"]


@pytest.mark.skipif(os.sep == "\\", reason="no name can have a backslash")
def test_a_name_with_a_backslash_that_its_image_has_is_right(tmp_path):
    put(tmp_path, {"a\\b.xml": xml("a\\b.jpg"), "a\\b.jpg": IMAGE})
    assert len(audit(load_any(tmp_path), select=["REF010", "IMG"])) == 0
    (tmp_path / "a\\b.jpg").rename(tmp_path / "b.jpg")
    (tmp_path / "a\\b.xml").rename(tmp_path / "b.xml")
    found = audit(load_any(tmp_path), select=["REF010", "IMG004"])
    assert len(found) == 1
