from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.run import audit
from labelaudit.rules.mod.mod007_labelled_twice import labelled_twice
from labelaudit.testing import one_image, with_label_issues, with_polygons

PAIR = one_image("cell 10 10 110 110", "cell 40 10 120 110")  # they overlap by .636


def asked(dataset=PAIR, other=(0.5, 0.9), own=(0.9, 0.5), doubts=()) -> AuditContext:
    """What a model sees at each box fits another by `other`, and the box itself by `own`."""
    features = {"match_iou_other_label": other, "same_class_iou_distance": 1 - np.array(own)}
    return with_label_issues(dataset, *doubts, box_features=features)


def test_the_box_that_is_seen_as_another_is_named_with_the_other():
    found = labelled_twice(asked())
    assert (found.box.tolist(), found.other.tolist()) == ([1], [0])
    turned = labelled_twice(asked(other=(0.9, 0.5), own=(0.5, 0.9)))
    assert (turned.box.tolist(), turned.other.tolist()) == ([0], [1])
    assert found.fix.tolist() == [None]


@pytest.mark.parametrize(
    ("other", "own", "count"),
    [
        ((0.5, 0.7), (0.9, 0.5), 1),
        ((0.5, 0.69), (0.9, 0.5), 0),  # what is seen there is neither
        ((0.5, 0.9), (0.9, 0.79), 1),
        ((0.5, 0.9), (0.9, 0.81), 0),  # it is as well this one
        ((0.5, 0.9), (0.4, 0.5), 0),  # the other is seen no better
    ],
)
def test_what_is_seen_fits_the_other_well_and_better(other, own, count):
    assert len(labelled_twice(asked(other=other, own=own))) == count


@pytest.mark.parametrize(
    ("second", "count"),
    [
        ("cell 10 10 51 110", 1),  # .41
        ("cell 10 10 49 110", 0),  # .39: two things that touch
        ("dog 40 10 120 110", 0),
        ("cell 12 12 112 112", 0),  # near-duplicate-box names it
    ],
)
def test_only_boxes_of_one_class_that_overlap_much_are_one_object(second, count):
    assert len(labelled_twice(asked(one_image("cell 10 10 110 110", second)))) == count


def test_what_nothing_is_known_of_is_not_named():
    assert len(labelled_twice(asked(other=(0.5, np.nan)))) == 0
    assert len(labelled_twice(with_label_issues(PAIR))) == 0


def test_boxes_with_masks_apart_are_two_objects():
    left, whole = [[10, 10, 60, 10, 60, 110, 10, 110]], [[40, 10, 120, 10, 120, 110, 40, 110]]
    right = [[80, 10, 120, 10, 120, 110, 80, 110]]
    assert len(labelled_twice(asked(with_polygons(PAIR, left, right)))) == 0
    assert len(labelled_twice(asked(with_polygons(PAIR, whole, whole)))) == 1


@pytest.mark.parametrize("code", ["loose_box 0.9 40 10 110 110", "spurious 0.9"])
def test_what_a_model_says_of_either_box_is_part_of_it(code):
    for row in (0, 1):
        context = asked(doubts=[f"{row} {code}"])
        issues = context.label_issues
        found = audit(context.dataset, label_issues=issues, select=["MOD"])
        assert found.name.tolist() == ["labelled-twice"]
        alone = audit(context.dataset, label_issues=issues, select=["MOD003", "MOD004"])
        assert len(alone) == 1


def test_without_a_model_it_is_not_checked():
    found = audit(PAIR, select=["MOD007"])
    assert len(found) == 0
