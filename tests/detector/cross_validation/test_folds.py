from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.detector.cross_validation.folds import fold_count, folds
from labelaudit.images.near_duplicates import _near, groups, joined


def picture(path: Path, seed: int, noise: int = 0) -> str:
    """An image of its own for each seed; noise makes a near duplicate of it."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 8), np.uint8)
    image = Image.fromarray(coarse).resize((160, 120), Image.Resampling.BICUBIC)
    pixels = np.asarray(image).astype(int)
    pixels += np.random.default_rng(noise).integers(-3, 4, pixels.shape) * bool(noise)
    path.parent.mkdir(exist_ok=True, parents=True)
    Image.fromarray(pixels.clip(0, 255).astype(np.uint8)).save(path)
    return str(path)


def test_a_noisy_copy_is_in_the_group_of_its_original(tmp_path: Path):
    paths = [picture(tmp_path / f"{'abcdefgh'[i]}.png", i) for i in range(8)]
    paths.append(picture(tmp_path / "copy.jpg", 3, noise=1))
    group = groups(texts(paths))
    assert group[8] == group[3]
    assert len(np.unique(group)) == 8


def test_numbered_names_alone_do_not_make_a_video(tmp_path: Path):
    paths = [picture(tmp_path / f"image_{i}.png", i) for i in range(8)]
    assert len(np.unique(groups(texts(paths)))) == 8


def test_images_that_cannot_be_read_are_on_their_own(tmp_path: Path):
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no image")
    assert len(np.unique(groups(texts([str(broken), "", "", str(broken)])))) == 4


def test_pictures_that_are_all_alike_stay_apart_unless_they_are_equal(tmp_path: Path):
    paths = [picture(tmp_path / f"frame{i}.png", 0, noise=i + 1) for i in range(6)]
    assert len(groups(texts(paths))) == 6  # whatever the groups, no error


def test_no_images_have_no_groups_and_no_folds():
    assert len(groups(texts([]))) == 0
    nothing = np.zeros(0, np.int32)
    assert len(folds(np.zeros(0, np.int64), nothing, nothing, 3)) == 0


@given(
    st.lists(st.integers(0, 2**64 - 1), min_size=0, max_size=12),
    st.lists(st.tuples(st.integers(0, 11), st.lists(st.integers(0, 63), max_size=5)), max_size=12),
    st.sampled_from([0, 1, 3, 6]),
)
def test_groups_are_those_of_comparing_all_pairs(
    start: list[int], changed: list[tuple[int, list[int]]], distance: int
):
    hashes = list(start)
    for row, bits in changed:  # near duplicates of some
        if row < len(start):
            hashes.append(start[row] ^ sum(1 << bit for bit in set(bits)))
    values = np.array(hashes, np.uint64)
    slow = [
        (a, b)
        for a in range(len(hashes))
        for b in range(a)
        if (hashes[a] ^ hashes[b]).bit_count() <= distance
    ]
    expected = joined(len(hashes), np.array(slow, np.int64).reshape(-1, 2))
    found = joined(len(hashes), _near(values, distance))
    assert found.tolist() == expected.tolist()


def test_chains_of_pairs_are_one_group():
    assert joined(6, np.array([[4, 5], [3, 4], [0, 3]])).tolist() == [0, 1, 2, 0, 0, 0]


def test_groups_stay_together_and_rare_classes_are_spread():
    random = np.random.default_rng(0)
    group = np.repeat(np.arange(60), 2)
    image = np.repeat(np.arange(120), 5).astype(np.int32)
    label = random.integers(0, 2, 600).astype(np.int32)
    label[[0, 100, 200]] = 2  # three of a rare class, in three groups
    fold = folds(group, image, label, 3)
    assert (fold[0::2] == fold[1::2]).all()
    assert sorted(fold[image[[0, 100, 200]]].tolist()) == [0, 1, 2]
    for kind in (0, 1):
        count = np.bincount(fold[image[label == kind]], minlength=3)
        assert count.max() - count.min() < 0.1 * count.sum()


@pytest.mark.parametrize("seed", range(4))
def test_groups_with_most_of_a_class_are_placed_first_so_that_small_ones_can_even_it_out(seed: int):
    image = np.repeat(np.arange(5), [1, 1, 4, 1, 1]).astype(np.int32)
    fold = folds(np.arange(5), image, np.zeros(8, np.int32), 2, seed)
    assert np.bincount(fold[image]).tolist() == [4, 4]


def test_images_without_boxes_are_spread_evenly():
    nothing = np.zeros(0, np.int32)
    assert np.bincount(folds(np.arange(9), nothing, nothing, 3)).tolist() == [3, 3, 3]


def test_folds_are_the_same_for_the_same_seed():
    image = np.arange(50, dtype=np.int32)
    first, second = (folds(np.arange(50), image, image % 4, 5, seed=7) for _ in range(2))
    assert (first == second).all()


@pytest.mark.parametrize(
    ("images", "groups", "k"), [(1, 1, 1), (199, 199, 5), (200, 200, 3), (9, 2, 2)]
)
def test_few_images_make_more_folds_but_never_more_than_groups(images: int, groups: int, k: int):
    assert fold_count(images, groups) == k
