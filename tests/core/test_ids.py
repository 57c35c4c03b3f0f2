"""Ids at the edges of what an array of whole numbers holds; see also `test_table.py`."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.core.ids import NO_ID, Ids, is_plain_id

EDGES = [-(2**63), -(2**63) + 1, 2**63 - 1, 2**63]


@pytest.mark.parametrize(("value", "plain"), [*zip(EDGES, [False, True, True, False], strict=True)])
def test_a_whole_number_of_64_bits_is_plain_but_for_the_one_that_stands_for_none(value, plain):
    assert is_plain_id(value) is plain
    assert Ids.of([value]).plain.tolist() == [plain]
    assert Ids.of([value, "a"]).plain.tolist() == [plain, False]


@pytest.mark.parametrize("value", [True, 3.0, "3", None, [3]])
def test_nothing_else_is_plain(value: Any):
    assert not is_plain_id(value)


@pytest.mark.parametrize("value", EDGES)
def test_an_id_at_an_edge_is_given_kept_and_found(value: int):
    ids = Ids.of([7, value, None])
    assert ids.values() == [7, value, None]
    assert ids.given.tolist() == [True, True, False]
    assert ids.find(Ids.of([value, None, value + 10**6])).tolist() == [1, MISSING, MISSING]
    assert Ids.missing(3).with_values({1: value}).values() == [None, value, None]


def test_no_id_is_the_least_number_of_64_bits():
    assert np.iinfo(np.int64).min == NO_ID


@pytest.mark.parametrize("apart", [2**61, 2**62, 2**63 - 1])
def test_equal_ids_of_several_files_are_told_apart_however_far_ids_lie(apart: int):
    ids, within = Ids.of([0, apart, 0, apart, 0]), np.array([0, 0, 1, 0, 1], np.int32)
    assert ids.first(within).tolist() == [0, 1, 2, 1, 2]


@pytest.mark.parametrize("gap", [39, 40, 41, 42])
def test_ids_are_found_by_position_and_by_search_alike(gap: int):
    # Three ids and two that are looked for: by position up to 8 * (3 + 2) apart.
    found = Ids.of([gap + 5, 5, 5]).find(Ids.of([5, gap + 5]))
    assert found.tolist() == [1, 0]
    assert Ids.of([gap + 5, 5, 5]).find(Ids.of([4, gap + 6])).tolist() == [MISSING] * 2
