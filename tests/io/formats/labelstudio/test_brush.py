"""Pixels of brushes: values of any width, alike or not, and what does not add up."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from labelaudit.io.formats.labelstudio import brush
from labelaudit.io.formats.labelstudio.brush import painted_pixels


def packed(values: list[int], word: int = 8, count: int | None = None) -> list[int]:
    """Values as one block for each run of alike ones, or of ones that differ."""
    bits = f"{len(values) if count is None else count:032b}{word - 1:05b}" + "0111" * 4
    starts = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    for start, end in itertools.pairwise(starts):
        run = values[start:end]
        if len(run) == 1:
            bits += f"000{0:08b}{run[0]:0{word}b}"
        else:
            bits += f"101{len(run) - 1:08b}{run[0]:0{word}b}"
    bits += "0" * (-len(bits) % 8)
    return [int(bits[at : at + 8], 2) for at in range(0, len(bits), 8)]


@pytest.mark.parametrize("word", [1, 3, 8, 12])
def test_what_is_packed_is_painted(word):
    draw = np.random.default_rng(5)
    for _ in range(20):
        width, height = draw.integers(1, 8, 2).tolist()
        covered = draw.random((height, width)) < draw.random()
        values = np.zeros((height, width, 4), int)
        values[..., 3] = covered * ((1 << word) - 1)
        pixels = painted_pixels(packed(values.ravel().tolist(), word), (width, height))
        assert pixels is not None
        assert pixels.tolist() == covered.tolist()


def test_only_how_much_is_covered_counts():
    assert painted_pixels(packed([9, 9, 9, 0]), (1, 1)).tolist() == [[False]]
    assert painted_pixels(packed([0, 0, 0, 1]), (1, 1)).tolist() == [[True]]


@pytest.mark.parametrize(
    ("numbers", "size"),
    [
        (packed([0, 0, 0, 1]), (2, 1)),
        (packed([0, 0, 0, 1], count=8), (2, 1)),
        (packed([0, 0, 0, 1, 1], count=4), (1, 1)),
        ([], (1, 1)),
        ([256], (1, 1)),
        (packed([0], count=0), (0, 1)),
        (packed([0], count=0), (1, 0)),
    ],
)
def test_what_does_not_add_up_is_none(numbers, size):
    assert painted_pixels(numbers, size) is None


def test_a_picture_beyond_any_camera_is_not_painted(monkeypatch):
    monkeypatch.setattr(brush, "MOST_PIXELS", 8)
    assert painted_pixels(packed([1] * 8), (2, 1)) is not None
    assert painted_pixels(packed([1] * 12), (3, 1)) is None
