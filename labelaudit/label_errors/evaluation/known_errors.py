"""Known errors planted in a copy of a dataset's labels, to see how many of them are found.

They are drawn in another way than the synthetic errors that classifiers are trained on
(`label_errors/noise`): boxes move and change size instead of having each side moved, and boxes on
nothing are copies from other images instead of random places. So a self-test measures more than
whether the synthetic errors were learnt by heart (docs/method.md, section 5). Kinds are named as in
Schubert et al., WACV 2024: flip, shift, spawn, drop.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import clip, iou
from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows, Texts, texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.errors import ConfigError

SHIFTED_IOU = (0.4, 0.7)
"""IoU of a shifted box with the true one, as in Schubert et al., WACV 2024, section 4."""

CLEAR_IOU = 0.3
"""IoU with any label below which a spawned box marks nothing."""

MAX_TRIES = 60
"""How often a place is drawn anew before it is given up."""

Generator: TypeAlias = np.random.Generator


@dataclass(frozen=True)
class Rates:
    """Shares of the labels that are made wrong: 5 % together unless others are given."""

    flip: float = 0.015  # given another class
    shift: float = 0.015  # moved
    spawn: float = 0.01  # put where nothing is, as a share of the labels there are
    drop: float = 0.01  # removed

    def __post_init__(self) -> None:
        rates = dataclasses.astuple(self)
        if min(rates) < 0 or self.flip + self.shift + self.drop > 1 or self.spawn > 1:
            raise ConfigError("rates of planted errors must be from 0 to 1 and add up to 1 at most")

    @classmethod
    def together(cls, rate: float) -> Rates:
        """The kinds in their usual proportion, adding up to `rate`."""
        default = cls()
        scale = rate / sum(dataclasses.astuple(default))
        return cls(*(share * scale for share in dataclasses.astuple(default)))


@dataclass(frozen=True)
class KnownErrors:
    """A dataset with known errors."""

    dataset: Dataset
    error: Texts  # (n,) an `ErrorKind` for each box of `dataset`; empty where nothing was done
    true_xyxy: Floats  # (n, 4) where each box belongs; NaN of those on nothing
    dropped: Boxes  # the boxes that were removed


def plant_known_errors(dataset: Dataset, rates: Rates, *, seed: int) -> KnownErrors:
    """The dataset with errors in randomly chosen labels, at most one in each.

    Only labels are chosen that a model can judge: no crowds, nothing difficult, nothing broken.
    With one class none is given another; places are given up where an image is too full.

    Parameters
    ----------
    dataset:
        any.
    rates:
        shares of the labels that are made wrong.
    seed:
        of every choice.
    """
    derived, random = DatasetColumns(dataset), np.random.default_rng(seed)
    boxes = dataset.boxes
    usable = derived.is_valid & derived.in_range & derived.is_evaluated & (boxes.image != MISSING)
    chosen = random.permutation(np.flatnonzero(usable & (derived.box_class != MISSING)))
    count = [round(rate * len(chosen)) for rate in dataclasses.astuple(rates)]
    flipped, shifted, _, dropped = np.split(chosen[: sum(count) - count[2]], _cuts(count))
    if len(derived.classes) < 2:
        flipped = flipped[:0]
    moved, was_moved = shifted_boxes(boxes.xyxy[shifted], derived.image_size[shifted], random)
    shifted, moved = shifted[was_moved], moved[was_moved]
    xyxy, label = boxes.xyxy.copy(), boxes.label.copy()
    xyxy[shifted] = moved
    label[flipped] = other_classes(derived, flipped, random)
    new = spawned(derived, chosen, count[2], random)
    error = np.full(len(boxes) + len(new), "", object)
    error[flipped], error[shifted] = ErrorKind.WRONG_CLASS, ErrorKind.LOOSE_BOX
    error[len(boxes) :] = ErrorKind.SPURIOUS
    changed = dataclasses.replace(boxes, xyxy=xyxy, label=label)
    wrong = dataclasses.replace(dataset, boxes=Boxes.concat([changed, new]))
    true = np.vstack([boxes.xyxy, np.full((len(new), 4), np.nan)])
    kept = np.ones(len(error), bool)
    kept[dropped] = False
    return KnownErrors(
        wrong.keep(boxes=kept), texts(error[kept].tolist()), true[kept], boxes.rows(dropped)
    )


def _cuts(count: list[int]) -> list[int]:
    flip, shift, _, _ = count
    return [flip, flip + shift, flip + shift]


def other_classes(derived: DatasetColumns, rows: Ints, random: Generator) -> Rows:
    """For each box a class record of another class of its file's, all alike probable, (k,).

    Parameters
    ----------
    derived:
        the dataset.
    rows:
        (k,) rows of its boxes.
    random:
        the generator of every choice.
    """
    categories = derived.dataset.categories
    first = np.unique(derived.class_of, return_index=True)[1]
    step = random.integers(1, max(len(first), 2), len(rows))
    wanted = first[(derived.box_class[rows] + step) % len(first)] if len(first) else first[:0]
    # Another file may declare the class under another id; its own record is the one to point at.
    own = {
        (int(file), int(number)): row
        for row, (file, number) in enumerate(zip(categories.file, derived.class_of, strict=True))
    }
    files = derived.dataset.boxes.file[rows].tolist()
    found = [
        own.get((file, int(derived.class_of[row])), row)
        for file, row in zip(files, wanted.tolist(), strict=True)
    ]
    return np.array(found, np.int32)


def shifted_boxes(boxes: Floats, size: Floats, random: Generator) -> tuple[Floats, Bools]:
    """Each box moved and resized until its IoU with itself is in `SHIFTED_IOU`, and whether it was.

    Centres move by normal noise of 0.18 of the side, sides change by a factor e to the 0.25 times
    normal noise; boxes stay in their image.

    Parameters
    ----------
    boxes:
        (k, 4) in pixels.
    size:
        (k, 2) width and height of the image of each; NaN where unknown.
    random:
        the generator of every choice.
    """
    limit = np.where(np.isfinite(size), size, np.inf)
    result, done = boxes.copy(), np.zeros(len(boxes), bool)
    for _ in range(MAX_TRIES):
        rows = np.flatnonzero(~done)
        if not len(rows):
            break
        sides = boxes[rows, 2:] - boxes[rows, :2]
        centre = (boxes[rows, 2:] + boxes[rows, :2]) / 2
        centre = centre + random.normal(0, 0.18, sides.shape) * sides
        half = sides * np.exp(random.normal(0, 0.25, sides.shape)) / 2
        drawn = clip(np.hstack([centre - half, centre + half]), limit[rows])
        overlap = iou(boxes[rows], drawn)
        good = (overlap >= SHIFTED_IOU[0]) & (overlap <= SHIFTED_IOU[1])
        result[rows[good]] = drawn[good]
        done[rows[good]] = True
    return result, done


def spawned(derived: DatasetColumns, usable: Ints, count: int, random: Generator) -> Boxes:
    """Up to `count` boxes, copied from a random object into another image where nothing is.

    Parameters
    ----------
    derived:
        the dataset.
    usable:
        (k,) rows of the boxes that are copied.
    count:
        how many.
    random:
        the generator of every choice.
    """
    boxes, size = derived.dataset.boxes, derived.dataset.images.size
    image_count = len(derived.dataset.images)
    made = Boxes.empty()
    for _ in range(MAX_TRIES):
        wanted = count - len(made)
        if wanted <= 0 or image_count < 2 or not len(usable):
            break
        source = random.choice(usable, wanted)
        image = (boxes.image[source] + random.integers(1, image_count, wanted)) % image_count
        drawn = Boxes.of(
            wanted,
            file=derived.dataset.images.file[image],
            image=image,
            label=boxes.label[source],
            xyxy=boxes.xyxy[source],
        )
        inside = (drawn.xyxy[:, 2:] <= np.nan_to_num(size[image], nan=np.inf)).all(axis=1)
        drawn = drawn.rows(inside)
        made = Boxes.concat([made, drawn.rows(_is_clear(derived, made, drawn))])
    return made


def _is_clear(derived: DatasetColumns, made: Boxes, drawn: Boxes) -> Bools:
    """Which boxes overlap no label, and no box that was drawn before them."""
    given = derived.dataset.boxes.rows(derived.is_valid & derived.in_range)
    corners = np.vstack([given.xyxy, made.xyxy, drawn.xyxy])
    image = np.concatenate([given.image, made.image, drawn.image])
    pairs = overlapping_pairs(corners, image)
    clear = np.ones(len(corners), bool)
    clear[pairs.second[pairs.overlap >= CLEAR_IOU]] = False
    return clear[len(given) + len(made) :]
