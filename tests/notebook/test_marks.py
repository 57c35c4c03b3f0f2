"""What is drawn of a finding, before and after its fix, and where."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.dataset.tables import RecordType
from labelaudit.notebook.marks import (
    GIVEN,
    LEAST_SIDE,
    OTHER,
    PROPOSED,
    Mark,
    after,
    before,
    proposal,
    surroundings,
)
from labelaudit.testing import one_image

LABELS = one_image("car 10 10 40 40", "bus 12 10 40 40", "van nan 1 2 3")


def finding(fix: Fix | None, box: int = 0, other: int = -1):
    column = np.empty(1, object)
    column[0] = fix
    found = Findings.of(1, image=[0], box=[box], other=[other], fix=column)
    return found.replaced(dataset=LABELS)[0]


def a_fix(kind: str, **values: object) -> Fix:
    return Fix(kind, Safety.UNSAFE, RecordType.BOX, 0, values)


CAR, BUS = (10.0, 10.0, 40.0, 40.0), (12.0, 10.0, 40.0, 40.0)


def test_the_box_lies_above_the_one_that_it_is_compared_with():
    assert before(finding(None, other=1)) == [Mark(BUS, OTHER, "bus"), Mark(CAR, GIVEN, "car")]


def test_a_box_without_a_place_is_not_drawn():
    assert before(finding(None, box=2)) == []


@pytest.mark.parametrize(
    ("fix", "marks"),
    [
        (None, None),
        (a_fix("set-field", field="crowd", value=True), None),
        (a_fix("drop"), [Mark(BUS, OTHER, "bus")]),
        (
            a_fix("move", xyxy=[1, 2, 3, 4]),
            [Mark(BUS, OTHER, "bus"), Mark((1.0, 2.0, 3.0, 4.0), PROPOSED, "car", dashed=True)],
        ),
        (
            a_fix("relabel", label=1),
            [Mark(BUS, OTHER, "bus"), Mark(CAR, PROPOSED, "bus", dashed=True)],
        ),
    ],
)
def test_what_a_fix_makes_of_the_box_is_drawn_where_it_changes_what_is_drawn(fix, marks):
    assert after(finding(fix, other=1)) == marks


def test_a_fix_is_said_with_the_class_that_it_gives():
    assert proposal(finding(a_fix("relabel", label=1))) == "Change its class to bus."
    assert proposal(finding(a_fix("drop"))) == "Remove this label."
    assert proposal(finding(None)) == ""


def test_without_a_box_the_whole_image_is_shown():
    assert surroundings([], (640, 480)) == (0, 0, 640, 480)
    assert surroundings([], (0.2, 480)) == (0, 0, 1, 480)


@pytest.mark.parametrize(
    "xyxy",
    [(0, 0, 1, 1), (639, 479, 640, 480), (-50, -50, -9, -9), (900, 900, 990, 990), (9, 9, -9, -9)],
)
def test_a_part_of_the_image_is_shown_wherever_the_box_is(xyxy):
    left, top, right, bottom = surroundings([Mark(xyxy, GIVEN, "")], (640, 480))
    assert 0 <= left < right <= 640
    assert 0 <= top < bottom <= 480


def test_a_box_of_one_pixel_has_surroundings():
    left, _, right, _ = surroundings([Mark((300, 300, 301, 301), GIVEN, "")], (640, 480))
    assert right - left >= LEAST_SIDE


@pytest.mark.parametrize(("side", "shown"), [(10, 48), (22, 48.4), (40, 88)])
def test_of_a_small_box_at_least_48_pixels_are_shown(side: int, shown: float):
    corners = (100.0, 100.0, 100.0 + side, 100.0 + side)
    left, top, right, bottom = surroundings([Mark(corners, GIVEN, "")], (640, 480))
    assert right - left == pytest.approx(shown, abs=1)
    assert (left, right) == (top, bottom)
