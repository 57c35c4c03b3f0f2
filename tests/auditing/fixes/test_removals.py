from __future__ import annotations

import numpy as np

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.fixes.removals import removal_words, removed_boxes
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images

THREE = images({"a.jpg": ["car 1 1 9 9", "bus 1 1 9 9"], "b.jpg": ["car 1 1 9 9"], "c.jpg": []})


def of(*fixes: Fix | None) -> Findings:
    column = np.empty(len(fixes), object)
    column[:] = fixes
    return Findings.of(len(fixes), code=["GEO001"] * len(fixes), fix=column)


def drop(part: RecordType, row: int) -> Fix:
    return Fix("drop", Safety.UNSAFE, part, row)


def test_a_box_goes_once_however_often_it_is_dropped():
    twice = of(drop(RecordType.BOX, 1), drop(RecordType.BOX, 1), None)
    assert removed_boxes(THREE, twice).tolist() == [False, True, False]


def test_the_boxes_of_an_image_go_with_it():
    found = of(drop(RecordType.IMAGE, 0))
    assert removed_boxes(THREE, found).tolist() == [True, True, False]
    assert apply(THREE, found).removed == {RecordType.BOX: 2, RecordType.IMAGE: 1}


def test_a_merged_image_takes_no_box_with_it():
    found = of(Fix("merge", Safety.SAFE, RecordType.IMAGE, 1, {"into": 0}))
    assert not removed_boxes(THREE, found).any()
    assert apply(THREE, found).removed == {RecordType.IMAGE: 1}


def test_fixes_that_belong_together_are_all_counted():
    both = tuple(drop(RecordType.BOX, row) for row in (0, 2))
    found = of(Fix("together", Safety.UNSAFE, RecordType.FILE, 0, {"fixes": both}))
    assert removed_boxes(THREE, found).tolist() == [True, False, True]


def test_what_is_moved_or_added_is_not_removed():
    moved = Fix("move", Safety.SAFE, RecordType.BOX, 0, {"xyxy": [2, 2, 8, 8]})
    added = {"image": 2, "label": 0, "xyxy": [1, 1, 5, 5]}
    found = of(moved, Fix("add", Safety.UNSAFE, RecordType.BOX, -1, added))
    assert not removed_boxes(THREE, found).any()
    assert apply(THREE, found).removed == {}


def test_nothing_gone_has_no_words():
    assert removal_words({}) == ""
    assert removal_words({RecordType.CATEGORY: 1, RecordType.BOX: 1}) == "1 box, 1 class"
