"""The labels that a training sees: as they are or as reviewers decided, and what each weighs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

import numpy as np

from labelaudit.auditing.estimates.label_weights import (
    doubted_without_probability,
    label_weights,
    opinion_weights,
)
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.findings_file import fingerprints, read
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import Bools, Floats, Rows
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.io.load import PathLike
from labelaudit.review.queue.accepted_fixes import cleaned
from labelaudit.review.queue.places import place_of
from labelaudit.review.queue.store import Queue
from labelaudit.review.queue.undecided import QueueState, queue_state

LabelWeights: TypeAlias = Literal["keep", "weight", "drop"]
"""What becomes of labels that are probably wrong: all count alike, each counts as much as it is
probably right, or those that are more probably wrong than right are left out."""

Evidence: TypeAlias = Findings | LabelIssues | PathLike
"""Findings about the labels as they are loaded, a fix list with them, or a model's opinion."""

LEAST_WEIGHT = 0.5
"""The probability of being right below which "drop" leaves a label out: more wrong than right."""


@dataclass(frozen=True, eq=False)
class TrainedLabels:
    """The labels that a training sees."""

    dataset: Dataset  # after the fixes that reviewers accepted
    loaded_row: Rows  # (b,) the row of each box as it was loaded; MISSING if a reviewer drew it
    weight: Floats  # (b,) the probability that each label is right; 1 where nobody asked
    left_out: Bools  # (b,) labels that are left out for their weight
    notes: tuple[str, ...]  # what was done, and what could not be, a line each


def trained_labels(
    dataset: Dataset,
    *,
    queue: PathLike | Queue | None = None,
    min_probability: float = np.inf,
    how: LabelWeights = "keep",
    evidence: Evidence | None = None,
) -> TrainedLabels:
    """A dataset with the fixes that reviewers accepted, and the weight of each label.

    A label that a person decided about has what the person said, and no weight but for findings
    that are still open. A box that was drawn weighs 1. Nothing is written.

    Parameters
    ----------
    dataset:
        as it was loaded.
    queue:
        a review queue about it, or the file or the URL of one; nothing is fixed without.
    min_probability:
        open findings of the queue that a model holds for at least so probable count as accepted.
    how:
        what becomes of labels that are probably wrong.
    evidence:
        by which labels are weighed; the findings that are open in the queue if absent.

    Raises
    ------
    ConfigError
        if labels are to be weighed and there is nothing to weigh them by, or it is of another
        dataset.
    FixError
        if the queue is of another dataset, or the labels changed since.
    """
    if how not in ("keep", "weight", "drop"):
        raise ConfigError(f"label_weights is keep, weight or drop, not {how!r}")
    if how != "keep" and evidence is None and queue is None:
        raise ConfigError(
            f"label_weights={how!r} needs something to weigh labels by: findings=labelaudit.audit("
            "dataset, label_issues=...), a fix list, labelaudit.by_detector(dataset), or a queue"
        )
    if how == "keep" and evidence is not None:
        raise ConfigError("findings were given and label_weights is keep: say weight or drop")
    if queue is None:
        weight, notes = _weights(dataset, how, evidence, None)
        rows = np.arange(len(weight), dtype=np.int32)
        return _with_left_out(dataset, rows, weight, how, notes)
    opened = queue if isinstance(queue, Queue) else Queue.existing(place_of(queue))
    try:
        state = queue_state(opened, dataset)
        applied = cleaned(opened, dataset, min_probability=min_probability)
    finally:
        if opened is not queue:
            opened.close()
    weight, notes = _weights(dataset, how, evidence, state)
    fixed = (
        f"{opened.place}: {counted(int(applied.applied.sum()), 'accepted fix', 'accepted fixes')}"
    )
    notes = [f"{fixed} applied; the files stay as they are", *applied.conflicts, *notes]
    known = np.append(weight, 1.0)[applied.box]  # MISSING, a new box, takes the last
    return _with_left_out(applied.dataset, applied.box, known, how, notes)


def _weights(
    dataset: Dataset, how: LabelWeights, evidence: Evidence | None, state: QueueState | None
) -> tuple[Floats, list[str]]:
    """The weight of each label as it was loaded, (b,), and what is to be said of them.

    Parameters
    ----------
    dataset: as it was loaded.
    how: whether they are weighed at all.
    evidence: by which they are; what is open in the queue if absent.
    state: of the queue, if there is one.
    """
    if how == "keep":
        return np.ones(len(dataset.boxes)), []
    if isinstance(evidence, LabelIssues):
        weight, notes = _by_opinion(dataset, evidence)
        if state:
            weight[state.judged] = 1  # a person said what they are, whatever a model says
        return weight, notes
    findings = _findings(dataset, evidence, state)
    notes = []
    doubted = len(doubted_without_probability(findings))
    if doubted:
        notes.append(
            f"{counted(doubted, 'label is', 'labels are')} doubted without a probability, which "
            "takes nothing off their weight: labelaudit sample makes doubts probabilities"
        )
    return label_weights(findings, dataset), notes


def _by_opinion(dataset: Dataset, opinion: LabelIssues) -> tuple[Floats, list[str]]:
    """The weights of labels by what a model makes of them, and what is to be said."""
    if len(opinion.boxes) != len(dataset.boxes):
        raise ConfigError(
            f"these label issues are about {len(opinion.boxes):,} boxes, and the dataset has "
            f"{len(dataset.boxes):,}: they are of another dataset"
        )
    if opinion.boxes_calibrated:
        return opinion_weights(opinion), []
    return opinion_weights(opinion), [
        "a model ranks labels and knows no probabilities of them, so all weigh 1: labelaudit "
        "sample makes doubts probabilities"
    ]


def _findings(dataset: Dataset, evidence: Evidence | None, state: QueueState | None) -> Findings:
    """The findings by which labels are weighed, without those that a person decided about."""
    if evidence is None:
        return state.undecided if state else Findings.empty()
    if isinstance(evidence, LabelIssues):
        raise TypeError("an opinion is no table of findings")
    given = evidence if isinstance(evidence, Findings) else read(Path(evidence), dataset)
    if state is None or not state.decided:
        return given
    label_weights(given, dataset)  # raises if they are of another dataset
    marks = fingerprints(given, dataset)
    return given.rows(np.array([mark not in state.decided for mark in marks], bool))


def _with_left_out(
    dataset: Dataset, rows: Rows, weight: Floats, how: LabelWeights, notes: list[str]
) -> TrainedLabels:
    """The labels, with those that "drop" leaves out.

    Parameters
    ----------
    dataset: after fixes.
    rows: (b,) of its boxes as they were loaded.
    weight: (b,) of each label.
    how: what becomes of those that are probably wrong.
    notes: what is to be said.
    """
    gone = weight < LEAST_WEIGHT if how == "drop" else np.zeros(len(weight), bool)
    if how == "drop":
        left = counted(int(gone.sum()), "label that is", "labels that are")
        notes = [*notes, f"{left} more probably wrong than right left out: background from now on"]
        weight = np.ones(len(weight))
    elif how == "weight":
        less = counted(int((weight < 1).sum()), "label weighs", "labels weigh")
        notes = [*notes, f"{less} less than 1, {weight.sum():,.1f} of {len(weight):,} in all"]
    return TrainedLabels(dataset, rows, weight, gone, tuple(notes))
