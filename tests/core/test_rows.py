from __future__ import annotations

import statistics

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING
from labelaudit.core.rows import median, row_numbers_after, take_or_missing, unique


@given(st.lists(st.integers(-2, 3)))
def test_unique_gives_each_value_once_ascending(values):
    assert unique(np.array(values, np.int64)).tolist() == sorted(set(values))


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False, width=32), min_size=1))
def test_the_median_is_in_the_middle_or_between_the_two_there(values):
    assert median(np.array(values, np.float64)) == statistics.median(values)


def test_nothing_is_taken_where_rows_are_missing():
    column = np.array([7, 8, 9], np.int32)
    taken = take_or_missing(column, np.array([MISSING, 2, MISSING, 0]))
    assert taken.tolist() == [MISSING, 9, MISSING, 7]
    assert taken.dtype == column.dtype


def test_numbers_of_rows_stay_as_narrow_as_columns_of_them():
    assert row_numbers_after(np.array([True, False])).dtype == np.int32
