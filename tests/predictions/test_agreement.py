from __future__ import annotations

import re

import numpy as np
import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.agreement import MIN_ON_LABELS, disagreements
from labelaudit.predictions.conventions import MIN_FOUND
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images

CLASSES = ("ant", "bee", "cat", "dog")
DATASET = images(
    {
        f"{n}.jpg": [f"{CLASSES[(n + k) % 4]} {90 * k} 10 {90 * k + 60} 60" for k in range(4)]
        for n in range(25)
    }
)
DERIVED = DatasetColumns(DATASET)
COUNT = len(DATASET.boxes)


def predicted(label=None, xyxy=None, rows=slice(None)) -> Predictions:
    boxes = DATASET.boxes
    return Predictions.of(
        boxes.image,
        DERIVED.box_class if label is None else label,
        boxes.xyxy if xyxy is None else xyxy,
        np.linspace(0.4, 0.9, COUNT),
    ).rows(rows)


def test_of_predictions_that_agree_nothing_is_said():
    assert disagreements(DERIVED, predicted()) == []


def test_classes_that_are_shifted_by_one_are_said_with_an_example():
    (note,) = disagreements(DERIVED, predicted(label=(DERIVED.box_class + 1) % 4))
    assert note.startswith("0% of the surest predictions on a label have its class")
    assert re.search(r"\((ant|bee|cat|dog) lies on (ant|bee|cat|dog) 25 times\)", note)


def shuffled(right: int) -> np.ndarray:
    """Classes of which so many of each class's labels are right, and the others one too high."""
    label = DERIVED.box_class.copy()
    for kind in range(4):
        rows = np.flatnonzero(DERIVED.box_class == kind)[right:]
        label[rows] = (kind + 1) % 4
    return label


@pytest.mark.parametrize(("right", "notes"), [(5, 0), (4, 1)])
def test_a_fifth_of_the_classes_that_is_right_is_enough(right, notes):
    assert len(disagreements(DERIVED, predicted(label=shuffled(right)))) == notes


@pytest.mark.parametrize(("rows", "notes"), [(MIN_FOUND, 1), (MIN_FOUND - 1, 0)])
def test_of_few_predictions_nothing_is_said(rows, notes):
    wrong = predicted(label=(DERIVED.box_class + 1) % 4, rows=slice(0, rows))
    assert len(disagreements(DERIVED, wrong)) == notes
    elsewhere = predicted(xyxy=DATASET.boxes.xyxy + 300, rows=slice(0, rows))
    assert len(disagreements(DERIVED, elsewhere)) == notes


@pytest.mark.parametrize(("found", "notes"), [(int(MIN_ON_LABELS * COUNT), 0), (9, 1)])
def test_boxes_that_lie_on_hardly_any_label_are_said(found, notes):
    xyxy = DATASET.boxes.xyxy + 300
    xyxy[:found] -= 300
    said = disagreements(DERIVED, predicted(xyxy=xyxy))
    assert len(said) == notes
    assert all("9% of the surest predictions lie on a label" in note for note in said)


def test_predictions_of_images_without_labels_say_nothing():
    empty = DatasetColumns(images({f"{n}.jpg": [] for n in range(25)}))
    assert disagreements(empty, predicted()) == []
    assert disagreements(DERIVED, predicted(rows=slice(0, 0))) == []
