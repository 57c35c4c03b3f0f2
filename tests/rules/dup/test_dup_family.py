"""What holds for all rules about objects that are labelled more than once."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.run import audit
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import one_image, with_columns

CODES = ["DUP001", "DUP002", "DUP003", "DUP004", "DUP005"]
SIDES = [0.0, -0.0, 1.0, 30.0, 30.2, 31.0, 60.0, np.nan, np.inf, -np.inf, 1e18, 1e300, 2e300]


@st.composite
def datasets(draw: st.DrawFn, sides: list[float]) -> Dataset:
    """One image of up to twelve boxes in two classes and none, some of them no plain objects."""
    corner = st.sampled_from(sides)
    boxes = draw(st.lists(st.tuples(corner, corner, corner, corner), min_size=1, max_size=12))
    dataset = one_image("car 0 0 1 1", *["van 0 0 1 1"] * (len(boxes) - 1))
    label = st.integers(-1, len(dataset.categories) - 1)
    seldom = st.sampled_from([False, False, False, True])

    def values(strategy: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(strategy, min_size=len(boxes), max_size=len(boxes)))

    columns = {"label": values(label), "image": values(st.sampled_from([0, 0, 0, -1]))}
    columns |= {"crowd": values(seldom), "difficult": values(seldom)}
    return with_columns(dataset, "boxes", xyxy=boxes, **columns)


@given(datasets(SIDES))
def test_only_boxes_that_can_be_judged_are_found(dataset):
    findings = audit(dataset, select=CODES)
    shared = AuditContext(dataset)
    for box in np.concatenate([findings.box, findings.other]):
        assert shared.derived.is_evaluated[box]
        assert shared.derived.in_range[box]
        assert dataset.boxes.image[box] == 0
        assert shared.derived.box_class[box] >= 0


@given(datasets([0.0, 10.0, 10.3, 20.0, 40.0, 41.0, 80.0]))
def test_after_all_proposed_drops_no_copy_is_found(dataset):
    for code in ("DUP001", "DUP002"):
        findings = audit(dataset, select=[code])
        assert len(set(findings.box.tolist())) == len(findings)
        assert not set(findings.box.tolist()) & set(findings.other.tolist())
        dataset = dataset.keep(boxes=all_but(len(dataset.boxes), findings.box))
        assert len(audit(dataset, select=[code])) == 0


@pytest.mark.parametrize("code", CODES)
def test_nothing_is_found_in_nothing(code):
    assert len(audit(one_image(), select=[code])) == 0
