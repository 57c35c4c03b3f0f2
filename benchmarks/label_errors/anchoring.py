"""Measures how often the limits of an anchored count hold the true one, in simulations.

Run `python -m benchmarks.label_errors.anchoring` from the root of the repository. The tables go to
`benchmarks/results`. Labels are wrong with a probability whose logit is a line in that of their
doubt. With a slope of 1, doubts are shifted alike and `anchored` is exact; with less, they are
surer than they may be, as those of a weak detector are.
"""

from __future__ import annotations

import argparse
import datetime
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from scipy.special import expit

from benchmarks.label_errors.heaps import Heaps, heaps, heaps_table
from benchmarks.label_errors.tables import footer, grid
from benchmarks.machine import Machine, this_machine, versions
from labelaudit.core.columns import Floats, Ints
from labelaudit.label_errors.anchoring import anchored, profile_limits
from labelaudit.label_errors.prediction_powered import prediction_powered_mean

RESULTS = Path(__file__).parents[1] / "results"
PACKAGES = ("labelaudit", "numpy", "scipy")

SLOPES = (1.0, 0.5, 0.25)
INTERCEPTS = (-6.0, -4.0, -2.5)
"""Of the logit of the true probability, against that of the doubt plus `TOO_SURE`."""

SIZES = (100, 200)
LABELS = 3000
SPREAD, TOO_SURE = 2.0, -1.0
"""Standard deviation and mean of the logits of doubts."""

TITLES = {
    "profile": "profile likelihood",
    "powered": "prediction-powered",
    "either": "both, as `anchored`",
}

HEAD = """\
# Counts of errors from a judged sample, simulated

Written by `python -m benchmarks.label_errors.anchoring`; do not edit. Labels are wrong with a
probability whose logit is a line in that of their doubt, of this slope: doubts of a slope below 1
are surer than they may be. Coverage is the share of samples whose 95 % limits hold the true count;
width is the median distance of the limits, in true counts; "stated / real" is the sum of the
anchored probabilities over that of all samples.
"""

HEAPS = """
## Missing objects in heaps

Images are judged, and what is missing in them is counted. The model guesses nothing, or has a good
idea of each image. Coverage, width, as above, of prediction-powered limits.
"""


@dataclass(frozen=True)
class Limits:
    """What limits of one kind did in all samples."""

    coverage: float
    width: float  # median, as a multiple of the true count


@dataclass(frozen=True)
class Cell:
    """Samples of one size from labels of one kind."""

    slope: float
    intercept: float
    size: int
    real: float  # mean number of labels that are wrong
    stated: float  # mean number that is stated
    limits: dict[str, Limits]  # by a key of `TITLES`


@dataclass(frozen=True)
class Simulation:
    """All that was measured, and on what."""

    date: str
    machine: Machine
    versions: dict[str, str]
    labels: int
    repetitions: int
    seed: int
    cells: list[Cell]
    heaps: list[Heaps]  # of images with missing objects


def main(arguments: Sequence[str] | None = None) -> None:
    """Simulate and record."""
    parser = argparse.ArgumentParser(prog="anchoring", description=__doc__.split("\n")[0])
    parser.add_argument("--repetitions", type=int, default=1000, help="samples of each kind")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--results", type=Path, default=RESULTS, help="where the tables go")
    options = parser.parse_args(arguments)
    rng = np.random.default_rng(options.seed)
    cells = [
        cell(slope, intercept, size, options.repetitions, rng)
        for slope in SLOPES
        for intercept in INTERCEPTS
        for size in SIZES
    ]
    record(
        Simulation(
            datetime.datetime.now(tz=datetime.UTC).date().isoformat(),
            this_machine(),
            versions(Path(sys.executable), PACKAGES),
            LABELS,
            options.repetitions,
            options.seed,
            cells,
            heaps(options.repetitions, rng),
        ),
        options.results,
    )


def cell(
    slope: float, intercept: float, size: int, repetitions: int, rng: np.random.Generator
) -> Cell:
    """What limits do in samples from as many sets of labels.

    Parameters
    ----------
    slope, intercept:
        of the logit of the probability to be wrong.
    size:
        labels that are judged.
    repetitions:
        how many sets of labels are drawn, with a sample of each.
    rng:
        the generator of every choice.
    """
    drawn = [_sample(slope, intercept, size, rng) for _ in range(repetitions)]
    real, stated = (np.array(column) for column in zip(*((a, b) for a, b, _ in drawn), strict=True))
    ends = {name: np.array([limits[name] for _, _, limits in drawn]) for name in TITLES}
    return Cell(
        slope,
        intercept,
        size,
        float(real.mean()),
        float(stated.mean()),
        {name: _limits(one, real) for name, one in ends.items()},
    )


def _limits(ends: Floats, real: Ints) -> Limits:
    """How good limits (samples, 2) were of the true counts, (samples,)."""
    low, high = ends.T
    held = (low <= real) & (real <= high)
    return Limits(float(held.mean()), float(np.median((high - low) / np.maximum(real, 1))))


def _sample(
    slope: float, intercept: float, size: int, rng: np.random.Generator
) -> tuple[int, float, dict[str, tuple[float, float]]]:
    """The true count of errors in one set of labels, what is stated, and limits by kind."""
    place = rng.normal(0, SPREAD, LABELS)
    wrong = rng.random(LABELS) < expit(intercept + slope * place)
    doubt, judged = expit(place + TOO_SURE), rng.permutation(LABELS)[:size]
    probability, count = anchored(doubt, judged, wrong[judged])
    _, low, high = prediction_powered_mean(
        float(probability.mean()), probability[judged], wrong[judged].astype(np.float64), LABELS
    )
    return (
        int(wrong.sum()),
        count.expected,
        {
            "profile": profile_limits(doubt, judged, wrong[judged]),
            "powered": (low * LABELS, high * LABELS),
            "either": (count.low, count.high),
        },
    )


def record(simulation: Simulation, folder: Path) -> None:
    """Write what was measured, and a table for people."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "anchoring.json"
    path.write_bytes(msgspec.json.format(msgspec.json.encode(simulation)) + b"\n")
    parts = [HEAD, table(simulation), HEAPS, heaps_table(simulation.heaps)]
    (folder / "anchoring.md").write_text("\n".join(parts), encoding="utf-8")


def table(simulation: Simulation) -> str:
    """Every kind of sample, a line each, and how far coverage goes."""
    rows = [
        (
            f"{one.slope:g}",
            f"{one.real:.0f}",
            str(one.size),
            f"{one.stated / one.real:.2f}",
            *(f"{one.limits[name].coverage:.3f}, {one.limits[name].width:.1f}" for name in TITLES),
        )
        for one in simulation.cells
    ]
    ends = ("", "", "", "", *(_extremes(simulation.cells, name) for name in TITLES))
    titles = ("slope", "wrong", "judged", "stated / real", *TITLES.values())
    return (
        f"Coverage, width; {simulation.labels:,} labels, {simulation.repetitions:,} samples a row."
        f"\n\n{grid(titles, [*rows, ('least to most', *ends[1:])])}\nSeed {simulation.seed}. "
        f"{footer(simulation.date, simulation.machine, simulation.versions)}"
    )


def _extremes(cells: Sequence[Cell], name: str) -> str:
    """The least and the most coverage of limits of one kind."""
    held = [one.limits[name].coverage for one in cells]
    return f"{min(held):.3f} to {max(held):.3f}"


if __name__ == "__main__":
    main()
