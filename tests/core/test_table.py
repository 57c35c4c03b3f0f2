from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING, Ints, encodable, texts
from labelaudit.core.ids import NO_ID, Ids, id_key
from labelaudit.core.rows import remap, stable_argsort
from labelaudit.core.table import Table, column, ids_column

# Few distinct values, so that they repeat, and each kind of thing that JSON can hold as an id.
plain = st.one_of(st.integers(-3, 3), st.sampled_from([10**6, 2**53, 2**63 - 1, -(2**63) + 1]))
odd = st.one_of(
    st.sampled_from(["3", "True", "None", "", "[1]"]),
    st.sampled_from([3.0, -0.0, 2.5, 1e300, float("nan"), float("inf")]),
    st.sampled_from([True, False, 2**63, NO_ID, 10**30]),
    st.sampled_from([[1], ["1"], {"a": 1}]),
)
values = st.lists(st.one_of(plain, plain, odd, st.none()), max_size=12)


@dataclass(frozen=True)
class Point(Table):
    id: Ids = ids_column()
    size: Ints = column(np.int64, fill=7)


def same(a, b):
    """Whether two ids are one, decided for this pair alone."""
    if a is None or b is None:
        return False
    number = [type(value) in (int, float) for value in (a, b)]
    if all(number):
        return a == b or repr(a) == repr(b) == "nan"
    return type(a) is type(b) and repr(a) == repr(b)


def written(ids):
    """Ids in a form that tells 3 from 3.0 and from true."""
    return [repr(value) for value in ids]


@given(values)
def test_ids_come_back_as_they_were_written(ids):
    column = Ids.of(ids)
    assert written(column.values()) == written(ids)
    assert written(column.value(row) for row in range(len(ids))) == written(ids)
    assert column.given.tolist() == [value is not None for value in ids]
    assert column.plain.tolist() == [type(value) is int and NO_ID < value < 2**63 for value in ids]


@given(values, st.lists(st.integers(0, 11)))
def test_ids_are_taken_by_mask_by_row_and_by_slice(ids, rows):
    column = Ids.of(ids)
    rows = [row for row in rows if row < len(ids)]
    mask = np.arange(len(ids)) % 2 == 0
    assert written(column[np.array(rows, dtype=np.intp)].values()) == written(
        ids[row] for row in rows
    )
    assert written(column[mask].values()) == written(ids[::2])
    assert written(column[1:4].values()) == written(ids[1:4])


@given(values, values, values)
def test_ids_are_concatenated(first, second, third):
    parts = (first, second, [], third)
    table = Point.concat([Point.of(len(ids), id=Ids.of(ids)) for ids in parts])
    assert written(table.id.values()) == written(first + second + third)


@given(values)
def test_groups_are_equal_exactly_where_ids_are(ids):
    group = Ids.of(ids).groups().tolist()
    for a in range(len(ids)):
        assert (group[a] == MISSING) == (ids[a] is None)
        for b in range(a):
            assert (group[a] == group[b] != MISSING) == same(ids[a], ids[b])


@given(values, st.lists(st.integers(-1, 2), min_size=12, max_size=12))
def test_first_is_the_first_equal_id_of_the_same_file(ids, files):
    within = np.array(files[: len(ids)], dtype=np.int32)
    expected = [
        next(b for b in range(a + 1) if b == a or (same(ids[a], ids[b]) and files[a] == files[b]))
        for a in range(len(ids))
    ]
    assert Ids.of(ids).first(within).tolist() == expected


@given(st.lists(st.tuples(st.integers(-3, 4), st.integers(-1, 2)), max_size=12))
def test_whole_numbers_are_the_same_id_only_in_the_same_file(pairs):
    ids, files = [number for number, _ in pairs], [file for _, file in pairs]
    first = Ids.of(ids).first(np.array(files, np.int32))
    assert first.tolist() == [pairs.index(pair) for pair in pairs]
    assert first.dtype == np.int32


def test_large_ids_next_to_each_other_are_kept_apart_in_every_file():
    within = np.array([0, 1, 1], np.int32)
    assert Ids.of([2**60, 5, 6]).first(within).tolist() == [0, 1, 2]


def test_ids_as_far_apart_as_can_be_are_kept_apart_in_every_file():
    ids = Ids.of([-(2**63) + 1, 2**63 - 1, 5, 6, 6])
    within = np.array([0, 0, 0, 1, 1], np.int32)
    assert ids.first(within).tolist() == [0, 1, 2, 3, 3]


