"""Detections of two models in the same images."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.deployment.parity.matching import (
    TABLE,
    MatchedDetections,
    detections_distance,
    matched_detections,
)


def table(*rows: tuple[list[float], float, int]) -> dict[str, np.ndarray]:
    """One image with these boxes, scores and labels, and an empty place at the end."""
    boxes = [row[0] for row in rows] + [[0, 0, 0, 0]]
    columns = boxes, [row[1] for row in rows] + [0], [row[2] for row in rows] + [-1]
    return {
        name: np.array([column], np.float32) for name, column in zip(TABLE, columns, strict=True)
    }


BOX = ([0, 0, 10, 10], 0.9, 0)


def test_the_same_detections_match_whatever_their_order():
    other = ([20, 20, 30, 30], 0.5, 1)
    found = matched_detections(table(BOX, other), table(other, BOX))
    assert found == MatchedDetections(2, 0, 0, 0, 0, 0, 0)
    assert detections_distance(table(BOX, other), table(other, BOX)) == 0


def test_a_pair_differs_by_its_farthest_side_and_its_score():
    found = matched_detections(table(BOX), table(([0, 1, 10, 13], 0.7, 0)))
    assert (found.matched, found.largest_box) == (1, 3)
    assert found.largest_score == pytest.approx(0.2)


@pytest.mark.parametrize(
    "other", [([0, 0, 10, 10], 0.9, 1), ([0, 0, 10, 20.1], 0.9, 0), ([50, 0, 60, 10], 0.9, 0)]
)
def test_another_class_or_an_overlap_below_a_half_is_another_object(other):
    found = matched_detections(table(BOX), table(other))
    assert (found.matched, found.only_network, found.only_device) == (0, 1, 1)
    assert found.unmatched_share == 1
    assert detections_distance(table(BOX), table(other)) == 1


def test_an_overlap_of_a_half_is_the_same_object():
    assert matched_detections(table(BOX), table(([0, 0, 10, 20], 0.9, 0))).matched == 1


def test_of_two_near_boxes_each_finds_the_nearest():
    near = ([0, 0, 10, 9], 0.8, 0)
    found = matched_detections(table(BOX, near), table(near, BOX))
    assert (found.matched, found.largest_box, found.largest_score) == (2, 0, 0)


def test_boxes_that_were_cut_off_to_lines_are_matched_by_their_place():
    line = ([10, 0, 10, 20], 0.5, 0)
    assert matched_detections(table(line), table(line)).matched == 1
    assert matched_detections(table(line), table(([12, 0, 12, 20], 0.5, 0))).matched == 0


def test_images_without_detections_agree():
    assert matched_detections(table(), table()).unmatched_share == 0
    assert detections_distance(table(), table()) == 0


def test_what_is_no_number_is_no_detection():
    found = matched_detections(table(BOX), table(([0, 0, np.nan, 10], 0.9, 0)))
    assert (found.only_network, found.only_device) == (1, 0)
