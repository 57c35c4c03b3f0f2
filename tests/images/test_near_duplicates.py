"""Which images are near duplicates, by hashes that a test writes down."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.core.columns import texts
from labelaudit.images import near_duplicates
from labelaudit.images.near_duplicates import groups


def bits(count: int, start: int = 0) -> int:
    """A hash with so many bits set, from `start` on."""
    return ((1 << count) - 1) << start


OTHERS = [bits(16, 16), bits(16, 32), bits(16, 48), bits(40, 20), bits(30, 34)]
"""Hashes far from each other and from those with few bits."""


@pytest.fixture
def grouped(monkeypatch) -> Callable[..., list[int]]:
    """Groups of images with these hashes (None: unreadable), beside some that are like none."""

    def made(*hashes: int | None, names: tuple[str, ...] = (), others: int = 4) -> list[int]:
        every = [*hashes, *OTHERS[:others]]
        known = np.array([one or 0 for one in every], np.uint64)
        readable = np.array([one is not None for one in every])
        monkeypatch.setattr(near_duplicates, "hashed", lambda paths, workers: (known, readable))
        letters = [f"{'abcdefgh'[row]}.jpg" for row in range(len(every))]
        return groups(texts([*names, *letters[len(names) :]])).tolist()

    return made


@pytest.mark.parametrize(("apart", "alike"), [(0, True), (6, True), (7, False)])
def test_copies_differ_in_six_bits_at_most(grouped, apart, alike):
    group = grouped(0, bits(apart))
    assert (group[0] == group[1]) is alike
    assert len(set(group)) == 6 - alike


@pytest.mark.parametrize(("apart", "alike"), [(12, True), (13, False)])
def test_frames_whose_names_count_on_may_differ_twice_as_much(grouped, apart, alike):
    group = grouped(0, bits(apart), names=("v/0009.jpg", "v/0010.jpg"))
    assert (group[0] == group[1]) is alike
    assert len(set(grouped(0, bits(apart), names=("v/9.jpg", "w/10.jpg")))) == 6


def test_an_image_that_cannot_be_read_is_on_its_own(grouped):
    assert grouped(None, None, 0, 0) == [0, 1, 2, 2, 4, 5, 6, 7]


@pytest.mark.parametrize(("others", "joined"), [(3, True), (2, False)])
def test_a_group_of_more_than_two_fifths_of_all_images_is_looked_at_again_more_closely(
    grouped, others, joined
):
    group = grouped(0, bits(6), others=others)  # two of five images, or two of four
    assert (group[0] == group[1]) is joined


@pytest.mark.parametrize(("others", "joined"), [(4, False), (5, True)])
def test_three_of_seven_images_are_too_many_and_three_of_eight_are_not(grouped, others, joined):
    group = grouped(0, bits(6), bits(12), others=others)
    assert (group[0] == group[1] == group[2]) is joined


@pytest.mark.parametrize(
    ("between", "within", "alike"), [(6, 3, True), (6, 4, False), (3, 1, True), (3, 2, False)]
)
def test_more_closely_are_three_bits_and_then_one(grouped, between, within, alike):
    # Two pairs, joined to a group of half of all images by what lies between them.
    second = bits(within) ^ bits(between, 8)
    group = grouped(0, bits(within), second, second ^ bits(within, 4))
    assert (group[0] == group[1]) is (group[2] == group[3]) is alike
    assert group[1] != group[2]


def test_where_even_one_bit_joins_too_many_only_equal_hashes_are_joined(grouped):
    assert grouped(0, 1, 0, others=0) == [0, 1, 0]
    assert grouped(0, 0, others=0) == [0, 0]
    assert grouped(others=0) == []
