"""What methods are compared on: labels with known errors and all that was made of them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.label_errors.heard import DetectorAnswers, cpu_s
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import Texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.scoring import label_issues


@dataclass(frozen=True)
class Case:
    """Labels with known errors, what a detector says of them, and what is concluded."""

    planted: KnownErrors
    heard: DetectorAnswers
    label_issues: LabelIssues
    cpu_s: float  # from labels and images to label issues

    @property
    def labels(self) -> Labels:
        """The labels that can be judged; methods are compared on these."""
        return self.heard.synthetic_noise.labels

    @property
    def error(self) -> Texts:
        """What was planted in each of `labels`, (n,): an `ErrorKind`, or nothing."""
        return self.planted.error[self.labels.box]


def judged(planted: KnownErrors, heard: DetectorAnswers, *, seed: int = 0) -> Case:
    """The last part of the way from labels to label issues, as `by_detector` goes it."""
    begin, derived = cpu_s(), DatasetColumns(planted.dataset)
    found = label_issues(derived, heard.model_output, heard.synthetic_noise, seed=seed)
    return Case(planted, heard, found, heard.cpu_s + cpu_s() - begin)
