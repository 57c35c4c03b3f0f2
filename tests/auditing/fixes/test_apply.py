"""Fixes: their order, their conflicts, and that what is fixed is no longer found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import audit
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FixError
from labelaudit.testing import images, one_image, with_columns, with_polygons


def findings(*fixes: Fix, other: tuple[int, ...] = (), severity: tuple[int, ...] = ()) -> Findings:
    count = len(fixes)
    return Findings.of(
        count,
        code=np.full(count, "GEO001"),
        severity=severity or np.zeros(count),
        other=other or np.full(count, MISSING),
        fix=np.array([*fixes, None], object)[:-1],
    )


def drop(row: int, part: RecordType = RecordType.BOX) -> Fix:
    return Fix("drop", Safety.SAFE, part, row)


def move(row: int, *xyxy: float) -> Fix:
    return Fix("move", Safety.UNSAFE, RecordType.BOX, row, {"xyxy": list(xyxy)})


@pytest.fixture
def three() -> Dataset:
    return one_image("car 0 0 9 9", "car 20 0 29 9", "bus 40 0 49 9")


def test_a_drop_removes_the_box_and_leaves_the_original(three: Dataset) -> None:
    applied = apply(three, findings(drop(1)))
    assert applied.dataset.boxes.record.tolist() == [0, 2]
    assert len(three.boxes) == 3


def test_a_drop_comes_before_a_move_which_is_reported(three: Dataset) -> None:
    applied = apply(three, findings(move(1, 1, 1, 2, 2), drop(1)))
    assert applied.applied.tolist() == [False, True]
    assert "dropped" in applied.conflicts[0]


def test_of_two_moves_of_one_box_the_worse_finding_counts(three: Dataset) -> None:
    two = findings(
        move(1, 1, 1, 2, 2), move(1, 3, 3, 4, 4), severity=(Severity.INFO, Severity.ERROR)
    )
    applied = apply(three, two)
    assert applied.dataset.boxes.xyxy[1].tolist() == [3, 3, 4, 4]
    assert applied.applied.tolist() == [False, True]
    assert len(applied.conflicts) == 1


def test_of_two_equal_moves_both_are_done(three: Dataset) -> None:
    applied = apply(three, findings(move(1, 3, 3, 4, 4), move(1, 3, 3, 4, 4)))
    assert applied.applied.all()
    assert applied.conflicts == []


def test_a_duplicate_stays_if_the_box_it_repeats_was_dropped(three: Dataset) -> None:
    applied = apply(three, findings(drop(0), drop(1), other=(1, 0)))
    assert applied.dataset.boxes.record.tolist() == [1, 2]
    assert applied.applied.tolist() == [True, False]
    assert len(applied.conflicts) == 1


def test_merging_a_class_moves_its_boxes(three: Dataset) -> None:
    merge = Fix("merge", Safety.SAFE, RecordType.CATEGORY, 1, {"into": 0})
    dataset = apply(three, findings(merge)).dataset
    assert dataset.class_names == ["car"]
    assert dataset.boxes.label.tolist() == [0, 0, 0]


def test_merging_in_a_circle_leaves_one_class(three: Dataset) -> None:
    one = Fix("merge", Safety.SAFE, RecordType.CATEGORY, 1, {"into": 0})
    back = Fix("merge", Safety.SAFE, RecordType.CATEGORY, 0, {"into": 1})
    applied = apply(three, findings(one, back))
    assert applied.dataset.class_names == ["car"]
    assert applied.applied.tolist() == [True, False]


def test_dropping_an_image_drops_its_boxes_and_merging_moves_them() -> None:
    two = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["bus 0 0 9 9"]})
    dropped = apply(two, findings(drop(0, RecordType.IMAGE))).dataset
    assert dropped.boxes.record.tolist() == [1]
    assert dropped.boxes.image.tolist() == [0]
    merge = Fix("merge", Safety.SAFE, RecordType.IMAGE, 0, {"into": 1})
    merged = apply(two, findings(merge)).dataset
    assert merged.boxes.image.tolist() == [0, 0]
    assert merged.images.name.tolist() == ["b.jpg"]


def test_an_added_box_has_a_free_id_and_no_record(three: Dataset) -> None:
    values = {"image": 0, "label": 1, "xyxy": [1.0, 2.0, 3.0, 4.0]}
    dataset = apply(
        three, findings(Fix("add", Safety.UNSAFE, RecordType.BOX, MISSING, values))
    ).dataset
    assert dataset.boxes.id.values() == [1, 2, 3, 4]
    assert dataset.boxes.record.tolist()[-1] == MISSING


def test_a_transform_of_a_file_comes_before_a_move_in_it(three: Dataset) -> None:
    name = next(iter(TRANSFORMS))
    transform = Fix("transform", Safety.UNSAFE, RecordType.FILE, 0, {"name": name})
    applied = apply(three, findings(move(0, 1, 1, 2, 2), transform))
    assert applied.applied.tolist() == [False, True]


def test_only_safe_fixes_are_fixable_unless_asked(three: Dataset) -> None:
    found = findings(drop(0), move(1, 1, 1, 2, 2))
    assert fixable(found).tolist() == [True, False]
    assert fixable(found, unsafe=True).tolist() == [True, True]
    assert fixable(audit(three)).tolist() == [False] * len(audit(three))


def test_fixing_everything_then_auditing_finds_none_of_it() -> None:
    dataset = one_image(
        "car 10 10 40 40",
        "car 10 10 40 40",
        "car 50 20 50 60",
        "car 90 90 70 70",
        "car 600 400 660 470",
        "car 100 100 160 160",
        "car 101 101 161 161",
    )
    for _ in range(5):
        found = audit(dataset)
        mended = fixable(found, unsafe=True)
        if not mended.any():
            break
        dataset = apply(dataset, found.rows(mended)).dataset
    assert not fixable(audit(dataset), unsafe=True).any()


def test_a_stated_area_that_was_the_boxs_own_follows_it() -> None:
    dataset = with_columns(
        one_image("car 0 0 9 9", "car 20 0 29 9", "bus 40 0 49 9"), "boxes", area=[81.0, 50, np.nan]
    )
    moved = apply(dataset, findings(*(move(row, 0, 0, 5, 4) for row in range(3)))).dataset
    assert moved.boxes.area[:2].tolist() == [20, 50]
    assert np.isnan(moved.boxes.area[2])


def test_the_stated_area_of_a_mask_stays_and_that_of_a_box_beside_it_follows() -> None:
    square = [[0, 0, 9, 0, 9, 9, 0, 9]]
    dataset = with_polygons(one_image("car 0 0 9 9", "car 0 0 9 9"), None, square)
    dataset = with_columns(dataset, "boxes", area=[81.0, 81.0])
    moved = apply(dataset, findings(move(0, 0, 0, 5, 4), move(1, 0, 0, 5, 4))).dataset
    assert moved.boxes.area.tolist() == [20, 81]


def test_a_dropped_image_is_in_no_split_list_and_what_has_no_record_stays_listed() -> None:
    three = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["bus 0 0 9 9"], "c.jpg": []})
    dataset = dataclasses.replace(three, splits=("train", "val"))
    dataset = with_columns(
        dataset,
        "split_members",
        split=[0, 0, 1, 1, 1],
        image=[0, 1, 2, 0, MISSING],
        name=["a", "b", "c", "a", "gone"],
    )
    fixed = apply(dataset, findings(drop(0, RecordType.IMAGE))).dataset
    assert fixed.split_members.name.tolist() == ["b", "c", "gone"]
    assert fixed.split_members.image.tolist() == [0, 1, MISSING]
    assert fixed.split_members.split.tolist() == [0, 1, 1]


def test_an_unknown_transform_is_refused_with_the_nearest_name(three: Dataset) -> None:
    name = next(iter(TRANSFORMS))
    fix = Fix("transform", Safety.UNSAFE, RecordType.FILE, 0, {"name": f"{name}x"})
    with pytest.raises(FixError, match=name):
        apply(three, findings(fix))


def test_boxes_at_the_edge_of_numbers_can_be_fixed() -> None:
    huge = one_image("car -1e308 0 1e308 5", "car 0 0 9 9")
    assert len(apply(huge, findings(drop(1))).dataset.boxes) == 1
