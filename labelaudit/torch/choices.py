"""Which images and boxes of a dataset are trained on, by the choices of whoever trains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.boxes.ops import clip, is_valid
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.registry import instead
from labelaudit.core.text import counted, plain
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError, UnknownNameError
from labelaudit.torch.image_files import ImageFiles
from labelaudit.torch.trained_labels import TrainedLabels

Handling: TypeAlias = Literal["keep", "ignore", "drop"]
"""What becomes of boxes that are no plain objects: they are learned, their weight is 0, or they
are left out, so that what is there is background."""

NAMED = 3
"""Images or boxes that a message names."""


UNKNOWN = ((np.nan, np.nan),)
"""The size of no image."""


@dataclass(frozen=True)
class TrainingChoices:
    """What becomes of what is no plain object in a plain image; see `DetectionDataset`."""

    crowds: Handling = "drop"
    difficult: Handling = "ignore"
    invalid: Literal["drop", "raise"] = "drop"
    empty: Literal["keep", "drop"] = "keep"
    unreadable: Literal["raise", "skip"] = "raise"

    def __post_init__(self) -> None:
        handling = ("keep", "ignore", "drop")
        allowed: Mapping[str, tuple[str, ...]] = {
            "crowds": handling,
            "difficult": handling,
            "invalid": ("drop", "raise"),
            "empty": ("keep", "drop"),
            "unreadable": ("raise", "skip"),
        }
        for name, values in allowed.items():
            if getattr(self, name) not in values:
                raise ConfigError(f"{name} is {' or '.join(values)}, not {getattr(self, name)!r}")


@dataclass(frozen=True, eq=False)
class TrainingBoxes:
    """Samples, an image each, and their boxes in one table; nothing in it is a Python object.

    Workers that are forked share its memory, since nobody counts references in it.
    """

    image: Ints  # (m,) row in Images of each sample
    start: Ints  # (m + 1,) where the boxes of each sample begin; last, how many there are
    box: Ints  # (n,) row in Boxes
    label: Ints  # (n,) class number, from 1
    xyxy: NDArray[np.float32]  # (n, 4) in pixels, within the image
    area: NDArray[np.float32]  # (n,) square pixels, as stated where they are
    crowd: Ints  # (n,) 1 or 0
    weight: NDArray[np.float32]  # (n,) of the label in a loss; 0: ignored
    notes: tuple[str, ...]  # what was left out or changed, a line each


def training_boxes(
    labels: TrainedLabels,
    files: ImageFiles,
    choices: TrainingChoices,
    *,
    split: str | None,
    classes: Sequence[str],
    masked: Bools | None = None,
) -> TrainingBoxes:
    """The samples of a training, in the order of the dataset.

    Parameters
    ----------
    labels: and their weights.
    files: of the images.
    choices: what is left out.
    split: whose images are taken; all if None.
    classes: names in the order of their numbers, which begin at 1.
    masked: (b,) which boxes have a mask, where each needs one.

    Raises
    ------
    ConfigError
        if there is nothing to train on, or what may not be is there.
    """
    dataset = labels.dataset
    used, notes = _used_images(dataset, files, choices, split)
    number = _class_numbers(dataset, classes)
    inside = clip(dataset.boxes.xyxy, np.append(files.size, UNKNOWN, axis=0)[dataset.boxes.image])
    here = np.append(used, split is None)[dataset.boxes.image]
    faults = dict(_faults(dataset, inside, number, masked))
    notes += _fault_notes(dataset, faults, here, choices)
    whole = here & ~np.logical_or.reduce(list(faults.values()))
    notes += _other_class_notes(dataset, whole & (number == 0))
    kept = whole & (number > 0) & ~labels.left_out
    ignored = np.zeros(len(kept), bool)
    special = {"crowds": dataset.boxes.crowd, "difficult": dataset.boxes.difficult}
    for name, which in special.items():
        handling: Handling = getattr(choices, name)
        if (which & kept).any():
            notes.append(_handling_note(int((which & kept).sum()), name, handling))
        kept &= ~which | (handling != "drop")
        ignored |= which & (handling == "ignore")
    notes += _image_notes(dataset, used, kept, choices)
    if choices.empty == "drop":
        used &= np.bincount(dataset.boxes.image[kept], minlength=len(used)) > 0
    if not used.any():
        raise ConfigError("no image is left to train on: " + ("; ".join(notes) or "there is none"))
    notes += _class_notes(classes, number[kept])
    beyond = kept & (inside != dataset.boxes.xyxy).any(axis=1)
    if beyond.any():
        notes.append(f"{counted(int(beyond.sum()), 'box', 'boxes')} cut off at the image's edges")
    if len(dataset.keypoints):
        notes.append("keypoints are not in targets")
    weight = np.where(ignored, 0.0, labels.weight)
    return _table(dataset, used, np.flatnonzero(kept), (inside, number, weight), tuple(notes))


def _used_images(
    dataset: Dataset, files: ImageFiles, choices: TrainingChoices, split: str | None
) -> tuple[Bools, list[str]]:
    """The images that are trained on, (images,), those that can be read, and what to say of it.

    Parameters
    ----------
    dataset: of the labels.
    files: of the images.
    choices: what becomes of those that cannot be read.
    split: whose images are taken; all if None.
    """
    chosen = np.ones(len(dataset.images), bool)
    if split is not None:
        if split not in dataset.splits:
            known = instead(split, dataset.splits)
            raise UnknownNameError(f"no split is called {split!r}{known}")
        members = dataset.split_members
        listed = members.image[members.split == dataset.splits.index(split)]
        chosen = np.zeros(len(dataset.images), bool)
        chosen[listed[listed != MISSING]] = True
    unreadable = chosen & (files.error != "")
    if not unreadable.any():
        return chosen, []
    count, named = int(unreadable.sum()), _named_images(dataset, files, unreadable)
    if choices.unreadable == "raise":
        raise ConfigError(
            f"{count:,} of {counted(int(chosen.sum()), 'image')} cannot be read: {named}; "
            "images=FOLDER says where images are, unreadable='skip' leaves out what cannot be read"
        )
    left_out = f"{counted(count, 'image')} that cannot be read left out: {named}"
    return chosen & ~unreadable, [left_out]


def _named_images(dataset: Dataset, files: ImageFiles, which: Bools) -> str:
    rows = np.flatnonzero(which)
    some = [
        f"{plain(str(dataset.images.name[row]))} ({plain(str(files.error[row]))})"
        for row in rows[:NAMED].tolist()
    ]
    return ", ".join([*some, *(["..."] if len(rows) > NAMED else [])])


def _class_numbers(dataset: Dataset, classes: Sequence[str]) -> Ints:
    """The number of each box's class, (b,), from 1; 0 where it is not among `classes`."""
    derived = DatasetColumns(dataset)
    place = {name: number for number, name in enumerate(classes, 1)}
    if len(place) < len(classes):
        raise ConfigError("a class is named twice: " + ", ".join(classes))
    numbers = np.array([*(place.get(name, 0) for name in derived.classes), 0], np.int64)
    found: Ints = numbers[derived.box_class]
    return found


