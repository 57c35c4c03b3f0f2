"""Groups are shared out so that every split holds about its share of every kind."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.dataset.stratify import ABSENCE, PARTS, GroupContents, shared_out, whole_parts


def contents(held: Sequence[Sequence[int]], *, wanted: bool = False) -> GroupContents:
    """What each group holds of each kind, (groups, kinds), all kinds of one weight."""
    table = np.array(held, np.int64)
    group, kind = np.nonzero(table)
    start = np.searchsorted(group, np.arange(len(table) + 1)).astype(np.int64)
    kinds = table.shape[1]
    return GroupContents(start, kind, table[group, kind], [1] * kinds, [wanted] * kinds)


def cost(held: Sequence[Sequence[int]], split: Sequence[int], parts: Sequence[int]) -> Fraction:
    """Chi-square of all kinds over their amounts: the slow, obvious way."""
    table, total = np.array(held), np.array(held).sum(axis=0).tolist()
    found = Fraction(0)
    for number, part in enumerate(parts):
        share = Fraction(part, PARTS)
        inside = table[np.array(split) == number].sum(axis=0).tolist()
        for amount, whole in zip(inside, total, strict=True):
            if whole:
                found += (Fraction(amount, whole) - share) ** 2 / share
    return found


HELD = st.lists(st.lists(st.integers(0, 5), min_size=3, max_size=3), min_size=2, max_size=7)


@given(HELD, st.permutations(range(7)))
def test_no_group_could_be_moved_to_advantage(held, order):
    held = [[1 + row[0], *row[1:]] for row in held]  # no group is empty
    parts = whole_parts([0.6, 0.4])
    split = shared_out(contents(held), [0.6, 0.4], [one for one in order if one < len(held)])
    now = cost(held, split.tolist(), parts)
    for group in range(len(held)):
        moved = split.copy()
        moved[group] = 1 - moved[group]
        assert cost(held, moved.tolist(), parts) >= now - Fraction(1, 10**9)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_near_the_best_of_all_ways_to_share_out(seed):
    held = np.random.default_rng(seed).integers(0, 6, (9, 3)) + np.array([1, 0, 0])
    parts = whole_parts([2, 1])
    split = shared_out(contents(held), [2, 1], range(9))
    best = min(cost(held, ways, parts) for ways in itertools.product((0, 1), repeat=9))
    assert cost(held, split.tolist(), parts) <= best + Fraction(1, 20)


def test_single_images_are_shared_out_exactly():
    held = [[1, n % 2, (n + 1) % 2] for n in range(100)]
    split = shared_out(contents(held), [0.8, 0.1, 0.1], range(100))
    assert np.bincount(split).tolist() == [80, 10, 10]
    assert np.bincount(split[::2]).tolist() == [40, 5, 5]


def test_what_every_split_should_have_some_of_is_in_all_if_there_are_enough_groups():
    common = [[1, 0, 0]] * 37
    held = [*common, *[[1, 1, 0]] * 3, [1, 0, 1], [1, 0, 1]]
    shares, order = [0.8, 0.1, 0.1], range(42)
    split = shared_out(contents(held, wanted=True), shares, order)
    assert sorted(split[37:40].tolist()) == [0, 1, 2]
    assert sorted(split[40:].tolist()) == [0, 1]  # two groups: not in the last of the smallest
    assert ABSENCE > 0
    assert set(shared_out(contents(held), shares, order)[37:40].tolist()) != {0, 1, 2}


def test_the_order_of_groups_changes_nothing_if_it_follows_from_what_they_are():
    generator = np.random.default_rng(1)
    held = generator.integers(0, 4, (40, 4)) + np.array([1, 0, 0, 0])
    order = generator.permutation(40)
    split = shared_out(contents(held), [3, 1], order.tolist())
    mixed = generator.permutation(40)
    place = np.argsort(mixed)
    again = shared_out(contents(held[mixed]), [3, 1], place[order].tolist())
    assert again[place].tolist() == split.tolist()


def test_shares_are_put_in_proportion_and_add_up():
    assert whole_parts([8, 1, 1]) == whole_parts([0.8, 0.1, 0.1])
    assert sum(whole_parts([1] * 7)) == PARTS
    assert whole_parts([1e-9, 1]) == [0, PARTS]


def test_a_group_of_everything_goes_somewhere_whole():
    assert shared_out(contents([[5, 5]]), [0.5, 0.5], [0]).tolist() in ([0], [1])
