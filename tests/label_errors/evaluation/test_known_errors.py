from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind
from labelaudit.boxes.ops import iou
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.label_errors.evaluation.known_errors import (
    CLEAR_IOU,
    SHIFTED_IOU,
    KnownErrors,
    Rates,
    plant_known_errors,
)
from labelaudit.testing import images, one_image

RATES = Rates(flip=0.1, shift=0.1, spawn=0.05, drop=0.05)


def grid(count: int = 20, *, classes: int = 3) -> Dataset:
    """Images with ten boxes each, in two rows."""
    random = np.random.default_rng(1)
    content = {}
    for number in range(count):
        left = np.arange(10) % 5 * 120 + random.integers(0, 40, 10)
        top = np.arange(10) // 5 * 200 + random.integers(0, 80, 10)
        content[f"{number}.jpg"] = [
            f"{'abc'[random.integers(classes)]} {x} {y} {x + 60} {y + 70}"
            for x, y in zip(left.tolist(), top.tolist(), strict=True)
        ]
    return images(content)


@pytest.fixture(scope="module")
def copy() -> KnownErrors:
    return plant_known_errors(grid(), RATES, seed=3)


def test_as_many_errors_are_planted_as_asked_for(copy: KnownErrors):
    kinds = copy.error.tolist()
    assert [kinds.count(doubt.value) for doubt in BOX_ERRORS] == [20, 20, 10]
    assert len(copy.dropped) == 10
    assert len(copy.dataset.boxes) == len(copy.error) == len(copy.true_xyxy) == 200


def test_what_is_not_planted_stays_as_it_is(copy: KnownErrors):
    before, after = grid().boxes, copy.dataset.boxes
    right = copy.error == ""
    was = np.array([int(n) for n in after.record[right]])
    np.testing.assert_array_equal(before.xyxy[was], after.xyxy[right])
    np.testing.assert_array_equal(before.label[was], after.label[right])


def test_flipped_boxes_have_another_class_and_their_place(copy: KnownErrors):
    flipped = copy.error == ErrorKind.WRONG_CLASS.value
    record = copy.dataset.boxes.record[flipped]
    assert (grid().boxes.label[record] != copy.dataset.boxes.label[flipped]).all()
    assert (grid().boxes.xyxy[record] == copy.dataset.boxes.xyxy[flipped]).all()


def test_shifted_boxes_overlap_their_true_place_as_the_protocol_says(copy: KnownErrors):
    shifted = copy.error == ErrorKind.LOOSE_BOX.value
    overlap = iou(copy.dataset.boxes.xyxy[shifted], copy.true_xyxy[shifted])
    assert (overlap >= SHIFTED_IOU[0]).all()
    assert (overlap <= SHIFTED_IOU[1]).all()
    assert (copy.dataset.boxes.xyxy[shifted] >= 0).all()


def test_boxes_on_nothing_overlap_no_label(copy: KnownErrors):
    before = grid().boxes
    for row in np.flatnonzero(copy.error == ErrorKind.SPURIOUS.value):
        here = before.xyxy[before.image == copy.dataset.boxes.image[row]]
        box = np.repeat(copy.dataset.boxes.xyxy[[row]], len(here), axis=0)
        assert (iou(here, box) < CLEAR_IOU).all()
    assert np.isnan(copy.true_xyxy[copy.error == ErrorKind.SPURIOUS.value]).all()


def test_one_seed_always_plants_the_same_and_another_something_else(copy: KnownErrors):
    again, other = (
        plant_known_errors(grid(), RATES, seed=3),
        plant_known_errors(grid(), RATES, seed=4),
    )
    np.testing.assert_array_equal(copy.dataset.boxes.xyxy, again.dataset.boxes.xyxy)
    assert copy.error.tolist() != other.error.tolist()


def test_one_class_is_never_flipped_and_a_full_image_takes_no_box():
    copy = plant_known_errors(grid(classes=1), RATES, seed=0)
    assert ErrorKind.WRONG_CLASS.value not in copy.error.tolist()
    full = images({f"{n}.jpg": ["a 0 0 640 480"] for n in range(40)})
    assert ErrorKind.SPURIOUS.value not in plant_known_errors(full, RATES, seed=0).error.tolist()


def test_crowds_difficult_and_broken_boxes_are_left_alone():
    words = ["a 10 10 20 20 crowd", "a 10 10 20 20 difficult", "a nan 1 2 3", "b 9 9 5 5"]
    dataset = images({f"{n}.jpg": words for n in range(20)})
    copy = plant_known_errors(dataset, Rates(0.3, 0.3, 0.3, 0.3), seed=0)
    assert (copy.error == "").all()
    assert len(copy.dropped) == 0


def test_nothing_is_no_crash():
    assert len(plant_known_errors(one_image(), RATES, seed=0).error) == 0
    assert len(plant_known_errors(images({}), RATES, seed=0).error) == 0


def test_rates_add_up_and_must_be_rates():
    assert sum(dataclasses.astuple(Rates())) == pytest.approx(0.05)
    assert Rates.together(0.2).flip == pytest.approx(0.06)
    for wrong in (-0.1, 2.0, 5.0):
        with pytest.raises(ConfigError, match="from 0 to 1"):
            Rates.together(wrong)


def test_a_flipped_box_points_at_a_class_of_its_own_file():
    from labelaudit.dataset.merge import merged

    dataset = merged([grid(), grid()], ["train", "val"])
    copy = plant_known_errors(dataset, Rates(0.5, 0, 0, 0), seed=0).dataset
    assert (copy.categories.file[copy.boxes.label] == copy.boxes.file).all()
    assert DatasetColumns(copy).classes == DatasetColumns(dataset).classes
