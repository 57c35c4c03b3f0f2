"""Run-length masks of a part of an image, and of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.dataset.masks import rle_masks
from labelaudit.io.formats import mask_runs
from labelaudit.io.formats.mask_runs import encoded, extent_of, painted


def test_any_part_of_an_image_is_encoded_to_its_own_pixels():
    draw = np.random.default_rng(3)
    for _ in range(50):
        height, width = draw.integers(1, 9, 2).tolist()
        down, across = draw.integers(1, height + 1), draw.integers(1, width + 1)
        top, left = draw.integers(0, height - down + 1), draw.integers(0, width - across + 1)
        pixels = draw.random((down, across)) < draw.random()
        whole = np.zeros((height, width), bool)
        whole[top : top + down, left : left + across] = pixels
        rle = encoded(pixels, (int(left), int(top)), (width, height))
        assert rle is not None
        columns = painted(rle["counts"], (width, height))
        assert columns is not None
        assert columns.T.tolist() == whole.tolist()
        found = rle_masks([rle["counts"]], np.array([rle["size"]], np.float64))
        corners = extent_of(pixels, (int(left), int(top)))
        assert found.area[0] == whole.sum()
        assert corners is None or found.xyxy[0].tolist() == corners


@pytest.mark.parametrize(
    ("corner", "held"),
    [
        ((0, 0), True),
        ((1, 1), True),
        ((2, 1), False),
        ((1, 2), False),
        ((-1, 0), False),
        ((0, -1), False),
    ],
)
def test_a_part_that_reaches_beyond_the_image_is_none(corner, held):
    assert (encoded(np.ones((2, 2), bool), corner, (3, 3)) is not None) == held


@pytest.mark.parametrize("runs", [[], [3], [5], [-1, 5], [2, 3]])
def test_runs_that_do_not_come_to_the_pixels_are_none(runs):
    assert painted(runs, (2, 2)) is None


def test_a_mask_beyond_any_camera_is_not_painted(monkeypatch):
    monkeypatch.setattr(mask_runs, "MOST_PIXELS", 6)
    assert painted([6], (2, 3)) is not None
    assert painted([7], (1, 7)) is None
    assert painted([0], (0, 3)) is None
