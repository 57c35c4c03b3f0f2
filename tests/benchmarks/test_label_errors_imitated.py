"""Errors as real ones look."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.label_errors.imitated import (
    BANK,
    IMITATED,
    amodal_boxes,
    gaps_in_banks,
    labelled_twice,
    second_labels,
)
from labelaudit.boxes.ops import iou
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images
from tests.benchmarks.label_error_cases import grid


def drawn(how, dataset: Dataset, seed: int = 0):
    return how(dataset, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("how", "error", "overlap"),
    [(second_labels, "wrong_class", (0.6, 1.0)), (labelled_twice, "loose_box", (0.4, 0.7))],
)
def test_a_second_label_stands_beside_the_right_one(how, error: str, overlap: tuple[float, float]):
    dataset = grid(40)
    copy, count = drawn(how, dataset), len(dataset.boxes)
    new = copy.dataset.boxes.rows(slice(count, None))
    assert len(new) == round(0.04 * count)
    assert (copy.dataset.boxes.xyxy[:count] == dataset.boxes.xyxy).all()
    assert not (copy.error[:count] != "").any()
    assert set(copy.error[count:]) == {error}
    true = copy.true_xyxy[count:]
    found = iou(new.xyxy, true)
    assert ((found >= overlap[0]) & (found <= overlap[1])).all()
    for image, label, place in zip(new.image, new.label, true, strict=True):
        first = (dataset.boxes.image == image) & (dataset.boxes.xyxy == place).all(axis=1)
        assert first.sum() == 1
        assert (dataset.boxes.label[first] == label).all() == (how is labelled_twice)


def test_with_one_class_no_label_gets_a_second_one_of_another():
    dataset = images({"a.jpg": ["car 10 10 50 50"] * 30})
    assert len(drawn(second_labels, dataset).dataset.boxes) == 30


def test_a_box_behind_another_goes_on_towards_it_and_no_other_changes():
    dataset = images({"a.jpg": ["car 10 10 50 50", "dog 35 10 99 80", "cat 60 85 80 99"]})
    copy = drawn(amodal_boxes, dataset)
    before, after = dataset.boxes.xyxy, copy.dataset.boxes.xyxy
    assert not (copy.error != "").any()
    assert (after[2] == before[2]).all()
    assert (copy.true_xyxy == after).all()
    assert (after[0, [0, 1, 3]] == before[0, [0, 1, 3]]).all()
    assert 0.15 <= (after[0, 2] - 50) / 40 <= 0.35
    assert (after[1] == before[1]).all()  # the car hides an eighth of it


def test_a_box_inside_another_is_not_behind_it():
    dataset = images({"a.jpg": ["car 10 10 90 90", "dog 20 20 30 30"]})
    copy = drawn(amodal_boxes, dataset)
    assert (copy.dataset.boxes.xyxy[1] == dataset.boxes.xyxy[1]).all()


def test_only_banks_get_gaps():
    row = "car {0} 10 {1} 20"
    many = [row.format(10 * n, 10 * n + 8) for n in range(9)]
    names = {f"{n}.jpg": many for n in range(6)} | {"few.jpg": many[: BANK - 1]}
    dataset = images(names)
    copy = drawn(gaps_in_banks, dataset)
    gone = np.bincount(copy.dropped.image, minlength=7)
    assert (gone > 0).sum() == 2
    assert gone[6] == 0
    assert len(copy.dropped) + len(copy.dataset.boxes) == len(dataset.boxes)


@pytest.mark.parametrize("how", IMITATED)
def test_the_same_seed_does_the_same(how: str):
    one, same, other = (drawn(IMITATED[how], grid(40), seed) for seed in (0, 0, 1))
    assert (one.true_xyxy == same.true_xyxy).all()
    if how in {"second labels", "labelled twice"}:
        assert (
            one.true_xyxy.shape != other.true_xyxy.shape or (one.true_xyxy != other.true_xyxy).any()
        )
