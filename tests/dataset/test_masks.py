"""Masks against pycocotools and shapely, one object at a time."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from labelaudit.dataset.masks import _star_shaped, polygon_masks, rle_masks
from labelaudit.dataset.tables import MaskFault, MaskKind

corner = st.integers(0, 40).map(float)
polygon = st.lists(st.tuples(corner, corner), min_size=3, max_size=8).map(
    lambda points: [side for point in points for side in point]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(polygon, min_size=1, max_size=3), min_size=1, max_size=4))
def test_polygons_have_the_extent_and_area_that_shapely_gives_them(
    objects: list[list[list[float]]],
) -> None:
    masks = polygon_masks(objects)
    for row, polygons in enumerate(objects):
        points = np.concatenate([np.reshape(one, (-1, 2)) for one in polygons])
        expected = [*points.min(axis=0), *points.max(axis=0)]
        assert masks.xyxy[row].tolist() == expected
        assert masks.parts[row] == len(polygons)
        assert masks.points[row] == len(points)
        rings = [shapely.LinearRing(np.reshape(one, (-1, 2))) for one in polygons]
        if all(ring.is_simple for ring in rings):
            area = sum(shapely.Polygon(ring).area for ring in rings)
            assert masks.area[row] == pytest.approx(area)
            if area:
                assert masks.fault[row] == MaskFault.NONE


@settings(max_examples=300, deadline=None)
@given(polygon)
def test_a_polygon_crosses_itself_if_its_true_area_is_another(points: list[float]) -> None:
    shape = shapely.Polygon(np.reshape(points, (-1, 2)))
    true = shapely.make_valid(shape).area
    x, y = np.reshape(points, (-1, 2)).T
    seeming = abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    fault = polygon_masks([[points]]).fault[0]
    if not shape.is_valid and abs(true - seeming) > 0.011 * true:
        assert fault == MaskFault.SELF_CROSSING
    elif shape.is_valid or abs(true - seeming) < 0.009 * true:
        assert fault in (MaskFault.NONE, MaskFault.ZERO_AREA)


@settings(max_examples=500, deadline=None)
@given(st.lists(polygon, min_size=1, max_size=5))
def test_a_polygon_seen_whole_from_within_is_valid(polygons: list[list[float]]) -> None:
    points = np.array([len(one) // 2 for one in polygons])
    x, y = np.concatenate([np.reshape(one, (-1, 2)) for one in polygons]).T
    star = _star_shaped(x, y, np.cumsum(points) - points, points)
    for one, seen in zip(polygons, star, strict=True):
        if seen:
            assert shapely.Polygon(np.reshape(one, (-1, 2))).is_valid


def test_shapes_that_turn_one_way_once_are_seen_whole_and_others_are_not() -> None:
    angle = np.linspace(0, 2 * np.pi, 9)  # the first point stands twice
    ring = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    twice = np.concatenate([ring, ring])
    crossed = ring[[0, 2, 1, 3, 4, 5, 6, 7]]
    crescent = np.concatenate([ring, 0.9 * ring[::-1] + [0.2, 0]])[:-1]
    shapes = [ring, ring[::-1], twice, crossed, crescent]
    points = np.array([len(shape) for shape in shapes])
    x, y = np.concatenate(shapes).T
    star = _star_shaped(x, y, np.cumsum(points) - points, points)
    assert star.tolist() == [True, True, False, False, False]


def test_validity_is_looked_for_only_if_asked() -> None:
    bow_tie = [[0.0, 0, 9, 9, 9, 0, 0, 10]]
    assert polygon_masks([bow_tie]).fault.tolist() == [MaskFault.SELF_CROSSING]
    assert polygon_masks([bow_tie], validity=False).fault.tolist() == [MaskFault.NONE]


def test_one_faulty_object_does_not_touch_the_others() -> None:
    square = [[0.0, 0, 4, 0, 4, 4, 0, 4]]
    masks = polygon_masks([square, [[1.0, 2, 3]], [], [[]], square])
    assert masks.box.tolist() == [0, 1, 2, 3, 4]
    assert masks.area[[0, 4]].tolist() == [16, 16]
    assert masks.fault.tolist() == [
        MaskFault.NONE,
        MaskFault.ODD_COORDINATES,
        MaskFault.EMPTY,
        MaskFault.TOO_FEW_POINTS,
        MaskFault.NONE,
    ]


def test_numbers_that_are_none_are_a_fault() -> None:
    masks = polygon_masks([[[0.0, 0, np.inf, 0, 4, 4]], [[0.0, 0, np.nan, 0, 4, 4]]])
    assert masks.fault.tolist() == [MaskFault.NOT_FINITE] * 2


masks = st.tuples(st.integers(1, 12), st.integers(1, 12), st.integers(0, 2**32), st.floats(0, 1))


@settings(max_examples=300, deadline=None)
@given(st.lists(masks, min_size=1, max_size=5))
def test_encoded_masks_have_the_extent_and_area_of_their_pixels(
    seeds: list[tuple[int, int, int, float]],
) -> None:
    pixels = [
        np.asfortranarray(np.random.default_rng(seed).random((h, w)) < share, np.uint8)
        for h, w, seed, share in seeds
    ]
    compressed = [coco_mask.encode(one)["counts"].decode() for one in pixels]
    plain = [_runs(one) for one in pixels]
    sizes = np.array([one.shape for one in pixels], float)
    for counts, kind in ((compressed, MaskKind.COMPRESSED_RLE), (plain, MaskKind.RLE)):
        masks = rle_masks(counts, sizes)
        for row, one in enumerate(pixels):
            assert masks.kind[row] == kind
            assert masks.area[row] == one.sum()
            if not one.any():
                assert masks.fault[row] == MaskFault.EMPTY
                continue
            y, x = np.nonzero(one)
            expected = [x.min(), y.min(), x.max() + 1, y.max() + 1]
            assert masks.xyxy[row].tolist() == expected
            assert masks.fault[row] == MaskFault.NONE


def _runs(pixels: np.ndarray) -> list[int]:
    """Runs down the columns, background first: the slow, obvious way."""
    runs, value = [0], 0
    for pixel in pixels.ravel(order="F").tolist():
        if pixel != value:
            runs.append(0)
            value = pixel
        runs[-1] += 1
    return runs


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=12), st.integers(1, 9), st.integers(1, 9))
def test_any_text_as_an_encoding_is_a_fault_or_a_mask(text: str, height: int, width: int) -> None:
    masks = rle_masks([text], np.array([[height, width]], float))
    if masks.fault[0] == MaskFault.NONE:
        assert 0 < masks.area[0] <= height * width


@pytest.mark.parametrize(
    ("counts", "size"),
    [
        ([5, 2], [3, 3]),
        ([5, 5], [3, 3]),
        ([5, -1, 5], [3, 3]),
        ([4.5, 4.5], [3, 3]),
        ([np.nan, 9], [3, 3]),
        ([1e300, 9], [3, 3]),
        ([9], [3, 3.5]),
        ([9], [-3, -3]),
        ([9], [np.nan, 3]),
        ([], [3, 3]),
        ("", [3, 3]),
        ("P", [3, 3]),
    ],
    ids=str,
)
def test_runs_that_do_not_add_up_are_a_fault(counts: list[float] | str, size: list[float]) -> None:
    masks = rle_masks([counts], np.array([size], float))
    assert masks.fault.tolist() == [MaskFault.RLE_COUNTS]


def test_a_scribble_is_self_crossing_and_takes_no_minutes():
    scribble = [float(side) for x in range(700) for side in ((x * 53) % 97, (x * 37) % 101)]
    assert polygon_masks([[scribble]]).fault.tolist() == [MaskFault.SELF_CROSSING]


def test_a_million_numbers_that_are_one_point_are_no_scribble():
    assert polygon_masks([[[0.25, 0.75] * 250_000]]).fault.tolist() == [MaskFault.ZERO_AREA]


def test_a_large_polygon_with_a_spike_is_not_self_crossing():
    around = np.linspace(0, 6, 100)
    corners = np.stack([50 + 50 * np.cos(around), 50 + 50 * np.sin(around)], axis=1)
    spiked = np.concatenate([corners[:50], [[60.0, 60.0]], corners[49:]]).ravel().tolist()
    assert polygon_masks([[spiked]]).fault.tolist() == [MaskFault.NONE]
