from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import one_image, with_columns, with_polygons


def rectangle(left, top, right, bottom):
    return [[left, top, right, top, right, bottom, left, bottom]]


def test_a_box_beside_its_mask_is_found_and_moved_to_it():
    boxes = one_image("car 10 10 40 40", "car 50 20 90 60", "car 50 20 90 60")
    dataset = with_polygons(boxes, rectangle(10, 10, 40, 40), None, rectangle(50, 30, 90, 70))
    findings = audit(dataset, select=["GEO011"])
    assert findings.box.tolist() == [2]
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "car at (50, 20), 40 x 40 px: its mask is at (50, 30), 40 x 40 px"
    assert findings.message.tolist() == [words]
    corners = {"xyxy": [50.0, 30.0, 90.0, 70.0]}
    assert findings.fix.tolist() == [Fix("move", Safety.UNSAFE, RecordType.BOX, 2, corners)]


@pytest.mark.parametrize("edge", range(4))
@pytest.mark.parametrize(("shift", "count"), [(2, 0), (-2, 0), (2.1, 1), (-2.1, 1)])
def test_each_edge_may_be_two_pixels_off(edge, shift, count):
    mask = [50.0, 20.0, 90.0, 60.0]
    mask[edge] += shift
    dataset = with_polygons(one_image("car 50 20 90 60"), rectangle(*mask))
    assert len(audit(dataset, select=["GEO011"])) == count


@pytest.mark.parametrize(("shift", "count"), [(7.9, 0), (8.1, 1)])
def test_in_a_large_box_an_edge_may_be_a_fiftieth_off(shift, count):
    dataset = with_polygons(one_image("car 0 20 400 60"), rectangle(shift, 20, 400, 60))
    assert len(audit(dataset, select=["GEO011"])) == count


def test_what_is_beyond_the_image_is_another_matter():
    boxes = one_image("car -30 20 90 60", "car 0 20 90 60")
    dataset = with_polygons(boxes, rectangle(0, 20, 90, 60), rectangle(-30, 20, 90, 60))
    assert len(audit(dataset, select=["GEO011"])) == 0


def test_the_box_moves_to_what_is_visible_of_its_mask():
    dataset = with_polygons(one_image("car 30 20 90 60"), rectangle(-30, 20, 90, 60))
    (fix,) = audit(dataset, select=["GEO011"]).fix
    assert fix.values == {"xyxy": [0.0, 20.0, 90.0, 60.0]}


@pytest.mark.parametrize(
    "box", ["car 700 20 790 60", "car 9 9 9 9", "car 9 9 5 5", "car 9 nan 50 50"]
)
def test_boxes_outside_or_without_an_inside_are_left_to_other_rules(box):
    dataset = with_polygons(one_image(box), rectangle(50, 20, 90, 60))
    assert len(audit(dataset, select=["GEO011"])) == 0


@pytest.mark.parametrize(
    "mask", [[[50, 20, 90, 60]], [[50, 20, 50, 60, 50, 70]], rectangle(700, 0, 800, 9)]
)
def test_a_mask_that_says_nothing_is_not_compared(mask):
    dataset = with_polygons(one_image("car 10 10 40 40"), mask)
    assert len(audit(dataset, select=["GEO011"])) == 0


@pytest.mark.parametrize("extent", [[30, 10, 18, 40], [10, 30, 40, 30], [10, 10, 1e18, 40]])
def test_an_extent_without_an_inside_or_an_end_is_not_compared(extent):
    dataset = with_columns(one_image("car 10 10 40 40"), "masks", box=[0], xyxy=[extent])
    assert len(audit(dataset, select=["GEO011"])) == 0


def test_without_the_size_of_the_image_box_and_mask_can_still_be_compared():
    boxes = one_image("car -30 20 90 60", size=(np.nan, np.nan))
    dataset = with_polygons(boxes, rectangle(0, 20, 90, 60))
    assert len(audit(dataset, select=["GEO011"])) == 1


places = st.integers(-50, 600).map(float)
shifts = st.sampled_from([-20, -8, -2.1, -2, 0, 0, 2, 2.1, 8, 20, 1000, np.nan, np.inf, -1e18])


@st.composite
def boxes_with_masks(draw):
    """A box and the extent of its mask, (2, 4): near each other, and most of them sound."""
    left, top = draw(places), draw(places)
    width, height = draw(st.integers(-1, 300)), draw(st.integers(-1, 300))
    box = [left, top, left + width, top + height]
    return box, [edge + draw(shifts) for edge in box]


@settings(max_examples=200, deadline=None)
@given(st.lists(boxes_with_masks(), min_size=1, max_size=6))
def test_boxes_and_masks_are_compared_as_one_after_the_other(pairs):
    dataset = one_image(*["car 0 0 9 9"] * len(pairs))
    dataset = with_columns(dataset, "boxes", xyxy=[box for box, _ in pairs])
    masks = {"box": range(len(pairs)), "xyxy": [mask for _, mask in pairs]}
    found = audit(with_columns(dataset, "masks", **masks), select=["GEO011"]).box.tolist()
    assert found == [row for row, (box, mask) in enumerate(pairs) if is_apart(box, mask)]


def is_apart(box, mask):
    if not all(abs(edge) <= 1e9 for edge in [*box, *mask]):
        return False
    visible = [
        [max(0, x0), max(0, y0), min(640, x1), min(480, y1)] for x0, y0, x1, y1 in (box, mask)
    ]
    if any(not (x0 < x1 and y0 < y1) for x0, y0, x1, y1 in [box, mask, *visible]):
        return False
    width, height = box[2] - box[0], box[3] - box[1]
    return any(
        abs(a - b) > max(2, 0.02 * side)
        for a, b, side in zip(*visible, (width, height, width, height), strict=True)
    )
