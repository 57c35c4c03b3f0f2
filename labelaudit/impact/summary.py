"""What an experiment says, in numbers that JSON can hold: points of mAP, each with its interval.

A point is a hundredth of mAP, as tables in papers count.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.impact.experiment import Results
from labelaudit.impact.intervals import Interval, Runs
from labelaudit.impact.label_sets import Group

POINTS = 100.0

Figures: TypeAlias = dict[str, Any]  # Any: what JSON holds

COVERS = (
    "Intervals are of 95 %. They cover that a network comes out differently with every seed, which "
    "also draws the planted noise, and that other held-out images of the same kind would have been "
    "easier or harder: these are drawn again, near duplicates together. They do not cover that "
    "other images could have been learned from, nor images of another kind, nor what is still "
    "wrong in the held-out labels."
)


@dataclass(frozen=True)
class Points:
    """Points of mAP with the interval that holds the true value 95 of 100 times."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, estimate: Interval) -> Points:
        """An estimate of mAP, in points."""
        return cls(*(POINTS * one for one in (estimate.value, estimate.low, estimate.high)))

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class ClassPoints:
    """One class after learning from one label set."""

    name: str
    objects: int  # held out
    map: Points
    gain: Points  # against the reference


@dataclass(frozen=True)
class SetPoints:
    """What networks come to that learn one label set."""

    name: str
    words: str  # for people
    group: Group
    noise: str  # what is planted; empty if nothing
    share: float  # of the review, or of the labels that are made wrong
    seconds: float  # of a reviewer
    images: int  # learned
    labels: int  # learned
    changed: int  # labels that are not as they are in the dataset; of noise: made wrong
    map: Points
    reference: str  # what the gain is against: for noise what it is planted in, else as it is
    gain: Points
    seeds: tuple[float, ...]  # mAP in points, seed by seed
    classes: tuple[ClassPoints, ...]


@dataclass(frozen=True)
class ImpactSummary:
    """An experiment for people and programs."""

    dataset: str
    how: str  # images were split
    learned: int  # images
    held_out: int  # images
    held_out_groups: int  # of near duplicates
    objects: int  # held out
    network: str
    epochs: int
    seeds: int
    seed_deviation: float  # points by which a run differs with its seed
    clean: str  # the set that noise is planted in
    sets: tuple[SetPoints, ...]
    enough: str | None  # the smallest part of the review beyond which no gain can be told
    covers: str
    notes: tuple[str, ...]

    def of_group(self, group: Group) -> list[SetPoints]:
        """The sets of a group, in order."""
        return [one for one in self.sets if one.group == group]

    def named(self, name: str) -> SetPoints:
        """The set of a name."""
        return next(one for one in self.sets if one.name == name)

    @property
    def best(self) -> SetPoints:
        """The set that noise is planted in: the labels that are held for right."""
        return self.named(self.clean)

    @property
    def review(self) -> list[SetPoints]:
        """Safe fixes, then more and more of the review; empty without one."""
        steps = self.of_group("review")
        return [one for one in self.of_group("labels")[1:] if steps] + steps


def summary(results: Results, name: str) -> ImpactSummary:
    """What runs come to.

    Parameters
    ----------
    results: of an experiment.
    name: of the dataset, for people.
    """
    sets = tuple(_points(results, row) for row in range(len(results.sets)))
    held, config = results.held_out, results.config
    steps = [row for row, one in enumerate(results.sets) if one.group == "review"]
    return ImpactSummary(
        name,
        results.how,
        results.learned,
        len(held.images),
        results.runs.groups,
        int((~(held.truth.crowd | held.truth.difficult)).sum()),
        _network(results),
        config.epochs or 0,
        results.runs.values.shape[1],
        POINTS * results.runs.seed_variance**0.5,
        results.sets[results.clean].name,
        sets,
        _enough(results, [1, *steps]) if steps else None,
        COVERS,
        results.notes,
    )


def as_json(result: ImpactSummary) -> Figures:
    """A summary as an object that JSON can hold; null where a figure is not defined."""
    return {"schema_version": 1, **_plain(asdict(result))}


def _plain(value: Any) -> Any:  # Any: what JSON holds
    """A value without NaN."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _network(results: Results) -> str:
    config = results.config
    height, width = config.image_size or (0, 0)
    return f"{config.backbone}, {config.trained} backbone, images of {height} x {width}"


def _points(results: Results, row: int) -> SetPoints:
    """The figures of a set."""
    one, held = results.sets[row], results.held_out
    other = results.clean if one.group == "noise" else 0
    real = ~(held.truth.crowd | held.truth.difficult)
    objects = np.bincount(held.truth.label[real], minlength=len(held.classes)).tolist()
    classes = [
        ClassPoints(name, number, _mean(runs, row), _gain(runs, row, other))
        for name, number, runs in zip(held.classes, objects, results.by_class, strict=True)
    ]
    boxes = one.dataset.boxes
    return SetPoints(
        one.name,
        one.words,
        one.group,
        one.noise,
        one.share,
        one.seconds,
        int(one.learned.sum()),
        int(np.append(one.learned, False)[boxes.image].sum()),
        one.changed,
        _mean(results.runs, row),
        results.sets[other].name,
        _gain(results.runs, row, other),
        tuple((POINTS * results.runs.values[row]).tolist()),
        tuple(classes),
    )


def _unit(count: int, row: int) -> Floats:
    unit = np.zeros(count)
    unit[row] = 1
    return unit


def _mean(runs: Runs, row: int) -> Points:
    return Points.of(runs.contrast(_unit(len(runs.values), row)))


def _gain(runs: Runs, row: int, other: int) -> Points:
    """A set against another; exactly 0 where the labels are the same."""
    count = len(runs.values)
    if (runs.values[row] == runs.values[other]).all():
        known = np.isfinite(runs.values[row]).all()
        return Points(0.0, 0.0, 0.0) if known else Points(math.nan, math.nan, math.nan)
    return Points.of(runs.contrast(_unit(count, row) - _unit(count, other)))


def _enough(results: Results, steps: list[int]) -> str | None:
    """The name of the first step that the last one is not told from; None if it is only itself."""
    *earlier, last = steps
    for row in earlier:
        if not _gain(results.runs, last, row).low > 0:
            return results.sets[row].name
    return None
