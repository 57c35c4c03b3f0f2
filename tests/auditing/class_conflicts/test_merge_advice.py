from __future__ import annotations

import pytest

from labelaudit.auditing.class_conflicts.merge_advice import MergeWorthy, merge_worthy
from labelaudit.auditing.context import AuditContext
from labelaudit.testing import one_image, with_label_issues

CARS = [f"car {x} 0 {x + 30} 30" for x in range(0, 600, 40)]
VANS = [f"van {x} 0 {x + 30} 30" for x in range(0, 120, 40)]
FREE = [f"van {x} 200 {x + 30} 230" for x in range(0, 600, 40)]


def worthy(
    audit: AuditContext, *, max_part: float = 0.2, min_confused: float = 0.1, min_count: int = 3
) -> list[MergeWorthy]:
    return merge_worthy(audit, max_part=max_part, min_confused=min_confused, min_count=min_count)


def test_a_rare_class_that_conflicts_with_a_common_one_is_told():
    found = worthy(AuditContext(one_image(*CARS, *VANS)))
    assert found == [MergeWorthy(1, 0, 3, 15, conflicts=3, taken=0, asked=False)]


def test_one_that_is_not_rare_is_not():
    audit = AuditContext(one_image(*CARS, *VANS, "van 600 400 640 440"))
    assert worthy(audit) == []
    assert len(worthy(audit, max_part=4 / 15)) == 1


def test_too_few_conflicts_say_nothing():
    audit = AuditContext(one_image(*CARS, *VANS[:2]))
    assert worthy(audit) == []
    assert len(worthy(audit, min_count=2)) == 1


def test_conflicts_are_counted_against_the_boxes_of_the_rare_class():
    audit = AuditContext(one_image(*CARS, *VANS, *FREE[:7]))
    assert worthy(audit, max_part=1.0, min_confused=0.31) == []
    assert len(worthy(audit, max_part=1.0, min_confused=0.3)) == 1


DOUBTS = ("15 wrong_class 0.1 car", "16 wrong_class 0.1 car", "0 wrong_class 0.1 van")


@pytest.mark.parametrize("max_share", [None, 0.1])
def test_what_a_model_sees_as_the_other_class_counts_either_way_however_right(max_share):
    dataset = one_image(*CARS, *FREE[:3])
    audit = with_label_issues(dataset, *DOUBTS, max_share=max_share)
    assert worthy(audit) == [MergeWorthy(1, 0, 3, 15, conflicts=0, taken=3, asked=True)]
    assert worthy(with_label_issues(dataset, *DOUBTS[1:])) == []


@pytest.mark.parametrize(
    ("given", "other", "count"),
    [(0.2, 0.25, 1), (0.2, 0.24, 0), (0.5, 0.51, 1), (0.5, 0.5, 0)],
)
def test_a_model_sees_the_class_of_the_higher_score_from_a_quarter_on(given, other, count):
    dataset = one_image(*CARS, *FREE[:3])
    assert len(worthy(with_label_issues(dataset, *DOUBTS, given=given, other=other))) == count


def test_without_classes_there_is_nothing_to_merge():
    assert worthy(AuditContext(one_image())) == []
