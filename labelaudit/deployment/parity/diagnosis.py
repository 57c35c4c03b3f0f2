"""Why a deployed model answers otherwise: the trap whose imitation answers as it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from labelaudit.deployment.description import ModelDescription
from labelaudit.deployment.imitation import Imitation, imitated_layer, imitated_outputs
from labelaudit.deployment.parity.differences import difference, distance
from labelaudit.deployment.parity.matching import (
    TABLE,
    UNMATCHED,
    detections_distance,
    matched_detections,
)
from labelaudit.deployment.target import Images, Outputs
from labelaudit.deployment.traps import TRAPS, Edit, Trap, TrapEvidence
from labelaudit.training.model_file import TrainedDetector

EXPLAINED = 0.1
"""Part of the difference that may be left where a trap is named; a choice: imitations of the right
cause leave what float32 rounds, those of others nearly all."""

AS_GOOD = 3.0
"""A second trap that leaves less than so many times as much cannot be told from the first."""

SURE = 0.01
"""What an imitation leaves less of than this, it leaves by rounding."""

MOST = 4
"""Causes that are looked for, one after the other; a choice."""

AT_THE_INPUT = ("channel-order", "input-scaling", "same-padding")
"""Traps that meet in the first layer, where each alone explains little: they are tried in pairs."""

NMS = "detections"
"""What the outputs of a file with NMS inside are called together."""


@dataclass(frozen=True)
class Cause:
    """A trap that the device is in."""

    trap: str  # its name
    title: str
    what: str  # what the device does
    remedy: str
    first: str  # the first layer or output beyond tolerance, which it explains
    left: float | None  # part of the difference there that is left; None: known by its numbers
    others: tuple[str, ...] = ()  # traps that would explain it as well


@dataclass(frozen=True)
class Diagnosis:
    """All that is known of why."""

    causes: tuple[Cause, ...] = ()
    unexplained: str | None = None  # the first layer or output that no trap explains
    tried: int = 0  # imitations


@dataclass(frozen=True)
class _Trial:
    """An imitation and what it leaves of the difference."""

    traps: tuple[Trap, ...]
    what: tuple[str, ...]
    imitation: Imitation
    outputs: Outputs
    left: float  # at the first layer beyond tolerance
    left_at_end: float  # in the outputs


@dataclass(frozen=True)
class Deployed:
    """What a deployed model answered to some images."""

    description: ModelDescription
    images: Images  # as they went in
    outputs: Outputs  # layers, then outputs
    layers: tuple[str, ...]
    tolerance: float
    threads: int = 1


def diagnosis(
    detector: TrainedDetector,
    deployed: Deployed,
    *,
    progress: Callable[[int], None] = lambda _tried: None,
) -> Diagnosis:
    """The causes of a difference, the first one first.

    Each cause explains the first layer that is beyond tolerance, once those before it are taken
    into account. Where no layers can be seen, the outputs stand for them.

    Parameters
    ----------
    detector: the network as it was trained.
    deployed: what the device answered.
    progress: told how many imitations were tried.
    """
    search = _Search(deployed, progress)
    imitation = Imitation(detector)
    expected = search.answers(imitation)
    causes: list[Cause] = []
    while (first := first_beyond(expected, deployed)) is not None:
        evidence = TrapEvidence(imitation, deployed.description, expected, deployed.outputs)
        found = search.explained(evidence, first, {cause.trap for cause in causes})
        if found is None or len(causes) >= MOST:
            causes += signatures(evidence, first, {cause.trap for cause in causes})
            break
        causes += _named(found, first)
        imitation, expected = found[0].imitation, found[0].outputs
    left = first if not causes or causes[-1].left is not None else None
    return Diagnosis(tuple(causes), left, search.tried)


class _Search:
    """Imitations that were tried, and how they answer."""

    def __init__(self, deployed: Deployed, progress: Callable[[int], None]) -> None:
        self.deployed, self.progress, self.tried = deployed, progress, 0

    def answers(self, imitation: Imitation) -> Outputs:
        """What an imitation answers to the same images."""
        seen = self.deployed
        return imitated_outputs(
            imitation, seen.description, seen.images, seen.layers, threads=seen.threads
        )

    def explained(
        self, evidence: TrapEvidence, first: str, known: set[str]
    ) -> tuple[_Trial, tuple[str, ...]] | None:
        """The trial that explains the first layer, and traps that do so as well; None if none does.

        Parameters
        ----------
        evidence: what is known so far.
        first: layer beyond tolerance.
        known: traps that were found already.
        """
        traps = [trap for trap in TRAPS.values() if trap.name not in known]
        trials = list(self._singles(evidence, first, traps))
        good = [trial for trial in trials if trial.left <= EXPLAINED]
        if not good and not any(trap.signature(evidence) for trap in traps):
            pairs = self._pairs(evidence, first, traps)
            good = [trial for trial in pairs if trial.left <= EXPLAINED]
        if not good:
            return None
        best = min(good, key=lambda trial: (max(trial.left_at_end, SURE), trial.left))
        limit = AS_GOOD * max(best.left_at_end, SURE)
        others = {
            "+".join(trap.name for trap in trial.traps)
            for trial in good
            if trial.traps != best.traps and trial.left_at_end <= limit
        }
        return best, tuple(sorted(others))

    def _singles(
        self, evidence: TrapEvidence, first: str, traps: Sequence[Trap]
    ) -> Iterator[_Trial]:
        for trap in traps:
            for variant in trap.variants(evidence):
                yield self._trial(evidence, first, (trap,), (variant.what,), variant.edit)

    def _pairs(self, evidence: TrapEvidence, first: str, traps: Sequence[Trap]) -> Iterator[_Trial]:
        """Two at a time of the traps that meet in the first layer."""
        meeting = [trap for trap in traps if trap.name in AT_THE_INPUT]
        for one, other in product(meeting, meeting):
            if one.name >= other.name:
                continue
            for a, b in product(one.variants(evidence), other.variants(evidence)):

                def both(imitation: Imitation, a: Edit = a.edit, b: Edit = b.edit) -> Imitation:
                    return b(a(imitation))

                yield self._trial(evidence, first, (one, other), (a.what, b.what), both)

    def _trial(
        self,
        evidence: TrapEvidence,
        first: str,
        traps: tuple[Trap, ...],
        what: tuple[str, ...],
        edit: Edit,
    ) -> _Trial:
        imitation = edit(evidence.imitation)
        self.tried += 1
        self.progress(self.tried)
        if first in self.deployed.layers:
            left = self._left_at(first, evidence, imitation)
            if left > EXPLAINED:
                return _Trial(traps, what, imitation, {}, left, np.inf)
        outputs = self.answers(imitation)
        left = _left(first, evidence.expected, outputs, evidence.observed)
        ends = _ends(evidence.expected, self.deployed)
        at_end = [_left(end, evidence.expected, outputs, evidence.observed) for end in ends]
        return _Trial(traps, what, imitation, outputs, left, max(at_end, default=left))

    def _left_at(self, layer: str, evidence: TrapEvidence, imitation: Imitation) -> float:
        """What an imitation leaves of the difference in one layer, with no layer after it run."""
        seen = self.deployed
        values = imitated_layer(
            imitation, seen.description, seen.images, layer, threads=seen.threads
        )
        made = {} if values is None else {layer: values}
        return _left(layer, evidence.expected, made, evidence.observed)


def first_beyond(expected: Outputs, deployed: Deployed) -> str | None:
    """The first layer or output whose difference is beyond tolerance; None if all are within."""
    for name, values in expected.items():
        seen = deployed.outputs.get(name)
        if name in TABLE or seen is None or seen.shape != values.shape:
            continue
        if not difference(name, values, seen, deployed.tolerance).is_within:
            return name
    if TABLE[0] in expected and not detections_agree(expected, deployed):
        return NMS
    return None


def detections_agree(expected: Outputs, deployed: Deployed) -> bool:
    """Whether detections of a file with NMS inside are those of the network, within tolerance."""
    matched = matched_detections(expected, deployed.outputs)
    largest = max(deployed.description.input_size)
    return (
        matched.unmatched_share <= UNMATCHED
        and matched.largest_score <= deployed.tolerance
        and matched.largest_box <= deployed.tolerance * largest
    )


def signatures(evidence: TrapEvidence, first: str, known: set[str]) -> list[Cause]:
    """Traps that are known by the numbers of the device alone.

    Parameters
    ----------
    evidence: what is known.
    first: layer beyond tolerance.
    known: traps that were found already.
    """
    found = [(trap, trap.signature(evidence)) for trap in TRAPS.values() if trap.name not in known]
    return [_cause(trap, what, first, None) for trap, what in found if what]


def _named(found: tuple[_Trial, tuple[str, ...]], first: str) -> list[Cause]:
    trial, others = found
    return [
        _cause(trap, what, first, trial.left, others)
        for trap, what in zip(trial.traps, trial.what, strict=True)
    ]


def _cause(
    trap: Trap, what: str, first: str, left: float | None, others: tuple[str, ...] = ()
) -> Cause:
    return Cause(trap.name, trap.title, what, trap.remedy, first, left, others)


def _ends(expected: Outputs, deployed: Deployed) -> list[str]:
    """The outputs that are beyond tolerance."""
    inside, seen = deployed.description.inside, deployed.outputs
    if inside.nms:
        return [NMS]
    return [
        name
        for name in inside.outputs
        if not difference(name, expected[name], seen[name], deployed.tolerance).is_within
    ]


def _left(name: str, plain: Outputs, imitated: Outputs, observed: Outputs) -> float:
    """The part of a difference that an imitation leaves; infinite where it has no such layer."""
    if name == NMS:
        before, after = (detections_distance(one, observed) for one in (plain, imitated))
    elif name not in imitated or imitated[name].shape != observed[name].shape:
        return np.inf
    else:
        before, after = (distance(one[name], observed[name]) for one in (plain, imitated))
    return after / before if before > 0 else float(after > 0)
