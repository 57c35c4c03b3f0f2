"""Average precision is COCO's, and of drawn images that of files in which they stand repeatedly."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.boxes.ops import area
from labelaudit.core.columns import Floats
from labelaudit.impact.bootstrap import average_precision, drawn_weights, over_classes
from labelaudit.impact.matching import matches_of
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.metrics import GroundTruth, by_pycocotools

CLASSES = 3


def truth_of(image, label, xyxy, *, crowd=None, difficult=None) -> GroundTruth:
    count, corners = len(image), np.asarray(xyxy, float).reshape(-1, 4)
    none = np.zeros(count, bool)
    return GroundTruth(
        np.asarray(image, np.int64),
        np.asarray(label, np.int64),
        corners,
        area(corners),
        none if crowd is None else np.asarray(crowd),
        none if difficult is None else np.asarray(difficult),
    )


def scene(seed: int, images: int = 12) -> tuple[GroundTruth, Predictions]:
    """Objects, and detections that are moved a little, of another class, double or of nothing."""
    random = np.random.default_rng(seed)
    count = int(random.integers(0, 60))
    corner = random.integers(0, 200, (count, 2)).astype(float)
    boxes = np.hstack([corner, corner + random.integers(4, 90, (count, 2))])
    image, label = random.integers(0, images, count), random.integers(0, CLASSES, count)
    often = random.integers(0, 3, count)
    seen = np.repeat(boxes, often, axis=0) + random.choice([0, 1, 5, 20], (often.sum(), 1))
    wrong = random.random(often.sum()) < 0.2
    found = Predictions.of(
        np.repeat(image, often),
        np.where(wrong, random.integers(0, CLASSES, often.sum()), np.repeat(label, often)),
        seen,
        random.choice(np.linspace(0.05, 1, 15), often.sum()),  # many are equally sure
    )
    truth = truth_of(
        image, label, boxes, crowd=random.random(count) < 0.1, difficult=random.random(count) < 0.1
    )
    return truth, found


def ours(truth: GroundTruth, found: Predictions, images, weights=None) -> Floats:
    matches = matches_of(truth, found, np.asarray(images), CLASSES)
    return average_precision(matches, np.ones((1, len(images))) if weights is None else weights)


def coco(truth: GroundTruth, found: Predictions, images) -> Floats:
    curves = by_pycocotools(truth, found, CLASSES, np.asarray(images))[..., 0]
    return np.where(curves[:, 0, 0] > -1, curves.mean(axis=(1, 2)), np.nan)


@pytest.mark.parametrize("seed", range(40))
def test_average_precision_is_that_of_pycocotools(seed):
    truth, found = scene(seed)
    np.testing.assert_allclose(
        ours(truth, found, range(12))[0], coco(truth, found, range(12)), atol=1e-9
    )


@pytest.mark.parametrize("seed", range(8))
def test_an_image_that_is_drawn_twice_counts_as_two_files(seed):
    truth, found = scene(seed)
    # Of equally sure detections the order of images decides, which copies would change.
    found = dataclasses.replace(found, score=np.random.default_rng(seed).random(len(found)))
    weights = drawn_weights(np.arange(12), 3, seed)
    result = ours(truth, found, range(12), weights)
    for row, often in enumerate(weights.astype(int)):
        copies = [(image, n) for image in range(12) for n in range(often[image])]
        parts = [(image, 100 * number + image) for image, number in copies]
        objects = [np.flatnonzero(truth.image == image) for image, _ in parts]
        seen = [np.flatnonzero(found.image == image) for image, _ in parts]
        numbers = np.array([name for _, name in parts], np.int64)
        columns = vars(truth).items()
        repeated = GroundTruth(
            **{name: values[np.concatenate(objects)] for name, values in columns}
        )
        repeated = dataclasses.replace(repeated, image=np.repeat(numbers, [*map(len, objects)]))
        rows = found.rows(np.concatenate(seen))
        rows = dataclasses.replace(rows, image=np.repeat(numbers, [*map(len, seen)]))
        np.testing.assert_allclose(result[row], coco(repeated, rows, numbers), atol=1e-9)


def test_the_surest_hundred_of_an_image_and_a_class_count():
    box = [[0, 0, 10, 10]]
    for before, value in ((99, 1 / 100), (100, 0.0)):
        found = Predictions.of(
            np.zeros(before + 1, int),
            np.zeros(before + 1, int),
            np.array([[50, 50, 60, 60]] * before + box, float),
            [0.9] * before + [0.1],
        )
        result = ours(truth_of([0], [0], box), found, [0])
        np.testing.assert_allclose(result[0, 0], value, atol=1e-9)


def test_classes_without_objects_have_no_precision_and_count_for_nothing():
    result = ours(truth_of([0], [1], [[0, 0, 9, 9]]), Predictions.empty(), [0])
    np.testing.assert_array_equal(result[0], [np.nan, 0, np.nan])
    assert over_classes(result)[0] == 0
    assert np.isnan(over_classes(np.full((1, 2), np.nan))[0])


def test_images_of_a_group_are_drawn_together_and_as_many_groups_as_there_are():
    weights = drawn_weights(np.array([4, 4, 7, 9]), 200)
    np.testing.assert_array_equal(weights[:, 0], weights[:, 1])
    assert (weights[:, 1:].sum(axis=1) == 3).all()
    assert len(np.unique(weights, axis=0)) > 5
    np.testing.assert_array_equal(weights, drawn_weights(np.array([1, 1, 2, 3]), 200))


def test_of_no_images_nothing_is_drawn():
    assert drawn_weights(np.zeros(0, int), 5).shape == (5, 0)
