"""How well a model tells classes apart, by labels of images that it never saw."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import Floats, Ints, Rows
from labelaudit.label_errors.class_scores import best_other_class
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Scores


def confusion_matrix(labels: Labels, probs: Scores) -> Floats:
    """The part of the labels of each class that a model takes for each class, (c, c).

    Rows are given classes, columns those of the model; a row sums to 1, or to 0 without labels.

    Parameters
    ----------
    labels:
        of the dataset.
    probs:
        (q, c) by the model, of labels first; NaN of what it did not look at.
    """
    classes = probs.shape[1]
    rows = np.flatnonzero(~np.isnan(probs[: len(labels), 0]))
    taken = probs[rows].argmax(axis=1)
    pairs = labels.label[rows].astype(np.int64) * classes + taken
    count = np.bincount(pairs, minlength=classes * classes).reshape(classes, classes)
    part: Floats = count / np.maximum(count.sum(axis=1, keepdims=True), 1)
    return part


def class_separability(confused: Floats, crop: Scores, row: Rows | Ints, label: Rows) -> Floats:
    """How much it says that a model prefers another class than `label`, (n,) in [0, 1].

    One less the part of the labels of either class that it takes for the other: what it says of
    nines and tens is worth little where it takes a third of all tens for nines.

    Parameters
    ----------
    confused:
        (c, c) of `confusion_matrix`.
    crop:
        (q, c) probabilities of the model.
    row, label:
        (n,) the row of `crop` and the class of each hypothesis.

    >>> confused = np.array([[0.7, 0.3], [0.0, 1.0]])
    >>> class_separability(confused, np.array([[0.1, 0.9]]), np.array([0]), np.array([0]))
    array([0.7])
    """
    other = best_other_class(crop, row, label)
    return 1 - np.maximum(confused[label, other], confused[other, label])
