"""What differs between networks, with an interval: from runs of several seeds on drawn images.

A difference is uncertain for two reasons that add up: a network comes out differently with every
seed, and other held-out images would have been easier or harder. The first is told by how seeds
differ: with few seeds this is pooled over everything that was compared, as in an analysis of
variance of randomised blocks. The second is told by drawing the held-out images again, the same
ones for both sides of a difference. What is not in the interval: which images were learned from,
and that held-out images of other places or times are of another kind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats

SURE = 0.95
"""How often intervals hold the true value."""


@dataclass(frozen=True)
class Interval:
    """A value and the interval that holds the true one 95 of 100 times; NaN where unknown."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True, eq=False)
class Runs:
    """A figure of networks that learned several things with the same seeds."""

    values: Floats  # (k, s) of thing and seed, on the held-out images as they are
    drawn: Floats  # (k, s, w) the same on drawn images
    groups: int  # of held-out images that are drawn together

    def contrast(self, coefficients: Floats) -> Interval:
        """A sum of the means of things, each times its coefficient, with its interval.

        Source: the degrees of freedom are Satterthwaite's, "An approximate distribution of
        estimates of variance components", 1946, equation 17.

        Parameters
        ----------
        coefficients: (k,); 1 and -1 for a difference.
        """
        value = float(coefficients @ self.values.mean(axis=1))
        drawn = np.tensordot(coefficients, self.drawn.mean(axis=1), axes=1)
        drawn = drawn[np.isfinite(drawn)]  # a set of images may have nothing of a rare class
        if not np.isfinite(value) or len(drawn) < 2:
            return Interval(value, np.nan, np.nan)
        images = float(drawn.var(ddof=1))
        seeds = self.seed_variance * float((coefficients**2).sum()) / self.values.shape[1]
        parts = [(images, self.groups - 1), (seeds, self.seed_freedom)]
        parts = [(variance, freedom) for variance, freedom in parts if freedom > 0]
        total = sum(variance for variance, _ in parts)
        if total <= 0:
            return Interval(value, value, value)
        freedom = total**2 / sum(variance**2 / freedom for variance, freedom in parts)
        from scipy.special import stdtrit  # noqa: PLC0415  # comes with scikit-learn

        reach = float(stdtrit(freedom, (1 + SURE) / 2)) * total**0.5
        return Interval(value, value - reach, value + reach)

    @property
    def seed_freedom(self) -> int:
        """How many differences between seeds the variance is taken from."""
        things, seeds = len(self.values), len(self.values.T)
        return (max(things, 2) - 1) * (seeds - 1)

    @property
    def seed_variance(self) -> float:
        """The variance of a run that its seed makes, beyond what all runs of a seed share.

        0 where there is one seed: then no interval can hold it.
        """
        if self.seed_freedom < 1:
            return 0.0
        rest = self.values - self.values.mean(axis=1, keepdims=True)
        if len(self.values) > 1:
            rest = rest - rest.mean(axis=0, keepdims=True)
        return float((rest**2).sum() / self.seed_freedom)
