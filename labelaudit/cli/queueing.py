"""The review queue on the command line: putting a scan into it, taking decisions out of it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.cli.writing import note
from labelaudit.dataset import Dataset
from labelaudit.errors import FixError
from labelaudit.fixing import apply
from labelaudit.queue.cleaning import accepted
from labelaudit.queue.decisions import disagreements
from labelaudit.queue.progress import Automatic, automatic
from labelaudit.queue.recording import record
from labelaudit.queue.store import Queue
from labelaudit.scanning import Scan
from labelaudit.terminal import counted


def enqueue(path: Path, scan: Scan) -> None:
    """Put the findings of a scan into the queue at `path`, and say what became of them."""
    with Queue.open(path) as queue:
        recorded = record(queue, scan.findings, scan.dataset, scan.options)
    note(
        f"{path}: {recorded.new:,} new, {recorded.known:,} known, {recorded.obsolete:,} obsolete; "
        f"labelaudit review --queue {path} shows them"
    )


@dataclass(frozen=True)
class Decided:
    """The cleaned dataset, how many fixes of each rule were applied, and what contradicted."""

    dataset: Dataset
    counts: Mapping[str, int]
    conflicts: Sequence[str]


def decided(dataset: Dataset, path: Path, min_probability: float | None) -> Decided:
    """What comes of the decisions in the queue at `path`."""
    if min_probability is not None and not 0 <= min_probability <= 1:
        raise FixError(f"--min-probability is from 0 to 1, not {min_probability}")
    threshold = math.inf if min_probability is None else min_probability
    with Queue.existing(path) as queue:
        if min_probability is not None:
            note(_expectation(automatic(queue, threshold), threshold))
        for item, verdicts in disagreements(queue):
            said = ", ".join(f"{who}: {verdict}" for who, verdict in verdicts)
            note(f"decided differently: {item.entry['message']}: {said}; the last one counts")
        findings = accepted(queue, dataset, min_probability=threshold)
    applied = apply(dataset, findings)
    counts = Counter(findings.name[applied.applied].tolist())
    return Decided(applied.dataset, counts, applied.conflicts)


def _expectation(chosen: Automatic, threshold: float) -> str:
    count = counted(chosen.findings, "finding")
    if not chosen.findings:
        return f"No open finding with a fix has a probability of at least {threshold:g}."
    return (
        f"Accepting {count} that nobody decided about, from a probability of {threshold:g} on: "
        f"about {chosen.right:.0f} of them right, give or take {1.96 * chosen.deviation:.0f}."
    )
