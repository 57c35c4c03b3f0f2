"""How alike pictures are of what a camera shows as it moves, and of what it does not."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from labelaudit.images.likeness import ACROSS, BLUR, FLAT, _details, likeness
from labelaudit.images.recordings import ALIKE
from tests.recorded_frames import PHOTOGRAPHS, panned, scene


def small(*pictures: Image.Image) -> np.ndarray:
    return np.stack(
        [np.asarray(one.convert("L").resize((32, 32), Image.Resampling.BOX)) for one in pictures]
    )


def between(first: Image.Image, second: Image.Image) -> float:
    (value,) = likeness(small(first, second), np.array([0]), np.array([1])).tolist()
    return float(value)


@pytest.mark.parametrize("step", [0, 12, 24, 36, 60])
def test_frames_of_a_camera_that_pans_are_alike(step):
    for photograph in PHOTOGRAPHS[:8]:
        first, second = panned(photograph, 2, step=step)
        assert between(first, second) > ALIKE


def test_photographs_of_one_kind_are_not_alike():
    pictures = small(*(Image.open(path) for path in PHOTOGRAPHS[:30]))
    first, second = np.triu_indices(30, 1)
    assert likeness(pictures, first, second).max() < ALIKE


def test_it_is_the_same_either_way_and_1_of_a_picture_with_itself():
    one, other = panned(PHOTOGRAPHS[0], 2)
    assert between(one, one) == pytest.approx(1)
    assert between(one, other) == pytest.approx(between(other, one), abs=1e-5)


def test_a_shift_is_found_up_to_its_limit():
    wide = np.asarray(scene(1, side=128).convert("L"))
    far = round(ACROSS * 32)
    pictures = np.stack([wide[:32, :32], wide[:32, far : far + 32], wide[:32, far + 3 : far + 35]])
    limit, beyond = likeness(pictures, np.array([0, 0]), np.array([1, 2])).tolist()
    assert limit > beyond


def test_one_colour_and_light_alone_are_like_nothing():
    flat = Image.new("L", (32, 32), 90)
    ramp = Image.linear_gradient("L").resize((32, 32))
    assert between(flat, flat) == 0
    assert between(flat, scene(3)) == 0
    assert BLUR > 0
    assert FLAT > 0
    assert between(ramp, ramp.transpose(Image.Transpose.ROTATE_180)) < ALIKE


def test_light_that_two_pictures_have_in_common_makes_them_not_alike():
    light = np.linspace(0, 150, 32)[None, :] * np.ones((32, 1))
    noise = np.random.default_rng(0).normal(0, 8, (2, 32, 32))
    pictures = (light + noise + 40).clip(0, 255).astype(np.uint8)
    assert np.corrcoef(*pictures.reshape(2, -1))[0, 1] > 0.95
    (value,) = likeness(pictures, np.array([0]), np.array([1])).tolist()
    assert value < ALIKE


def test_many_pairs_are_compared_as_each_is_alone():
    pictures = small(*(scene(seed) for seed in range(6)), *panned(PHOTOGRAPHS[2], 4))
    first, second = (rows.repeat(120) for rows in np.triu_indices(10, 1))
    values = likeness(pictures, first, second)
    for row in (0, 1234, len(first) - 1):
        (alone,) = likeness(pictures, first[row : row + 1], second[row : row + 1]).tolist()
        assert values[row] == pytest.approx(alone, abs=1e-5)


def test_no_pair_at_all_is_no_value():
    assert len(likeness(small(scene(0)), np.zeros(0, np.int64), np.zeros(0, np.int64))) == 0


@pytest.mark.parametrize("side", [2, 20, 32, 64])
def test_what_changes_slowly_is_what_a_gaussian_filter_leaves(side):
    ndimage = pytest.importorskip("scipy.ndimage")
    pictures = np.random.default_rng(side).integers(0, 256, (3, side, side)).astype(np.uint8)
    grey = pictures.astype(np.float64)
    blurred = ndimage.gaussian_filter(grey, (0, BLUR, BLUR), mode="nearest")
    assert _details(pictures) == pytest.approx(grey - blurred, abs=1e-3)
