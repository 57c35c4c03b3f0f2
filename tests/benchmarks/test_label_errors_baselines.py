"""The other methods in the benchmark of wrong labels: their scores, worked out by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from benchmarks.label_errors.baselines import ANY, baselines
from benchmarks.label_errors.clod import clod
from benchmarks.label_errors.detector_answers import as_it_is
from benchmarks.label_errors.matches import matches
from benchmarks.label_errors.objectlab import Thresholds, objectlab
from benchmarks.label_errors.places import place_baselines
from labelaudit.auditing.label_issues import ErrorKind, MissingObjects
from labelaudit.label_errors.labels import Labels
from labelaudit.testing import images
from tests.benchmarks.label_error_cases import CLASSES, case_of, label_issues_of, seen


def labels(*boxes: str) -> Labels:
    """Labels of one image, each a class and four corners; see `labelaudit.testing.images`."""
    words = [box.split() for box in boxes]
    return Labels.of(
        len(words),
        box=np.arange(len(words)),
        image=np.zeros(len(words)),
        label=[CLASSES.index(word[0]) for word in words],
        xyxy=np.array([word[1:5] for word in words], np.float64).reshape(-1, 4),
    )


def test_a_label_matches_the_detection_with_the_largest_overlap_times_root_of_score():
    found = matches(
        labels("car 0 0 10 10", "bus 50 50 60 60"),
        seen("car 0 0 10 8 0.25", "car 0 0 10 6 0.81", "bus 0 0 10 10 0.1"),
    )
    assert found.same.overlap == pytest.approx([0.6, 0])
    assert found.same.score == pytest.approx([0.81, 0])
    assert found.other.prediction.tolist() == [2, -1]
    assert found.any.prediction.tolist() == [1, -1]


def test_objectlab_doubts_a_swapped_class_and_a_bad_place_and_not_a_box_on_nothing():
    # Given in another order than by image; the scores come back in the given order.
    given = labels("car 0 0 10 10", "car 100 0 110 10", "van 200 0 210 10", "bus 300 0 310 10")
    given = dataclasses.replace(given, image=np.array([1, 0, 0, 1], np.int32))
    detections = seen("bus 0 0 10 10 0.97", "car 100 0 110 5 0.9", "bus 300 0 310 10 0.9")
    detections = dataclasses.replace(detections, image=np.array([1, 0, 1], np.int32))
    scores = objectlab(given, detections, 2, 3, Thresholds())
    assert scores.swapped == pytest.approx([1, 0, 0, 0])
    similar = 0.9 * 0.5 + 0.1 * np.exp(-0.1 * 2.5)
    assert scores.badly_located == pytest.approx([0, 1 - similar, 0, 0])


def test_objectlab_is_right_where_cleanlab_mistakes_the_layout_of_three_classes():
    detections = seen(
        *[f"car {left} 0 {left + 10} 10 0.6" for left in range(100, 150, 10)],
        *[f"bus {left} 0 {left + 10} 10 0.6" for left in (200, 300)],
        *[f"van {left} 0 {left + 10} 10 0.6" for left in (400, 500)],
    )
    scores = objectlab(labels("van 400 0 410 10"), detections, 1, 3, Thresholds())
    assert scores.badly_located == pytest.approx([0])


def test_objectlab_takes_images_without_labels_or_without_detections():
    given = labels("car 0 0 10 10")
    assert objectlab(given, seen(), 2, 3, Thresholds()).swapped == pytest.approx([0])
    elsewhere = dataclasses.replace(seen("car 0 0 9 9 0.9"), image=np.array([1], np.int32))
    assert objectlab(given, elsewhere, 2, 3, Thresholds()).badly_located == pytest.approx([0])


def test_clod_scores_the_cluster_that_a_label_is_in():
    given = labels("car 0 0 10 10", "car 50 0 60 10", "car 90 0 99 10")
    detections = seen("car 0 0 10 10 0.9", "bus 50 0 60 10 0.9", "van 200 0 210 10 0.8")
    found = clod(given, detections, 3)
    agreed, disagreed, alone = found.labels
    assert agreed < 0.2
    assert min(disagreed, alone) > 0.5
    assert found.predictions[0] == agreed
    assert found.predictions[2] > agreed


def test_clod_links_boxes_that_reach_each_other_over_a_third():
    given = labels("car 0 0 10 10", "bus 4 0 14 10")
    linked = clod(given, seen("car 2 0 12 9 0.9"), 3).labels
    assert linked[0] == linked[1]
    apart = clod(given, seen("car 0 0 10 10 0.9"), 3).labels
    assert apart[0] < apart[1]


def test_fiftyone_and_the_plain_scores_follow_their_formulas():
    dataset = images(
        {"a.jpg": ["car 0 0 10 10", "car 100 0 110 10", "car 200 0 210 10", "bus 300 0 310 10"]}
    )
    found = seen("car 0 0 10 8 0.9", "bus 100 0 110 10 0.8", "bus 300 0 310 10 0.3")
    case = case_of(
        as_it_is(dataset), found, label_issues_of(as_it_is(dataset), MissingObjects.empty())
    )
    rankings = baselines(case)
    mistaken = rankings["FiftyOne"]
    assert mistaken[ErrorKind.WRONG_CLASS] == pytest.approx([0.05, 0.9, 0, 0.35])
    assert mistaken[ErrorKind.LOOSE_BOX] == pytest.approx([(0.9 * -0.2 + 1) / 2, 0.1, 0, 0.35])
    assert mistaken[ErrorKind.SPURIOUS].tolist() == [0, 0, 1, 0]
    assert mistaken[ANY] == pytest.approx([0.41, 0.9, 1, 0.35])
    assert rankings["score only"][ANY] == pytest.approx([0.1, 1, 1, 0.7])
    assert rankings["1 - IoU"][ANY] == pytest.approx([0.2, 1, 1, 0])


def test_only_detections_apart_from_labels_are_places_for_missing_objects():
    copy = as_it_is(images({"a.jpg": ["car 0 0 10 10", "bus 50 0 60 10"]}))
    found = seen("car 0 0 10 6 0.9", "bus 50 0 60 4 0.96", "bus 100 0 110 10 0.97")
    case = case_of(copy, found, label_issues_of(copy, MissingObjects.empty()))
    places = place_baselines(case)
    assert places["score only"].probability.tolist() == [0.96, 0.97]
    assert places["ObjectLab, defaults"].probability.tolist() == [0, 0.97]
    assert places["FiftyOne"].probability.tolist() == [0.96, 0.97]
