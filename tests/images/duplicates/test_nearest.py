from __future__ import annotations

import numpy as np
import pytest

from labelaudit.images.duplicates import nearest
from labelaudit.images.duplicates.cells import described_pictures, same_in_all
from labelaudit.images.duplicates.cosines import EACH_WAY, turned_pictures
from labelaudit.images.duplicates.nearest import (
    DEPTH,
    SCALE,
    SortedPictures,
    most_alike,
    nearest_centres,
)


@pytest.fixture(params=["compiled", "by numpy"])
def _way(request, monkeypatch):
    if request.param == "by numpy":
        monkeypatch.setattr(nearest, "_nearest", None)
    elif nearest._nearest is None:
        pytest.skip("not compiled")


def drawn(count: int, seed: int) -> np.ndarray:
    """Coefficients in whole numbers, some of them equal, (count, EACH_WAY * EACH_WAY)."""
    plain = np.random.default_rng(seed).normal(0, 1, (count, EACH_WAY * EACH_WAY))
    plain[:, 0] = 0
    plain[count // 2 :: 3] = plain[: len(plain[count // 2 :: 3])]
    return np.rint(plain * SCALE / np.linalg.norm(plain, axis=1, keepdims=True)).astype(np.int16)


def in_cells(described: np.ndarray, start: list[int], seen: int, seed: int) -> SortedPictures:
    """Pictures in cells, each of which looks into some of them, drawn at random."""
    random = np.random.default_rng(seed)
    cells = [random.permutation(len(start) - 1)[:seen] for _ in described]
    return SortedPictures(
        same_in_all(described), described, np.array(start), np.array(cells, np.int32)
    )


def slowly(pictures: SortedPictures, row: int, shortlist: int, count: int, least: int) -> list:
    """What a loop over all that a picture may be compared with finds."""
    vectors, grid = pictures.vectors.astype(int), pictures.described.reshape(-1, EACH_WAY, EACH_WAY)
    others = [
        other
        for cell in pictures.cells[row].tolist()
        for other in range(pictures.start[cell], pictures.start[cell + 1])
    ]
    others.sort(key=lambda other: (-int(vectors[row] @ vectors[other]), other))
    found = []
    for other in others[:shortlist]:
        products = []
        for orientation in range(1, 9):
            signs = np.ones((EACH_WAY, EACH_WAY), int)
            turned, across, down = nearest.STEPS[orientation]
            signs[:, 1::2] *= -1 if across else 1
            signs[1::2] *= -1 if down else 1
            there = grid[other].T if turned else grid[other]
            products.append(int((grid[row].astype(int) * signs * there).sum()))
        if other != row and max(products) >= least:
            found.append([other, 1 + products.index(max(products)), max(products)])
    return sorted(found, key=lambda one: (-one[2], one[0]))[:count]


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize(("shortlist", "count", "seen"), [(1, 1, 1), (7, 3, 2), (90, 5, 4)])
def test_the_pictures_most_alike_are_those_of_a_loop(seed, shortlist, count, seen):
    pictures = in_cells(drawn(80, seed), [0, 13, 13, 40, 41, 80], seen, seed)
    least = round(0.3 * SCALE * SCALE)
    found = most_alike(pictures, 5, 30, shortlist=shortlist, nearest=count, least=least)
    for row in range(5, 30):
        wanted = slowly(pictures, row, shortlist, count, least)
        told = [one for one in found[row - 5].tolist() if one[0] >= 0]
        assert told == wanted


@pytest.mark.usefixtures("_way")
def test_the_least_product_is_alike_and_one_less_is_not():
    pictures = in_cells(drawn(2, 3), [0, 2], 1, 0)
    (_, _, product), *_ = slowly(pictures, 0, 2, 1, -(2**30))
    for least, rows in ((product, [1]), (product + 1, [-1])):
        found = most_alike(pictures, 0, 1, shortlist=2, nearest=1, least=least)
        assert found[0, :, 0].tolist() == rows


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_picture_is_told_with_its_orientation(orientation):
    small = np.random.default_rng(0).integers(0, 255, (1, 32, 32))
    both = np.concatenate([small, turned_pictures(small, orientation)])
    described = described_pictures(both.astype(np.uint8))
    pictures = SortedPictures(
        same_in_all(described), described, np.array([0, 2]), np.zeros((2, 1), np.int32)
    )
    found = most_alike(pictures, 0, 1, shortlist=2, nearest=1, least=0)
    back = {6: 8, 8: 6}.get(orientation, orientation)
    assert found[0, 0, :2].tolist() == [1, back]


@pytest.mark.usefixtures("_way")
@pytest.mark.parametrize("count", [1, 4, 30])
def test_the_nearest_centres_are_those_of_a_loop(count):
    vectors, centres = same_in_all(drawn(50, 1)), same_in_all(drawn(30, 2))
    centres[20] = centres[3]  # as near: the earlier one first
    found = nearest_centres(vectors, centres, count)
    for vector, some in zip(vectors.astype(int), found.tolist(), strict=True):
        score = [int(vector @ one) - int(one @ one) // 2 for one in centres.astype(int)]
        assert some == sorted(range(30), key=lambda row: (-score[row], row))[:count]


@pytest.mark.usefixtures("_way")
def test_no_pictures_have_none_that_are_alike():
    none = SortedPictures(
        np.zeros((0, DEPTH), np.int16),
        np.zeros((0, EACH_WAY**2), np.int16),
        np.array([0, 0]),
        np.zeros((0, 1), np.int32),
    )
    assert most_alike(none, 0, 0, shortlist=1, nearest=5, least=0).shape == (0, 5, 3)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("start", np.array([0, 81])),
        ("start", np.array([0, 50, 40, 80])),
        ("cells", np.full((80, 1), 9, np.int32)),
        ("cells", np.full((80, 1), -1, np.int32)),
        ("described", np.zeros((79, EACH_WAY**2), np.int16)),
    ],
)
def test_what_leads_out_of_the_memory_is_refused_by_the_compiled_part(name, value):
    if nearest._nearest is None:
        pytest.skip("not compiled")
    whole = in_cells(drawn(80, 0), [0, 30, 60, 80], 1, 0)
    columns = {**vars(whole), name: value}
    with pytest.raises(ValueError, match="pictures by cells were expected"):
        most_alike(SortedPictures(**columns), 0, 80, shortlist=3, nearest=2, least=0)
