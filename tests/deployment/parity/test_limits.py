"""How much a device may differ, from both sides of each limit."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.deployment.description import Inside, ModelDescription
from labelaudit.deployment.parity.diagnosis import NMS, Deployed, first_beyond
from labelaudit.deployment.parity.differences import difference
from labelaudit.deployment.parity.matching import TABLE
from labelaudit.deployment.parity.report import default_tolerance


def described(inside: Inside, *, int8: bool = False) -> ModelDescription:
    colours = ((0.0,) * 3, (1.0,) * 3)
    anchors = ((8,), (4.0,), (1.0,))
    return ModelDescription("onnx", ("car",), (1,), (64, 96), *colours, *anchors, inside, int8=int8)


def beyond(expected, observed, description) -> str | None:
    images = np.zeros((1, 3, 64, 96), np.uint8)
    tolerance = default_tolerance(description)
    return first_beyond(expected, Deployed(description, images, observed, (), tolerance))


@pytest.mark.parametrize(
    ("int8", "apart", "first"),
    [(False, 0.9e-4, None), (False, 1.1e-4, "scores"), (True, 0.24, None), (True, 0.26, "scores")],
)
def test_outputs_may_differ_by_a_ten_thousandth_or_a_quarter_in_8_bits(int8, apart, first):
    boxes = np.ones((1, 2, 4), np.float32)
    expected = {"scores": np.full((1, 2, 1), 0.5, np.float32), "boxes": boxes}
    observed = {"scores": expected["scores"] + np.float32(apart), "boxes": boxes}
    assert beyond(expected, observed, described(Inside(), int8=int8)) == first


@pytest.mark.parametrize(("apart", "within"), [(0.25, True), (0.250001, False)])
def test_a_difference_of_the_tolerance_itself_is_within(apart, within):
    zero, other = (np.array([value], np.float64) for value in (0.0, apart))
    assert difference("scores", zero, other, 0.25).is_within == within


def detections(lefts) -> dict[str, np.ndarray]:
    left = np.array(lefts, np.float32)
    boxes = np.stack([left, 0 * left, left + 3, 0 * left + 3], axis=1)
    columns = boxes, np.full(len(left), 0.9, np.float32), np.zeros(len(left), np.float32)
    return {name: column[None] for name, column in zip(TABLE, columns, strict=True)}


@pytest.mark.parametrize(("alone", "first"), [(1, None), (2, NMS)])
def test_one_in_two_hundred_detections_may_be_without_a_partner(alone, first):
    places = 4.0 * np.arange(200)
    moved = np.append(places[alone:], 4.0 * np.arange(300, 300 + alone))
    expected, observed = detections(places), detections(np.sort(moved))
    assert beyond(expected, observed, described(Inside(nms=True, limit=200))) == first


@pytest.mark.parametrize(("apart", "first"), [(0.009, None), (0.011, NMS)])
def test_a_side_of_a_detection_may_differ_by_a_ten_thousandth_of_the_image(apart, first):
    expected = detections([10.0])
    observed = detections([10.0])
    observed["detection_boxes"] = observed["detection_boxes"].copy()
    observed["detection_boxes"][0, 0, 2] += apart
    assert beyond(expected, observed, described(Inside(nms=True, limit=1))) == first
