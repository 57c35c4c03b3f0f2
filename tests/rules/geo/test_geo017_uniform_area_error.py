from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import with_columns, with_polygons
from tests.rules.geo.misread_boxes import street
from tests.rules.geo.test_misread_groups import chosen, in_splits


def stating(dataset: Dataset, area: Callable[[Floats, Floats], Floats], of: Bools | None = None):
    """The dataset with areas by a formula of width and height, of some boxes, else the true one."""
    width, height = dataset.boxes.size.T
    some = np.ones(len(width), bool) if of is None else of
    stated = np.where(some, area(width, height), width * height)
    return with_columns(dataset, "boxes", area=stated)


def one_more(width: Floats, height: Floats) -> Floats:
    return (width + 1) * (height + 1)


def found(dataset: Dataset) -> Findings:
    return audit(dataset, select=["GEO010", "GEO017"])


@pytest.mark.parametrize(
    ("area", "formula", "safety"),
    [
        (one_more, "(w + 1) x (h + 1)", Safety.SAFE),
        (lambda w, h: (w - 1) * (h - 1), "(w - 1) x (h - 1)", Safety.SAFE),
        (lambda w, h: 0.25 * w * h, "0.25 x w x h", Safety.UNSAFE),
        (lambda w, h: 4 * w * h, "4 x w x h", Safety.UNSAFE),
    ],
)
def test_areas_by_another_formula_are_one_finding_and_are_counted_again(
    area: Callable[[Floats, Floats], Floats], formula: str, safety: Safety
):
    dataset = stating(street(), area)
    findings = found(dataset)
    assert findings.message.tolist() == [
        f"200 of 200 boxes state {formula} for their area, 0 width x height"
    ]
    assert findings.fix[0].safety is safety
    mended = apply(dataset, findings).dataset
    assert mended.boxes.area == pytest.approx(mended.boxes.size.prod(axis=1))
    assert not len(found(mended))


def test_true_areas_are_quiet():
    assert not len(found(stating(street(), lambda w, h: w * h)))
    assert not len(found(stating(street(), lambda w, h: np.round(w * h + 0.0004))))


def test_areas_of_one_split_are_one_finding():
    images = chosen(street(), range(5))
    right = in_splits(street(), images)
    dataset = stating(right, one_more, images[right.boxes.image])
    assert found(dataset).message.tolist() == [
        "images of val: 50 of 50 boxes state (w + 1) x (h + 1) for their area, 0 width x height"
    ]


@pytest.mark.parametrize(("count", "expected"), [(9, 0), (10, 1)])
def test_ten_boxes_are_needed(count: int, expected: int):
    assert len(audit(stating(street(count), one_more), select=["GEO017"])) == expected


@pytest.mark.parametrize(("right", "expected"), [(20, 1), (21, 0)])
def test_nine_of_ten_boxes_must_be_so(right: int, expected: int):
    dataset = stating(street(), one_more, np.arange(200) >= right)
    assert len(audit(dataset, select=["GEO017"])) == expected


@pytest.mark.parametrize(("factor", "expected"), [(1.019, 0), (1.021, 1)])
def test_a_factor_close_to_one_is_none(factor: float, expected: int):
    dataset = stating(street(), lambda w, h: factor * w * h)
    assert len(audit(dataset, select=["GEO017"])) == expected


@pytest.mark.parametrize(("rounding", "expected"), [(9e-4, 1), (-9e-4, 1), (1.1e-3, 0)])
def test_areas_are_rounded_by_a_thousandth_at_most(rounding: float, expected: int):
    dataset = stating(street(), lambda w, h: (1 + rounding) * one_more(w, h))
    assert len(audit(dataset, select=["GEO017"])) == expected


def test_areas_that_are_off_in_different_ways_are_no_formula():
    factor = np.random.default_rng(0).uniform(0.3, 0.9, 200)
    assert not len(audit(stating(street(), lambda w, h: factor * w * h), select=["GEO017"]))


