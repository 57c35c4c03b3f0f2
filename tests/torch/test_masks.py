import numpy as np
import pytest
import torch

from labelaudit.dataset.shapes import Shape
from labelaudit.torch.masks import drawn, drawn_masks, near_image

pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation")  # of pycocotools' decode


def polygons(*flat):
    return Shape(tuple(np.array(one, float).reshape(-1, 2) for one in flat))


def test_masks_are_those_of_pycocotools():
    from pycocotools import mask

    random = np.random.default_rng(0)
    for _ in range(50):
        flat = [random.uniform(-5, 40, 2 * random.integers(3, 8)) for _ in range(2)]
        encoded = mask.merge(mask.frPyObjects([one.tolist() for one in flat], 24, 32))
        expected = torch.from_numpy(mask.decode(encoded))
        assert torch.equal(drawn(polygons(*flat), (24, 32)), expected)
        compressed = {"size": [24, 32], "counts": encoded["counts"].decode()}
        assert torch.equal(drawn(Shape(rle=compressed), (24, 32)), expected)


def test_runs_go_down_the_columns():
    found = drawn(Shape(rle={"size": [2, 3], "counts": [1, 2, 3]}), (2, 3))
    assert found.tolist() == [[0, 1, 0], [1, 0, 0]]
    assert found.is_contiguous()


@pytest.mark.parametrize(
    "rle",
    [
        {"size": [3, 2], "counts": [1, 2, 3]},
        {"size": [2, 3], "counts": [1, 2, 9]},
        {"size": [2, 3], "counts": [8, -2]},
        {"size": [2, 3], "counts": "\u00e9"},
    ],
)
def test_runs_that_do_not_fit_the_image_show_nothing(rle):
    assert drawn(Shape(rle=rle), (2, 3)).tolist() == [[0, 0, 0]] * 2


def test_no_objects_have_no_masks():
    assert drawn_masks([], (2, 3)).shape == (0, 2, 3)
    assert drawn_masks([polygons([0, 0, 3, 0, 3, 2, 0, 2])] * 2, (2, 3)).sum() == 12


SIZE = (48, 64)
"""Height and width."""


@pytest.mark.parametrize("far", [1e3, 1e9, -1e9, 1e18, 1e308, -1e308])
def test_what_is_far_from_the_image_is_cut_off_before_it_is_drawn(far):
    # pycocotools ends the process on edges of 1e9 pixels.
    polygon = np.array([[5, 5], [far, 5], [far, 40], [5, 40]])
    near = near_image(polygon, SIZE)
    assert np.abs(near).max() <= 2 * max(SIZE)
    expected = np.zeros(SIZE, np.uint8)
    expected[5:40, slice(5, None) if far > 0 else slice(0, 5)] = 1
    assert drawn(Shape((polygon,)), SIZE).numpy().tolist() == expected.tolist()


def test_polygons_that_are_cut_off_cover_the_same_pixels_but_for_rounding():
    from pycocotools import mask

    random = np.random.default_rng(0)
    apart = []
    for corners in random.integers(3, 9, 200):
        polygon = random.uniform(-3_000, 3_000, (corners, 2))
        polygon[0] = random.uniform(0, 48, 2)
        assert not np.array_equal(near_image(polygon, SIZE), polygon)
        encoded = mask.frPyObjects([polygon.ravel().tolist()], *SIZE)
        whole = mask.decode(encoded)[..., 0]
        apart.append(int((drawn(Shape((polygon,)), SIZE).numpy() != whole).sum()))
    assert max(apart) <= 8
    assert np.mean(apart) < 1


@pytest.mark.parametrize(
    ("polygon", "same"),
    [([[-64, -64], [128, 0], [128, 112]], True), ([[-64, -64.5], [128, 0], [128, 112]], False)],
)
def test_a_polygon_near_the_image_stays_as_it_is(polygon, same):
    given = np.array(polygon, np.float64)
    assert np.array_equal(near_image(given, SIZE), given) == same


def test_polygons_outside_of_the_image_show_nothing():
    away = np.array([[1e9, 0], [2e9, 0], [1e9, 1e9]])
    assert len(near_image(away, SIZE)) == 0
    assert not drawn(Shape((away,)), SIZE).any()
    square = np.array([[5, 5], [10, 5], [10, 10], [5, 10.0]])
    assert drawn(Shape((away, square)), SIZE).equal(drawn(Shape((square,)), SIZE))
