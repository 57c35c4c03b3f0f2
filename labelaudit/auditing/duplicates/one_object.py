"""Pairs of labels where a model sees one object."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import Bools, Floats, Rows

MIN_FIT = 0.7
"""Least IoU of what a model sees at a box with another label that makes it that label's object."""


def seen_as_one(
    label_issues: LabelIssues | None, pairs: Pairs, *, min_fit: float = MIN_FIT, min_margin: float
) -> tuple[Bools, Bools]:
    """Of which pairs a model sees at the first box the object of the second, and the reverse.

    What it sees at a box is what overlaps it most and most surely, of any class; whether it fits
    the label itself, a detection of the label's class says. (n,) each; none without a model.

    Parameters
    ----------
    label_issues:
        what a model makes of the labels.
    pairs:
        of boxes of the dataset.
    min_fit:
        least IoU of what is seen there with the other label, inclusive.
    min_margin:
        how much more that is, at least, than with the label itself.
    """
    if label_issues is None:
        return np.zeros(len(pairs), bool), np.zeros(len(pairs), bool)
    own, other = own_fit(label_issues), other_fit(label_issues)

    def is_of(one: Rows, another: Rows) -> Bools:
        seen: Bools = (other[one] >= np.maximum(min_fit, own[one] + min_margin)) & (
            own[another] > own[one]
        )
        return seen

    return is_of(pairs.first, pairs.second), is_of(pairs.second, pairs.first)


def own_fit(label_issues: LabelIssues) -> Floats:
    """IoU of each label with the detection of its class that fits best, (n,); 0 if none is known.

    What fits best is sure as well: see `best_match` of `label_errors/features.py`.
    """
    return 1 - _feature(label_issues, "same_class_iou_distance", unknown=1.0)


def other_fit(label_issues: LabelIssues) -> Floats:
    """Largest IoU of what is seen at each label with another label, (n,); 0 if nothing is known."""
    return _feature(label_issues, "match_iou_other_label", unknown=0.0)


def _feature(label_issues: LabelIssues, name: str, *, unknown: float) -> Floats:
    none = np.full(len(label_issues.boxes), np.nan)
    return np.nan_to_num(label_issues.box_features.get(name, none), nan=unknown)
