"""The figures to reach on planted errors, and what was reached."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from benchmarks.label_errors.baselines import ANY
from benchmarks.label_errors.measures import OURS, Outcome
from labelaudit.auditing.label_issues import ErrorKind

Figure: TypeAlias = Callable[[Outcome], float]

NONE = float("nan")


def _auroc(kind: str) -> Figure:
    def figure(outcome: Outcome) -> float:
        score = outcome.scores[OURS][kind]
        return score.auroc if score else NONE

    return figure


def _ap(kind: str) -> Figure:
    def figure(outcome: Outcome) -> float:
        score = outcome.scores[OURS][kind]
        return score.average_precision if score else NONE

    return figure


def _recall(budget: str) -> Figure:
    return lambda outcome: outcome.queue[OURS][budget]


FIGURES: dict[str, Figure] = {
    "any AUROC": _auroc(ANY),
    "any AP": _ap(ANY),
    "wrong class AP": _ap(ErrorKind.WRONG_CLASS),
    "loose box AP": _ap(ErrorKind.LOOSE_BOX),
    "spurious AP": _ap(ErrorKind.SPURIOUS),
    "missing AP": lambda outcome: outcome.missing[OURS].average_precision,
    "queue recall at 0.5": _recall("0.5"),
    "queue recall at 1": _recall("1"),
    "queue recall at 2": _recall("2"),
    "margin over the best other, any AP": lambda outcome: outcome.margin,
    "calibration error (ECE)": lambda outcome: outcome.calibration.ece,
    "audit of 200: coverage": lambda outcome: outcome.audit.coverage,
    "audit of 200: width / classical": lambda outcome: outcome.audit.share,
    "CPU s": lambda outcome: outcome.cpu_s,
}
"""What is held against `LEAST` and `MOST`, by name."""

LEAST = {
    "any AUROC": (0.985, 0.975, 0.99),
    "any AP": (0.96, 0.94, 0.93),
    "wrong class AP": (0.98, 0.88, 0.92),
    "loose box AP": (0.90, 0.93, 0.90),
    "spurious AP": (0.92, 0.98, 0.98),
    "missing AP": (0.45, 0.95, 0.97),
    "queue recall at 0.5": (0.49, 0.47, 0.46),
    "queue recall at 1": (0.84, 0.85, 0.80),
    "queue recall at 2": (0.95, 0.99, 0.98),
    "margin over the best other, any AP": (0.07, 0.10, 0.15),
    "audit of 200: coverage": (0.94, 0.94, 0.94),
}
"""By figure, for each of `EXPERIMENTS`."""

MOST = {
    "calibration error (ECE)": (0.06, 0.03, 0.03),
    "audit of 200: width / classical": (0.6, 0.6, 0.6),
    "CPU s": (300.0, np.inf, np.inf),
}

ON = ", on "
"""Between the name of an experiment and the device it ran on, if that was not the processor."""

EXPERIMENTS = ("bccd, noise A", "digits, noise A", "digits, noise B")


@dataclass(frozen=True)
class Check:
    """One figure and what it should be."""

    name: str
    reached: float  # mean over the seeds
    wanted: str
    met: bool


def checks(experiment: str, outcomes: Sequence[Outcome]) -> list[Check]:
    """Every figure that is asked of an experiment; none if nothing is asked of it."""
    asked, _, _ = experiment.partition(ON)
    if asked not in EXPERIMENTS:
        return []
    column = EXPERIMENTS.index(asked)
    return [_check(name, outcomes, column) for name in FIGURES]


def _check(name: str, outcomes: Sequence[Outcome], column: int) -> Check:
    reached = float(np.mean([FIGURES[name](outcome) for outcome in outcomes]))
    if name in LEAST:
        least = LEAST[name][column]
        return Check(name, reached, f"at least {least:g}", reached >= least)
    most = MOST[name][column]
    return Check(name, reached, f"at most {most:g}", reached <= most)
