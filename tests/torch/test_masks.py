import numpy as np
import pytest
import torch

from labelaudit.dataset.shapes import Shape
from labelaudit.torch.masks import drawn, drawn_masks

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
