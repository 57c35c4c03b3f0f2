from __future__ import annotations

import numpy as np
import pytest

from labelaudit.images.duplicates.registration import registered, sampled
from tests.images.pictures import scene

PICTURE = np.asarray(scene(0, (480, 480)).convert("L"), np.float32)
WHOLE = np.array([[0, 0, 1, 1]], np.float32)


def part(window: list[float], side: int = 64) -> np.ndarray:
    """What a window of the picture shows, squeezed to a square."""
    edges = np.linspace(0, 1, side + 1)
    middle = (edges[1:] + edges[:-1]) / 2
    x = ((window[0] + (window[2] - window[0]) * middle) * 480).astype(int)
    y = ((window[1] + (window[3] - window[1]) * middle) * 480).astype(int)
    smooth = PICTURE.copy()
    for _ in range(6):
        smooth = (
            smooth + np.roll(smooth, 1, 0) + np.roll(smooth, 1, 1) + np.roll(smooth, -1, 0)
        ) / 4
    return smooth[np.ix_(y, x)][None].astype(np.float32)


@pytest.mark.parametrize(
    "window", [[0.05, 0.02, 0.98, 0.95], [0, 0.06, 0.94, 1], [0.03, 0.03, 0.97, 0.97]]
)
def test_a_part_is_found_where_it_was_cut_out(window):
    found = registered(part([0, 0, 1, 1]), part(window), WHOLE, points=48, steps=12)
    assert found.window[0] == pytest.approx(window, abs=0.006)
    assert found.correlation[0] > 0.99


def test_gain_and_offset_are_told_and_change_no_window():
    window = [0.05, 0.02, 0.98, 0.95]
    found = registered(part([0, 0, 1, 1]), 0.7 * part(window) + 20, WHOLE, points=48, steps=12)
    assert found.window[0] == pytest.approx(window, abs=0.006)
    assert found.gain[0] == pytest.approx(0.7, abs=0.03)
    assert found.offset[0] == pytest.approx(20, abs=4)


def test_pictures_that_share_less_than_half_have_no_correlation():
    window = np.array([[0.6, 0.6, 1.6, 1.6]], np.float32)
    whole = part([0, 0, 1, 1])
    assert registered(whole, whole, window, points=32, steps=0).correlation[0] == 0


def test_values_between_pixels_are_those_of_their_neighbours_by_distance():
    ramp = np.broadcast_to(np.arange(8, dtype=np.float32), (1, 8, 8))
    places = np.array([0.25, 0.5, 0.71], np.float32)
    seen = sampled(ramp, WHOLE, places)
    assert seen.value[0, 0] == pytest.approx(places * 8 - 0.5)
    assert seen.across[0, 0] == pytest.approx([8, 8, 8])
    assert seen.down[0] == pytest.approx(np.zeros((3, 3)))
    assert seen.inside.all()


def test_no_pair_and_pictures_of_one_colour_are_registered_without_a_word():
    none = registered(PICTURE[None][:0], PICTURE[None][:0], WHOLE[:0], points=16, steps=2)
    assert none.window.shape == (0, 4)
    plain = np.full((1, 32, 32), 9, np.float32)
    assert registered(plain, plain, WHOLE, points=16, steps=3).window[0] == pytest.approx(WHOLE[0])
