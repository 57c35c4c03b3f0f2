from __future__ import annotations

import numpy as np
import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.predictions.leakage import best_matches, in_sample
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images


def dataset(count: int) -> Dataset:
    return images({f"{n}.jpg": ["car 100 100 200 200"] for n in range(count)})


def predicted(count: int, *, shift: float, score: float, found: float = 1.0) -> Predictions:
    """A prediction in each image, its left and right side `shift` pixels off."""
    rows = np.arange(round(count * found))
    boxes = np.tile([100.0 + shift, 100, 200 + shift, 200], (len(rows), 1))
    return Predictions.of(rows, np.zeros(len(rows)), boxes, np.full(len(rows), score))


@pytest.mark.parametrize(
    ("shift", "score", "found", "warned"),
    [
        (0.0, 1.0, 1.0, True),  # the labels themselves
        (2.0, 0.95, 0.6, True),  # IoU 0.96, surely, of more than half
        (2.0, 0.95, 0.5, True),  # images without predictions do not count
        (2.5, 0.85, 1.0, True),  # IoU 0.951, but not surely: too much agreement all the same
        (3.0, 0.95, 1.0, True),  # IoU 0.942: better than annotators agree
        (6.0, 0.95, 1.0, True),  # IoU 0.887: the same, as of a light detector in sample
        (7.0, 0.95, 1.0, False),  # IoU 0.869: a good detector
        (10.0, 0.99, 1.0, False),
    ],
)
def test_predictions_that_repeat_the_labels_are_told(shift, score, found, warned):
    derived = DatasetColumns(dataset(40))
    note = in_sample(derived, predicted(40, shift=shift, score=score, found=found))
    assert bool(note) is warned


def test_missed_labels_are_a_sign_of_an_honest_detector():
    names = {f"{n}.jpg": ["car 100 100 200 200", "car 300 300 400 400"] for n in range(40)}
    note = in_sample(DatasetColumns(images(names)), predicted(40, shift=3.0, score=0.95))
    assert note == ""


def test_few_labels_say_nothing():
    assert in_sample(DatasetColumns(dataset(19)), predicted(19, shift=0, score=1.0)) == ""
    assert in_sample(DatasetColumns(dataset(20)), predicted(20, shift=0, score=1.0)) != ""
    assert in_sample(DatasetColumns(dataset(0)), Predictions.empty()) == ""


def test_the_best_match_of_the_same_class_in_the_same_image_counts():
    derived = DatasetColumns(images({"a.jpg": ["car 0 0 10 10", "bus 50 50 60 60"], "b.jpg": []}))
    boxes = np.array([[0, 0, 10, 8], [0, 0, 10, 10], [50, 50, 60, 60], [0, 0, 10, 10]], float)
    predictions = Predictions.of([0, 0, 0, 1], [0, 0, 0, 0], boxes, [0.9, 0.4, 0.9, 1.0])
    overlap, score = best_matches(derived, predictions, np.array([True, True]))
    assert overlap.tolist() == [1.0, 0.0]
    assert score.tolist() == [0.4, 0.0]


def test_the_last_of_matches_that_overlap_equally_counts():
    derived = DatasetColumns(images({"a.jpg": ["car 0 0 10 10"]}))
    boxes = np.array([[0, 0, 10, 6], [0, 2, 10, 10], [0, 0, 10, 8], [0, 0, 10, 10]], float)
    predictions = Predictions.of([0] * 4, [0] * 4, boxes, [0.9, 0.6, 0.5, 0.29])
    overlap, score = best_matches(derived, predictions, np.array([True]))
    assert (overlap.tolist(), score.tolist()) == ([0.8], [0.5])


def test_a_prediction_that_overlaps_by_less_than_half_finds_nothing():
    derived = DatasetColumns(images({"a.jpg": ["car 0 0 10 10"]}))
    for height, expected in ((5.0, [0.5]), (4.9, [0.0])):
        boxes = np.array([[0, 0, 10, height]])
        predictions = Predictions.of([0], [0], boxes, [0.9])
        assert best_matches(derived, predictions, np.array([True]))[0].tolist() == expected