def test_areas_of_masks_are_not_judged():
    dataset = stating(street(12), one_more)
    masks = [[[x, y, r, y, r, b]] for x, y, r, b in dataset.boxes.xyxy.tolist()]
    assert not len(audit(with_polygons(dataset, *masks), select=["GEO017"]))


def test_a_box_of_another_area_stays_a_finding_of_its_own():
    dataset = stating(street(), one_more)
    area = dataset.boxes.area.copy()
    area[3] = 9e5
    findings = found(with_columns(dataset, "boxes", area=area))
    assert findings.code.tolist() == ["GEO010", "GEO017"]


@pytest.mark.parametrize("corners", [5, 6, 8, 12, 16, 36, 64, 360])
@pytest.mark.parametrize("turn", [0, 0.5])
def test_regular_polygons_in_their_boxes_are_right(corners: int, turn: float):
    angle = 2 * np.pi * (np.arange(corners) + turn) / corners
    x, y = np.cos(angle), np.sin(angle)
    filled = 0.5 * abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) / (np.ptp(x) * np.ptp(y))
    assert not len(audit(stating(street(), lambda w, h: filled * w * h), select=["GEO017"]))


@pytest.mark.parametrize("filled", [0.5, 0.5018, 0.4982, np.pi / 4, 0.75, 0.691, 0.7072, 0.8284])
def test_triangles_and_ellipses_in_their_boxes_are_right(filled: float):
    assert not len(audit(stating(street(), lambda w, h: filled * w * h), select=["GEO017"]))


@pytest.mark.parametrize(
    "factor", [0.49, 0.497, 0.4978, 0.5022, 0.503, 0.51, 0.68, 0.72, 0.81, 0.84, 1.27]
)
def test_what_no_shape_fills_is_a_factor(factor: float):
    assert len(audit(stating(street(), lambda w, h: factor * w * h), select=["GEO017"])) == 1


def drawn(factor: float, of_mask: float = 0.6) -> Dataset:
    """Boxes with a polygon that fills a part of each, all stating a multiple of its area."""
    dataset = street()
    corners = dataset.boxes.xyxy.tolist()
    polygons = [
        [left, top, right, top, right, bottom, left + 2 * (1 - of_mask) * (right - left), bottom]
        for left, top, right, bottom in corners
    ]
    dataset = with_polygons(dataset, *([polygon] for polygon in polygons))
    return with_columns(dataset, "boxes", area=factor * dataset.masks.area)


@pytest.mark.parametrize("factor", [0.5, 2])
def test_areas_of_masks_by_a_factor_are_one_finding_and_are_counted_again(factor: float):
    dataset = drawn(factor)
    findings = found(dataset)
    assert findings.message.tolist() == [
        f"200 of 200 boxes state {factor:g} x the area of their mask for their area, "
        "0 that of mask or box"
    ]
    assert findings.fix[0].safety is Safety.UNSAFE
    mended = apply(dataset, findings).dataset
    assert mended.boxes.area == pytest.approx(mended.masks.area)


def test_true_areas_of_masks_and_those_of_their_boxes_are_quiet():
    assert not len(found(drawn(1)))
    boxes = street().boxes.size.prod(axis=1)
    assert not len(found(with_columns(drawn(1), "boxes", area=boxes)))


@pytest.mark.parametrize("area", [np.inf, 1e308, 5e-324])
@pytest.mark.parametrize("side", [1e-160, 1.0, 1e8])
def test_areas_beyond_all_measure_are_no_warning_and_infinite_ones_no_formula(
    area: float, side: float
):
    dataset = street()
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[:, :2], xyxy[:, 2:] = 0, side
    dataset = with_columns(dataset, "boxes", xyxy=xyxy, area=np.full(len(xyxy), area))
    assert not ({"inf", "nan"} & set(" ".join(audit(dataset, select=["GEO017"]).message).split()))
    assert np.isfinite(area) or not len(audit(dataset, select=["GEO017"]))