def _faults(
    dataset: Dataset, inside: Floats, number: Ints, masked: Bools | None
) -> Iterator[tuple[str, Bools]]:
    """By what is wrong with them in words, the boxes that nothing can be learned from, (b,) each.

    Each box is among the first that holds.

    Parameters
    ----------
    dataset: of the boxes.
    inside: (b, 4) what of them is in their image.
    number: (b,) of their class.
    masked: (b,) which have a mask, where each needs one.
    """
    boxes = dataset.boxes
    rest = np.ones(len(boxes), bool)
    reasons = {
        "of no image": boxes.image == MISSING,
        "of no class": boxes.label == MISSING,
        "without an inside": ~is_valid(boxes.xyxy),
        "outside of their image": ~is_valid(inside.astype(np.float32).astype(np.float64)),
    }
    if masked is not None:
        reasons["without a mask"] = ~masked & (number > 0)
    for reason, which in reasons.items():
        yield reason, which & rest
        rest &= ~which


def _fault_notes(
    dataset: Dataset, faults: Mapping[str, Bools], here: Bools, choices: TrainingChoices
) -> Iterator[str]:
    """How many boxes of the images that are used are left out, a line for each reason."""
    told = {reason: np.flatnonzero(which & here) for reason, which in faults.items()}
    lines = [
        f"{counted(len(rows), 'box', 'boxes')} {reason} ({_named_boxes(dataset, rows)})"
        for reason, rows in told.items()
        if len(rows)
    ]
    if lines and choices.invalid == "raise":
        raise ConfigError(
            f"{'; '.join(lines)}: nothing can be learned from them; labelaudit scan says more, "
            "invalid='drop' leaves them out"
        )
    yield from (f"{line} left out" for line in lines)


