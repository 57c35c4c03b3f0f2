from __future__ import annotations

import numpy as np
import pytest

from labelaudit.images.borders import EDGE, FLAT, WIDEST, inner_parts


def bordered(left: int, top: int, right: int, bottom: int, grey: float = 0) -> np.ndarray:
    """A picture of 128 x 128 with a border of so many pixels on each side."""
    picture = np.full((128, 128), grey, np.float32)
    inside = np.random.default_rng(0).uniform(60, 200, (128 - top - bottom, 128 - left - right))
    picture[top : 128 - bottom, left : 128 - right] = inside
    return picture[None]


def test_what_is_inside_of_a_border_is_told_side_by_side():
    for border in ((8, 0, 0, 0), (0, 5, 0, 12), (4, 6, 10, 20)):
        left, top, right, bottom = border
        expected = np.array([left, top, 128 - right, 128 - bottom]) / 128
        assert inner_parts(bordered(*border))[0] == pytest.approx(expected, abs=0.008)


def test_a_picture_without_a_border_is_inside_as_a_whole():
    assert inner_parts(bordered(0, 0, 0, 0)).tolist() == [[0, 0, 1, 1]]


def test_a_border_may_not_be_wider_than_so_much():
    widest = int(WIDEST * 128)
    assert inner_parts(bordered(widest, 0, 0, 0))[0][0] > 0
    assert inner_parts(bordered(widest + 2, 0, 0, 0))[0][0] == 0


def test_what_changes_slowly_has_no_border_and_what_ends_sharply_has():
    slowly = np.broadcast_to(np.linspace(0, 200, 128, dtype=np.float32)[:, None], (1, 128, 128))
    assert inner_parts(slowly).tolist() == [[0, 0, 1, 1]]
    for step, is_border in ((EDGE - 2, False), (EDGE + 2, True)):
        picture = np.full((1, 128, 128), 100, np.float32)
        picture[:, 20:] += step
        assert bool(inner_parts(picture)[0][1] > 0) is is_border


def test_a_border_may_be_a_little_noisy():
    noise = np.random.default_rng(0).normal(0, 1, (1, 128, 128))
    for much, is_border in ((FLAT * 0.8, True), (FLAT * 1.3, False)):
        picture = (bordered(10, 0, 0, 0, 20) + noise * much).astype(np.float32)
        assert bool(inner_parts(picture)[0][0] > 0) is is_border


def test_a_picture_of_one_colour_has_no_border_and_none_has_no_row():
    assert inner_parts(np.full((1, 128, 128), 7, np.float32)).tolist() == [[0, 0, 1, 1]]
    assert inner_parts(np.zeros((0, 128, 128), np.float32)).shape == (0, 4)
