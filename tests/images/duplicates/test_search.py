from __future__ import annotations

import itertools

import numpy as np
import pytest

from labelaudit.images.duplicates import cells, nearest, search
from labelaudit.images.duplicates.cosines import coefficients, turned_pictures
from labelaudit.images.duplicates.search import LIKELY, NEAREST, likely_pairs


def pictures(count: int, seed: int = 0) -> np.ndarray:
    """Smooth square pictures, (count, 32, 32)."""
    random = np.random.default_rng(seed)
    step = np.cos(np.pi / 32 * np.outer(np.arange(8), np.arange(32) + 0.5))
    weight = 1 / (1 + np.add.outer(np.arange(8), np.arange(8)))
    smooth = step.T @ (random.normal(0, 1, (count, 8, 8)) * weight) @ step
    return np.clip(128 + 30 * smooth, 0, 255).astype(np.uint8)


def slowly(small: np.ndarray) -> set[tuple[int, int, int]]:
    """The pairs that a loop over all finds, with their orientations."""
    one = cells.described_pictures(small).astype(int)
    best = np.full((len(small), len(small)), -1)
    which = np.zeros(best.shape, int)
    for orientation in range(1, 9):
        turned = cells.described_pictures(turned_pictures(small, orientation)).astype(int)
        similar = one @ turned.T
        which[similar > best] = orientation
        best = np.maximum(best, similar)
    np.fill_diagonal(best, -1)
    found = set()
    for row in range(len(small)):
        for other in np.argsort(-best[row], kind="stable")[:NEAREST].tolist():
            if best[row, other] >= LIKELY * nearest.SCALE**2:
                a, b = min(row, other), max(row, other)
                found.add((a, b, int(which[a, b])))
    return found


def told(small: np.ndarray) -> set[tuple[int, int, int]]:
    pairs = likely_pairs(small)
    columns = (pairs.first.tolist(), pairs.second.tolist(), pairs.orientation.tolist())
    return set(zip(*columns, strict=True))


@pytest.mark.parametrize("seed", range(4))
def test_the_pairs_most_alike_are_those_of_a_loop_over_all(seed):
    small = pictures(60, seed)
    for number, orientation in enumerate(range(1, 9)):
        small[number] = turned_pictures(small[30 + number : 31 + number], orientation)[0]
    noise = np.random.default_rng(seed).integers(0, 12, small.shape)  # without it, some tie
    small = (small // 2 + noise).astype(np.uint8)
    assert told(small) == slowly(small)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_copy_in_any_orientation_is_found_among_many_by_cells(monkeypatch, orientation):
    monkeypatch.setattr(search, "FEW", 100)
    monkeypatch.setattr(cells, "CELL", 40)
    small = pictures(600)
    copies = turned_pictures(small[:50], orientation)
    pairs = told(np.concatenate([small, copies]))
    assert {(row, 600 + row, near_search_back(orientation)) for row in range(50)} <= pairs


def test_in_whole_numbers_two_pictures_are_as_alike_as_in_fractions():
    small = pictures(40)
    plain = coefficients(small).reshape(40, -1)
    plain /= np.linalg.norm(plain, axis=1, keepdims=True)
    whole = cells.described_pictures(small).astype(float) / nearest.SCALE
    assert np.abs(whole @ whole.T - plain @ plain.T).max() < 5e-4


@pytest.mark.parametrize("seed", range(3))
def test_by_cells_the_same_is_found_with_and_without_the_compiled_part(monkeypatch, seed):
    if nearest._nearest is None:
        pytest.skip("not compiled")
    monkeypatch.setattr(search, "FEW", 100)
    monkeypatch.setattr(cells, "CELL", 25)
    small = pictures(900, seed)
    small[400:500] = turned_pictures(small[:100], 1 + 3 * seed)
    small[500:520] = small[:20]  # equal ones: those of the lowest rows
    compiled = told(small)
    monkeypatch.setattr(nearest, "_nearest", None)
    assert len(compiled) > 100
    assert told(small) == compiled


@pytest.mark.parametrize("seed", range(3))
def test_all_cells_together_find_nearly_what_a_loop_over_all_finds(monkeypatch, seed):
    monkeypatch.setattr(search, "FEW", 100)
    monkeypatch.setattr(cells, "CELL", 30)
    small = pictures(400, seed)
    small[300:] = np.clip(
        small[:100] + np.random.default_rng(seed).normal(0, 9, (100, 32, 32)), 0, 255
    )
    copies = {(row, 300 + row, 1) for row in range(100)}
    assert copies <= slowly(small)
    assert len(copies & told(small)) >= 98


def near_search_back(orientation: int) -> int:
    """How a picture that was turned so looks as it did before."""
    return {6: 8, 8: 6}.get(orientation, orientation)


def test_each_pair_is_told_once_and_no_image_is_like_itself(monkeypatch):
    for few in (10, 1000):
        monkeypatch.setattr(search, "FEW", few)
        monkeypatch.setattr(cells, "CELL", 30)
        pairs = likely_pairs(np.repeat(pictures(50), 3, axis=0))
        both = list(zip(pairs.first.tolist(), pairs.second.tolist(), strict=True))
        assert len(set(both)) == len(both)
        assert all(first < second for first, second in both)
        same = {
            (n, m) for k in range(50) for n, m in itertools.combinations(range(3 * k, 3 * k + 3), 2)
        }
        assert same <= set(both)


@pytest.mark.parametrize("count", [0, 1, 2, 7])
def test_few_pictures_or_none_are_compared_with_as_many_as_there_are(count):
    assert len(likely_pairs(np.repeat(pictures(1), count, axis=0))) <= count * (count - 1) / 2
    assert len(likely_pairs(np.zeros((count, 32, 32), np.uint8))) == 0


def test_progress_ends_with_all(monkeypatch):
    monkeypatch.setattr(search, "FEW", 50)
    seen = []
    likely_pairs(pictures(400), progress=lambda *told: seen.append(told))
    assert all(name == search.STAGE and total == 400 for name, _, total in seen)
    assert seen[-1][1] == 400