@given(values, values)
def test_find_gives_the_first_equal_id(ids, wanted):
    expected = [
        next((row for row, value in enumerate(ids) if same(value, want)), MISSING)
        for want in wanted
    ]
    assert Ids.of(ids).find(Ids.of(wanted)).tolist() == expected


@given(st.lists(st.integers(0, 40)), st.lists(st.integers(-5, 60)))
def test_find_agrees_whether_ids_lie_close_or_far_apart(ids, wanted):
    scale = 10**15
    close = Ids.of(ids).find(Ids.of(wanted))
    far = Ids.of([value * scale for value in ids]).find(Ids.of([value * scale for value in wanted]))
    assert close.tolist() == far.tolist()


@given(values, st.dictionaries(st.integers(0, 11), st.one_of(plain, odd, st.none())))
def test_with_values_changes_these_rows_and_the_original_not_at_all(ids, changes):
    changes = {row: value for row, value in changes.items() if row < len(ids)}
    before = Ids.of(ids)
    after = before.with_values(changes)
    assert written(after.values()) == written(changes.get(r, v) for r, v in enumerate(ids))
    assert written(before.values()) == written(ids)
    assert after.odd.keys() == Ids.of(after.values()).odd.keys()


def test_one_id_is_changed():
    assert Ids.of([1, "a"]).with_values({1: 5}).values() == [1, 5]


def test_missing_ids_take_no_room_of_their_own():
    ids = Ids.missing(3)
    assert ids.values() == [None, None, None]
    assert not ids.odd
    assert ids.number.dtype == np.int64
    assert Point.of(2).id.values() == [None, None]


def test_a_number_is_not_the_text_of_it():
    assert Ids.of([3, "3"]).find(Ids.of(["3", 3])).tolist() == [1, 0]


def test_a_whole_float_is_the_number():
    assert Ids.of([3.0, 3]).find(Ids.of([3, 3.0])).tolist() == [0, 0]


def test_a_whole_float_is_the_number_however_large():
    found = Ids.of([2.0**63, 1]).find(Ids.of([2**63]))
    assert found.tolist() == [0]
    assert found.dtype == np.int32


def test_true_is_neither_one_nor_its_own_text():
    assert id_key(True) not in (id_key(1), id_key("True"), id_key("true"))
    assert Ids.of([1, "True"]).find(Ids.of([True])).tolist() == [MISSING]


def test_a_table_holds_what_nobody_said():
    assert Point.of(2).size.tolist() == [7, 7]
    assert len(Point.empty()) == 0
    assert len(Point.concat([])) == 0


def test_a_column_that_does_not_exist_is_refused():
    with pytest.raises(TypeError, match="Point has no column colour"):
        Point.of(1, colour=[1])


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="differ in length"):
        Point(Ids.missing(2), np.zeros(3, np.int64))


def test_rows_are_taken_from_every_column():
    table = Point.of(3, id=Ids.of([1, "b", 3]), size=[1, 2, 3]).rows(np.array([False, True, True]))
    assert table.id.values() == ["b", 3]
    assert table.size.tolist() == [2, 3]


def test_pointers_follow_the_rows_that_stay():
    kept = np.array([True, False, True])
    pointer = np.array([0, 1, 2, MISSING], np.int32)
    assert remap(pointer, kept).tolist() == [0, MISSING, 1, MISSING]


def test_a_lone_surrogate_becomes_its_escape():
    assert encodable("caf\u00e9 \ud800") == "caf\u00e9 \\ud800"
    assert texts(["\udfff", ""]).tolist() == ["\\udfff", ""]


@given(st.lists(st.integers(-(2**31), 2**31 - 1) | st.integers(-1, 2)))
def test_ascending_is_a_stable_sort(numbers):
    array = np.array(numbers, np.int32)
    assert stable_argsort(array).tolist() == np.argsort(array, kind="stable").tolist()


@dataclass(frozen=True, eq=False, repr=False)
class Corners(Table):
    row: Ints = column(np.int64, fill=0)
    xyxy: Ints = column(np.int64, 4, fill=0)


@pytest.mark.parametrize("shape", [(2, 3), (2, 5), (2,), (2, 4, 1)])
def test_a_column_whose_rows_have_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    assert len(Corners(np.zeros(2, np.int64), np.zeros((2, 4), np.int64))) == 2
    with pytest.raises(ValueError, match=r"column xyxy of Corners has rows of shape \(4,\), not"):
        Corners(np.zeros(2, np.int64), np.zeros(shape, np.int64))
