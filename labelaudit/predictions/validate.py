"""What was read from somebody's detector, checked row by row."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.text import counted
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.leakage import in_sample
from labelaudit.predictions.predictions import Predictions, Scores

MOST_FIT = 0.5
"""Share of class vectors that must speak for the class of their row, else none is used; a choice.
"""

SAME_SCORE = 0.01
"""By how much the score of a row may differ from its class in the vector, by rounding; a choice."""


@dataclass(frozen=True)
class ImportedPredictions:
    """Predictions that a dataset can be compared with."""

    source: str  # in a few words, for reports: the file's name
    predictions: Predictions
    notes: tuple[str, ...]  # what was left out and what to beware of, a sentence each


@dataclass(frozen=True)
class PredictionColumns:
    """Predictions as a source gives them, its images and classes looked up."""

    image: Rows  # (n,) row in Images; MISSING if the dataset has no such image
    label: Rows  # (n,) index in `DatasetColumns.classes`; MISSING if the dataset has no such class
    xyxy: Floats  # (n, 4) in pixels of the image
    score: Floats  # (n,)
    class_scores: Scores | None = None  # (n, k) of every class, if the source says it


def validate(
    derived: DatasetColumns,
    columns: PredictionColumns,
    source: str,
    *,
    notes: Sequence[str] = (),
    unreadable: int = 0,
) -> ImportedPredictions:
    """The rows that can be used, and notes about all others.

    Parameters
    ----------
    derived:
        the dataset.
    columns:
        what was read.
    source:
        its name, for reports.
    notes:
        what is to be said of it already, a sentence each.
    unreadable:
        rows that could not be read at all, to be counted with those that are left out.

    Raises
    ------
    FormatError
        if there were predictions and none of them can be used.
    """
    reasons = _reasons(columns)
    usable = ~np.logical_or.reduce(list(reasons.values()))
    counts = Counter({why: int(np.count_nonzero(rows)) for why, rows in reasons.items()})
    counts["that could not be read"] = unreadable
    left_out = [f"{count:,} {why}" for why, count in counts.items() if count]
    total = len(columns.image) + unreadable
    if total and not usable.any():
        raise FormatError(
            f"{source}: none of its {total:,} predictions can be used ({'; '.join(left_out)}); "
            "do they belong to these labels?"
        )
    vectors, words = class_vectors(derived, columns)
    predictions = Predictions.of(
        columns.image, columns.label, columns.xyxy, columns.score, vectors
    ).rows(usable)
    said = [f"{source}: left out of {total:,} predictions: {'; '.join(left_out)}"] * bool(left_out)
    beware = [in_sample(derived, predictions)]
    return ImportedPredictions(
        source, predictions, tuple(filter(None, [*notes, *said, words, *beware]))
    )


def _reasons(columns: PredictionColumns) -> dict[str, Bools]:
    """Why a row cannot be used, each row under the first reason that it gives."""
    with np.errstate(invalid="ignore"):  # two infinite sides, which are told as such
        size = columns.xyxy[:, 2:] - columns.xyxy[:, :2]
    score = columns.score
    checks = {
        "of images that the dataset does not have": columns.image == MISSING,
        "of classes that the dataset does not have": columns.label == MISSING,
        "without a finite box": ~np.isfinite(columns.xyxy).all(axis=1),
        "of boxes without an inside": ~(size > 0).all(axis=1),
        "without a score": np.isnan(score),
        "with a score outside 0 to 1": (score < 0) | (score > 1),
    }
    free = np.ones(len(score), bool)
    for why, rows in checks.items():
        checks[why] = rows & free
        free &= ~rows
    return checks


def class_vectors(derived: DatasetColumns, columns: PredictionColumns) -> tuple[Scores | None, str]:
    """The scores of every class if they fit the dataset's classes, else why they are not used."""
    vectors, count = columns.class_scores, len(derived.classes)
    if vectors is None:
        return None, ""
    if vectors.shape[1] != count:
        return None, (
            f"class vectors of {vectors.shape[1]} numbers are not used: "
            f"the dataset has {counted(count, 'class', 'classes')}"
        )
    known = np.flatnonzero((columns.label != MISSING) & np.isfinite(vectors).all(axis=1))
    if not len(known):
        return None, "class vectors are not used: none is of a known class and of finite numbers"
    own = vectors[known, columns.label[known]]
    # A detector of several labels has a row for each class of a place, all with one vector.
    fits = (own == vectors[known].max(axis=1)) | (np.abs(own - columns.score[known]) <= SAME_SCORE)
    if fits.mean() < MOST_FIT:
        return None, (
            "class vectors are not used: the class of a prediction is seldom the largest in its "
            "vector, nor has its score there, so their order may not be that of the dataset's "
            f"classes ({', '.join(derived.classes[:3])}, ...)"
        )
    return vectors, ""
