"""What methods are compared on: labels with known errors and all that was made of them."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.label_errors.detector_answers import DetectorAnswers, cpu_s
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
    detector_answers: DetectorAnswers
    label_issues: LabelIssues
    cpu_s: float  # from labels and images to label issues

    @property
    def labels(self) -> Labels:
        """The labels that can be judged; methods are compared on these."""
        return self.detector_answers.synthetic_noise.labels

    @property
    def error(self) -> Texts:
        """What was planted in each of `labels`, (n,): an `ErrorKind`, or nothing."""
        return self.planted.error[self.labels.box]


def judged(planted: KnownErrors, detector_answers: DetectorAnswers, *, seed: int = 0) -> Case:
    """The last part of the way from labels to label issues, as `by_detector` goes it."""
    begin, derived = cpu_s(), DatasetColumns(planted.dataset)
    found = label_issues(
        derived, detector_answers.model_output, detector_answers.synthetic_noise, seed=seed
    )
    return Case(planted, detector_answers, found, detector_answers.cpu_s + cpu_s() - begin)
