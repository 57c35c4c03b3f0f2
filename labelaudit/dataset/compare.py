"""What changed between two versions of a dataset, told by content: ids and order do not matter."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.dataset.arguments import check_dataset
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.match import Matched, matched_boxes, matched_images
from labelaudit.dataset.tables import Dataset

TOLERANCE = 0.01
"""Pixels by which a box may differ and not have moved: formats round differently."""


class Kind(StrEnum):
    """What can differ."""

    IMAGE_REMOVED = "image removed"
    IMAGE_ADDED = "image added"
    IMAGE_RENAMED = "image renamed"
    IMAGE_RESIZED = "image resized"
    IMAGE_RESPLIT = "image in another split"
    CLASS_REMOVED = "class removed"
    CLASS_ADDED = "class added"
    CLASS_RENAMED = "class renamed"
    BOX_REMOVED = "box removed"
    BOX_ADDED = "box added"
    BOX_MOVED = "box moved"
    BOX_RELABELLED = "box relabelled"
    BOX_MARKED = "box marked"  # as crowd or as difficult, or no longer


@dataclass(frozen=True)
class Difference:
    """One thing that differs."""

    kind: Kind
    image: str  # its name after, before if it is gone; empty for a class
    before: Mapping[str, Any] | None  # Any: a name, a class, a size, x y w h
    after: Mapping[str, Any] | None


@dataclass(frozen=True)
class Comparison:
    """Two versions of a dataset, their images and boxes matched.

    Boxes of an image that is removed or added are counted with the image.
    """

    before: Dataset
    after: Dataset
    images: Matched
    boxes: Matched
    old_class: tuple[str, ...]  # of each matched box, by its new name if the class was renamed
    new_class: tuple[str, ...]
    classes_removed: tuple[str, ...]
    classes_added: tuple[str, ...]
    classes_renamed: tuple[tuple[str, str], ...]  # old name, new name

    @cached_property
    def moved(self) -> Bools:
        """Which matched boxes stand elsewhere by more than `TOLERANCE`, (n,)."""
        old = self.before.boxes.xyxy[self.boxes.before]
        new = self.after.boxes.xyxy[self.boxes.after]
        with np.errstate(invalid="ignore", over="ignore"):
            near = (np.abs(old - new) <= TOLERANCE) | (old == new) | (np.isnan(old) & np.isnan(new))
        moved: Bools = ~near.all(axis=1)
        return moved

    @cached_property
    def relabelled(self) -> Bools:
        """Which matched boxes are of another class, (n,); a renamed class is the same."""
        return np.array(
            [old != new for old, new in zip(self.old_class, self.new_class, strict=True)], bool
        )

    @cached_property
    def marked(self) -> Bools:
        """Which matched boxes are a crowd or difficult in one version only, (n,)."""
        old = self.before.boxes.rows(self.boxes.before)
        new = self.after.boxes.rows(self.boxes.after)
        marked: Bools = (old.crowd != new.crowd) | (old.difficult != new.difficult)
        return marked

    @cached_property
    def relabellings(self) -> list[tuple[str, str, int]]:
        """Old class, new class and how many boxes went from one to the other, most first."""
        rows = np.flatnonzero(self.relabelled).tolist()
        counts = Counter((self.old_class[row], self.new_class[row]) for row in rows)
        return [(old, new, count) for (old, new), count in counts.most_common()]

    @cached_property
    def differences(self) -> dict[Kind, list[Difference]]:
        """Everything that differs; kinds without any are left out."""
        found: dict[Kind, list[Difference]] = {kind: [] for kind in Kind}
        for part in (_image_differences, _class_differences, _box_differences):
            for difference in part(self):
                found[difference.kind].append(difference)
        return {kind: differences for kind, differences in found.items() if differences}


def compare(before: Dataset, after: Dataset) -> Comparison:
    """What changed from one version of a dataset to another, of the same format or not.

    Images are matched by name, else by the same boxes; classes by name; boxes within an image by
    place and class, else by place, else by overlap, else by size.

    >>> from labelaudit.testing import one_image
    >>> old, new = one_image("car 0 0 9 9", "bus 0 0 5 5"), one_image("car 0 0 9 9", "van 0 0 5 5")
    >>> compare(old, new).classes_renamed
    (('bus', 'van'),)
    """
    check_dataset(before, "compare()")
    check_dataset(after, "compare(), as what became of it,")
    images = matched_images(before, after)
    boxes = matched_boxes(before, after, images)
    old, new = _class_names(before, boxes.before), _class_names(after, boxes.after)
    names = DatasetColumns(before).classes, DatasetColumns(after).classes
    renamed = _renamed(old, new, *names)
    return Comparison(
        before,
        after,
        images,
        boxes,
        old_class=tuple(renamed.get(name, name) for name in old),
        new_class=tuple(new),
        classes_removed=tuple(n for n in names[0] if n not in {*names[1], *renamed}),
        classes_added=tuple(n for n in names[1] if n not in {*names[0], *renamed.values()}),
        classes_renamed=tuple(renamed.items()),
    )


def _class_names(dataset: Dataset, rows: Ints) -> list[str]:
    names = [*dataset.class_names, ""]
    return [names[label] for label in dataset.boxes.label[rows].tolist()]


def _renamed(
    old: Sequence[str], new: Sequence[str], before: Sequence[str], after: Sequence[str]
) -> dict[str, str]:
    """Classes of which every matched box is of one new class, which has no others."""
    gone, come = set(before) - set(after), set(after) - set(before)
    pairs = set(zip(old, new, strict=True))
    targets, sources = Counter(a for a, _ in pairs), Counter(b for _, b in pairs)
    return {
        a: b
        for a, b in sorted(pairs)
        if a in gone and b in come and targets[a] == 1 and sources[b] == 1
    }


def _image_differences(it: Comparison) -> Iterator[Difference]:
    old, new = it.before.images, it.after.images
    boxes = [
        np.bincount(d.boxes.image[d.boxes.image != MISSING], minlength=len(d.images)).tolist()
        for d in (it.before, it.after)
    ]
    for row in it.images.removed.tolist():
        yield Difference(Kind.IMAGE_REMOVED, old.name[row], {"boxes": boxes[0][row]}, None)
    for row in it.images.added.tolist():
        yield Difference(Kind.IMAGE_ADDED, new.name[row], None, {"boxes": boxes[1][row]})
    splits = _splits(it.before), _splits(it.after)
    resplit = bool(it.before.splits and it.after.splits)
    for a, b in zip(it.images.before.tolist(), it.images.after.tolist(), strict=True):
        name = new.name[b]
        if old.name[a] != name:
            yield Difference(Kind.IMAGE_RENAMED, name, {"name": old.name[a]}, {"name": name})
        sizes = old.size[a].tolist(), new.size[b].tolist()
        if sizes[0] != sizes[1] and not np.isnan([*sizes[0], *sizes[1]]).any():
            yield Difference(Kind.IMAGE_RESIZED, name, {"size": sizes[0]}, {"size": sizes[1]})
        if resplit and splits[0][a] != splits[1][b]:
            yield Difference(
                Kind.IMAGE_RESPLIT, name, {"splits": splits[0][a]}, {"splits": splits[1][b]}
            )


def _splits(dataset: Dataset) -> list[list[str]]:
    """The names of the splits that each image is in, sorted."""
    found: list[set[str]] = [set() for _ in range(len(dataset.images))]
    members = dataset.split_members
    for split, image in zip(members.split.tolist(), members.image.tolist(), strict=True):
        if image != MISSING:
            found[image].add(dataset.splits[split])
    return [sorted(names) for names in found]


def _class_differences(it: Comparison) -> Iterator[Difference]:
    for name in it.classes_removed:
        yield Difference(Kind.CLASS_REMOVED, "", {"class": name}, None)
    for name in it.classes_added:
        yield Difference(Kind.CLASS_ADDED, "", None, {"class": name})
    for old, new in it.classes_renamed:
        yield Difference(Kind.CLASS_RENAMED, "", {"class": old}, {"class": new})


def _box_differences(it: Comparison) -> Iterator[Difference]:
    old, new = _Described(it.before), _Described(it.after)
    for row in _inside(it.before, it.boxes.removed, it.images.before):
        yield Difference(Kind.BOX_REMOVED, old.image(row), old.box(row), None)
    for row in _inside(it.after, it.boxes.added, it.images.after):
        yield Difference(Kind.BOX_ADDED, new.image(row), None, new.box(row))
    for kind, mask in (
        (Kind.BOX_MOVED, it.moved),
        (Kind.BOX_RELABELLED, it.relabelled),
        (Kind.BOX_MARKED, it.marked),
    ):
        pairs = it.boxes.before[mask].tolist(), it.boxes.after[mask].tolist()
        for a, b in zip(*pairs, strict=True):
            yield Difference(kind, new.image(b), old.box(a), new.box(b))


def _inside(dataset: Dataset, boxes: Ints, images: Ints) -> list[int]:
    """Which of these boxes are in these images or in none."""
    image = dataset.boxes.image[boxes]
    kept: list[int] = boxes[(image == MISSING) | np.isin(image, images)].tolist()
    return kept


class _Described:
    """The boxes of a dataset as a person would describe them."""

    def __init__(self, dataset: Dataset) -> None:
        self._boxes = dataset.boxes
        self._images = [*dataset.images.name.tolist(), ""]
        self._classes = [*dataset.class_names, None]

    def image(self, row: int) -> str:
        """The name of the image of a box."""
        return str(self._images[self._boxes.image[row]])

    def box(self, row: int) -> dict[str, Any]:
        """Class, place and marks of a box."""
        left, top, right, bottom = self._boxes.xyxy[row].tolist()
        box = {
            "class": self._classes[self._boxes.label[row]],
            "box": [round(side, 6) for side in (left, top, right - left, bottom - top)],
        }
        marks = [name for name in ("crowd", "difficult") if getattr(self._boxes, name)[row]]
        return box | {"marks": marks} if marks else box
