"""NMS as devices do it, beside torchvision's, and each way in which it differs."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from labelaudit.deployment.description import Inside
from labelaudit.deployment.device_nms import NmsWay, device_detections, suppressed
from labelaudit.detector.nms import detections

SIZE = (40, 60)


def random_boxes(seed: int, count: int = 80) -> np.ndarray:
    random = np.random.default_rng(seed)
    corner = random.uniform(-5, 50, (count, 2))
    return np.hstack([corner, corner + random.uniform(1, 25, (count, 2))]).astype(np.float32)


@pytest.mark.parametrize("seed", range(5))
def test_without_a_difference_it_is_that_of_the_detector(seed):
    random = np.random.default_rng(seed)
    boxes, scores = random_boxes(seed), random.uniform(size=(80, 3)).astype(np.float32)
    inside = Inside(nms=True, threshold=0.3, overlap=0.5, limit=30)
    ours = device_detections(scores[None], boxes[None], inside, SIZE, NmsWay())
    theirs = detections(
        torch.from_numpy(scores),
        torch.from_numpy(boxes),
        SIZE,
        threshold=0.3,
        overlap=0.5,
        limit=30,
    )
    count = len(theirs)
    np.testing.assert_allclose(ours[0][0, :count], theirs.boxes)
    np.testing.assert_allclose(ours[1][0, :count], theirs.scores)
    np.testing.assert_array_equal(ours[2][0, :count], theirs.labels)
    assert not ours[1][0, count:].any()
    assert (ours[2][0, count:] == -1).all()


def kept(boxes: list[list[float]], way: NmsWay, *, labels: tuple[int, ...] = (0, 0)) -> list[int]:
    return suppressed(np.array(boxes, np.float64), np.array(labels), 0.5, way).tolist()


TWICE = [[0, 0, 10, 10], [0, 0, 10, 20]]
"""Their overlap is exactly a half."""


def test_an_overlap_of_exactly_the_threshold_is_two_objects_unless_a_device_says_one():
    assert kept(TWICE, NmsWay()) == [0, 1]
    assert kept(TWICE, NmsWay(equal_overlaps=True)) == [0]


def test_boxes_that_have_their_last_pixel_overlap_more():
    near = [[0, 0, 10, 10], [0, 0, 10, 20.5]]
    assert kept(near, NmsWay()) == [0, 1]
    assert kept([[0, 0, 1, 1], [1, 0, 2, 1]], NmsWay()) == [0, 1]
    assert kept([[0, 0, 2, 1], [1, 0, 3, 1]], NmsWay(whole_pixels=True)) == [0, 1]
    assert kept([[0, 0, 3, 1], [1, 0, 4, 1]], NmsWay(whole_pixels=True)) == [0]
    assert kept([[0, 0, 3, 1], [1.1, 0, 4.1, 1]], NmsWay()) == [0, 1]


def test_boxes_of_two_classes_are_two_objects_unless_a_device_ignores_classes():
    same = [[0, 0, 10, 10], [0, 0, 10, 10]]
    assert kept(same, NmsWay(), labels=(0, 1)) == [0, 1]
    assert kept(same, NmsWay(by_class=False), labels=(0, 1)) == [0]


def test_of_equal_scores_the_first_anchor_stays_unless_a_device_takes_the_last():
    boxes = np.array([[[0, 0, 10, 10], [0, 0, 10, 9]]], np.float32)
    scores = np.full((1, 2, 1), 0.5, np.float32)
    inside = Inside(nms=True, limit=1)
    first = device_detections(scores, boxes, inside, SIZE, NmsWay())
    last = device_detections(scores, boxes, inside, SIZE, NmsWay(last_of_ties=True))
    assert first[0][0, 0].tolist() == [0, 0, 10, 10]
    assert last[0][0, 0].tolist() == [0, 0, 10, 9]


def test_an_anchor_has_all_classes_above_the_threshold_unless_a_device_takes_its_likeliest():
    boxes, scores = np.array([[[0, 0, 9, 9]]], np.float32), np.array([[[0.5, 0.4]]], np.float32)
    inside = Inside(nms=True, limit=2)
    both = device_detections(scores, boxes, inside, SIZE, NmsWay())
    one = device_detections(scores, boxes, inside, SIZE, NmsWay(one_class=True))
    assert both[2].tolist() == [[0, 1]]
    assert one[2].tolist() == [[0, -1]]


def test_boxes_that_are_no_numbers_are_none():
    boxes = np.array([[[0, 0, np.nan, 9], [0, 0, np.inf, 9], [0, 0, 9, 9]]], np.float32)
    scores = np.array([[[0.9], [0.8], [np.nan]]], np.float32)
    found = device_detections(scores, boxes, Inside(nms=True), SIZE, NmsWay())
    assert not found[1].any()
