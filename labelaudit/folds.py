"""Folds: which images are left out together, so that no model judges what it has seen.

Near-duplicate images and frames of one video must stay together: a model that saw one of them has
as good as seen the others, wrong labels included.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.headers import REFUSALS
from labelaudit.table import MISSING, Ints, Rows, Texts

Hashes: TypeAlias = NDArray[np.uint64]

BITS = 64

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
        group = _joined(len(paths), np.concatenate([rows[near], frames]))
        if np.bincount(group, minlength=1).max(initial=0) <= max(1, LARGEST_SHARE * len(paths)):
            return group
    return _joined(len(paths), rows[_near(hashes[rows], 0)])


def hashed(paths: Texts, *, workers: int = 1) -> tuple[Hashes, NDArray[np.bool_]]:
    """The perceptual hash of each image, (n,), and which images could be read, (n,)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        with ThreadPoolExecutor(workers) as threads:
            found = list(threads.map(_hash, paths.tolist()))
    readable = np.array([value is not None for value in found], bool)
    return np.array([value or 0 for value in found], np.uint64), readable


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
        # Images weigh little against classes: they settle where pictures without boxes go.
        load = held[:, classes[mine]] @ shares[mine] + 1e-3 * taken / len(member)
        best = int(load.argmin())
        fold[row] = best
        held[best, classes[mine]] += shares[mine]
        taken[best] += images[row]
    return fold[member]


def fold_count(images: int, groups: int) -> int:
    """How many folds: 3, and 5 for fewer than 200 images; never more than there are groups.

    With three, a model learns from two thirds, which is enough where there are some hundred images;
    each further fold costs as much as the first.
    """
    return min(3 if images >= 200 else 5, groups)


def _hash(path: str) -> int | None:
    """The 64 bits that say how a picture looks; None if it cannot be read."""
    import imagehash  # noqa: PLC0415  # it imports scipy, which a scan of labels does without
    from PIL import Image  # noqa: PLC0415  # see above

    if not path:
        return None
    try:
        with Image.open(path) as picture:
            picture.draft("L", (64, 64))
            bits = imagehash.phash(picture.convert("L")).hash
    except (*REFUSALS, Image.DecompressionBombError):
        return None
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


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


def _joined(count: int, pairs: Ints) -> Ints:
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
