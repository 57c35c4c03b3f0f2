from __future__ import annotations

import numpy as np
import pytest

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.predictions.leakage import best_matches, in_sample
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images, with_columns


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


def agreeing(
    labels: int, *, found: int, width: float, score: float, extra: tuple[str, ...] = ()
) -> str:
    """The warning where some labels of 100 px, all in one image, are found by narrower boxes."""
    names = [f"car {200 * n} 0 {200 * n + 100} 100" for n in range(labels)]
    derived = DatasetColumns(images({"a.jpg": [*names, *extra]}, size=(20_000, 480)))
    boxes = np.array([[200.0 * n, 0, 200 * n + width, 100] for n in range(found)])
    none = np.zeros(found)
    return in_sample(derived, Predictions.of(none, none, boxes, np.full(found, score)))


@pytest.mark.parametrize(
    ("found", "width", "score", "warned"),
    [
        (13, 96, 0.91, True),
        (13, 95, 0.91, False),  # an overlap of .95 is no repetition yet
        (13, 96, 0.9, False),  # nor is a score of .9 sure
        (12, 96, 0.91, False),  # half of the labels may be repeated
        (24, 89, 0.5, True),
        (24, 88, 0.5, False),  # a mean overlap of .88 may be
    ],
)
def test_limits_of_repetition_are_exclusive(found, width, score, warned):
    assert bool(agreeing(24, found=found, width=width, score=score)) is warned


def test_one_label_in_twenty_may_be_missed_where_the_others_agree_too_well():
    assert agreeing(40, found=38, width=90, score=0.5)
    assert not agreeing(40, found=37, width=90, score=0.5)


def test_a_label_that_is_overlapped_by_half_is_found():
    derived = DatasetColumns(dataset(20))
    boxes = np.array([[100.0, 100, 195, 200]] * 18 + [[100.0, 100, 150, 200]])
    given = Predictions.of(np.arange(19), np.zeros(19), boxes, np.full(19, 0.5))
    both = Predictions.concat([given, Predictions.of([19], [0], [[300.0, 0, 310, 9]], [0.5])])
    assert "find 95% of the labels" in in_sample(derived, both)


def test_the_warning_says_what_to_do():
    assert agreeing(24, found=24, width=100, score=1.0) == (
        "the predictions find 100% of the labels and overlap them by 1.00 on average, 100% of them "
        "surely and nearly exactly: unless the objects have sharp edges, that detector was "
        "probably trained on these images, and agrees with their errors; predict each image with "
        "a model that did not see it"
    )


@pytest.mark.parametrize("column", ["crowd", "difficult", "label", "xyxy", "far"])
def test_labels_that_no_detector_has_to_find_are_not_missed(column: str):
    names = [f"car {200 * n} 0 {200 * n + 100} 100" for n in range(40)]
    labelled = images({"a.jpg": names}, size=(20_000, 480))
    odd = {
        "crowd": {"crowd": [True] * 20 + [False] * 20},
        "difficult": {"difficult": [True] * 20 + [False] * 20},
        "label": {"label": [-1] * 20 + [0] * 20},
        "xyxy": {"xyxy": [[9, 9, 5, 5]] * 20 + labelled.boxes.xyxy[20:].tolist()},
        "far": {"xyxy": [[1e300, 0, 2e300, 5]] * 20 + labelled.boxes.xyxy[20:].tolist()},
    }
    derived = DatasetColumns(with_columns(labelled, "boxes", **odd[column]))
    found = Predictions.of([0] * 20, [0] * 20, labelled.boxes.xyxy[20:], [1.0] * 20)
    assert "find 100% of the labels" in in_sample(derived, found)


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


@pytest.mark.parametrize("label", [0, 1])
def test_a_prediction_of_another_class_in_another_image_finds_nothing(label: int):
    name = ("bus", "car")[label]
    boxes = {"a.jpg": ["bus 0 0 9 9", "car 0 0 9 9"], "b.jpg": [], "c.jpg": [f"{name} 20 20 60 60"]}
    derived = DatasetColumns(images(boxes))
    predictions = Predictions.of([0], [1 - label], np.array([[20.0, 20, 60, 60]]), [0.9])
    assert best_matches(derived, predictions, np.array([False, False, True]))[0].tolist() == [0.0]


def test_a_prediction_finds_a_label_from_a_score_of_03_on():
    derived = DatasetColumns(images({"a.jpg": ["car 0 0 10 10"]}))
    for score, expected in ((0.3, [1.0]), (0.29, [0.0])):
        predictions = Predictions.of([0], [0], np.array([[0.0, 0, 10, 10]]), [score])
        assert best_matches(derived, predictions, np.array([True]))[0].tolist() == expected


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
