from __future__ import annotations

import numpy as np
import pytest

from labelaudit.io.labelling_tools.tasks import FinishedBox, LabelBox
from labelaudit.review.hand_over.differences import BoxChange, differences

BEFORE = [
    LabelBox("box-0", "car", (10.0, 10.0, 50.0, 40.0)),
    LabelBox("box-1", "bus", (100.0, 20.0, 190.0, 60.0)),
]
SAME = {"box-0": BoxChange(), "box-1": BoxChange()}


def box(label: str, *xyxy: float, **more: object) -> FinishedBox:
    return FinishedBox(label, xyxy, **more)  # type: ignore[arg-type]  # four numbers


CAR, BUS = box("car", 10, 10, 50, 40), box("bus", 100, 20, 190, 60)


@pytest.mark.parametrize("keys", [("box-0", "box-1"), (None, None)])
def test_a_corner_moved_by_less_than_a_tool_rounds_is_no_change_and_by_more_is_one(keys):
    for shift, moved in ((0.0051, False), (0.0099, False), (0.0101, True), (0.03, True)):
        after = [
            box("car", 10 + shift, 10, 50, 40, key=keys[0]),
            box("bus", 100, 20, 190, 60 - shift, key=keys[1]),
        ]
        found = differences(BEFORE, after, {})
        assert [bool(one.xyxy) for one in found.changes.values()] == [moved, moved], shift
        assert found.added == []


def test_order_does_not_count():
    assert differences(BEFORE, [BUS, CAR], {}).changes == SAME


def test_without_a_key_a_box_is_known_by_half_an_overlap_and_not_by_less():
    near = box("tram", 10, 10, 50, 25.0)  # overlap 0.5
    far = box("tram", 10, 10, 50, 24.9)
    changed = BoxChange(label="tram", xyxy=near.xyxy)
    assert differences(BEFORE, [near, BUS], {}).changes["box-0"] == changed
    found = differences(BEFORE, [far, BUS], {})
    assert found.changes["box-0"] == BoxChange(gone=True)
    assert found.added == [far]


def test_a_key_counts_however_far_the_box_went():
    found = differences(BEFORE, [box("car", 400, 400, 450, 450, key="box-0"), BUS], {})
    assert found.changes["box-0"].xyxy == (400, 400, 450, 450)
    assert found.added == []


def test_what_a_tool_holds_together_with_a_proposal_is_its_label():
    moved = box("car", 400, 400, 450, 450, beside=("mark",))
    found = differences(BEFORE, [moved, BUS], {"mark": "box-0"})
    assert found.changes["box-0"].xyxy == (400, 400, 450, 450)


def test_of_copies_with_one_key_the_one_that_nobody_changed_is_the_label():
    copy = box("car", 60, 10, 100, 40, key="box-0")
    unchanged = box("car", 10, 10, 50, 40, key="box-0")
    for after in ([copy, unchanged, BUS], [unchanged, copy, BUS]):
        found = differences(BEFORE, after, {})
        assert found.changes == SAME
        assert found.added == [copy]


def test_of_two_labels_alike_one_that_is_removed_is_gone_once():
    twice = [*BEFORE, LabelBox("box-2", "car", (10.0, 10.0, 50.0, 40.0))]
    changes = differences(twice, [CAR, BUS], {}).changes
    assert sorted(one.gone for one in changes.values()) == [False, False, True]


def test_a_label_that_became_what_cannot_be_read_is_not_gone():
    turned = FinishedBox("car", None, key="box-0", odd="turned")
    found = differences(BEFORE, [turned, BUS], {})
    assert found.changes == {"box-1": BoxChange()}
    assert found.odd == [turned]


def test_whatever_is_moved_every_box_is_one_label_or_added_and_every_label_is_told_of():
    random = np.random.default_rng(0)
    for _ in range(50):
        corners = random.uniform(0, 100, (8, 2))
        before = [
            LabelBox(f"box-{n}", "ab"[n % 2], (x, y, x + 20, y + 20))
            for n, (x, y) in enumerate(corners.tolist())
        ]
        after = [
            box(str(random.choice(["a", "b"])), x, y, x + 20, y + 20)
            for x, y in (corners[random.permutation(8)[:6]] + random.normal(0, 3, (6, 2))).tolist()
        ]
        found = differences(before, after, {})
        assert set(found.changes) == {one.key for one in before}
        kept = sum(not one.gone for one in found.changes.values())
        assert kept + len(found.added) == len(after)
