from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from labelaudit.core.columns import MISSING
from labelaudit.detector.crops.lda import SHRINKAGE, fit_lda, solve_lda
from labelaudit.detector.crops.projection import fit_projection
from labelaudit.detector.crops.roi_features import CropDataset, CropExamples
from labelaudit.detector.job import Job


def classes_apart(count: int = 240, length: int = 12) -> CropDataset:
    """Crops of four images whose first numbers say what they are, but for noise."""
    random = np.random.default_rng(0)
    label = np.arange(count) % 3
    vectors = random.normal(size=(count, length)) + 3 * np.eye(length)[label]
    chosen = CropExamples.of(
        count, image=np.arange(count) * 4 // count, label=label, is_label=label < 2
    )
    short = vectors.astype(np.float32)
    return CropDataset(chosen, short, fit_projection(torch.from_numpy(short), length, 0))


def test_the_lines_are_those_of_a_direct_computation():
    random = np.random.default_rng(1)
    crops, label = random.normal(size=(40, 3)), random.integers(0, 2, 40)
    lines, start = solve_lda(crops, label, 2)
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
    made, crop_dataset = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    found = fit_lda(made, 0, crop_dataset).predict_proba(
        np.asarray(crop_dataset.vectors, np.float32)
    )
    assert found.shape == (240, made.classes + 1)
    assert found.sum(axis=1) == pytest.approx(np.ones(240), abs=1e-5)
    assert (found.argmax(axis=1) == crop_dataset.examples.label).mean() > 0.9


def test_the_crops_of_its_own_images_teach_a_fold_nothing(job: Callable[..., Job]):
    made, crop_dataset = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    own = made.fold[crop_dataset.examples.image] == 0
    changed = np.where(own, (crop_dataset.examples.label + 1) % 3, crop_dataset.examples.label)
    other = CropDataset(
        crop_dataset.examples.replaced(label=changed.astype(np.int32)),
        crop_dataset.vectors,
        crop_dataset.projection,
    )
    query = np.asarray(crop_dataset.vectors[:9], np.float32)
    assert own.any()
    first, second = (fit_lda(made, 0, one).predict_proba(query) for one in (crop_dataset, other))
    assert (first == second).all()


def test_a_class_that_was_never_seen_and_a_crop_that_teaches_none_have_no_part(
    job: Callable[..., Job],
):
    made, crop_dataset = job((0, 0, [0, 0, 9, 9]), (1, 1, [1, 1, 5, 5])), classes_apart()
    label = np.where(crop_dataset.examples.label == 1, MISSING, crop_dataset.examples.label).astype(
        np.int32
    )
    without = CropDataset(
        crop_dataset.examples.replaced(label=label), crop_dataset.vectors, crop_dataset.projection
    )
    found = fit_lda(made, 0, without).predict_proba(np.asarray(crop_dataset.vectors, np.float32))
    assert (found[:, 1] == 0).all()
    assert np.isfinite(found).all()
