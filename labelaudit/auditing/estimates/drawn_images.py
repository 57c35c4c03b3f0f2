"""How much there is in all images, by some that were drawn with equal chances.

The ratio estimator of a simple random sample of clusters, which are images: Cochran, Sampling
Techniques, 3rd edition, 1977, section 6.3 and, for its variance, equation 6.13.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Bools, Floats

Z = 1.959964
"""Standard deviations to either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Total:
    """A number, with 95 % limits."""

    expected: float
    low: float
    high: float


def total(expected: Floats, spread: Floats, size: Floats, drawn: Bools) -> Total:
    """How many errors there are in all images.

    Parameters
    ----------
    expected:
        errors in each image, (n,): the sum of their probabilities p. Only those of drawn images are
        looked at.
    spread:
        the variance of that number in each image, (n,): the sum of p (1 - p).
    size:
        what could be wrong in each image, (n,), boxes say.
    drawn:
        which images were drawn, (n,); all where each was looked at.

    Examples
    --------
    >>> total(np.array([1.0, 3, 0, 0]), np.zeros(4), np.ones(4), np.array([1, 1, 0, 0], bool))
    Total(expected=8.0, low=2.456..., high=13.543...)
    """
    count, every = int(np.count_nonzero(drawn)), len(drawn)
    known, all_sizes = size[drawn], float(size.sum())
    if not count or not known.sum():
        return Total(0.0, 0.0, 0.0)
    errors = expected[drawn]
    ratio = float(errors.sum() / known.sum())
    off = errors - ratio * known
    between = every**2 * (1 - count / every) / count * float((off**2).sum()) / max(count - 1, 1)
    within = every / count * float(spread[drawn].sum())
    middle, side = ratio * all_sizes, Z * (between + within) ** 0.5
    return Total(middle, max(middle - side, 0.0), middle + side)
