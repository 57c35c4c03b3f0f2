"""The record of how predictions from files are judged, and its tables for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from benchmarks.label_errors.baselines import ANY
from benchmarks.label_errors.given_measures import (
    IMAGE_SAMPLE_SIZES,
    MISSING_BOX,
    SAMPLE_SIZES,
    GivenOutcome,
    KindOutcome,
    Sampled,
)
from benchmarks.label_errors.tables import footer, grid
from benchmarks.machine import Machine
from benchmarks.records import joined

FEW, MANY = ((SAMPLE_SIZES[n], IMAGE_SAMPLE_SIZES[n]) for n in range(2))
"""Labels that a person judges, and images in which missing objects are looked for."""

HEAD = """\
# Predictions of somebody else's detector

Written by `python -m benchmarks.label_errors.given`; do not edit. Detectors and files are those of
`python -m benchmarks.label_errors.foreign`; noise A and B are those of
[label_errors.md](label_errors.md). Two in five labels are gone one by one, those of the commonest
class in half of the images with it, or all in two in five images. Labels have a second one of
another class (wrong class) or with other sides (loose box), go on behind what covers them (amodal:
no error), or most are gone of a third of the banks, of six or more of a class in an image. Figures
are means over the seeds, of the labels that were judged. Errors that the labels have of their own
count as right labels, and objects that nobody marked as false alarms.
"""


@dataclass(frozen=True)
class GivenRun:
    """One file of one detector, with labels of one kind, and what it was measured on."""

    detector: str
    data: str
    file: str
    labels: str
    date: str
    machine: Machine
    versions: dict[str, str]
    samples: int  # judged samples of each size, for each seed
    outcomes: list[GivenOutcome]  # one a seed

    @property
    def name(self) -> str:
        """What it is recorded under."""
        return f"{self.detector}, {self.file}, {self.labels}"

    def of(self, kind: str) -> list[KindOutcome]:
        """What was measured of one kind of error, for each seed."""
        return [one.kinds[kind] for one in self.outcomes]

    @property
    def kinds(self) -> list[str]:
        """The kinds of errors."""
        return list(self.outcomes[0].kinds)


def record(runs: Sequence[GivenRun], folder: Path) -> None:
    """Add runs to those recorded before, and write all tables anew."""
    new = {run.name: run for run in runs}
    known = joined(folder / "given.json", new, dict[str, GivenRun])
    (folder / "given.md").write_text("\n".join([HEAD, *tables(list(known.values()))]), "utf-8")


def tables(runs: Sequence[GivenRun]) -> list[str]:
    """All runs at a glance, then each detector."""
    runs = sorted(runs, key=lambda run: run.detector)  # and as they were measured
    parts = ["## At a glance\n", summary(runs)]
    for detector, group in groupby(runs, key=lambda run: run.detector):
        mine = sorted(group, key=lambda run: run.file)
        parts += [f"## {detector}, {mine[0].data}\n", _facts(mine), doubts(mine), _rankings(mine)]
        parts += [_behind(mine), _samples(mine), _footer(mine)]
    return parts


def summary(runs: Sequence[GivenRun]) -> str:
    """A line for each file: how many of its figures are good."""
    rows = []
    for (detector, file), group in groupby(
        sorted(runs, key=lambda run: (run.detector, run.file)), lambda run: (run.detector, run.file)
    ):
        mine = list(group)
        rows.append(
            (
                f"{detector}, {file}",
                _part_above(mine),
                _ahead(mine),
                _bounds(mine),
                *(_counted(mine, size) for size in (FEW, MANY)),
            )
        )
    titles = ("file", "labels above .5, as they stand", "ranked first", "bound holds")
    return (
        "Ranked first: kinds of errors, of all labels, of which our average precision is at least "
        "that of the best single piece of evidence, which is chosen with the errors known. Bound "
        "holds: kinds and seeds with no more errors than the report says at most, where it says "
        "so. By a sample: stated over real, and least coverage of the 95 % limits, of kinds with "
        "ten errors or more.\n\n"
        + grid((*titles, *(f"sample of {_words(size)}" for size in (FEW, MANY))), rows)
    )


def _part_above(runs: Sequence[GivenRun]) -> str:
    """Labels with any doubt above .5, of those in which nothing was done."""
    untouched = [one for run in runs if not _touched(run) for one in run.outcomes]
    if not untouched:
        return ""
    return f"{np.mean([one.kinds[ANY].doubts.sure / one.judged for one in untouched]):.1%}"


def _touched(run: GivenRun) -> bool:
    return any(one.doubts.errors for kind in run.kinds for one in run.of(kind))


def _ahead(runs: Sequence[GivenRun]) -> str:
    every = [comparison for run in runs for comparison in comparisons(run)]
    return f"{sum(one.gain >= 0 for one in every)} of {len(every)}"


def _bounds(runs: Sequence[GivenRun]) -> str:
    held = [
        one.doubts.errors <= one.doubts.bound
        for run in runs
        for kind in run.kinds
        for one in run.of(kind)
        if one.doubts.bound is not None
    ]
    return f"{sum(held)} of {len(held)}"


def _words(size: tuple[int, int]) -> str:
    return f"{size[0]} labels or {size[1]} images"


def _size(kind: str, size: tuple[int, int]) -> str:
    """Of a sample for one kind of error."""
    return str(size[kind == MISSING_BOX])


def _counted(runs: Sequence[GivenRun], size: tuple[int, int]) -> str:
    """Stated over real, least to most, and the least coverage."""
    every = [
        (mean.stated / _errors(found), mean.coverage)
        for run in runs
        for kind in run.kinds
        if (found := _sampled(run, kind, _size(kind, size))) and _errors(found)
        for mean in [_mean_sampled(found, _size(kind, size))]
    ]
    if not every:
        return ""
    ratio, coverage = zip(*every, strict=True)
    return f"{min(ratio):.2f} to {max(ratio):.2f}; {min(coverage):.2f}"


def _sampled(run: GivenRun, kind: str, size: str) -> list[KindOutcome]:
    return [one for one in run.of(kind) if size in one.sampled]


def _errors(outcomes: Sequence[KindOutcome]) -> float:
    return float(np.mean([one.doubts.errors for one in outcomes]))


def _mean_sampled(outcomes: Sequence[KindOutcome], size: str) -> Sampled:
    every = [one.sampled[size] for one in outcomes]
    honest = [one.honest for one in every if one.honest is not None]
    return Sampled(
        float(np.mean([one.stated for one in every])),
        float(np.mean(honest)) if honest else None,
        float(np.mean([one.coverage for one in every])),
        float(np.mean([one.sure for one in every])),
        float(np.mean([one.real for one in every])),
    )


@dataclass(frozen=True)
class Comparison:
    """Our ranking of one kind of error beside the best single evidence and the best baseline."""

    kind: str
    ours: float  # average precision, mean over the seeds
    evidence: str
    evidence_ap: float
    baseline: str
    baseline_ap: float
    gains: list[float]  # of ours over the evidence, by seed

    @property
    def gain(self) -> float:
        """Average precision of ours over that of the best evidence."""
        return self.ours - self.evidence_ap


def comparisons(run: GivenRun) -> list[Comparison]:
    """Every kind of error of which there are enough, in all seeds that have these."""
    found = []
    for kind in run.kinds:
        outcomes = [one for one in run.of(kind) if one.ours is not None]
        if not outcomes:
            continue
        evidence, baseline = (
            _best([one.evidence for one in outcomes]),
            _best([one.baselines for one in outcomes]),
        )
        ours = [one.ours for one in outcomes if one.ours is not None]
        gains = [mine - one.evidence[evidence[0]] for mine, one in zip(ours, outcomes, strict=True)]
        found.append(Comparison(kind, float(np.mean(ours)), *evidence, *baseline, gains))
    return found


def _best(precisions: Sequence[Mapping[str, float]]) -> tuple[str, float]:
    """The name with the best mean, and that mean."""
    means = {name: float(np.mean([one[name] for one in precisions])) for name in precisions[0]}
    return max(means.items(), key=lambda item: item[1])


def _facts(runs: Sequence[GivenRun]) -> str:
    first = runs[0].outcomes[0]
    cpu = [one.cpu_s for run in runs for one in run.outcomes]
    return (
        f"{first.images} images. Judging all labels took {min(cpu):.0f} to {max(cpu):.0f} CPU "
        "seconds.\n"
    )


def doubts(runs: Sequence[GivenRun]) -> str:
    """What doubts add up to, without a person's word."""
    rows = [
        (
            f"{run.file}, {run.labels}",
            f"{np.mean([one.judged for one in run.outcomes]):.0f}",
            *(_doubt(run.of(kind)) for kind in run.kinds),
        )
        for run in runs
    ]
    titles = [kind.replace("_", " ") for kind in runs[0].kinds]
    return (
        "Doubts: their sum / real errors; how many are above .5 (and errors). Bold: of how many "
        "seeds the bound is broken.\n\n" + grid(("file, labels", "judged", *titles), rows)
    )


