"""A change of a dataset changes those lines of its Pascal VOC files that it must, and no others."""

from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.core.columns import texts
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.voc.loading import load
from labelaudit.io.formats.voc.patching import patch
from labelaudit.io.record_diff import changes
from tests.io.formats.voc_files import (
    NAME,
    THREE,
    added,
    annotation,
    described,
    fixed,
    loaded,
    moved,
    patched,
    problems,
    put,
    relabelled,
    same_labels,
    with_boxes,
    with_images,
)


def difference(before: str | bytes, after: bytes) -> list[str]:
    """The lines that differ, as `-old` and `+new`, with their line ends."""
    old = before if isinstance(before, str) else before.decode()
    lines = difflib.unified_diff(
        old.splitlines(keepends=True), after.decode().splitlines(keepends=True), n=0
    )
    return [line for line in lines if re.match(r"[-+](?!--|\+\+)", line)]


def changed_lines(dataset: Dataset, changed: Dataset, text: str = THREE) -> list[str]:
    return difference(text, patched(dataset, changed)[NAME])


def test_without_changes_nothing_is_touched(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert patch(dataset, dataset, changes(dataset, dataset)) == {}


def test_only_the_file_of_a_change_is_touched(tmp_path: Path):
    dataset = loaded(tmp_path, THREE, THREE)
    assert list(
        patched(dataset, dataset.keep(boxes=all_but(len(dataset.boxes), np.array([4]))))
    ) == ["Annotations/b.xml"]


@pytest.mark.parametrize("row", [0, 1, 2])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_dropping_an_object_removes_its_lines(tmp_path: Path, row: int, newline: str):
    dataset = loaded(tmp_path, THREE.replace("\n", newline))
    changed = dataset.keep(boxes=all_but(len(dataset.boxes), np.array([row])))
    name = ["dog", "cat", "cow"][row]
    removed = described(name, [(1, 2, 30, 40), (5, 6, 70, 80), (11, 21, 50, 60)][row])
    after = THREE.replace(removed, "").replace("\n", newline)
    assert patched(dataset, changed)[NAME].decode() == after


def test_all_objects_can_be_dropped(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = dataset.keep(boxes=all_but(len(dataset.boxes), np.arange(3)))
    assert patched(dataset, changed)[NAME].decode() == annotation()


def test_a_moved_box_changes_the_corners_that_differ(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = moved(dataset, 1, 4, 0, 70, 79.5)
    assert changed_lines(dataset, changed) == [
        "-\t\t\t<ymin>6</ymin>\n",
        "+\t\t\t<ymin>1</ymin>\n",
        "-\t\t\t<ymax>80</ymax>\n",
        "+\t\t\t<ymax>79.5</ymax>\n",
    ]


def test_corners_that_do_not_move_stay_as_they_are_written(tmp_path: Path):
    text = annotation(described("dog", ("1.50", " 2 ", "3e1", "40.0")))
    dataset = loaded(tmp_path, text)
    changed = moved(dataset, 0, 0.5, 1, 30, 41)
    lines = changed_lines(dataset, changed, text)
    assert lines == ["-\t\t\t<ymax>40.0</ymax>\n", "+\t\t\t<ymax>41</ymax>\n"]


def test_a_relabelled_object_changes_its_name(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert changed_lines(dataset, relabelled(dataset, 2, "cats & <dogs>")) == [
        "-\t\t<name>cow</name>\n",
        "+\t\t<name>cats &amp; &lt;dogs&gt;</name>\n",
    ]


def test_a_renamed_class_changes_the_name_of_its_boxes(tmp_path: Path):
    dataset = loaded(tmp_path, annotation(described("dog"), described("Dog"), described("dog")))
    names = dataclasses.replace(dataset.categories, name=texts(["puppy", "Dog"]))
    after = fixed(dataset, dataclasses.replace(dataset, categories=names))
    assert [after.class_names[label] for label in after.boxes.label] == ["puppy", "Dog", "puppy"]


def test_an_object_becomes_difficult(tmp_path: Path):
    text = annotation(described(extra="\t\t<difficult>0</difficult>\n"), described())
    dataset = loaded(tmp_path, text)
    changed = with_boxes(dataset, difficult=np.array([True, True]))
    assert changed_lines(dataset, changed, text) == [
        "-\t\t<difficult>0</difficult>\n",
        "+\t\t<difficult>1</difficult>\n",
        "+\t\t<difficult>1</difficult>\n",
    ]


def test_a_new_object_stands_behind_the_last_one(tmp_path: Path):
    text = THREE.replace("</annotation>", "\t<!-- end -->\n\t<segmented/>\n</annotation>")
    dataset = loaded(tmp_path, text)
    new = described(
        "dog",
        (10, 20, 30, 40),
        "\t\t<pose>Unspecified</pose>\n\t\t<truncated>0</truncated>\n\t\t<difficult>0</difficult>\n",
    )
    after = patched(dataset, added(dataset, 9, 19, 30, 40))[NAME].decode()
    assert after == text.replace("\t<!--", f"{new}\t<!--")


def test_several_new_objects_keep_their_order(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = added(
        added(dataset.keep(boxes=all_but(len(dataset.boxes), np.array([2]))), 1, 1, 9, 9),
        2,
        2,
        8,
        8,
        label=1,
    )
    after = fixed(dataset, changed)
    assert after.boxes.xyxy[2:].tolist() == [[1, 1, 9, 9], [2, 2, 8, 8]]
    assert after.boxes.label.tolist() == [0, 1, 0, 1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<annotation/>", "<annotation><object>NEW</object></annotation>"),
        ("<annotation></annotation>", "<annotation><object>NEW</object></annotation>"),
        (
            "<annotation><size/></annotation>",
            "<annotation><size/><object>NEW</object></annotation>",
        ),
        (
            '<annotation>\r\n  <size a=">"/>\r\n</annotation>',
            '<annotation>\r\n  <size a=">"/>\r\n  <object>NEW</object>\r\n</annotation>',
        ),
    ],
)
def test_an_object_can_be_added_to_a_file_without_any(tmp_path: Path, text: str, expected: str):
    dataset = loaded(tmp_path, text, THREE)
    after = patched(dataset, added(dataset, 0, 0, 9, 9))[NAME].decode()
    assert re.sub("<object>.*</object>", "<object>NEW</object>", after, flags=re.DOTALL) == expected
    put(tmp_path / NAME, after)
    assert load(tmp_path, []).boxes.xyxy[0].tolist() == [0, 0, 9, 9]


def test_a_new_object_is_indented_as_the_file_is(tmp_path: Path):
    text = THREE.replace("\t", "    ").replace("\n", "\r\n")
    dataset = loaded(tmp_path, text)
    added_lines = changed_lines(dataset, added(dataset, 0, 0, 9, 9), text)
    assert added_lines[:2] == ["+    <object>\r\n", "+        <name>dog</name>\r\n"]
    assert added_lines[6] == "+            <xmin>1</xmin>\r\n"


def test_the_size_and_filename_of_an_image_are_set(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    changed = with_images(dataset, size=np.array([[640.0, 80.0]]), name=texts(["é&.jpg"]))
    assert changed_lines(dataset, changed) == [
        "-\t<filename>a.jpg</filename>\n",
        "+\t<filename>é&amp;.jpg</filename>\n",
        "-\t\t<width>100</width>\n",
        "+\t\t<width>640</width>\n",
    ]


def test_a_corner_is_written_as_short_as_it_can_be(tmp_path: Path):
    dataset = loaded(tmp_path, THREE)
    assert changed_lines(dataset, moved(dataset, 1, 4, 5, 69.123456, 1 / 3)) == [
        "-\t\t\t<xmax>70</xmax>\n",
        "-\t\t\t<ymax>80</ymax>\n",
        "+\t\t\t<xmax>69.123456</xmax>\n",
        "+\t\t\t<ymax>0.3333333333333333</ymax>\n",
    ]
    changed = moved(dataset, 1, -0.9, 5, 70, 80)  # -0.9 + 1 is 0.09999999999999998
    assert changed_lines(dataset, changed)[1] == "+\t\t\t<xmin>0.1</xmin>\n"


corner = st.integers(-50, 200).map(float) | st.floats(-1e6, 1e6).map(lambda x: round(x, 3))


@settings(max_examples=60)
@given(
    before=st.lists(st.tuples(*[corner] * 4), min_size=1, max_size=4),
    after=st.lists(st.tuples(*[corner] * 4), min_size=4, max_size=4),
    kept=st.lists(st.booleans(), min_size=4, max_size=4),
    names=st.lists(st.sampled_from(["dog", "cat", "<é>", " x "]), min_size=4, max_size=4),
    new=st.integers(0, 2),
    newline=st.sampled_from(["\n", "\r\n", "\r", ""]),
)
def test_what_was_fixed_is_loaded(
    tmp_path_factory: pytest.TempPathFactory,
    before: Any,
    after: Any,
    kept: Any,
    names: Any,
    **way: Any,
):
    text = annotation(*(described("dog", corners) for corners in before))
    dataset = loaded(tmp_path_factory.mktemp("any"), text.replace("\n", way["newline"]))
    changed = dataset
    for row in range(len(before)):
        changed = relabelled(moved(changed, row, *after[row]), row, names[row])
    changed = changed.keep(
        boxes=all_but(len(changed.boxes), np.flatnonzero(~np.array(kept[: len(before)])))
    )
    for _ in range(way["new"]):
        changed = added(changed, 1, 2, 3.5, 4, label=len(changed.categories) - 1)
    result = fixed(dataset, changed)
    expected = changed.boxes.xyxy
    np.testing.assert_allclose(result.boxes.xyxy, expected, rtol=0, atol=1e-9)
    rounded = dataclasses.replace(result.boxes, xyxy=expected)
    same_labels(dataclasses.replace(result, boxes=rounded), changed)
    assert problems(result) == []
