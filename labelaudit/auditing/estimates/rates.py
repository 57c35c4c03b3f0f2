"""How often boxes are wrong in each group of them, with limits that hold for small groups, too."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows

SURENESS = 0.95
"""Of limits."""

STEPS = 60
"""Halvings of [0, 1] that a limit is searched by: more than double precision can tell apart."""


@dataclass(frozen=True)
class GroupRate:
    """A group of boxes that are wrong more often than all boxes together."""

    name: str
    boxes: int
    errors: float  # expected among them
    rate: float  # errors by boxes
    low: float  # 95 % limits of the rate
    high: float


def standing_out(
    names: Sequence[str], group: Rows | Ints, image: Rows, wrong: Floats, *, most: int
) -> tuple[GroupRate, ...]:
    """The groups whose boxes are wrong more often than all boxes, surest first.

    The order is that of the lower limit of the rate, so that a small group does not come first
    by chance; a group is left out where its lower limit, taken for all groups at once (Bonferroni),
    is not above the rate of all boxes. Errors that stand together in few images count for less:
    limits are those of as many independent boxes as the spread between images is worth.

    Parameters
    ----------
    names:
        (g,) of the groups.
    group:
        (b,) index in `names` of each box; MISSING if it is in none.
    image:
        (b,) row in Images; MISSING if there is none.
    wrong:
        (b,) in [0, 1] how probable it is that each box is wrong.
    most:
        groups that are returned.

    Source
    ------
    Clopper and Pearson, Biometrika 26, 1934; the effective number of boxes as in Korn and
    Graubard, "Confidence intervals for proportions with small expected number of positive counts
    estimated from survey data", Survey Methodology 24, 1998.
    """
    known = group != MISSING
    boxes = np.bincount(group[known], minlength=len(names))
    errors = np.bincount(group[known], wrong[known], minlength=len(names))
    several = int(np.count_nonzero(boxes))
    if several < 2 or not errors.any():
        return ()
    all_boxes = float(errors.sum() / boxes.sum())
    tail = (1 - SURENESS) / 2
    # Independent boxes would say more: what does not stand out by these needs no closer look.
    likely = np.flatnonzero(_is_above(errors, boxes, all_boxes, tail / several))
    independent = np.array([_independent(image, wrong, group == row) for row in likely.tolist()])
    rate = errors[likely] / boxes[likely]
    passed = _is_above(rate * independent, independent, all_boxes, tail / several)
    likely, independent, rate = likely[passed], independent[passed], rate[passed]
    low = lower_limit(rate * independent, independent, tail)
    high = upper_limit(rate * independent, independent, tail)
    best = np.lexsort((likely, -low))
    return tuple(
        GroupRate(
            names[likely[row]],
            int(boxes[likely[row]]),
            float(errors[likely[row]]),
            float(rate[row]),
            float(low[row]),
            float(high[row]),
        )
        for row in best[:most].tolist()
    )


def _independent(image: Rows, wrong: Floats, here: Bools) -> float:
    """How many independent boxes those of a group are worth, by how they differ between images."""
    rows, at = np.unique(image[here], return_inverse=True)
    per_image, total = len(rows), int(np.count_nonzero(here))
    boxes, errors = np.bincount(at), np.bincount(at, wrong[here])
    rate = float(errors.sum()) / total
    if per_image < 2 or rate >= 1:
        return float(per_image)
    spread = per_image / (per_image - 1) * float(((errors - rate * boxes) ** 2).sum())
    if spread <= 0:
        return float(total)
    return min(float(total), rate * (1 - rate) * total**3 / (total - 1) / spread)


def _is_above(errors: Floats | Ints, boxes: Floats | Ints, rate: float, tail: float) -> Bools:
    """Which lower limits, (n,), are above a rate; without working them out, which takes longer."""
    right = np.maximum(boxes - errors, 0) + 1
    pairs = zip(errors.tolist(), right.tolist(), strict=True)
    return np.array([one > 0 and beta_share(one, other, rate) < tail for one, other in pairs], bool)


def lower_limit(errors: Floats, boxes: Floats | Ints, tail: float) -> Floats:
    """The lower limit of a rate, (n,): exact for independent boxes; 0 without an error.

    Parameters
    ----------
    errors, boxes:
        (n,) how many there are; need not be whole.
    tail:
        probability that is left below.
    """
    found = _quantile(np.maximum(errors, 1e-12), np.maximum(boxes - errors, 0) + 1, tail)
    return np.where(errors > 0, found, 0.0)


def upper_limit(errors: Floats, boxes: Floats | Ints, tail: float) -> Floats:
    """As `lower_limit`, with `tail` left above; 1 where all are wrong.

    Parameters
    ----------
    errors, boxes, tail:
        as in `lower_limit`.
    """
    right = np.maximum(boxes - errors, 0)
    found = _quantile(errors + 1, np.maximum(right, 1e-12), 1 - tail)
    return np.where(right > 0, found, 1.0)


def _quantile(a: Floats, b: Floats, share: float) -> Floats:
    """Where beta distributions, (n,), have `share` below; scipy loads too slowly for a scan."""
    low, high = np.zeros(len(a)), np.ones(len(a))
    for _ in range(STEPS):
        middle = (low + high) / 2
        below = np.array([beta_share(*one) for one in zip(a, b, middle, strict=True)]) < share
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    return (low + high) / 2


def beta_share(a: float, b: float, x: float) -> float:
    """The regularised incomplete beta function: what a beta distribution has below x.

    By its continued fraction (Lentz's method; Press et al., Numerical Recipes, section 6.4).

    Parameters
    ----------
    a, b:
        the parameters of the distribution, above 0.
    x:
        in [0, 1].

    >>> round(beta_share(2.0, 3.0, 0.5), 4)
    0.6875
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_share(b, a, 1 - x)
    scale = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(scale + a * math.log(x) + b * math.log1p(-x)) / a
    above, below = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    fraction = below
    for step in range(1, 10_000):
        for term in (
            step * (b - step) * x / ((a + 2 * step - 1) * (a + 2 * step)),
            -(a + step) * (a + b + step) * x / ((a + 2 * step) * (a + 2 * step + 1)),
        ):
            below = 1 / _not_zero(1 + term * below)
            above = _not_zero(1 + term / above)
            fraction *= below * above
        if abs(below * above - 1) < 1e-14:
            break
    return front * fraction


def _not_zero(value: float) -> float:
    return value if abs(value) > 1e-300 else 1e-300