def _doubt(outcomes: Sequence[KindOutcome]) -> str:
    every = [one.doubts for one in outcomes]
    stated, errors, sure, real = (
        float(np.mean(values))
        for values in zip(*((a.stated, a.errors, a.sure, a.real) for a in every), strict=True)
    )
    broken = sum(one.bound is not None and one.errors > one.bound for one in every)
    said = f" **{broken} of {len(every)}**" if broken else ""
    return f"{stated:.1f} / {errors:.0f}; {sure:.1f} ({real:.1f}){said}"


def _rankings(runs: Sequence[GivenRun]) -> str:
    """Average precision of every kind with errors."""
    rows = []
    for run in runs:
        by_kind = {one.kind: one for one in comparisons(run)}
        if by_kind:
            cells = [_ranked(by_kind[kind]) if kind in by_kind else "" for kind in run.kinds]
            rows.append((f"{run.file}, {run.labels}", *cells))
    if not rows:
        return ""
    titles = [kind.replace("_", " ") for kind in runs[0].kinds]
    return (
        "Average precision: ours / best single evidence / best baseline; bold where one of these "
        "is ahead.\n\n" + grid(("file, labels", *titles), rows)
    )


def _ranked(one: Comparison) -> str:
    others = [one.evidence_ap, one.baseline_ap]
    cells = [f"**{value:.3f}**" if value > one.ours else f"{value:.3f}" for value in others]
    return " / ".join([f"{one.ours:.3f}", *cells])


