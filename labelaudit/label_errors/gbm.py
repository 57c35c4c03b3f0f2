"""Gradient boosting over columns that are put into bins first."""

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

SLICE = 1 << 14
"""Examples judged in one go: each tree looks at all of them, so they should stay in the cache."""


@dataclass(frozen=True)
class Columns:
    """Evidence on examples, as it is and in bins."""

    values: Floats  # (n, f) finite
    bins: Bins  # (n, f)

    def __len__(self) -> int:
        return len(self.values)

    def rows(self, which: Selection) -> Columns:
        """The rows in `which`: a mask or row numbers."""
        return Columns(self.values[which], self.bins[which])

    @staticmethod
    def concat(parts: Sequence[Columns]) -> Columns:
        """The rows of all parts, which were cut in the same places."""
        return Columns(
            np.concatenate([part.values for part in parts]),
            np.concatenate([part.bins for part in parts]),
        )


Model: TypeAlias = Callable[[Columns], Floats]
"""From columns (n, f) to probabilities (n,)."""


@dataclass(frozen=True)
class Cuts:
    """Where columns are cut into bins, equally many examples in each.

    All models of a run are fitted with the same bins. scikit-learn would make its own for each, and
    weighs each quantile of each column on its own where examples have weights, which takes five
    times as long as all trees together.
    """

    edges: tuple[Floats, ...]  # f of them, ascending

    @staticmethod
    def of(examples: Floats) -> Cuts:
        """The cuts for columns like those of these examples, (n, f); none without any."""
        if not len(examples):
            return Cuts((np.zeros(0),) * examples.shape[1])
        shares = np.linspace(0, 1, BINS)[1:-1]
        return Cuts(tuple(np.unique(np.quantile(column, shares)) for column in examples.T))

    def columns(self, values: Floats) -> Columns:
        """Columns (n, f) with their bins."""
        bins = np.empty(values.shape, np.uint8)
        for number, edge in enumerate(self.edges):
            bins[:, number] = np.searchsorted(edge, values[:, number])
        return Columns(values, bins)


def boosted(
    columns: Columns, truth: Bools, weight: Floats, directions: Sequence[int], *, leaves: int
) -> Model:
    """Boosted trees of the probability that an example is true.

    Forty trees of six or eight leaves rank errors as well as sixty that learn more slowly (blood
    cells and digits, noise A and B: average precision of any error within .001), and as the hundred
    of fifteen of which the figures in DISAGREEMENT are.

    Parameters
    ----------
    columns:
        (n, f)
    truth:
        (n,)
    weight:
        (n,) about 1 on average.
    directions:
        (f,) 1: the probability may only rise with the column; 0: as it likes.
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
    trees.fit(columns.bins, truth, sample_weight=weight)

    def probability(unseen: Columns) -> Floats:
        parts = [
            trees.predict_proba(unseen.bins[start : start + SLICE])[:, 1]
            for start in range(0, len(unseen), SLICE)
        ]
        return np.concatenate([np.zeros(0), *parts])

    return probability


def regressed(columns: Columns, truth: Bools, weight: Floats, *, freedom: float) -> Model:
    """A logistic regression on standardised columns; `freedom` is the inverse of its penalty."""
    scale = StandardScaler()
    line = LogisticRegression(C=freedom, max_iter=500)
    line.fit(scale.fit_transform(columns.values), truth, sample_weight=weight)
    # As one product with columns as they are: to standardise very many would copy them.
    slope = line.coef_[0] / scale.scale_
    start = line.intercept_[0] - slope @ scale.mean_

    def probability(unseen: Columns) -> Floats:
        found: Floats = expit(unseen.values @ slope + start)
        return found

    return probability
