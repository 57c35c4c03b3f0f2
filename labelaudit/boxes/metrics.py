"""How well scores rank what is right before what is wrong, and how true probabilities are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints, Rows
from labelaudit.core.table import Table, column


def average_precision(hit: Bools, score: Floats, total: int) -> float | None:
    """Mean, over all `total` hits, of the precision at the rank of each; 0 where it has none.

    Of equal scores the misses come first, so that a constant score earns nothing.

    Parameters
    ----------
    hit:
        (n,) which are right.
    score:
        (n,) larger is surer.
    total:
        hits, those that have no score included.

    Returns
    -------
    In [0, 1]; None where there is nothing to find.

    Source
    ------
    Manning, Raghavan and Schuetze, "Introduction to information retrieval", 2008, section 8.4,
    equation 8.8 for one query. Where all scores differ, it is what scikit-learn computes.

    Examples
    --------
    >>> average_precision(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]), 2)
    0.8333333333333333
    """
    if not total:
        return None
    order = np.lexsort((hit, -score))
    ranked = hit[order]
    return float(_precision(ranked)[ranked].sum() / total)


def interpolated_average_precision(hit: Bools, total: int) -> float:
    """The area under precision over recall, precision made to fall only; 0 without hits.

    Parameters
    ----------
    hit:
        (n,) which predictions find an object, the surest first; each object is found once.
    total:
        objects, those that no prediction finds included.

    Returns
    -------
    In [0, 1]; NaN where there is nothing to find.

    Source
    ------
    Everingham and Winn, "The Pascal visual object classes challenge 2010 development kit", section
    3.4.1.

    Examples
    --------
    >>> interpolated_average_precision(np.array([False, True, True]), 2)
    0.6666666666666666
    """
    if not total:
        return float("nan")
    best_from_here = np.maximum.accumulate(_precision(hit)[::-1])[::-1]
    return float((best_from_here * hit).sum() / total)


def _precision(hit: Bools) -> Floats:
    """The part of hits among the first 1, 2, 3 ... of a ranking, (n,)."""
    precision: Floats = np.cumsum(hit) / np.arange(1, len(hit) + 1)
    return precision


def average_precision_by_class(hit: Bools, label: Rows, score: Floats, total: Ints) -> Floats:
    """`interpolated_average_precision` of each class, (c,); NaN where it has no objects.

    Parameters
    ----------
    hit:
        (p,) which predictions find an object of their class.
    label, score:
        (p,) the class of each, below c, and how sure it is. Of equal scores the first comes first.
    total:
        (c,) how many objects of each class there are.
    """
    order = np.argsort(-score, kind="stable")
    # Surest first within each class: one sort, where a mask for each class would read all anew.
    order = order[np.argsort(label[order], kind="stable")]
    stops = np.cumsum(np.bincount(label, minlength=len(total)))
    precision = np.full(len(total), np.nan)
    for row in np.flatnonzero(total):
        mine = order[slice(stops[row - 1] if row else 0, stops[row])]
        precision[row] = interpolated_average_precision(hit[mine], total[row])
    return precision


@dataclass(frozen=True, eq=False, repr=False)
class ReliabilityBins(Table):
    """What was given about the same probability, and how often it came true."""

    low: Floats = column(np.float64, fill=np.nan)  # (b,) least probability, inclusive
    high: Floats = column(np.float64, fill=np.nan)  # (b,) up to the next; inclusive in the last
    size: Ints = column(np.int64, fill=0)  # (b,) how many, more than 0
    expected: Floats = column(np.float64, fill=np.nan)  # (b,) mean probability
    observed: Floats = column(np.float64, fill=np.nan)  # (b,) the part that came true


def reliability_bins(
    probability: Floats, came_true: Bools, edges: Sequence[float]
) -> ReliabilityBins:
    """Probabilities by their size, as a reliability diagram shows them; empty bins are left out.

    Parameters
    ----------
    probability:
        (n,) in [0, 1].
    came_true:
        (n,) whether that which was so probable is so.
    edges:
        (b + 1,) of the bins, ascending, from 0 to 1.
    """
    place = np.clip(np.searchsorted(edges, probability, side="right") - 1, 0, len(edges) - 2)
    size = np.bincount(place, minlength=len(edges) - 1)
    held = np.flatnonzero(size).tolist()
    return ReliabilityBins.of(
        len(held),
        low=[edges[row] for row in held],
        high=[edges[row + 1] for row in held],
        size=size[held],
        expected=[probability[place == row].mean() for row in held],
        observed=[came_true[place == row].mean() for row in held],
    )


def calibration_error(bins: ReliabilityBins) -> float:
    """Mean distance of the expected part from the observed one, over all that is in bins.

    0 where there is nothing.

    Source
    ------
    The expected calibration error (ECE) of Guo et al., "On calibration of modern neural networks",
    ICML 2017, equation 3, with bins of any width.

    Examples
    --------
    >>> probability, came_true = np.array([0.2, 0.4, 0.9]), np.array([False, True, True])
    >>> round(calibration_error(reliability_bins(probability, came_true, [0.0, 0.5, 1.0])), 3)
    0.167
    """
    apart = np.abs(bins.expected - bins.observed) * bins.size
    total = int(bins.size.sum())
    return sum(apart.tolist()) / total if total else 0.0


def likely_shares(share: float, count: int) -> tuple[float, float]:
    """Between what shares the true one probably is that shows as `share` of `count` things.

    Source
    ------
    The 95 % score interval of Wilson, "Probable inference, the law of succession, and statistical
    inference", 1927.

    Examples
    --------
    >>> low, high = likely_shares(1.0, 2)
    >>> round(low, 2), round(high, 2)
    (0.34, 1.0)
    """
    sureness = 1.96**2 / count
    middle = (share + sureness / 2) / (1 + sureness)
    half = (sureness * (share * (1 - share) + sureness / 4)) ** 0.5 / (1 + sureness)
    return min(max(middle - half, 0.0), share), max(min(middle + half, 1.0), share)
