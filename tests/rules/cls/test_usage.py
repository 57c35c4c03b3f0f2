from __future__ import annotations

import dataclasses
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.auditing.context import AuditContext
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Boxes
from labelaudit.rules.cls import usage
from labelaudit.rules.cls.usage import images_of, used_together
from labelaudit.testing import images

rows = st.lists(st.tuples(st.integers(MISSING, 2), st.integers(MISSING, 2), st.booleans()))


@pytest.mark.parametrize("marked", [0, usage.MARKED])  # counted by sorting, and in a table
@given(rows)
def test_images_of_a_class_are_counted_as_one_by_one(marked, boxes):
    three = images({name: [f"{name} 1 1 9 9"] for name in "abc"})
    image, label, counts = np.array(boxes, np.int64).reshape(-1, 3).T
    drawn = Boxes.of(len(boxes), image=image, label=label)
    dataset = dataclasses.replace(three, boxes=drawn)
    expected = [
        len({where for where, what, sure in boxes if what == c and where != MISSING and sure})
        for c in range(3)
    ]
    with patch.object(usage, "MARKED", marked):
        assert images_of(AuditContext(dataset), counts.astype(bool)).tolist() == expected


@pytest.mark.parametrize(("right", "words"), [(49, ""), (51, ", once on one object")])
def test_boxes_of_two_classes_are_on_one_object_that_overlap_by_half(right, words):
    both = AuditContext(images({"a.jpg": ["car 0 0 100 100", f"bus 0 0 {right} 100"]}))
    assert str(used_together(both, [(1, 0)])[0, 1]) == f"together in 1 image{words}"
