"""The two estimators of scikit-learn that are combined, over features that share their bins."""

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

from labelaudit.core.columns import Bools, Floats, Ints, Selection

Bins: TypeAlias = NDArray[np.uint8]

BINS = 64
"""Of each feature, at most (docs/method.md, section 7)."""

MAX_LEAF_NODES = 6
"""Of each tree (docs/method.md, section 7)."""

INVERSE_REGULARIZATION = 0.05
"""`C` of the logistic regression: that of the probe with oriented features (docs/method.md, section
4). It is small, so that features that say about the same share their weight."""

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

    def columns(self, which: Ints) -> BinnedFeatures:
        """The columns in `which`, ascending; these themselves if they are all."""
        if len(which) == self.values.shape[1]:
            return self
        return BinnedFeatures(self.values[:, which], self.bins[:, which])

    @staticmethod
    def concat(parts: Sequence[BinnedFeatures]) -> BinnedFeatures:
        """The rows of all parts, which were cut in the same places."""
        return BinnedFeatures(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.bins for part in parts]),
        )


PredictProba: TypeAlias = Callable[[BinnedFeatures], Floats]
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


def gradient_boosting(
    features: BinnedFeatures,
    truth: Bools,
    weight: Floats,
    monotonic_cst: Sequence[int],
    *,
    max_leaf_nodes: int,
) -> PredictProba:
    """Boosted trees of the probability that an example is true: `HistGradientBoostingClassifier`.

    Forty small trees with a large step rank errors as well as more trees with a smaller one; the
    other settings are those of the probe (docs/method.md, sections 4 and 7).

    Parameters
    ----------
    features:
        (n, f) of the examples.
    truth:
        (n,) which are true.
    weight:
        (n,) of each example, about 1 on average.
    monotonic_cst:
        (f,) 1: the probability may only rise with the feature; 0: as it likes.
    max_leaf_nodes:
        of each tree.
    """
    trees = HistGradientBoostingClassifier(
        max_iter=40,
        learning_rate=0.17,
        max_leaf_nodes=max_leaf_nodes,
        max_bins=BINS,
        min_samples_leaf=40,
        l2_regularization=2.0,
        monotonic_cst=list(monotonic_cst),
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


def logistic_regression(
    features: BinnedFeatures, truth: Bools, weight: Floats, *, inverse_regularization: float
) -> PredictProba:
    """A logistic regression on standardised features: `LogisticRegression`.

    Parameters
    ----------
    features, truth, weight:
        see `gradient_boosting`.
    inverse_regularization:
        `C` of scikit-learn: the smaller, the smaller the coefficients.
    """
    scale = StandardScaler()
    line = LogisticRegression(C=inverse_regularization, max_iter=500)
    line.fit(scale.fit_transform(features.values), truth, sample_weight=weight)
    # As one product with features as they are: to standardise very many would copy them.
    slope = line.coef_[0] / scale.scale_
    start = line.intercept_[0] - slope @ scale.mean_

    def probability(unseen: BinnedFeatures) -> Floats:
        found: Floats = expit(unseen.values @ slope + start)
        return found

    return probability


def fit(
    features: BinnedFeatures, wrong: Bools, weight: Floats, monotonic_cst: Sequence[int]
) -> PredictProba:
    """A model of the probability that an example is wrong: the geometric mean of two estimators.

    Parameters
    ----------
    features, weight, monotonic_cst:
        see `gradient_boosting`.
    wrong:
        (n,) which are wrong.
    """
    logistic = logistic_regression(
        features, wrong, weight, inverse_regularization=INVERSE_REGULARIZATION
    )
    trees = gradient_boosting(features, wrong, weight, monotonic_cst, max_leaf_nodes=MAX_LEAF_NODES)

    def probability(unseen: BinnedFeatures) -> Floats:
        mean: Floats = np.sqrt(logistic(unseen) * trees(unseen))
        return mean

    return probability
