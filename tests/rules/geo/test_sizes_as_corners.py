"""Boxes inside out in a format of corners that may as well be left, top, width and height."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.run import audit
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS
from labelaudit.rules.geo.misread_conventions import MIN_IN_ORDER
from labelaudit.rules.geo.sizes_as_corners import MIN_TOGETHER
from labelaudit.testing import images, with_polygons

BOTH = ", or its numbers are left, top, width, height"
CORNERS = "car 400 300 500 400"  # as a size it would reach out of 640 x 480
BACKWARDS = "car 300 200 80 60"


def voc(boxes: dict[str, list[str]], size: tuple[float, float] = (640, 480)) -> Dataset:
    facts = FORMATS["voc"].facts
    return dataclasses.replace(images(boxes, size=size), format="voc", facts=facts)


def told(dataset: Dataset) -> list[tuple[bool, bool]]:
    """Of each finding, whether both readings are said, and whether it has a fix."""
    found = audit(dataset, select=["GEO002"])
    words = (message.endswith(BOTH) for message in found.message.tolist())
    return list(zip(words, (fix is not None for fix in found.fix), strict=True))


SIZES = {"a.jpg": [BACKWARDS, "car 400 100 50 40"], "b.jpg": ["car 320 90 30 40"]}


@pytest.mark.parametrize("size", [(640, 480), (np.nan, np.nan)])
def test_a_few_boxes_that_all_fit_as_sizes_are_said_both_ways_and_not_swapped(size):
    assert told(voc(SIZES, size)) == [(True, False)] * 3
    (message,) = audit(voc({"a.jpg": [BACKWARDS]}), select=["GEO002"]).message
    assert message == (
        "car is -220 x -140 px: its left and right, top and bottom are swapped, or its numbers are "
        "left, top, width, height"
    )


def test_one_box_that_fits_as_corners_alone_speaks_for_a_swap():
    assert told(voc(SIZES | {"c.jpg": [CORNERS]})) == [(True, False)] * 2 + [(False, True)]
    assert told(voc({"a.jpg": [BACKWARDS, BACKWARDS, CORNERS]})) == [(False, True)] * 2


@pytest.mark.parametrize(("count", "both"), [(1, False), (2, True)])
def test_among_corners_so_many_boxes_of_an_image_are_inside_out(count, both):
    assert MIN_TOGETHER == 2
    dataset = voc({"a.jpg": [BACKWARDS] * count, "b.jpg": [CORNERS]})
    assert told(dataset) == [(both, not both)] * count


@pytest.mark.parametrize(("wrong", "both"), [(6, False), (7, True)])
def test_among_corners_so_many_of_an_image_are(wrong, both):
    assert MIN_IN_ORDER == 0.7
    right = ["car 10 10 30 40"] * (10 - wrong)  # fits as either
    dataset = voc({"a.jpg": [BACKWARDS] * wrong + right, "b.jpg": [CORNERS]})
    assert told(dataset) == [(both, not both)] * wrong


@pytest.mark.parametrize(("right", "both"), [(2, True), (3, False)])
def test_where_nearly_all_boxes_are_in_order_they_are_corners(right, both):
    others = {f"{row}.jpg": ["car 10 10 30 40"] for row in range(right)}  # fit as either
    assert told(voc({"a.jpg": [BACKWARDS]} | others)) == [(both, not both)]


def test_a_size_that_reaches_out_of_the_image_is_none():
    assert told(voc({"a.jpg": ["car 300 200 80 280"]})) == [(True, False)]
    assert told(voc({"a.jpg": ["car 300 200 80 281"]})) == [(False, True)]


def test_a_mask_says_where_the_object_is_whatever_the_numbers_are():
    dataset = with_polygons(voc({"a.jpg": [BACKWARDS]}), [[300, 200, 380, 200, 380, 260]])
    (fix,) = audit(dataset, select=["GEO002"]).fix
    assert fix.values == {"xyxy": [300.0, 200.0, 380.0, 260.0]}


def test_formats_of_sizes_have_no_other_reading():
    dataset = images({"a.jpg": [BACKWARDS]})
    assert CONVENTIONS[dataset.facts.convention].words == "left, top, width, height"
    assert told(dataset) == [(False, True)]
