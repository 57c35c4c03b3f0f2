"""Which image and which box of one version of a dataset is which of another."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TypeAlias

import numpy as np

from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset

MIN_OVERLAP = 0.5
"""Intersection over union from which two boxes in one image can be one box that was moved."""

GRID = 0.01
"""Pixels to which boxes are rounded before they are compared: formats round differently."""

Places: TypeAlias = tuple[Ints, Ints]
"""Pairs: `first[i]` of one sequence is `second[i]` of another."""


@dataclass(frozen=True)
class Matched:
    """Which rows of a table are which rows of another."""

    before: Ints  # (n,) in the order of the first table
    after: Ints  # (n,)
    removed: Ints  # rows of the first table that are not in `before`
    added: Ints  # rows of the second table that are not in `after`


def matched_images(before: Dataset, after: Dataset) -> Matched:
    """The images of one version that are in the other.

    By name; else by file name without its folder, then without its ending, where no other has the
    same; else by size and boxes, if there are boxes and no other image has the same.
    """
    paths = [
        [PurePosixPath(name) for name in dataset.images.name.tolist()]
        for dataset in (before, after)
    ]

    def by_name(old: Ints, new: Ints) -> Places:
        return paired(*_numbered([str(paths[0][i]) for i in old], [str(paths[1][i]) for i in new]))

    def by_file_name(old: Ints, new: Ints) -> Places:
        return _only([paths[0][i].name for i in old], [paths[1][i].name for i in new])

    def by_stem(old: Ints, new: Ints) -> Places:
        return _only([paths[0][i].stem for i in old], [paths[1][i].stem for i in new])

    def by_content(old: Ints, new: Ints) -> Places:
        return _only(_contents(before, old), _contents(after, new))

    passes = [by_name, by_file_name, by_stem, by_content]
    return _in_passes(len(before.images), len(after.images), passes)


def matched_boxes(before: Dataset, after: Dataset, images: Matched) -> Matched:
    """The boxes of one version that are in the other, in matched images or in none.

    Parameters
    ----------
    before, after:
        two versions of a dataset.
    images:
        their images, as `matched_images` pairs them.

    Notes
    -----
    By class and place; else by place; else by class and overlap, best first; else by class, width
    and height; else by overlap; else by width and height.
    """
    names = [DatasetColumns(before).classes, DatasetColumns(after).classes]
    classes = list(dict.fromkeys([*names[0], *names[1]]))
    old = _objects(before, images.before, classes, apart=-2)
    new = _objects(after, images.after, classes, apart=-3)

    def by_class_and_place(a: Ints, b: Ints) -> Places:
        return paired(*(it.keys(it.xyxy, it.group, it.label) for it in (old.rows(a), new.rows(b))))

    def by_place(a: Ints, b: Ints) -> Places:
        return paired(*(it.keys(it.xyxy, it.group) for it in (old.rows(a), new.rows(b))))

    def by_class_and_overlap(a: Ints, b: Ints) -> Places:
        return _overlapping(old.rows(a), new.rows(b), same_class=True)

    def by_class_and_size(a: Ints, b: Ints) -> Places:
        return paired(*(it.keys(it.size, it.group, it.label) for it in (old.rows(a), new.rows(b))))

    def by_overlap(a: Ints, b: Ints) -> Places:
        return _overlapping(old.rows(a), new.rows(b), same_class=False)

    def by_size(a: Ints, b: Ints) -> Places:
        return paired(*(it.keys(it.size, it.group) for it in (old.rows(a), new.rows(b))))

    passes = [
        by_class_and_place,
        by_place,
        by_class_and_overlap,
        by_class_and_size,
        by_overlap,
        by_size,
    ]
    return _in_passes(len(before.boxes), len(after.boxes), passes)


@dataclass(frozen=True)
class _Objects:
    """Boxes in terms that both versions share."""

    group: Ints  # (n,) the number of the pair of images; -1 without an image
    label: Ints  # (n,) the number of the class; -1 without one
    xyxy: Floats  # (n, 4)

    @property
    def size(self) -> Floats:
        with np.errstate(invalid="ignore", over="ignore"):
            return self.xyxy[:, 2:] - self.xyxy[:, :2]

    def rows(self, which: Ints) -> _Objects:
        return _Objects(self.group[which], self.label[which], self.xyxy[which])

    @staticmethod
    def keys(pixels: Floats, *numbers: Ints) -> Ints:
        """Numbers (n, k) that are equal where the rounded pixels and all the numbers are."""
        return np.column_stack([*numbers, _bits(pixels)])


def _bits(pixels: Floats) -> Ints:
    """Rounded pixels as whole numbers of the same order of equality, NaN equal to NaN."""
    with np.errstate(over="ignore"):
        return np.round(pixels / GRID).view(np.int64)


def _objects(dataset: Dataset, matched: Ints, classes: Sequence[str], *, apart: int) -> _Objects:
    """The boxes of a version; those in images that the other does not have are set `apart`."""
    derived = DatasetColumns(dataset)
    group = np.full(len(dataset.images) + 1, apart, np.int64)
    group[matched] = np.arange(len(matched))
    group[MISSING] = MISSING
    number = {name: row for row, name in enumerate(classes)}
    label = np.array([*(number[name] for name in derived.classes), MISSING], np.int64)
    return _Objects(
        group[dataset.boxes.image],
        label[derived.box_class],
        np.ascontiguousarray(dataset.boxes.xyxy),
    )


def _in_passes(
    before: int, after: int, passes: Sequence[Callable[[Ints, Ints], Places]]
) -> Matched:
    """Rows matched by each pass among what the passes before it left over."""
    old, new = np.arange(before), np.arange(after)
    found = []
    for places in passes:
        first, second = places(old, new)
        found.append((old[first], new[second]))
        old, new = np.delete(old, first), np.delete(new, second)
    first = np.concatenate([pair[0] for pair in found])
    second = np.concatenate([pair[1] for pair in found])
    order = np.argsort(first, kind="stable")
    return Matched(first[order], second[order], old, new)


def paired(old: Ints, new: Ints) -> Places:
    """Rows of `old`, (n, k), that equal rows of `new`, (m, k): the first the first, and so on.

    >>> paired(np.array([[1], [2], [2]]), np.array([[2], [3], [2], [2]]))
    (array([1, 2]), array([0, 2]))
    """
    keys = np.concatenate([old, new])
    side = np.repeat([0, 1], [len(old), len(new)])
    order = np.lexsort((side, *keys.T[::-1]))
    keys, side = keys[order], side[order]
    run = np.cumsum(np.append(False, (keys[1:] != keys[:-1]).any(axis=1)))[: len(keys)]
    lists = run * 2 + side
    place = np.arange(len(lists)) - np.searchsorted(lists, lists)
    both = np.bincount(lists, minlength=2 * len(keys)).reshape(-1, 2).min(axis=1)
    kept = place < both[run]
    first, second = order[kept & (side == 0)], order[kept & (side == 1)] - len(old)
    by_row = np.argsort(first, kind="stable")
    return first[by_row], second[by_row]


def _overlapping(old: _Objects, new: _Objects, *, same_class: bool) -> Places:
    """Boxes of one group that overlap by `MIN_OVERLAP` at least, each with its best partner."""
    found = matches(old.group, old.xyxy, new.group, new.xyxy, min_overlap=MIN_OVERLAP)
    if same_class:
        found = found.rows(old.label[found.one] == new.label[found.other])
    found = found.rows(np.argsort(-found.overlap, kind="stable"))
    return best_first(found.one.astype(np.int64), found.other.astype(np.int64))


def best_first(first: Ints, second: Ints) -> Places:
    """Of candidates from best to worst, those that are left when each takes its two away."""
    found = [(first[:0], second[:0])]
    while len(first):
        best = np.zeros(len(first), np.int64)
        for side in (first, second):
            best[np.unique(side, return_index=True)[1]] += 1
        mutual = best == 2  # the best for both: nothing better can take either away
        found.append((first[mutual], second[mutual]))
        left: Bools = ~np.isin(first, first[mutual]) & ~np.isin(second, second[mutual])
        first, second = first[left], second[left]
    return np.concatenate([f for f, _ in found]), np.concatenate([s for _, s in found])


def _numbered(old: Sequence[Hashable], new: Sequence[Hashable]) -> Places:
    """A number for each value, (n, 1) and (m, 1), equal where values are."""
    numbers: dict[Hashable, int] = {}
    columns = [
        np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int64)
        for values in (old, new)
    ]
    return columns[0].reshape(-1, 1), columns[1].reshape(-1, 1)


def _only(old: Sequence[Hashable], new: Sequence[Hashable]) -> Places:
    """Places of the values that stand once in each; empty ones take no part."""
    once = [
        {value: place for place, value in enumerate(values) if value and counts[value] == 1}
        for values, counts in ((old, Counter(old)), (new, Counter(new)))
    ]
    pairs = [(place, once[1][value]) for value, place in once[0].items() if value in once[1]]
    first, second = np.array(pairs, np.int64).reshape(-1, 2).T
    return first, second


def _contents(dataset: Dataset, images: Ints) -> list[Hashable]:
    """What tells images apart without their names: size and boxes; empty without boxes."""
    boxes = dataset.boxes
    names = [*dataset.class_names, ""]
    found: dict[int, list[str]] = {image: [] for image in images.tolist()}
    for row in np.flatnonzero(np.isin(boxes.image, images)).tolist():
        box = np.round(boxes.xyxy[row] / GRID).tolist()
        found[int(boxes.image[row])].append(f"{names[boxes.label[row]]} {box}")
    return [
        (*dataset.images.size[image].tolist(), *sorted(texts)) if texts else ()
        for image, texts in found.items()
    ]