def _behind(runs: Sequence[GivenRun]) -> str:
    """Where a single piece of evidence is ahead."""
    rows = [
        (
            f"{run.file}, {run.labels}",
            one.kind.replace("_", " "),
            f"{one.ours:.3f}",
            one.evidence,
            f"{one.evidence_ap:.3f}",
            f"{min(one.gains):+.3f} to {max(one.gains):+.3f}",
        )
        for run in runs
        for one in comparisons(run)
        if one.gain < 0
    ]
    titles = ("file, labels", "kind", "ours", "evidence ahead", "its AP", "gain, over the seeds")
    return grid(titles, rows) if rows else ""


def _samples(runs: Sequence[GivenRun]) -> str:
    """What becomes of doubts by a judged sample."""
    rows = []
    for run in runs:
        for kind in run.kinds:
            sizes = [_size(kind, size) for size in (FEW, MANY)]
            if found := _sampled(run, kind, sizes[0]):
                cells = [cell for size in sizes for cell in _sample(found, size)]
                name = f"{run.file}, {run.labels}"
                rows.append((name, kind.replace("_", " "), f"{_errors(found):.0f}", *cells))
    titles = [
        f"{title}, {size}"
        for size in ("few", "many")
        for title in ("stated", "honest", "coverage", "above .5")
    ]
    return (
        f"By a judged sample, {runs[0].samples} for each seed; few: {_words(FEW)}, many: "
        f"{_words(MANY)}. What is stated; the share of samples that state .7 to 1.4 times the real "
        "count; the share of which the 95 % limits hold it; what is above .5 and nobody judged "
        "(and errors among it).\n\n" + grid(("file, labels", "kind", "real", *titles), rows)
    )


def _sample(outcomes: Sequence[KindOutcome], size: str) -> tuple[str, str, str, str]:
    one = _mean_sampled(outcomes, size)
    honest = "" if one.honest is None else f"{one.honest:.2f}"
    stated, above = f"{one.stated:.1f}", f"{one.sure:.1f} ({one.real:.1f})"
    return stated, honest, f"{one.coverage:.2f}", above


def _footer(runs: Sequence[GivenRun]) -> str:
    """Seeds, and what the runs were measured on: the last of them, where they differ."""
    last = max(runs, key=lambda run: run.date)
    seeds = ", ".join(str(one.seed) for one in last.outcomes)
    return f"Seeds {seeds}. {footer(last.date, last.machine, last.versions)}"
