from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes.apply import Applied, apply
from labelaudit.auditing.fixes.carry_over import CHANGED, carry_over
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import fixed, scan
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, with_label_issues

DATASET = images(
    {
        "a.jpg": ["car 10 10 50 50", "bus 100 100 150 150", "car 200 200 260 260"],
        "b.jpg": ["car 10 10 50 50"],
    }
)
DOUBTS = (
    "0 spurious 0.9",
    "1 wrong_class 0.8 car",
    "3 wrong_class 0.7 bus",
    "missing 0.9 0 car 300 300 350 350",
    "missing 0.6 1 car 400 400 450 450",
)


def after(*fixes: Fix) -> tuple[LabelIssues, Applied]:
    label_issues = with_label_issues(DATASET, *DOUBTS).label_issues
    assert label_issues is not None
    column = np.empty(len(fixes), object)
    column[:] = fixes
    applied = apply(DATASET, Findings.of(len(fixes), fix=column))
    return carry_over(label_issues, DATASET, applied), applied


def test_nothing_fixed_leaves_all_as_it_was():
    now, _ = after()
    assert now.boxes.wrong.tolist() == [0.9, 0.8, 0, 0.7]
    assert now.boxes.was_scored.all()
    assert len(now.missing) == 2


def test_which_images_were_drawn_follows_images_when_others_are_dropped():
    label_issues = with_label_issues(DATASET, *DOUBTS).label_issues
    assert label_issues is not None
    sampled = dataclasses.replace(label_issues, drawn=np.array([False, True]))
    column = np.empty(1, object)
    column[0] = Fix("drop", Safety.SAFE, RecordType.IMAGE, 0)
    applied = apply(DATASET, Findings.of(1, fix=column))
    now = carry_over(sampled, DATASET, applied)
    assert len(applied.dataset.images) == 1
    assert now.drawn is not None
    assert now.drawn.tolist() == [True]
    assert after()[0].drawn is None


def test_label_issues_follow_boxes_when_others_are_dropped():
    now, _ = after(Fix("drop", Safety.SAFE, RecordType.BOX, 0))
    assert now.boxes.wrong.tolist() == [0.8, 0, 0.7]


def test_a_relabelled_box_was_not_judged():
    now, _ = after(Fix("relabel", Safety.SAFE, RecordType.BOX, 1, {"label": 0}))
    assert now.boxes.was_scored.tolist() == [True, False, True, True]
    assert now.boxes.abstention_reason[1] == CHANGED
    assert np.isnan(now.boxes.wrong_class[1])


@pytest.mark.parametrize(("right", "judged"), [(49.0, True), (42.0, True), (41.0, False)])
def test_a_box_that_moved_far_was_not_judged(right, judged):
    now, _ = after(Fix("move", Safety.SAFE, RecordType.BOX, 0, {"xyxy": [10, 10, right, 50]}))
    assert bool(now.boxes.was_scored[0]) is judged


@pytest.mark.parametrize(("left", "still"), [(300, 1), (316, 1), (317, 2)])
def test_an_object_is_no_longer_missing_where_a_box_was_added(left, still):
    box = {"image": 0, "label": 0, "xyxy": [left, 300, left + 50, 350]}
    now, applied = after(Fix("add", Safety.SAFE, RecordType.BOX, MISSING, box))
    assert len(now.missing) == still
    assert len(now.boxes) == len(applied.dataset.boxes) == 5
    assert not now.boxes.was_scored[4]


def test_what_was_in_a_dropped_image_is_gone():
    now, _ = after(Fix("drop", Safety.SAFE, RecordType.IMAGE, 0))
    assert now.boxes.wrong.tolist() == [0.7]
    assert now.missing.image.tolist() == [0]


def test_classes_are_followed_by_name():
    now, _ = after(Fix("drop", Safety.SAFE, RecordType.CATEGORY, 1))
    assert now.classes == ("car",)
    assert now.boxes.was_scored.tolist() == [True, False, True, True]
    assert now.boxes.label.tolist() == [0, MISSING, 0, MISSING]
    assert now.missing.label.tolist() == [0, 0]


def test_fixing_keeps_the_findings_that_it_does_not_fix_and_repeats_none():
    judged = with_label_issues(DATASET, *DOUBTS)
    before = scan(
        DATASET, Options(select=("MOD",), safe_from=0.8), label_issues=judged.label_issues
    )
    now = fixed(before, unsafe=False)
    assert now.fixed == {"missing-box": 1, "spurious-box": 1, "wrong-class": 1}
    assert now.findings.probability.tolist() == [0.7, 0.6]
    again = fixed(before, unsafe=True)
    assert len(again.findings) == 0
    assert len(again.dataset.boxes) == 5


def test_rules_that_need_a_model_wait_for_one():
    now = scan(DATASET)
    assert {RULES[code].family for code in now.not_checked} >= {"MOD"}
    assert not any(rule.family == "MOD" for rule in now.rules)
    with pytest.raises(Exception, match="no model was asked; --detector or --predictions FILE"):
        scan(DATASET, Options(select=("MOD",)))
