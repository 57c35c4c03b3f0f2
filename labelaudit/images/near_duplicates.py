"""Folds: which images are left out together, so that no model judges what it has seen.

Near-duplicate images and frames of one video must stay together: a model that saw one of them has
as good as seen the others, wrong labels included.
"""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import MISSING, Ints, Texts
from labelaudit.images.hashes import BITS, Hashes, hashed

DISTANCES = (6, 3, 1)
"""Bits in which the hashes of near duplicates may differ, of 64, tried in this order.

Unrelated pictures differ in 32 on average. Where a camera stands still, six bits can join all of
its pictures, and nothing would be left to learn from.
"""

FRAME_FACTOR = 2
"""How much farther apart hashes may be where names count on: frames differ more than copies do.

A name alone says nothing, since most datasets number their images.
"""

LARGEST_SHARE = 0.4
"""Part of all images that one group may hold before it is called too coarse."""


def groups(paths: Texts, *, workers: int = 1) -> Ints:
    """A number for each image, (n,), equal for near duplicates and for frames of one video.

    Images that cannot be read, or have no path, are on their own.
    """
    hashes, readable = hashed(paths, workers=workers)
    rows = np.flatnonzero(readable)
    following = _following(paths, rows)
    for distance in DISTANCES:
        near = _near(hashes[rows], distance)
        frames = following[_apart(hashes, following) <= FRAME_FACTOR * distance]
        group = joined(len(paths), np.concatenate([rows[near], frames]))
        if np.bincount(group, minlength=1).max(initial=0) <= max(1, LARGEST_SHARE * len(paths)):
            return group
    return joined(len(paths), rows[_near(hashes[rows], 0)])


def _apart(hashes: Hashes, pairs: Ints) -> NDArray[np.uint8]:
    """In how many bits the hashes of each pair differ, (p,)."""
    apart: NDArray[np.uint8] = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]])
    return apart


def _near(hashes: Hashes, distance: int) -> Ints:
    """Pairs of hashes that differ in at most `distance` bits, (p, 2), enough to join them all.

    Of `distance + 1` bands of bits at least one is equal in such a pair, so only hashes with an
    equal band are compared. Among equal hashes, each is paired with the first alone.
    """
    if len(hashes) == 0:
        return np.zeros((0, 2), np.int64)
    unique, first, inverse = np.unique(hashes, return_index=True, return_inverse=True)
    found = [np.stack([first[inverse], np.arange(len(hashes))], axis=1)]
    edges = np.linspace(0, BITS, distance + 2).astype(int)
    for low, high in pairwise(edges):
        if high - low == BITS:
            break  # the whole hash: equal ones are joined already
        band = (unique >> np.uint64(low)) & np.uint64((1 << int(high - low)) - 1)
        found.extend(first[pairs] for pairs in _equal(band, unique, distance))
    return np.concatenate(found)


def _equal(band: Hashes, hashes: Hashes, distance: int) -> list[Ints]:
    """Pairs with an equal band that are near in all bits: each a (p, 2)."""
    order = np.argsort(band, kind="stable")
    starts = np.flatnonzero(np.diff(band[order], prepend=~band[order[:1]]))
    found = []
    for rows in np.split(order, starts[1:]):
        for place, row in enumerate(rows[:-1]):
            others = rows[place + 1 :]
            near = others[np.bitwise_count(hashes[others] ^ hashes[row]) <= distance]
            found.append(np.stack([np.full_like(near, row), near], axis=1))
    return found


def _following(paths: Texts, rows: Ints) -> Ints:
    """Pairs of images whose names count on from one to the next, (p, 2)."""
    names = [_counted_name(path) for path in paths[rows].tolist()]
    order = sorted(range(len(names)), key=lambda place: names[place])
    pairs = [
        (rows[one], rows[next_])
        for one, next_ in pairwise(order)
        if names[one][0] == names[next_][0]
    ]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _counted_name(path: str) -> tuple[str, int]:
    """A name without its last number, and that number; MISSING if there is none.

    >>> _counted_name("video1/frame_0012.jpg")
    ('video1/frame_.jpg', 12)
    """
    numbers = list(re.finditer(r"[0-9]+", path.rsplit("/", 1)[-1]))
    if not numbers:
        return path, MISSING
    last, start = numbers[-1], len(path) - len(path.rsplit("/", 1)[-1])
    return path[: start + last.start()] + path[start + last.end() :], int(last.group()[:18])


def joined(count: int, pairs: Ints) -> Ints:
    """A number for each of `count` things, (count,), equal for those that pairs connect."""
    group = np.arange(count)
    # Each takes the smallest number around it until nothing changes; jumping to the number's own
    # number halves the way each time.
    while True:
        smallest = group.copy()
        np.minimum.at(smallest, pairs[:, 0], group[pairs[:, 1]])
        np.minimum.at(smallest, pairs[:, 1], group[pairs[:, 0]])
        smallest = np.minimum(smallest, smallest[smallest])
        if np.array_equal(smallest, group):
            return group
        group = smallest
