"""What methods are compared on: labels with known errors and all that was made of them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.label_errors.heard import Heard, cpu_s
from labelaudit.disagreement.judging import suspicions
from labelaudit.disagreement.labels import Labels
from labelaudit.evidence import Audit
from labelaudit.planting import Planted
from labelaudit.suspicions import Suspicions
from labelaudit.table import Texts


@dataclass(frozen=True)
class Case:
    """Labels with known errors, what a detector says of them, and what is concluded."""

    planted: Planted
    heard: Heard
    suspicions: Suspicions
    cpu_s: float  # from labels and images to suspicions

    @property
    def labels(self) -> Labels:
        """The labels that can be judged; methods are compared on these."""
        return self.heard.corruptions.labels

    @property
    def error(self) -> Texts:
        """What was planted in each of `labels`, (n,): a `Doubt`, or nothing."""
        return self.planted.error[self.labels.box]


def judged(planted: Planted, heard: Heard, *, seed: int = 0) -> Case:
    """The last part of the way from labels to suspicions, as `by_detector` goes it."""
    begin, audit = cpu_s(), Audit(planted.dataset)
    found = suspicions(audit, heard.opinion, heard.corruptions, seed=seed)
    return Case(planted, heard, found, heard.cpu_s + cpu_s() - begin)
