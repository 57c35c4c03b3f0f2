"""What formats that are read only have in common: names of images, masks, keypoints and notes."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.dataset.tables import MaskFault, RecordType
from labelaudit.io.formats.box_record import BoxRecord
from labelaudit.io.formats.builder import NAMED, DatasetBuilder
from labelaudit.testing import draw


@pytest.fixture
def built(tmp_path):
    built = DatasetBuilder("via", tmp_path)
    built.add_file("a.json")
    return built


def test_an_image_is_called_by_its_other_name_only_where_that_one_is_found(built, tmp_path):
    for name in ("second.png", "both.png", "other.png"):
        draw(tmp_path / name, (4, 4))
    for name, other in (
        ("first.png", "second.png"),
        ("both.png", "other.png"),
        ("lost.png", "nowhere.png"),
    ):
        built.add_image(0, name, other_name=other)
    images = built.dataset(()).images
    assert images.name.tolist() == ["second.png", "both.png", "lost.png"]
    assert images.path.tolist() == [str(tmp_path / "second.png"), str(tmp_path / "both.png"), ""]


def test_a_note_counts_places_and_names_the_first(built):
    for place in range(NAMED):
        built.leave_out("points", 0, f"[{place}]")
    places = ", ".join(f"a.json: [{place}]" for place in range(NAMED))
    assert built.dataset(()).notes == (f"left out: points: {NAMED} ({places})",)
    built.leave_out("points", 0, "[9]")
    assert built.dataset(()).notes == (f"left out: points: {NAMED + 1} ({places}, ...)",)


def test_numbers_may_be_texts_which_is_noted_and_what_is_none_leaves_none(built):
    assert built.numbers({"x": 1, "y": 2.5}, file=0, record=0) == [1, 2.5]
    assert built.numbers({"x": "1", "y": " 2.5 "}, file=0, record=0) == [1, 2.5]
    assert built.numbers({"x": 1, "y": None, "z": "one", "u": [1]}, file=0, record=1) is None
    problems = built.dataset(()).problems
    assert list(
        zip(problems.record.tolist(), problems.kind.tolist(), problems.field.tolist(), strict=True)
    ) == [
        (0, "wrong-type", "x"),
        (0, "wrong-type", "y"),
        (1, "missing-field", "y"),
        (1, "unreadable-field", "z"),
        (1, "unreadable-field", "u"),
    ]
    assert set(problems.part.tolist()) == {RecordType.BOX.value}


def test_a_run_length_mask_of_another_size_than_its_image_is_a_fault(built):
    image = built.add_image(0, "a.png", size=(3, 2))
    for size, polygons in (([2, 3], ()), ([3, 2], ()), ([3, 2], [[0, 0, 1, 0, 1, 1]])):
        rle = {"size": size, "counts": [1, 2, 3]}
        built.add_box(0, image, BoxRecord("car", [0, 0, 1, 1], 0, polygons, rle=rle))
    short = {"size": [3, 2], "counts": [1, 2]}
    built.add_box(0, image, BoxRecord("car", [0, 0, 1, 1], 0, rle=short))
    masks = built.dataset(()).masks
    assert masks.box.tolist() == [0, 1, 2, 3]
    none, size, counts = MaskFault.NONE, MaskFault.RLE_SIZE, MaskFault.RLE_COUNTS
    assert masks.fault.tolist() == [none, size, none, counts]


def test_an_x_without_its_y_is_a_fault_of_a_polygon_and_no_shape(built):
    image = built.add_image(0, "a.png", size=(10, 20))
    for fractions in (False, True):
        odd = BoxRecord("car", [0, 0, 1, 1], 0, [[0, 0, 1, 0, 1, 1, 1]], fractions=fractions)
        built.add_box(0, image, odd)
        assert odd.shape(np.array([10, 20])).polygons == ()
    masks = built.dataset(()).masks
    assert masks.fault.tolist() == [MaskFault.ODD_COORDINATES] * 2
    assert masks.xyxy.tolist() == [[0, 0, 1, 1], [0, 0, 10, 20]]


def test_keypoints_have_the_extent_of_those_that_are_seen(built):
    image = built.add_image(0, "a.png", size=(10, 20))
    seen = [[0.1, 0.2, 2], [0.0, 0.0, 0], [0.5, 0.1, 1]]
    built.add_category("dog", keypoints=3)
    built.add_box(0, image, BoxRecord("dog", None, 0, keypoints=seen, fractions=True))
    built.add_box(0, image, BoxRecord("cat", None, 1, keypoints=[[1, 1, 0]]))
    dataset = built.dataset(())
    assert dataset.categories.keypoints.tolist() == [3, 0]
    keypoints = dataset.keypoints
    assert (keypoints.box.tolist(), keypoints.values.tolist()) == ([0, 1], [9, 3])
    assert keypoints.labelled.tolist() == [2, 0]
    assert keypoints.xyxy[0].tolist() == [1, 2, 5, 4]
    assert np.isnan(keypoints.xyxy[1]).all()
    shape = BoxRecord("dog", None, 0, keypoints=seen, fractions=True).shape(np.array([10, 20]))
    assert shape.keypoints.tolist() == [[1, 4, 2], [0, 0, 0], [5, 2, 1]]
