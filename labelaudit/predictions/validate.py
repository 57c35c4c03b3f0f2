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
from labelaudit.predictions.agreement import disagreements
from labelaudit.predictions.leakage import in_sample
from labelaudit.predictions.predictions import Predictions, Scores

MOST_FIT = 0.5
"""Share of class vectors that must speak for the class of their row, else none is used; a choice.
"""

SAME_SCORE = 0.01
"""By how much the score of a row may differ from its class in the vector, by rounding; a choice."""


UNKNOWN_IMAGE = "of images that the dataset does not have"
UNKNOWN_CLASS = "of classes that the dataset does not have"
WITHOUT_SCORE = "without a score"
UNREADABLE = "that could not be read"
"""Why predictions cannot be used, where there is a way on."""


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
    counts[UNREADABLE] = unreadable
    left_out = [f"{count:,} {why}" for why, count in counts.items() if count]
    total = len(columns.image) + unreadable
    if total and not usable.any():
        raise FormatError(
            f"{source}: none of its {total:,} predictions can be used ({'; '.join(left_out)}); "
            f"{_way_on(derived, counts)}"
        )
    vectors, words = class_vectors(derived, columns)
    predictions = Predictions.of(
        columns.image, columns.label, columns.xyxy, columns.score, vectors
    ).rows(usable)
    said = [f"{source}: left out of {total:,} predictions: {'; '.join(left_out)}"] * bool(left_out)
    beware = [in_sample(derived, predictions), *disagreements(derived, predictions)]
    if not total:
        beware.append(f"{source}: there is no prediction in it, so no label is judged")
    return ImportedPredictions(
        source, predictions, tuple(filter(None, [*notes, *said, words, *beware]))
    )


def _way_on(derived: DatasetColumns, counts: Counter[str]) -> str:
    """What to do about predictions that cannot be used, by why most cannot."""
    why = counts.most_common(1)[0][0]
    if why == WITHOUT_SCORE:
        return "a detector is to write how sure it is: score in JSON, save_conf=True for YOLO files"
    if why == UNKNOWN_CLASS:
        named = ", ".join(derived.classes[:3])
        return f"do they belong to these labels? Classes of these are called {named}, ..."
    if why == UNKNOWN_IMAGE:
        named = ", ".join(derived.dataset.images.name[:2].tolist())
        return f"do they belong to these labels? Images of these are called {named}, ..."
    if why == UNREADABLE:
        return (
            "each needs an image, a class, a box and a score: image_id, category_id, bbox and "
            "score in JSON, a number of a class and five more in YOLO files"
        )
    return "do they belong to these labels?"


def _reasons(columns: PredictionColumns) -> dict[str, Bools]:
    """Why a row cannot be used, each row under the first reason that it gives."""
    with np.errstate(invalid="ignore"):  # two infinite sides, which are told as such
        size = columns.xyxy[:, 2:] - columns.xyxy[:, :2]
    score = columns.score
    checks = {
        UNKNOWN_IMAGE: columns.image == MISSING,
        UNKNOWN_CLASS: columns.label == MISSING,
        "without a finite box": ~np.isfinite(columns.xyxy).all(axis=1),
        "of boxes without an inside": ~(size > 0).all(axis=1),
        WITHOUT_SCORE: np.isnan(score),
        "with a score outside 0 to 1": (score < 0) | (score > 1),
        "that are there twice": _repeated(columns),
    }
    free = np.ones(len(score), bool)
    for why, rows in checks.items():
        checks[why] = rows & free
        free &= ~rows
    return checks


def _repeated(columns: PredictionColumns) -> Bools:
    """Which rows are the same as an earlier one, (n,); none where vectors tell them apart."""
    if columns.class_scores is not None:
        return np.zeros(len(columns.image), bool)
    order = np.lexsort((columns.label, columns.xyxy[:, 0], columns.score, columns.image))
    every = (columns.image, columns.label, columns.score, *columns.xyxy.T)
    same = np.logical_and.reduce([one[order][1:] == one[order][:-1] for one in every])
    repeated = np.zeros(len(order), bool)
    repeated[order[1:][same]] = True
    return repeated


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
