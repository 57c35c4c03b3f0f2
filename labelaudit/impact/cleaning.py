"""The labels of a dataset as they are, after safe fixes, and after more and more of a review."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.auditing.estimates.expected_value import expected_value
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.fixes.apply import apply, fixable
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import fixed, scan
from labelaudit.core.columns import Bools
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError
from labelaudit.impact.label_sets import Group, LabelSet, changed_labels, on_base
from labelaudit.review.queue.accepted_fixes import accepted
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.ranking import ReviewedItem, reviewed_in_order
from labelaudit.review.queue.store import Queue

BUDGETS = (0.1, 0.25, 0.5, 1.0)
"""Parts of a review that are looked at."""

AS_IS, SAFE = "as-is", "safe-fixes"


@dataclass(frozen=True, eq=False)
class Opinion:
    """Findings with what a model makes of the labels, and which of its fixes are done."""

    findings: Findings  # about the dataset as it was loaded
    source: str  # whose they are, in a few words
    min_probability: float  # from which fixes are done
    confirmed: bool = False  # whether they are known to be right: then held-out labels have them


@dataclass(frozen=True, eq=False)
class Mending:
    """How labels are mended."""

    options: Options = field(default_factory=Options)  # of scans
    queue: QueuePlace | None = None  # of decisions
    opinion: Opinion | None = None  # whose fixes are done unseen; with a queue there is none


@dataclass(frozen=True, eq=False)
class MendedLabels:
    """Label sets to compare."""

    sets: tuple[LabelSet, ...]  # as they are, safe fixes, parts of a review, all of it
    clean: LabelSet  # what is held for right: what a person or a safe fix has made of the labels
    notes: tuple[str, ...]  # what to know of them, a line each


def mended(dataset: Dataset, base: Dataset, learned: Bools, mending: Mending) -> MendedLabels:
    """The labels in every state that they are compared in.

    Parameters
    ----------
    dataset: as it was loaded.
    base: the images that all sets stand on.
    learned: (images of the base,) which are learned.
    mending: what is done to the labels.

    Raises
    ------
    ConfigError
        if a queue has no decision, or a model no fix that is sure enough.
    FixError
        if the queue is about other labels.
    """
    states = _States(dataset, base, learned, mending.options)
    as_is = states.of(AS_IS, "labels as they are", dataset)
    if mending.queue is None:
        safe = states.of(SAFE, "safe fixes", states.safely(dataset))
        if mending.opinion is None:
            return MendedLabels((as_is, safe), safe, ())
        steps, notes = _by_model(states, mending.opinion)
        clean = steps[-1] if mending.opinion.confirmed else safe
        return MendedLabels((as_is, safe, *steps), clean, notes)
    with Queue.existing(mending.queue) as queue:
        items = reviewed_in_order(queue)
        if not items:
            raise ConfigError(
                f"{mending.queue}: nobody has decided anything in this queue: labelaudit review "
                f"--queue {mending.queue}"
            )
        rejected = frozenset(item.fingerprint for item in items if not item.accepted)
        states = dataclasses.replace(states, rejected=rejected)
        safe = states.of(SAFE, "safe fixes", states.safely(dataset))
        steps = list(_by_review(states, queue, items))
    return MendedLabels((as_is, safe, *steps), steps[-1], ())


@dataclass(frozen=True, eq=False)
class _States:
    """What makes label sets of a dataset in any state."""

    dataset: Dataset
    base: Dataset
    learned: Bools
    options: Options
    rejected: frozenset[str] = frozenset()  # fingerprints of findings that a person rejected

    def safely(self, dataset: Dataset) -> Dataset:
        """A dataset after its safe fixes, but those that a person rejected."""
        return fixed(scan(dataset, self.options, baseline=self.rejected), unsafe=False).dataset

    def of(
        self, name: str, words: str, dataset: Dataset, *, share: float = 0.0, seconds: float = 0.0
    ) -> LabelSet:
        """The set of a dataset; one with a share is a part of a review.

        Parameters
        ----------
        name, words, share, seconds: as in `LabelSet`.
        dataset: in some state.
        """
        labels, there = on_base(dataset, self.base)
        learned = self.learned & there
        before, _ = on_base(self.dataset, self.base)
        changed = changed_labels(before, labels, np.flatnonzero(self.learned))
        group: Group = "review" if share else "labels"
        return LabelSet(
            name, words, group, labels, learned, changed=changed, share=share, seconds=seconds
        )


def _by_review(states: _States, queue: Queue, items: Sequence[ReviewedItem]) -> Iterator[LabelSet]:
    """Labels after the first decisions of a queue and safe fixes, budget by budget."""

    def after(count: int) -> Dataset:
        among = {item.fingerprint for item in items[:count] if item.accepted}
        chosen = accepted(queue, states.dataset, among=among)
        return states.safely(apply(chosen.dataset or states.dataset, chosen).dataset)

    yield from _steps(states, after, [item.seconds for item in items], "reviewed labels")


def _by_model(states: _States, opinion: Opinion) -> tuple[list[LabelSet], tuple[str, ...]]:
    """Labels after the fixes that a model is sure of, most valuable a second first."""
    found = opinion.findings
    with np.errstate(invalid="ignore"):  # findings of rules have no probability
        sure = found.probability >= opinion.min_probability
    chosen = fixable(found, unsafe=True) & sure
    if not chosen.any():
        raise ConfigError(
            f"{opinion.source}: no fix that is right with a probability of "
            f"{opinion.min_probability:g} or more; give a lower --min-probability"
        )
    found = found.rows(np.flatnonzero(chosen))
    seconds = np.array([KINDS[fix.kind].seconds for fix in found.fix])
    order = np.argsort(-expected_value(found) / seconds, kind="stable")
    found = found.rows(order)

    def after(count: int) -> Dataset:
        return states.safely(apply(states.dataset, _first(found, count)).dataset)

    note = (
        f"{counted(len(found), 'fix', 'fixes')} of a probability of {opinion.min_probability:g} "
        "or more are done as if a reviewer had accepted each; the held-out labels have safe fixes "
        "alone, so that no model decides about what it is measured on"
    )
    words = "fixes" if opinion.confirmed else f"fixes from p {opinion.min_probability:g}"
    steps = list(_steps(states, after, seconds[order].tolist(), words))
    return steps, () if opinion.confirmed else (note,)


def _first(findings: Findings, count: int) -> Findings:
    return findings.rows(np.arange(count))


def _steps(
    states: _States, after: Callable[[int], Dataset], seconds: Sequence[float], words: str
) -> Iterator[LabelSet]:
    """A set for each budget.

    Parameters
    ----------
    states: makes sets.
    after: the dataset after so many findings were looked at.
    seconds: that each of them takes.
    words: what to call it when all is done.
    """
    for share in BUDGETS:
        count = math.ceil(share * len(seconds))
        whole = share == 1
        yield states.of(
            words.split(maxsplit=1)[0] if whole else f"review-{100 * share:g}",
            words if whole else f"first {100 * share:g} %",
            after(count),
            share=share,
            seconds=float(sum(seconds[:count])),
        )
