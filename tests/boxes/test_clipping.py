from __future__ import annotations

import numpy as np
import pytest
import shapely

from labelaudit.boxes.clipping import clipped_polygon, ring_area

RECTANGLE = np.array([0.0, 0, 100, 80])


def ring(*points: tuple[float, float]) -> np.ndarray:
    return np.array(points, np.float64)


def test_a_polygon_inside_is_the_same_object():
    inside = ring((0, 0), (100, 0), (50, 80))
    assert clipped_polygon(inside, RECTANGLE) is inside


def test_what_is_beyond_an_edge_is_cut_off_where_it_crosses_it():
    beyond = ring((90, 10), (110, 10), (110, 30), (90, 30))
    cut = clipped_polygon(beyond, RECTANGLE)
    assert sorted(cut.tolist()) == [[90, 10], [90, 30], [100, 10], [100, 30]]


def test_nothing_is_left_of_a_polygon_outside():
    assert len(clipped_polygon(ring((110, 10), (120, 10), (120, 30)), RECTANGLE)) == 0


def test_a_polygon_that_only_touches_the_edge_has_no_inside_left():
    cut = clipped_polygon(ring((100, 10), (120, 10), (120, 30)), RECTANGLE)
    assert ring_area(cut) == 0


@pytest.mark.parametrize("seed", range(40))
def test_the_area_is_that_of_the_intersection(seed: int):
    random = np.random.default_rng(seed)
    angles = np.sort(random.uniform(0, 2 * np.pi, random.integers(3, 12)))
    reach = random.uniform(20, 90, len(angles))
    middle = random.uniform([0, 0], [100, 80])
    star = middle + reach[:, None] * np.column_stack([np.cos(angles), np.sin(angles)])
    shape = shapely.polygons(star)
    if not shapely.is_valid(shape):
        return
    wanted = shapely.area(shapely.intersection(shape, shapely.box(*RECTANGLE)))
    cut = clipped_polygon(star, RECTANGLE)
    assert ring_area(cut) == pytest.approx(wanted) if len(cut) else wanted == 0
    assert (cut >= RECTANGLE[:2]).all()
    assert (cut <= RECTANGLE[2:]).all()
