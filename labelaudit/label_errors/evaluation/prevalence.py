"""How many labels of a dataset are wrong, from a sample that a person judged."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import BOX_ERRORS
from labelaudit.errors import FormatError
from labelaudit.label_errors.evaluation.sample import Expected, Sample, SampleItem, Unit
from labelaudit.label_errors.prediction_powered import prediction_powered_mean

MIN_VERDICTS = 10
"""Verdicts below which no interval is given: sums of fewer are not normal enough."""


@dataclass(frozen=True)
class ErrorEstimate:
    """A number of errors with the interval that holds the true one in 95 of 100 samples."""

    name: str  # a class, a kind of error, or "all"
    judged: int  # items of the sample with a verdict
    wrong: int  # of these, by the verdicts; objects, in a sample of images
    of: int  # labels, or images, in the dataset
    errors: float | None  # estimated in the dataset; None where too few were judged
    low: float | None
    high: float | None


@dataclass(frozen=True)
class PrevalenceEstimates:
    """What a judged sample says of its dataset."""

    unit: Unit
    all: ErrorEstimate
    kinds: tuple[ErrorEstimate, ...]
    classes: tuple[ErrorEstimate, ...]
    without_verdict: int


def estimate_prevalence(sample: Sample) -> PrevalenceEstimates:
    """The errors in the dataset that a sample was drawn from.

    Raises
    ------
    FormatError
        if fewer than two of its lines have a verdict.
    """
    judged = [item for item in sample.items if item.verdict is not None]
    if len(judged) < 2:
        raise FormatError(
            "the sample has no verdicts yet: write one to the `verdict` of each line, or judge "
            "labels on the page of labelaudit review"
        )
    head = sample.head
    boxes = head.unit == "boxes"
    kinds = [
        _estimate(kind.value, judged, head.expected, kind.value, _is(kind.value))
        for kind in BOX_ERRORS
    ]
    classes = [
        _estimate(name, [item for item in judged if item.class_name == name], expected)
        for name, expected in head.classes.items()
        if expected.count
    ]
    return PrevalenceEstimates(
        unit=head.unit,
        all=_estimate("all", judged, head.expected),
        kinds=tuple(kinds) if boxes else (),
        classes=tuple(classes),
        without_verdict=len(sample.items) - len(judged),
    )


def _is(kind: str) -> Callable[[SampleItem], float]:
    return lambda item: float(item.verdict == kind)


def _wrong(item: SampleItem) -> float:
    """Whether a label is wrong; how many objects are missing in an image."""
    return float(item.verdict) if isinstance(item.verdict, int) else float(item.verdict != "ok")


def _estimate(
    name: str,
    items: Sequence[SampleItem],
    expected: Expected,
    kind: str = "",
    truth: Callable[[SampleItem], float] = _wrong,
) -> ErrorEstimate:
    """The estimate from judged items, of one kind of error or of any, of a class or of all."""
    true = np.array([truth(item) for item in items])
    guess = np.array([item.kinds.get(kind, 0.0) if kind else item.wrong for item in items])
    wrong = int(true.sum())
    if len(items) < MIN_VERDICTS:
        return ErrorEstimate(name, len(items), wrong, expected.count, None, None, None)
    mean = expected.kinds.get(kind, 0.0) if kind else expected.wrong
    rate, low, high = prediction_powered_mean(mean, guess, true, expected.count)
    # Of labels, no more than all are wrong; of images, any number of objects may be missing.
    most = 1.0 if all(isinstance(item.verdict, str) for item in items) else math.inf
    errors, *limits = (min(value, most) * expected.count for value in (rate, low, high))
    return ErrorEstimate(name, len(items), wrong, expected.count, errors, *limits)
