"""What would be found in a dataset: known errors are planted, and the whole method is run on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues, MissingObjects
from labelaudit.boxes.metrics import (
    ReliabilityBins,
    average_precision,
    calibration_error,
    reliability_bins,
)
from labelaudit.boxes.overlaps import BoxOverlaps, matches
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.known_errors import KnownErrors, Rates, plant_known_errors

BUDGETS = (0.25, 0.5, 1.0, 2.0)
"""Findings that a person looks at, as a multiple of the number of planted errors."""

SAME_OBJECT = 0.5
"""IoU from which a place is that of a removed label, or the true one of a shifted box."""

BINS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
"""Edges of the ranges of probability in the calibration table."""


@dataclass(frozen=True)
class Budget:
    """What the first findings hold: recall and precision at a budget."""

    findings: int  # looked at
    found: int  # planted errors among them
    recall: float  # of all planted errors
    precision: float  # of what was looked at; an error that was there before counts as none


@dataclass(frozen=True)
class KindFound:
    """How well errors of one kind rank."""

    kind: str  # an ErrorKind
    planted: int
    found: int  # with a probability, or a doubt, of 0.5 or more
    average_precision: float | None  # of the ranking by this kind alone; None without any planted


@dataclass(frozen=True)
class CalibrationBin:
    """Boxes of about the same probability to be wrong."""

    low: float
    high: float
    boxes: int
    expected: float  # mean probability
    planted: float  # share in which an error was planted


@dataclass(frozen=True)
class SelfTest:
    """How well planted errors were found."""

    source: str  # of the probabilities, as in `LabelIssues`
    boxes: int  # labels, after planting
    judged: int
    planted: int  # errors
    kinds: tuple[KindFound, ...]
    budgets: tuple[Budget, ...]
    calibrated: bool  # whether labels have probabilities, or doubts that rank them
    calibration: tuple[CalibrationBin, ...]  # none of doubts
    calibration_error: float | None  # mean of |expected - planted| over boxes; None of doubts
    notes: tuple[str, ...]


def selftest(
    dataset: Dataset, ask: Callable[[Dataset], LabelIssues], *, rates: Rates, seed: int
) -> SelfTest:
    """How many planted errors `ask` finds in a copy of the dataset.

    Errors that the labels have already are false alarms here, so that precision is a lower bound.

    Parameters
    ----------
    dataset:
        in a copy of which errors are planted.
    ask:
        what a model makes of a dataset.
    rates:
        shares of the labels that are made wrong.
    seed:
        of every choice.

    Raises
    ------
    FormatError
        if there are too few labels to plant an error in.
    """
    copy = plant_known_errors(dataset, rates, seed=seed)
    if not (copy.error != "").any() and not len(copy.dropped):
        raise FormatError("too few labels to plant an error in: give a larger --rate or dataset")
    return measured(copy, ask(copy.dataset))


def measured(copy: KnownErrors, label_issues: LabelIssues) -> SelfTest:
    """How well label issues tell what was planted."""
    wrong, boxes = copy.error != "", label_issues.boxes
    judged = boxes.was_scored & np.isfinite(boxes.wrong)
    real, counted = missing_hits(copy, label_issues.missing)
    places = label_issues.missing.rows(counted)
    probability = np.concatenate([boxes.wrong[judged], places.probability])
    hit = np.concatenate([wrong[judged], real[counted]])
    total = int(wrong.sum()) + len(copy.dropped)
    kinds = [_kind(copy, label_issues, error, judged) for error in BOX_ERRORS]
    kinds.append(
        KindFound(
            ErrorKind.MISSING_BOX.value,
            len(copy.dropped),
            int((real & (label_issues.missing.probability >= 0.5)).sum()),
            average_precision(real[counted], places.probability, len(copy.dropped)),
        )
    )
    calibrated = label_issues.boxes_calibrated
    reliability = reliability_bins(boxes.wrong[judged], wrong[judged], BINS)
    return SelfTest(
        source=label_issues.source,
        boxes=len(boxes),
        judged=int(judged.sum()),
        planted=total,
        kinds=tuple(kinds),
        budgets=tuple(_budget(probability, hit, round(total * share), total) for share in BUDGETS),
        calibrated=calibrated,
        calibration=_calibration(reliability) if calibrated else (),
        calibration_error=calibration_error(reliability) if calibrated else None,
        notes=label_issues.notes,
    )


def _kind(
    copy: KnownErrors, label_issues: LabelIssues, error: ErrorKind, judged: Bools
) -> KindFound:
    """One kind of error against right boxes; boxes with another planted error take no part."""
    probability: Floats = getattr(label_issues.boxes, error)
    mine = copy.error == error.value
    compared = judged & (mine | (copy.error == ""))
    return KindFound(
        error.value,
        int(mine.sum()),
        int((mine & (probability >= 0.5)).sum()),
        average_precision(mine[compared], probability[compared], int(mine.sum())),
    )


def _budget(probability: Floats, hit: Bools, findings: int, total: int) -> Budget:
    first = np.argsort(-probability, kind="stable")[:findings]
    found = int(hit[first].sum())
    return Budget(findings, found, found / max(total, 1), found / max(len(first), 1))


def missing_hits(copy: KnownErrors, missing: MissingObjects) -> tuple[Bools, Bools]:
    """Which places are those of removed labels, and which count at all, (m,) each.

    A removed label is found once, by the most probable place. The true place of a box that was
    shifted or put elsewhere counts neither way: an object is there that has no label of its own.
    """
    order = np.argsort(-missing.probability, kind="stable")
    real, counted = np.zeros(len(missing), bool), np.ones(len(missing), bool)
    boxes = copy.dataset.boxes
    shifted = np.flatnonzero(copy.error == ErrorKind.LOOSE_BOX.value)
    true = Boxes.of(len(shifted), image=boxes.image[shifted], xyxy=copy.true_xyxy[shifted])
    counted[_same_objects(missing, true).one] = False
    found = _same_objects(missing, copy.dropped)
    rank = np.empty(len(missing), np.int64)
    rank[order] = np.arange(len(missing))
    taken: set[int] = set()
    for row in np.argsort(rank[found.one], kind="stable").tolist():
        one, label = int(found.one[row]), int(found.other[row])
        if label not in taken and not real[one]:
            taken.add(label)
            real[one] = True
    return real, counted | real


def _same_objects(missing: MissingObjects, boxes: Boxes) -> BoxOverlaps:
    """Places and boxes that are of one object."""
    return matches(missing.image, missing.xyxy, boxes.image, boxes.xyxy, min_overlap=SAME_OBJECT)


def _calibration(bins: ReliabilityBins) -> tuple[CalibrationBin, ...]:
    return tuple(
        CalibrationBin(*row)
        for row in zip(
            bins.low.tolist(),
            bins.high.tolist(),
            bins.size.tolist(),
            bins.expected.tolist(),
            bins.observed.tolist(),
            strict=True,
        )
    )
