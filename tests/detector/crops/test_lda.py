from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.detector.crops.lda import SHRINKAGE, fitted, linear_discriminant
from labelaudit.detector.crops.roi_features import CropExamples, Pool
from labelaudit.detector.job import Job


def classes_apart(count: int = 240, length: int = 12) -> Pool:
    """Crops of four images whose first numbers say what they are, but for noise."""
    random = np.random.default_rng(0)
    label = np.arange(count) % 3
    vectors = random.normal(size=(count, length)) + 3 * np.eye(length)[label]
    chosen = CropExamples.of(
        count, image=np.arange(count) * 4 // count, label=label, given=label < 2
    )
    return Pool(chosen, vectors.astype(np.float16))


def test_the_lines_are_those_of_a_direct_computation():
    random = np.random.default_rng(1)
    crops, label = random.normal(size=(40, 3)), random.integers(0, 2, 40)
    lines, start = fitted(crops, label, 2)
    centre = [crops[label == one].mean(axis=0) for one in (0, 1)]
    spread = (
        sum(np.outer(x - centre[k], x - centre[k]) for x, k in zip(crops, label, strict=True)) / 40
    )
    shrunk = (1 - SHRINKAGE) * spread + SHRINKAGE * np.trace(spread) / 3 * np.eye(3)
    for one in (0, 1):
        wanted = np.linalg.inv(shrunk) @ centre[one]
        assert lines[:, one] == pytest.approx(wanted, abs=1e-5)
        often = np.log((label == one).mean()) / 2
        assert start[one] == pytest.approx(often - centre[one] @ wanted / 2, abs=1e-5)


def test_crops_of_other_images_are_told_apart(job: Callable[..., Job]):
    made, pool = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    found = linear_discriminant(made, 0, pool).scores(np.asarray(pool.vectors, np.float32))
    assert found.shape == (240, made.classes + 1)
    assert found.sum(axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    assert (found.argmax(axis=1) == pool.examples.label).mean() > 0.9


def test_the_crops_of_its_own_images_teach_a_fold_nothing(job: Callable[..., Job]):
    made, pool = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    own = made.fold[pool.examples.image] == 0
    changed = np.where(own, (pool.examples.label + 1) % 3, pool.examples.label)
    other = Pool(pool.examples.replaced(label=changed.astype(np.int32)), pool.vectors)
    asked = np.asarray(pool.vectors[:9], np.float32)
    assert own.any()
    first, second = (linear_discriminant(made, 0, one).scores(asked) for one in (pool, other))
    assert (first == second).all()


def test_a_class_that_was_never_seen_and_a_crop_that_teaches_none_have_no_part(
    job: Callable[..., Job],
):
    made, pool = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    label = np.where(pool.examples.label == 1, MISSING, pool.examples.label).astype(np.int32)
    without = Pool(pool.examples.replaced(label=label), pool.vectors)
    found = linear_discriminant(made, 0, without).scores(np.asarray(pool.vectors, np.float32))
    assert (found[:, 1] == 0).all()
    assert np.isfinite(found).all()
