"""Geometry rules share out the boxes: what is wrong with a box is said once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.testing import one_image, with_columns, with_polygons

BROKEN = ["GEO001", "GEO002", "GEO003", "GEO004"]
RULES = [f"GEO{number:03}" for number in range(1, 15)]
OTHERS = ["GEO005", "GEO006", "GEO007", "GEO008", "GEO009", "GEO011"]
SPECIAL = [np.nan, np.inf, -np.inf, 1e9, 1e18, -1e18, 1e308, -1e308, 0, 480, 640, 1e-300]

coordinates = st.floats(-20, 700) | st.sampled_from(SPECIAL) | st.integers(-2, 3).map(float)


def expected(left, top, right, bottom):
    """The rule of `BROKEN` that finds a box in an image of 640 x 480, said in another way."""
    corners = [left, top, right, bottom]
    if not all(-1e9 <= corner <= 1e9 for corner in corners):
        return "GEO003"
    if left == right or top == bottom:
        return "GEO001"
    if left > right or top > bottom:
        return "GEO002"
    if max(left, 0) >= min(right, 640) or max(top, 0) >= min(bottom, 480):
        return "GEO004"
    return None


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(coordinates, min_size=4, max_size=4), min_size=1, max_size=8))
def test_a_broken_box_is_found_by_one_rule_and_by_no_other(corners):
    dataset = one_image(*["car 0 0 9 9"] * len(corners))
    dataset = with_columns(dataset, "boxes", xyxy=corners, area=[50.0] * len(corners))
    dataset = with_polygons(dataset, *[[[100, 100, 150, 100, 150, 150]]] * len(corners))
    findings = audit(dataset, select=BROKEN)
    found = {box: findings.code[findings.box == box].tolist() for box in range(len(corners))}
    assert found == {
        box: [code] if (code := expected(*row)) else [] for box, row in enumerate(corners)
    }
    assert not np.isin(audit(dataset, select=OTHERS).box, findings.box).any()


def test_nothing_is_found_in_an_empty_dataset():
    assert len(audit(one_image(), select=RULES)) == 0


@pytest.mark.parametrize("seed", range(50))
def test_no_number_stops_a_rule_or_is_found_twice_or_again_after_its_fix(seed):
    dataset = hostile(np.random.default_rng(seed))
    findings = audit(dataset, select=RULES)
    places = list(zip(findings.code.tolist(), findings.box.tolist(), strict=True))
    assert len(set(places)) == len(places)
    for code in RULES:
        fixable = findings.rows([one == code and fix is not None for one, fix in said(findings)])
        fixed = apply(dataset, fixable).dataset
        assert not any(fix for _, fix in said(audit(fixed, select=[code])))


def said(findings):
    return list(zip(findings.code.tolist(), findings.fix.tolist(), strict=True))


def hostile(random):
    """Boxes, masks and keypoints of any numbers at all."""

    def numbers(*shape):
        plain = np.round(random.uniform(-20, 660, shape), 1)
        return np.where(random.random(shape) < 0.5, plain, random.choice(SPECIAL, shape))

    count = int(random.integers(1, 30))
    box = random.permutation(count)[: count // 2 + 1]
    some = len(box)
    dataset = one_image(*["car 0 0 9 9"] * count, size=numbers(2))
    dataset = with_columns(
        dataset,
        "boxes",
        xyxy=numbers(count, 4),
        area=numbers(count),
        label=random.integers(-1, 1, count),
        image=random.choice([0, 0, 0, -1], count),
    )
    dataset = with_columns(
        dataset,
        "masks",
        box=box,
        kind=random.integers(0, 3, some),
        fault=random.integers(0, 10, some),
        xyxy=numbers(some, 4),
        area=numbers(some),
        parts=random.integers(0, 4, some),
    )
    return with_columns(
        dataset,
        "keypoints",
        box=box,
        values=random.integers(0, 60, some),
        labelled=random.integers(0, 20, some),
        stated=random.integers(-1, 20, some),
        xyxy=numbers(some, 4),
    )
