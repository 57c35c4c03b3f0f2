"""Objects that are missing in heaps: how often the limits of a count by judged images hold.

A table of `python -m benchmarks.label_errors.anchoring`. Objects are missing in some images only,
many in each; a model guesses the same number for each image, or has a good idea of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from benchmarks.label_errors.tables import grid
from labelaudit.core.columns import Floats, Rows
from labelaudit.label_errors.prediction_powered import ONE_SIDE, prediction_powered_mean

IMAGE_SIZES = (20, 40)
PLAIN, SKEWED = "Student's t", "with Hall's transformation"

SHARE_GUESSED, GUESS_NOISE = 0.6, 0.3
"""A good guess: this part of the missing objects, and up to so many that are none."""


@dataclass(frozen=True)
class Heaps:
    """Images of one kind and samples of one size."""

    images: int
    with_missing: int
    missing: int
    guess: str
    size: int
    limits: dict[str, tuple[float, float]]  # by `PLAIN` or `SKEWED`: coverage, median width


POPULATIONS = ((59, 59, 29), (59, 14, 50), (59, 24, 231), (182, 15, 215), (182, 73, 1000))
"""Images, those with missing objects, and how many are missing: as in the probes of
docs/method.md, section 14, and as the red cells that nobody marked in 15 images of BCCD."""

GUESSES: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    "none": lambda missing, _: np.zeros(len(missing)),
    "good": lambda missing, rng: SHARE_GUESSED * missing + GUESS_NOISE * rng.random(len(missing)),
}


def heaps(repetitions: int, rng: np.random.Generator) -> list[Heaps]:
    """Limits of samples from images of all kinds, of each as many sets."""
    return [
        _measured(population, guess, size, repetitions, rng)
        for population in POPULATIONS
        for guess in GUESSES
        for size in IMAGE_SIZES
    ]


def _measured(
    population: tuple[int, int, int],
    guess: str,
    size: int,
    repetitions: int,
    rng: np.random.Generator,
) -> Heaps:
    images, heaped, missing = population
    ends: dict[str, list[tuple[float, float]]] = {name: [] for name in LIMITS}
    for _ in range(repetitions):
        true = np.zeros(images)
        true[:heaped] = rng.multinomial(missing, rng.dirichlet(np.ones(heaped)))
        guessed = GUESSES[guess](true, rng)
        judged = rng.permutation(images)[:size]
        for name, pairs in ends.items():
            pairs.append(LIMITS[name](guessed, judged, true))
    return Heaps(
        images,
        heaped,
        missing,
        guess,
        size,
        {
            name: (
                float(np.mean([low <= missing <= high for low, high in pairs])),
                float(np.median([(high - low) / missing for low, high in pairs])),
            )
            for name, pairs in ends.items()
        },
    )


def _skewed(guessed: Floats, judged: Rows, true: Floats) -> tuple[float, float]:
    """Limits of a count as the second opinion states them."""
    _, low, high = prediction_powered_mean(
        float(guessed.mean()), guessed[judged], true[judged], len(true)
    )
    return low * len(true), high * len(true)


def _plain(guessed: Floats, judged: Rows, true: Floats) -> tuple[float, float]:
    """The same of Student's t alone."""
    off, part = true[judged] - guessed[judged], len(judged) / len(true)
    quantile = float(stdtrit(len(judged) - 1, ONE_SIDE))
    half = quantile * float(off.std(ddof=1)) * ((1 - part) / len(judged)) ** 0.5
    mean = float(guessed.mean() + off.mean())
    return (mean - half) * len(true), (mean + half) * len(true)


LIMITS = {PLAIN: _plain, SKEWED: _skewed}


def heaps_table(rows: list[Heaps]) -> str:
    """Every kind of sample, a line each, and how far coverage goes."""
    cells = [
        (
            f"{one.missing} in {one.with_missing} of {one.images} images",
            one.guess,
            str(one.size),
            *("{:.3f}, {:.1f}".format(*one.limits[name]) for name in (PLAIN, SKEWED)),
        )
        for one in rows
    ]
    held = {name: [one.limits[name][0] for one in rows] for name in (PLAIN, SKEWED)}
    ends = (f"{min(held[name]):.3f} to {max(held[name]):.3f}" for name in (PLAIN, SKEWED))
    return grid(
        ("heaps", "guess", "images judged", PLAIN, SKEWED),
        [*cells, ("least to most", "", "", *ends)],
    )
