from __future__ import annotations

import numpy as np
import pytest

from labelaudit.images.duplicates.kinds import copied_picture, kind_words, whole_window

WHOLE = np.array([0.0, 0, 1, 1])
INNER = np.tile(WHOLE, (2, 1))
SIZE = np.array([[200.0, 100], [200, 100]])


def copy_of(window=WHOLE, orientation=1, brighter=0.0):
    return copied_picture(0, 1, orientation, np.array(window), brighter=brighter)


def words(copy, *, inner=INNER, size=SIZE, same_pixels=False):
    return kind_words(copy, np.array(inner), np.array(size), same_pixels=same_pixels)


def test_of_two_that_show_the_same_the_first_comes_first():
    for first, second in ((0, 1), (1, 0)):
        copy = copied_picture(first, second, 1, WHOLE, brighter=7)
        assert (copy.first, copy.second) == (0, 1)
        assert copy.brighter == (7 if first == 0 else -7)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_one_that_shows_more_comes_first_and_the_other_lies_in_it_the_same(orientation):
    there = copied_picture(1, 0, orientation, np.array([-0.1, -0.05, 1.2, 1.1]), brighter=0)
    assert (there.first, there.second) == (0, 1)
    assert there.cut == pytest.approx(1 / (1.3 * 1.15))
    again = copied_picture(0, 1, there.orientation, there.window, brighter=0)
    assert again.window == pytest.approx(there.window)
    assert 0 <= there.window.min() < there.window.max() <= 1


@pytest.mark.parametrize(
    ("orientation", "word"), [(1, "saved anew"), (2, "mirrored"), (3, "turned"), (7, "mirrored")]
)
def test_turning_is_said(orientation, word):
    size = [[200, 100], [100, 200]] if orientation >= 5 else SIZE
    assert words(copy_of(orientation=orientation), size=size) == word


def test_what_was_done_is_said_in_full():
    assert words(copy_of(), same_pixels=True) == "the same pixels in other bytes"
    assert words(copy_of([0.1, 0, 1, 1]), size=[[200, 100], [180, 100]]) == "cut to 90 %"
    assert words(copy_of([0.005, 0, 1, 1]), size=[[200, 100], [199, 100]]) == "saved anew"
    assert words(copy_of(), size=[[200, 100], [100, 50]]) == "resized"
    assert words(copy_of(orientation=6), size=[[200, 100], [100, 200]]) == "turned"
    assert words(copy_of(brighter=6)) == "brighter"
    assert words(copy_of(brighter=-6)) == "darker"
    assert words(copy_of(brighter=4)) == "saved anew"
    inner = [WHOLE, [0.1, 0.1, 0.9, 0.9]]
    assert words(copy_of(), inner=inner, size=[[200, 100], [250, 125]]) == "with a border"


def test_the_whole_of_a_picture_with_a_border_is_larger_than_what_is_inside():
    inner = np.array([WHOLE, [0.1, 0.2, 0.9, 1.0]])
    expected = [-0.125, -0.25, 1.125, 1.0]
    assert whole_window(copy_of(), inner) == pytest.approx(expected)
    assert whole_window(copied_picture(0, 1, 1, WHOLE, brighter=0), inner[[0, 0]]) == (
        pytest.approx(WHOLE)
    )
