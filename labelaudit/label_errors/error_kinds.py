"""Which error a label has, if it has one, by predictions from a file.

Each error has a model of its own, which tells it from right labels and not from other errors: a
label of a wrong class looks on nothing to one, and badly framed to another (docs/method.md, section
8). A label has one error at most, and what is seen at its place says which it cannot be.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.overlaps import BoxOverlaps
from labelaudit.core.columns import Floats, Selection
from labelaudit.label_errors.classifier import EPSILON
from labelaudit.label_errors.corrections import MAX_CORRECTED_IOU, SAME_PLACE_IOU
from labelaudit.label_errors.features import best_match, claimed_by_other_labels
from labelaudit.label_errors.hypotheses import hypotheses_of_labels
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions


@dataclass(frozen=True)
class SeenInstead:
    """What a detector sees at the place of each label instead of its class, (n,) each.

    Scores are those of the detection of another class that fits better than any of the label's own;
    0 where there is none.
    """

    score: Floats
    framed: Floats  # the same score, where the detection is framed as the label is

    def rows(self, which: Selection) -> SeenInstead:
        """The rows in `which`: a mask or row numbers."""
        return SeenInstead(self.score[which], self.framed[which])


def seen_instead(
    labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps, swap_margin: Floats
) -> SeenInstead:
    """What a detector sees at the place of each label instead of its class.

    Not what a label of that class fits better: the person beside a dog is not what the dog is.

    Parameters
    ----------
    labels, predictions:
        of all images.
    box_overlaps:
        of labels with predictions.
    swap_margin:
        (n,) the feature: positive where another class fits better.
    """
    pairs = box_overlaps.rows(
        (swap_margin[box_overlaps.one] > 0)
        & (predictions.label[box_overlaps.other] != labels.label[box_overlaps.one])
    )
    rows, place = np.unique(pairs.other, return_inverse=True)
    few, pairs = predictions.rows(rows), pairs.replaced(other=place.astype(np.int32))
    free = ~claimed_by_other_labels(hypotheses_of_labels(labels), labels, few, pairs)
    overlap, score = best_match(pairs, few, free, len(labels))
    return SeenInstead(
        np.where(overlap >= SAME_PLACE_IOU, score, 0.0),
        np.where(overlap >= MAX_CORRECTED_IOU, score, 0.0),
    )


def told_apart(doubt: Mapping[str, Floats], seen: SeenInstead) -> dict[str, Floats]:
    """Doubts about one error at most, (n,) by error, from doubts of each against right labels.

    By Bayes' rule, the odds of each error against a right label are shares of a whole: all errors
    and the right label. Where a detection of another class stands, the label is on something, and
    where that is framed alike, it is not badly framed: so much of these odds as the detection is
    sure of is that of a wrong class. How doubtful a label is in all stays as it is.

    >>> nothing = SeenInstead(np.zeros(1), np.zeros(1))
    >>> even = {"wrong_class": np.array([0.5]), "spurious": np.array([0.5])}
    >>> {error: one.round(2).tolist() for error, one in told_apart(even, nothing).items()}
    {'wrong_class': [0.33], 'spurious': [0.33]}
    >>> surely = SeenInstead(np.ones(1), np.ones(1))
    >>> {error: one.round(2).tolist() for error, one in told_apart(even, surely).items()}
    {'wrong_class': [0.67], 'spurious': [0.0]}
    """
    odds = {error: one / np.maximum(1 - one, EPSILON) for error, one in doubt.items()}
    total = 1 + sum(odds.values())
    moved = np.zeros(len(seen.score))
    if ErrorKind.WRONG_CLASS in odds:
        for error, share in ((ErrorKind.SPURIOUS, seen.score), (ErrorKind.LOOSE_BOX, seen.framed)):
            if error in odds:
                moved += share * odds[error]
                odds[error] = (1 - share) * odds[error]
        odds[ErrorKind.WRONG_CLASS] = odds[ErrorKind.WRONG_CLASS] + moved
    return {error: one / total for error, one in odds.items()}


def doubt_of_any(doubt: Mapping[str, Floats], count: int) -> Floats:
    """The doubt about a label, (count,), from those about errors of which it has one at most."""
    total: Floats = np.minimum(sum(doubt.values(), np.zeros(count)), 1)
    return total
