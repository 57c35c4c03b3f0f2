"""Gradient boosting over features that are put into bins first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from labelaudit.core.columns import Bools, Floats, Selection

Bins: TypeAlias = NDArray[np.uint8]

BINS = 64
"""Of each feature, at most."""

SLICE = 1 << 14
"""Examples judged in one go: each tree looks at all of them, so they should stay in the cache."""


@dataclass(frozen=True)
class BinnedFeatures:
    """Features of examples, as they are and in bins."""

    values: Floats  # (n, f) finite
    bins: Bins  # (n, f) number of the bin, below `BINS`

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, which: Selection) -> BinnedFeatures:
        """The rows in `which`: a mask or row numbers."""
        return BinnedFeatures(self.values[which], self.bins[which])

    @staticmethod
    def concat(parts: Sequence[BinnedFeatures]) -> BinnedFeatures:
        """The rows of all parts, which were cut in the same places."""
        return BinnedFeatures(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.bins for part in parts]),
        )


Model: TypeAlias = Callable[[BinnedFeatures], Floats]
"""From features (n, f) to probabilities (n,)."""


@dataclass(frozen=True)
class BinEdges:
    """Where features are cut into bins, equally many examples in each.

    All models of a run are fitted with the same bins. scikit-learn would make its own for each, and
    weighs each quantile of each column on its own where examples have weights, which takes five
    times as long as all trees together.
    """

    edges: tuple[Floats, ...]  # f of them, ascending

    @staticmethod
    def of(examples: Floats) -> BinEdges:
        """The cuts for columns like those of these examples, (n, f); none without any."""
        if not len(examples):
            return BinEdges((np.zeros(0),) * examples.shape[1])
        shares = np.linspace(0, 1, BINS)[1:-1]
        return BinEdges(tuple(np.unique(np.quantile(column, shares)) for column in examples.T))

    def binned(self, values: Floats) -> BinnedFeatures:
        """Features (n, f) with their bins."""
        bins = np.empty(values.shape, np.uint8)
        for number, edge in enumerate(self.edges):
            bins[:, number] = np.searchsorted(edge, values[:, number])
        return BinnedFeatures(values, bins)


def boosted(
    features: BinnedFeatures,
    truth: Bools,
    weight: Floats,
    directions: Sequence[int],
    *,
    leaves: int,
) -> Model:
    """Boosted trees of the probability that an example is true.

    Forty small trees with a large step rank errors as well as more trees with a smaller one
    (docs/method.md, section 7).

    Parameters
    ----------
    features:
        (n, f)
    truth:
        (n,)
    weight:
        (n,) about 1 on average.
    directions:
        (f,) 1: the probability may only rise with the feature; 0: as it likes.
    leaves:
        of each tree.
    """
    trees = HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.17,
        max_leaf_nodes=leaves,
        max_bins=BINS,
        min_samples_leaf=40,
        l2_regularization=2.0,
        monotonic_cst=list(directions),
        early_stopping=False,
    )
    trees.fit(features.bins, truth, sample_weight=weight)

    def probability(unseen: BinnedFeatures) -> Floats:
        parts = [
            trees.predict_proba(unseen.bins[start : start + SLICE])[:, 1]
            for start in range(0, len(unseen), SLICE)
        ]
        return np.concatenate([np.zeros(0), *parts])

    return probability


def regressed(features: BinnedFeatures, truth: Bools, weight: Floats, *, freedom: float) -> Model:
    """A logistic regression on standardised features.

    Parameters
    ----------
    features:
        (n, f)
    truth:
        (n,)
    weight:
        (n,) about 1 on average.
    freedom:
        the inverse of the penalty on its coefficients.
    """
    scale = StandardScaler()
    line = LogisticRegression(C=freedom, max_iter=500)
    line.fit(scale.fit_transform(features.values), truth, sample_weight=weight)
    # As one product with features as they are: to standardise very many would copy them.
    slope = line.coef_[0] / scale.scale_
    start = line.intercept_[0] - slope @ scale.mean_

    def probability(unseen: BinnedFeatures) -> Floats:
        found: Floats = expit(unseen.values @ slope + start)
        return found

    return probability
