"""What of a dataset a new one of a format holds, told before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats
from labelaudit.core.text import counted, counted_words
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset, MaskKind, ProblemKind, RecordType

RIGHT_ANGLE = 1e-3
"""Cosine up to which two sides of four corners are at right angles; a choice: .06 degrees."""

ALIGNED = 1e-6
"""Share of a side by which it may lean and still be level; a choice."""


@dataclass(frozen=True)
class Part:
    """What was written of one split."""

    name: str
    images: int
    boxes: int


@dataclass(frozen=True)
class WrittenCounts:
    """What was written, counted while it was."""

    images: int
    boxes: int
    parts: tuple[Part, ...] = ()  # a split each, where the format holds splits


@dataclass(frozen=True)
class Conversion:
    """What a format holds of a dataset, and how it is written."""

    reasons: tuple[str, ...]  # why boxes are left out, a line each; none if none is
    lost: tuple[str, ...]  # what else is lost or becomes something else, a line each
    notes: tuple[str, ...]  # what to know about what is written, a line each
    write: Callable[[], WrittenCounts]  # writes it

    @property
    def lines(self) -> list[str]:
        """All that is to be said before it is written."""
        return [*self.reasons, *self.lost, *self.notes]


def writable_boxes(dataset: Dataset) -> Bools:
    """Boxes that have an image, a class and finite numbers, (n,)."""
    boxes = dataset.boxes
    known = (boxes.image != MISSING) & (boxes.label != MISSING)
    is_writable: Bools = known & np.isfinite(boxes.xyxy).all(axis=1)
    return is_writable


def in_images(dataset: Dataset, chosen: Bools) -> Bools:
    """Boxes in some images, (n,); none of those without an image."""
    inside: Bools = np.append(chosen, False)[dataset.boxes.image]
    return inside


def kept(dataset: Dataset) -> Bools:
    """Which images can be written in pixels, (n,).

    Those of which nobody says the size, and whose boxes are therefore lost, would seem empty.
    """
    labelled = np.zeros(len(dataset.images), bool)
    labelled[dataset.boxes.image[writable_boxes(dataset)]] = True
    is_kept: Bools = ~(labelled & dataset.images.assumed)
    return is_kept


def loss_lines(counts: Mapping[str, int | np.integer]) -> tuple[str, ...]:
    """A line for each count that is not 0."""
    return tuple(counted_words(int(count), what) for what, count in counts.items() if count)


def unread(dataset: Dataset) -> dict[str, int]:
    """Objects, and whole files, that loading could not read: with them boxes are lost."""
    problems = dataset.problems
    broken = np.isin(problems.kind, np.array([ProblemKind.UNREADABLE, ProblemKind.TRUNCATED], "T"))
    objects = broken & (problems.part == RecordType.BOX.value) & (problems.row == MISSING)
    files = np.unique(problems.file[broken & (problems.part == RecordType.FILE.value)])
    return {
        "objects that cannot be read": int(objects.sum()),
        "files that cannot be read whole": len(files),
    }


def unread_images(dataset: Dataset) -> int:
    """Images and classes that loading could not read."""
    problems = dataset.problems
    others = np.isin(problems.part, np.array([RecordType.IMAGE, RecordType.CATEGORY], "T"))
    return int((others & (problems.row == MISSING)).sum())


def turned(dataset: Dataset, shaped: Callable[[], Mapping[int, Shape]]) -> int:
    """How many masks are rotated boxes: four corners at right angles, no side level.

    Parameters
    ----------
    dataset:
        of which the masks are.
    shaped:
        gives the shapes by the row of their box; asked only if a mask has four points.
    """
    masks = dataset.masks
    four = (masks.kind == MaskKind.POLYGON) & (masks.parts == 1) & (masks.points == 4)
    if not four.any():
        return 0
    shapes = shaped()
    rows = (shapes.get(row) for row in masks.box[four].tolist())
    return sum(is_turned(one.polygons[0]) for one in rows if one and len(one.polygons) == 1)


def is_turned(polygon: Floats) -> bool:
    """Whether a polygon, (points, 2), is a rectangle of which no side is level.

    >>> is_turned(np.array([[2, 0], [4, 2], [2, 4], [0, 2.0]]))
    True
    >>> is_turned(np.array([[0, 0], [4, 0], [4, 2], [0, 2.0]]))
    False
    """
    if polygon.shape != (4, 2):
        return False
    sides = np.roll(polygon, -1, axis=0) - polygon
    length = np.hypot(*sides.T)
    if not length.all():
        return False
    unit = sides / length[:, None]
    cosines = np.abs((unit * np.roll(unit, -1, axis=0)).sum(axis=1))
    return bool((cosines < RIGHT_ANGLE).all() and (np.abs(unit) > ALIGNED).all())


def named(what: str, names: Iterable[str], most: int = 5) -> Iterator[str]:
    """A line with the first of some names, if there are any.

    Parameters
    ----------
    what:
        they are.
    names:
        of which some are told.
    most:
        how many.
    """
    every = list(names)
    if every:
        some = ", ".join([*every[:most], *(["..."] if len(every) > most else [])])
        yield f"{counted_words(len(every), what)}: {some}"


def summary(written: WrittenCounts, name: str) -> Iterator[str]:
    """What was written, in lines: in all, then of each split.

    Parameters
    ----------
    written:
        what was counted.
    name:
        of the format.
    """
    yield f"{_counts(written.images, written.boxes)} as {name}"
    if len(written.parts) > 1 or any(part.name for part in written.parts):
        yield from (f"  {part.name}: {_counts(part.images, part.boxes)}" for part in written.parts)


def _counts(images: int, boxes: int) -> str:
    return f"{counted(images, 'image')}, {counted(boxes, 'box', 'boxes')}"
