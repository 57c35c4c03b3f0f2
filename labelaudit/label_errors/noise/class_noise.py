"""Synthetic wrong classes: made after a model was asked, as their boxes are those of labels."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.core.columns import TEXT, Ints
from labelaudit.label_errors.class_scores import likeliest_class
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.noise.label_noise import MAX_PER_ERROR, SyntheticErrors
from labelaudit.predictions.model_output import BoxScores

FLIPS = ("uniform", "likely")
"""Families of wrong classes: another at random, and the likeliest after the label's own."""


def class_noise(
    labels: Labels, class_count: int, box_scores: BoxScores | None, seed: int
) -> SyntheticErrors:
    """Labels with another class, each once for every kind of flip; none of a single class.

    Parameters
    ----------
    labels:
        as they stand; at most `MAX_PER_ERROR` of them are changed.
    class_count:
        how many classes there are.
    box_scores:
        of a model on `labels`, which come first; None where nobody can be asked: then only flips
        to a class at random are made.
    seed:
        of the choices.
    """
    if class_count < 2:
        return SyntheticErrors.empty()
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(labels))[:MAX_PER_ERROR])
    uniform = (labels.label[rows] + rng.integers(1, class_count, len(rows))) % class_count
    parts = [_flipped(labels, rows, uniform, "uniform")]
    if box_scores is not None:
        liked = likeliest_class(
            box_scores.crop_probs[:, :-1], box_scores.det_probs, rows, without=labels.label[rows]
        )
        parts.append(_flipped(labels, rows, liked, "likely"))
    return SyntheticErrors.concat(parts)


def _flipped(labels: Labels, rows: Ints, label: Ints, family: str) -> SyntheticErrors:
    """The labels in `rows` with another class."""
    return SyntheticErrors.of(
        len(rows),
        family=np.full(len(rows), family, TEXT),
        error=np.full(len(rows), ErrorKind.WRONG_CLASS.value, TEXT),
        source_label=rows,
        image=labels.image[rows],
        label=label,
        xyxy=labels.xyxy[rows],
    )
