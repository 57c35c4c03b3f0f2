"""What the crop of each label alone says of its class, beside what a model says."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING, Rows, Texts
from labelaudit.core.parallel import cores
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.detector.config import DetectorConfig
from labelaudit.detector.crops.label_crops import LabelBoxes, label_crop_probs
from labelaudit.detector.cross_validation.folds import folds
from labelaudit.images.near_duplicates import groups
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import ModelOutput

FOLDS = 5
"""Parts of the images, where a model of its own has none; a choice."""

TOLD_APART = 0.95
"""Part of the labels of which crop head and detector say the same class, right or wrong, from which
nobody looks again: there is nothing to gain (docs/method.md, section 3). A choice."""


def with_label_crops(
    model_output: ModelOutput,
    labels: Labels,
    paths: Texts,
    config: DetectorConfig,
    *,
    cache: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> ModelOutput:
    """What a model says, and what the crop of each label alone says of its class.

    As it is where the model tells classes apart anyway, or there is one class only.

    Parameters
    ----------
    model_output:
        of the model.
    labels:
        that it was asked about first.
    paths:
        (images,) image files; empty where there is none.
    config:
        for the backbone, the device and the seed.
    cache:
        a folder for what takes long; the user's own if absent.
    progress:
        told how many labels were looked at.
    """
    classes = len(model_output.classes)
    if classes < 2 or _are_told_apart(model_output, labels):
        return model_output
    boxes = LabelBoxes(labels.image, labels.label, labels.xyxy)
    fold = model_output.fold
    if not model_output.was_trained_here:
        fold = _own_folds(fold, labels, paths, config.seed)
    probs = label_crop_probs(paths, boxes, fold, classes, config, cache=cache, progress=progress)
    return replace(model_output, label_crop_probs=probs)


def _are_told_apart(model_output: ModelOutput, labels: Labels) -> bool:
    """Whether crop head and detector agree on the class of nearly all labels, out of fold."""
    box_scores = model_output.box_scores
    if box_scores is None:
        return False
    rows = np.flatnonzero(box_scores.has_scores[: len(labels)])
    taken = box_scores.crop_probs[rows, :-1].argmax(axis=1)
    seen = box_scores.det_probs[rows].argmax(axis=1)
    return len(rows) > 0 and float((taken == seen).mean()) >= TOLD_APART


def _own_folds(looked_at: Rows, labels: Labels, paths: Texts, seed: int) -> Rows:
    """The fold of each image for crops alone, (images,); MISSING where no model looked."""
    group = groups(paths, workers=cores())
    fold = folds(group, labels.image, labels.label, FOLDS, seed)
    return np.where(looked_at == MISSING, np.int32(MISSING), fold).astype(np.int32)
