from __future__ import annotations

import numpy as np
import pytest
import shapely

from labelaudit.core.columns import Floats
from labelaudit.dataset import crossings
from labelaudit.dataset.crossings import self_crossing


def ring(count: int) -> Floats:
    """The points of a circle that is bent inwards, so that it is no star, (count, 2)."""
    angle = 2 * np.pi * np.arange(count) / count
    radius = np.where(np.sin(5 * angle) > 0, 100.0, 30.0)
    return 200 + radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])


def crosses(*polygons: Floats) -> list[bool]:
    xy = np.concatenate([one.reshape(-1) for one in polygons])
    area = [abs(shapely.area(shapely.polygons(one))) for one in polygons]
    points = np.array([len(one) for one in polygons])
    return self_crossing(xy, points, np.array(area), np.ones(len(polygons), bool)).tolist()


def scribble(count: int) -> Floats:
    return np.random.default_rng(count).uniform(0, 600, (count, 2))


@pytest.mark.parametrize("huge", [10, 10_000])
def test_scribbles_cross_themselves_and_rings_do_not(huge: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(crossings, "HUGE", huge)
    assert crosses(ring(99), scribble(200), ring(500), scribble(61), ring(61)) == [
        *(False, True, False, True, False)
    ]


def test_a_scribble_of_a_hundred_thousand_points_is_not_given_to_geos(
    monkeypatch: pytest.MonkeyPatch,
):
    some = scribble(crossings.HUGE + 1)
    monkeypatch.delattr(shapely, "is_valid")
    assert crosses(some) == [True]
    with pytest.raises(AttributeError):
        crosses(some[:-1])


def test_only_suspects_are_looked_at():
    xy = scribble(300).reshape(-1)
    found = self_crossing(xy, np.array([300]), np.array([9.0]), np.zeros(1, bool))
    assert found.tolist() == [False]


@pytest.mark.parametrize("count", [5, 40, 300])
def test_crossings_are_those_that_geos_counts(count: int):
    corners = np.vstack([scribble(count), scribble(count)[:1]])
    sides = shapely.linestrings(np.stack([corners[:-1], corners[1:]], axis=1))
    meet = shapely.intersects(sides[:, None].copy(), sides)  # shapely 2.1 takes no two views of one
    apart = np.abs(np.subtract.outer(np.arange(count), np.arange(count)))
    true = np.count_nonzero(meet & (apart > 1) & (apart < count - 1)) / 2
    assert crossings._crossings(corners) == true


def test_points_that_stand_twice_are_no_sides():
    square = np.repeat([[0.0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], 2, axis=0)
    assert crossings._crossings(square) == 0
    assert crossings._crossings(np.zeros((9, 2))) == 0
