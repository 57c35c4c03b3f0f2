"""The score of one class against that of all others, for a few of many boxes at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.core.columns import Floats, Ints, Rows
from labelaudit.predictions.predictions import Scores

BLOCK_CELLS = 1 << 22
"""Numbers copied in one go: 140,000 boxes of 2,000 classes at once would be a gigabyte."""

LOG_EPSILON = 1e-6
"""Added to probabilities of which log ratios are made, so that none is infinite."""


def own_and_best_other(
    scores: Scores, row: Rows | Ints, label: Rows | Ints
) -> tuple[Floats, Floats]:
    """The score of class `label[i]` in `scores[row[i]]`, and the highest of another, (n,) each.

    With one class only there is no other; then its own score stands for that.

    Parameters
    ----------
    scores:
        (q, c) of every class.
    row, label:
        (n,) the row of `scores` and the class of each box.

    >>> scores = np.array([[0.1, 0.7, 0.2]])
    >>> own_and_best_other(scores, np.array([0, 0]), np.array([0, 1]))
    (array([0.1, 0.7]), array([0.7, 0.2]))
    """
    own, other = np.empty(len(row)), np.empty(len(row))
    for here in _slices(len(row), scores.shape[1]):
        block = scores[row[here]].astype(np.float64)
        lines = np.arange(len(block))
        own[here] = block[lines, label[here]]
        block[lines, label[here]] = -np.inf
        other[here] = block.max(axis=1)
    return own, np.where(np.isneginf(other), own, other)


def best_other_class(scores: Scores, row: Rows | Ints, label: Rows | Ints) -> Ints:
    """The class other than `label[i]` with the highest score in `scores[row[i]]`, (n,).

    With one class only, that class.

    Parameters
    ----------
    scores:
        (q, c) of every class.
    row, label:
        (n,) the row of `scores` and the class of each box.
    """
    best = np.empty(len(row), np.int64)
    for here in _slices(len(row), scores.shape[1]):
        block = scores[row[here]].astype(np.float64)
        block[np.arange(len(block)), label[here]] = -np.inf
        best[here] = block.argmax(axis=1)
    return best


def likeliest_class(
    scores: Scores, second_scores: Scores, row: Rows | Ints, without: Rows | None = None
) -> Ints:
    """The class with the largest product of two scores, (n,).

    Parameters
    ----------
    scores, second_scores:
        (q, c) each, of every class.
    row:
        (n,) the row of both of each box.
    without:
        (n,) a class that is not taken, of each box; none if absent.
    """
    best = np.empty(len(row), np.int64)
    for here in _slices(len(row), scores.shape[1]):
        block = np.log(scores[row[here]] + LOG_EPSILON) + np.log(
            second_scores[row[here]] + LOG_EPSILON
        )
        if without is not None:
            block[np.arange(len(block)), without[here]] = -np.inf
        best[here] = block.argmax(axis=1)
    return best


def joint_log_ratio(
    scores: Scores, second_scores: Scores, row: Rows | Ints, label: Rows | Ints
) -> Floats:
    """How much likelier another class is than `label` by two scores together, (n,), natural log.

    Parameters
    ----------
    scores, second_scores:
        (q, c) each, of every class.
    row, label:
        (n,) the row of both and the class of each box.

    >>> scores = np.array([[0.2, 0.6, 0.2]])
    >>> joint_log_ratio(scores, scores, np.array([0]), np.array([0])).round(2)
    array([2.2])
    """
    ratio = np.empty(len(row))
    for here in _slices(len(row), scores.shape[1]):
        block = np.log(scores[row[here]] + LOG_EPSILON) + np.log(
            second_scores[row[here]] + LOG_EPSILON
        )
        own, other = own_and_best_other(block, np.arange(len(block)), label[here])
        ratio[here] = other - own
    return ratio


def _slices(count: int, width: int) -> Iterator[slice]:
    step = max(BLOCK_CELLS // max(width, 1), 1)
    return (slice(start, start + step) for start in range(0, count, step))
