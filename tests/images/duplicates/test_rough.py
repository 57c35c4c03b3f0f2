from __future__ import annotations

import numpy as np
import pytest

from labelaudit.images.duplicates.cosines import turned_pictures
from labelaudit.images.duplicates.rough import HOPEFUL, roughly
from labelaudit.images.duplicates.search import LikelyPairs
from tests.images.pictures import scene


def small(picture) -> np.ndarray:
    return np.asarray(picture.convert("L").resize((32, 32)), np.uint8)


def pairs(*orientations: int) -> LikelyPairs:
    """Picture 0 with each of the others."""
    count = len(orientations)
    return LikelyPairs.of(
        count,
        first=[0] * count,
        second=list(range(1, count + 1)),
        orientation=list(orientations),
        correlation=[1.0] * count,
    )


def test_a_part_lies_about_where_it_was_cut_out():
    whole = scene(1)
    part = whole.crop((0, 12, 294, 240))
    window, correlation = roughly(np.stack([small(whole), small(part)]), pairs(1))
    assert window[0] == pytest.approx([0, 0.05, 294 / 320, 1], abs=0.02)
    assert correlation[0] > 0.97


def test_what_shows_more_reaches_beyond_the_other():
    whole = scene(2)
    part = whole.crop((16, 12, 304, 228))
    window, _ = roughly(np.stack([small(part), small(whole)]), pairs(1))
    assert (window[0, :2] < -0.03).all()
    assert (window[0, 2:] > 1.03).all()


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_compared_as_it_would_be_upright(orientation):
    picture = small(scene(3))[None]
    back = {6: 8, 8: 6}.get(orientation, orientation)
    both = np.concatenate([picture, turned_pictures(picture, orientation)])
    window, correlation = roughly(both, pairs(back))
    assert window[0] == pytest.approx([0, 0, 1, 1], abs=0.005)
    assert correlation[0] > 0.999


def test_other_pictures_are_given_up():
    window, correlation = roughly(np.stack([small(scene(4)), small(scene(5))]), pairs(1))
    assert correlation[0] < HOPEFUL
    assert np.isfinite(window).all()


def test_each_pair_has_its_own_answer_however_many_there_are(monkeypatch):
    from labelaudit.images.duplicates import rough

    pictures = np.stack([small(scene(seed)) for seed in (6, 6, 7, 6, 8, 6)])
    alone = roughly(pictures, pairs(1, 1, 1, 1, 1))
    monkeypatch.setattr(rough, "AT_ONCE", 2)
    for one, other in zip(alone, roughly(pictures, pairs(1, 1, 1, 1, 1)), strict=True):
        assert one == pytest.approx(other, abs=1e-5)
    assert (alone[1] > 0.9).tolist() == [True, False, True, False, True]


def test_no_pairs_lie_nowhere():
    window, correlation = roughly(np.zeros((1, 32, 32), np.uint8), pairs())
    assert window.shape == (0, 4)
    assert correlation.shape == (0,)
