from __future__ import annotations

import numpy as np

from labelaudit.auditing.class_conflicts.confused_classes import (
    class_conflicts,
    conflicting_pairs,
    times,
)
from labelaudit.auditing.context import AuditContext
from labelaudit.testing import images, one_image

CAR, VAN, BUS = "car 10 10 90 90", "van 10 10 90 90", "bus 10 10 90 91"


def test_pairs_of_classes_are_counted_the_most_frequent_first():
    audit = AuditContext(images({"a": [CAR, BUS], "b": [VAN, CAR], "c": [CAR, VAN], "d": [VAN]}))
    conflicts = class_conflicts(audit)
    assert [audit.derived.classes[row] for row in conflicts.first] == ["car", "car"]
    assert [audit.derived.classes[row] for row in conflicts.second] == ["van", "bus"]
    assert conflicts.count.tolist() == [2, 1]
    assert conflicts.share.tolist() == [2 / 3, 1.0]
    assert conflicts.overlap.tolist() == [1.0, 80 / 81]


def test_three_classes_on_one_object_conflict_two_by_two():
    conflicts = class_conflicts(AuditContext(one_image(CAR, VAN, BUS)))
    assert conflicts.first.tolist() == [0, 0, 1]
    assert conflicts.second.tolist() == [1, 2, 2]
    assert len(conflicts) == 3


def test_copies_of_a_box_count_once():
    audit = AuditContext(one_image(CAR, CAR, VAN, VAN, VAN))
    assert class_conflicts(audit).count.tolist() == [1]
    assert times(audit, conflicting_pairs(audit)).tolist() == [1]


def test_without_boxes_or_classes_nothing_conflicts():
    assert len(class_conflicts(AuditContext(one_image()))) == 0
    assert (
        times(AuditContext(one_image()), conflicting_pairs(AuditContext(one_image()))).dtype
        == np.int64
    )
