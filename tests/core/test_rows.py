from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core.columns import MISSING
from labelaudit.core.rows import row_numbers_after, take_or_missing, unique


@given(st.lists(st.integers(-2, 3)))
def test_unique_gives_each_value_once_ascending(values):
    assert unique(np.array(values, np.int64)).tolist() == sorted(set(values))


def test_nothing_is_taken_where_rows_are_missing():
    column = np.array([7, 8, 9], np.int32)
    taken = take_or_missing(column, np.array([MISSING, 2, MISSING, 0]))
    assert taken.tolist() == [MISSING, 9, MISSING, 7]
    assert taken.dtype == column.dtype


def test_numbers_of_rows_stay_as_narrow_as_columns_of_them():
    assert row_numbers_after(np.array([True, False])).dtype == np.int32
