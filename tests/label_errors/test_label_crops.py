"""When the crops of labels are looked at; what they say is tested beside the detector."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch")

from labelaudit.core.columns import MISSING
from labelaudit.detector.config import DetectorConfig
from labelaudit.label_errors import label_crops
from labelaudit.label_errors.label_crops import with_label_crops
from tests.label_errors.simulated import world


@pytest.fixture
def folds_asked(monkeypatch: pytest.MonkeyPatch) -> list[np.ndarray]:
    """The folds with which crops were looked at, each time; the answer is even chances."""
    asked = []

    def probs(paths, boxes, fold, classes, config, *, cache, progress):
        asked.append(fold)
        return np.full((len(boxes), classes), 1 / classes, np.float32)

    monkeypatch.setattr(label_crops, "label_crop_probs", probs)
    monkeypatch.setattr(label_crops, "groups", lambda paths, workers: np.arange(len(paths)) // 2)
    return asked


def looked(made, output):
    labels, paths = made.synthetic_noise.labels, made.derived.dataset.images.path
    return with_label_crops(output, labels, paths, DetectorConfig(device="cpu"))


def agreeing(made, part):
    """A model whose crop head takes this part of the labels for what the detector takes them."""
    labels, said = made.synthetic_noise.labels, made.model_output.box_scores
    crop, seen = np.zeros_like(said.crop_probs), said.det_probs[: len(labels)].argmax(axis=1)
    same = np.arange(len(labels)) < np.ceil(part * len(labels))
    crop[np.arange(len(labels)), np.where(same, seen, (seen + 1) % 3)] = 1
    return replace(made.model_output, box_scores=replace(said, crop_probs=crop))


def test_crops_are_looked_at_unless_crop_head_and_detector_agree_on_classes(folds_asked):
    made = world(count=20, rate=0)
    assert looked(made, agreeing(made, 0.95)).label_crop_probs is None
    found = looked(made, agreeing(made, 0.93))
    assert found.label_crop_probs.shape == (len(made.synthetic_noise.labels), 3)
    assert np.array_equal(folds_asked, [made.model_output.fold])


def test_of_predictions_images_get_folds_in_which_near_duplicates_stay_together(folds_asked):
    made = world(count=20, rate=0)
    output = replace(made.model_output, box_scores=None, candidate_scores=None)
    output.fold[:] = 0
    output.fold[7] = MISSING
    assert looked(made, output).label_crop_probs is not None
    (fold,) = folds_asked
    assert fold[7] == MISSING
    apart = np.flatnonzero(fold[::2] != fold[1::2])
    assert apart.tolist() == [3]
    assert len(np.unique(fold)) == label_crops.FOLDS + 1


def test_of_a_single_class_no_crop_is_looked_at(folds_asked):
    made = world(count=20, rate=0, classes=1)
    assert looked(made, made.model_output).label_crop_probs is None
    assert folds_asked == []
