"""Folds: which images are left out together, so that no model judges what it has seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import Ints, Rows


def folds(group: Ints, image: Rows, label: Rows, k: int, seed: int = 0) -> Rows:
    """The fold of each image, (n,) in 0..k-1, with about as many of each class in every fold.

    Groups stay together. Those with much of a rare class are placed first, each where there is
    least of what it holds. With fewer groups than folds, some folds stay empty.

    Parameters
    ----------
    group: (n,) numbers, equal for images that stay together.
    image, label: (b,) the image and the class of each box.
    k: how many folds.
    seed: of the order of groups that are alike.
    """
    _, member = np.unique(group, return_inverse=True)
    images = np.bincount(member)
    kind, total = _counted(label)
    held = np.zeros((k, len(total)))
    taken = np.zeros(k)
    fold = np.zeros(len(images), np.int32)
    start, classes, shares = _content(member[image], kind, total, len(images))
    for row in _rarest_first(start, shares, seed):
        mine = slice(start[row], start[row + 1])
        # Images weigh little against classes: they settle where images without boxes go.
        load = held[:, classes[mine]] @ shares[mine] + 1e-3 * taken / len(member)
        best = int(load.argmin())
        fold[row] = best
        held[best, classes[mine]] += shares[mine]
        taken[best] += images[row]
    return fold[member]


def fold_count(images: int, groups: int) -> int:
    """How many folds: 3, and 5 for fewer than 200 images; never more than there are groups.

    With three, a model learns from two thirds; each further fold costs as much as the first. Where
    the limit lies is a choice; numbers of folds were not compared.
    """
    return min(3 if images >= 200 else 5, groups)


def _counted(label: Rows) -> tuple[Ints, Ints]:
    """Classes numbered without gaps, (b,), and how many boxes each has, (c,)."""
    _, kind, total = np.unique(label, return_inverse=True, return_counts=True)
    return kind.astype(np.int64), total.astype(np.int64)


def _content(
    group: Ints, label: Ints, total: Ints, count: int
) -> tuple[Ints, Ints, NDArray[np.float64]]:
    """What each group holds: where its rows start, (count + 1,), their class and share of it."""
    key, boxes = np.unique(group * max(len(total), 1) + label, return_counts=True)
    holder, classes = np.divmod(key, max(len(total), 1))
    start = np.searchsorted(holder, np.arange(count + 1))
    return start.astype(np.int64), classes, boxes / total[classes]


def _rarest_first(start: Ints, shares: NDArray[np.float64], seed: int) -> Sequence[int]:
    """The groups, those with the largest share of any class first, in random order otherwise."""
    shuffled = np.random.default_rng(seed).permutation(len(start) - 1)
    largest = np.zeros(len(start) - 1)
    holder = np.repeat(np.arange(len(start) - 1), np.diff(start))
    np.maximum.at(largest, holder, shares)
    order: list[int] = shuffled[np.argsort(-largest[shuffled], kind="stable")].tolist()
    return order
