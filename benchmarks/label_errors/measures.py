"""One case measured: labelaudit and every other method on the same detector output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.label_errors import metrics
from benchmarks.label_errors.baselines import ANY, KINDS, Ranking, baselines
from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.metrics import Calibration, Sampled, Score
from benchmarks.label_errors.places import Places, place_baselines
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind
from labelaudit.core.columns import Texts

OURS = "labelaudit"

SAME_METHOD = {"loss inspection, sum": "score only", "loss inspection, typed": "score only"}
"""Whose missing objects a method that has none of its own is given in the queue."""


@dataclass(frozen=True)
class Finding:
    """How well one method finds removed labels."""

    average_precision: float
    precision: float


@dataclass(frozen=True)
class Outcome:
    """What one dataset with one noise and one seed showed."""

    data: str
    noise: str
    seed: int
    source: str  # who gave the second opinion
    boxes: int
    unjudged: int
    planted: dict[str, int]  # errors by kind, missing_box among them
    cpu_s: float
    wall_s: float  # of asking the detector
    scores: dict[str, dict[str, Score | None]]  # by method, by kind of error
    missing: dict[str, Finding]  # by method
    covered: float  # share of removed labels that any candidate is at
    queue: dict[str, dict[str, float]]  # by method, by budget: share of errors found
    calibration: Calibration
    audit: Sampled

    @property
    def margin(self) -> float:
        """Average precision for any error above that of the best other method."""
        precisions = {name: _precision(by_kind[ANY]) for name, by_kind in self.scores.items()}
        ours = precisions.pop(OURS)
        return ours - max(precisions.values())


def _precision(score: Score | None) -> float:
    return score.average_precision if score else float("nan")


def outcome(case: Case, data: str, noise: str, seed: int) -> Outcome:
    """Everything that is measured of a case with planted errors."""
    ours, error = ranking(case), case.error != ""
    rankings = {OURS: ours, **baselines(case)}
    places = {OURS: case.label_issues.missing, **place_baselines(case)}
    found = {name: metrics.found(case.planted, one) for name, one in places.items()}
    probability = np.nan_to_num(ours[ANY])
    unjudged = int(np.isnan(ours[ANY]).sum())
    return Outcome(
        data=data,
        noise=noise,
        seed=seed,
        source=case.label_issues.source,
        boxes=len(case.labels),
        unjudged=unjudged,
        planted=_counts(case),
        cpu_s=case.cpu_s,
        wall_s=case.detector_answers.wall_s,
        scores={name: _scores(case.error, one) for name, one in rankings.items()},
        missing={
            name: Finding(one.average_precision, one.precision) for name, one in found.items()
        },
        covered=metrics.covered(case.planted, places["score only"]),
        queue={
            name: metrics.recalls(error, np.nan_to_num(rankings[name][ANY]), found[partner])
            for name, partner in _partners(rankings, places).items()
        },
        calibration=metrics.calibration(error, probability),
        audit=metrics.sampled(error, probability),
    )


def ranking(case: Case) -> Ranking:
    """Our own probabilities of each label; NaN where it was not judged."""
    boxes = case.label_issues.boxes.rows(case.labels.box)
    columns = (boxes.wrong_class, boxes.loose_box, boxes.spurious, boxes.wrong)
    return dict(zip(KINDS, columns, strict=True))


def _counts(case: Case) -> dict[str, int]:
    counts = {kind.value: int((case.error == kind.value).sum()) for kind in BOX_ERRORS}
    return counts | {ErrorKind.MISSING_BOX.value: len(case.planted.dropped)}


def _scores(error: Texts, doubts: Ranking) -> dict[str, Score | None]:
    """Each kind of error against labels that are right, then all kinds against these."""
    scores = {}
    for kind, doubt in doubts.items():
        wrong = error != "" if kind == ANY else error == kind
        compared = wrong | (error == "")
        scores[kind] = metrics.score(wrong[compared], doubt[compared])
    return scores


def _partners(rankings: Mapping[str, Ranking], places: Mapping[str, Places]) -> dict[str, str]:
    """For each method that can fill a queue, the method whose missing objects go into it."""
    partners = {name: SAME_METHOD.get(name, name) for name in rankings}
    return {name: partner for name, partner in partners.items() if partner in places}