def _named_boxes(dataset: Dataset, rows: Ints) -> str:
    boxes, names = dataset.boxes, [*dataset.images.name.tolist(), "no image"]
    record = dataset.facts.box_record
    some = []
    for row in rows[:NAMED].tolist():
        number = int(boxes.record[row])
        place = record.format(record=number, line=number + 1) if number != MISSING else "drawn"
        some.append(f"{plain(names[int(boxes.image[row])])} {place}".strip())
    return ", ".join([*some, *(["..."] if len(rows) > NAMED else [])])


def _other_class_notes(dataset: Dataset, which: Bools) -> Iterator[str]:
    """How many boxes are of classes that are not learned, and the commonest of these."""
    if not which.any():
        return
    derived = DatasetColumns(dataset)
    count = np.bincount(derived.box_class[which], minlength=len(derived.classes))
    rows = [row for row in np.argsort(-count, kind="stable").tolist() if count[row]]
    named = ", ".join(plain(derived.classes[row]) for row in rows[:NAMED])
    more = ", ..." if len(rows) > NAMED else ""
    boxes = counted(int(which.sum()), "box", "boxes")
    yield f"{boxes} of classes that are not learned left out, background: {named}{more}"


def _handling_note(count: int, name: str, handling: Handling) -> str:
    of_crowds = counted(count, "box of a crowd", "boxes of crowds")
    what = of_crowds if name == "crowds" else counted(count, "difficult box", "difficult boxes")
    said = {"keep": "learned like any other", "ignore": "weight 0", "drop": "left out, background"}
    return f"{what}: {said[handling]}"


def _image_notes(
    dataset: Dataset, used: Bools, kept: Bools, choices: TrainingChoices
) -> Iterator[str]:
    """How many images are left out, and how many have no box."""
    filled = np.bincount(
        dataset.boxes.image[kept & (dataset.boxes.image >= 0)], minlength=len(used)
    )
    empty = int((used & (filled == 0)).sum())
    if empty:
        become = "background alone" if choices.empty == "keep" else "left out"
        yield f"{counted(empty, 'image')} without a box: {become}"


def _class_notes(classes: Sequence[str], number: Ints) -> Iterator[str]:
    """The classes that no box has."""
    count = np.bincount(number, minlength=len(classes) + 1)[1:]
    none = [name for name, some in zip(classes, count.tolist(), strict=True) if not some]
    if none:
        more = ", ..." if len(none) > NAMED else ""
        named = ", ".join(map(plain, none[:NAMED])) + more
        yield f"{counted(len(none), 'class', 'classes')} without a box: {named}"


def _table(
    dataset: Dataset,
    used: Bools,
    kept: Ints,
    columns: tuple[Floats, Ints, Floats],
    notes: tuple[str, ...],
) -> TrainingBoxes:
    """The samples as a table.

    Parameters
    ----------
    dataset: of the labels.
    used: (images,) which are trained on.
    kept: rows of the boxes that are.
    columns: of all boxes, corners (b, 4), class numbers (b,) and weights (b,).
    notes: what is to be said.
    """
    boxes, (inside, number, weight) = dataset.boxes, columns
    rows = kept[np.argsort(boxes.image[kept], kind="stable")]
    image = np.flatnonzero(used)
    xyxy = inside[rows].astype(np.float32)
    sides = xyxy[:, 2:] - xyxy[:, :2]
    stated = boxes.area[rows]
    area = np.where(np.isfinite(stated) & (stated > 0), stated, sides.prod(axis=1))
    start = np.searchsorted(boxes.image[rows], image)
    return TrainingBoxes(
        image=image,
        start=np.append(start, len(rows)),
        box=rows,
        label=number[rows],
        xyxy=xyxy,
        area=area.astype(np.float32),
        crowd=boxes.crowd[rows].astype(np.int64),
        weight=weight[rows].astype(np.float32),
        notes=notes,
    )
