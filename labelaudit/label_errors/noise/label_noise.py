"""Synthetic errors: wrong labels made from the user's own, to learn what their features look like.

The model that judges an image never saw it. So a label of it can be changed without changing the
model, and costs one more query box instead of one more training (docs/method.md, section 5). The
labels themselves stay as they are; errors that are planted into a dataset, to see how many are
found, are in `label_errors/evaluation/known_errors.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import clip, iou
from labelaudit.boxes.overlaps import max_by_row, overlaps
from labelaudit.core.columns import MISSING, TEXT, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.registry import instead
from labelaudit.core.table import Table, column, rows_column
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import UnknownNameError
from labelaudit.label_errors.labels import Labels, image_sizes_of, labels_of
from labelaudit.label_errors.noise import box_noise
from labelaudit.label_errors.noise.box_noise import Distortion, Objects
from labelaudit.predictions.model_output import QueryBoxes

MAX_PER_ERROR = 10_000
"""Labels that errors of each kind are made from: more teach nothing new, and each costs a query."""

MIN_PER_ERROR = 6_000
"""The same where labels are few: then each is used more than once."""

MAX_REPEATS = 4
"""How often each label is used at most for errors of one kind."""

MAX_TRIES = 50
"""How often a box is drawn before it is given up."""

MIN_SIDE = 2.0
"""Pixels: a box that is thinner after it was cut at the edge of the image is drawn again."""


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticErrors(Table):
    """One row per synthetic error."""

    family: Texts = column(TEXT, fill="")  # (k,) a key of `FAMILIES`, or one of `FLIPS`
    error: Texts = column(TEXT, fill="")  # (k,) an ErrorKind
    # (k,) row in Labels of the label whose place it takes; MISSING: it stands beside all labels
    source_label: Rows = rows_column()
    image: Rows = rows_column()  # (k,) row in Images
    label: Rows = rows_column()  # (k,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (k, 4) in pixels

    @property
    def has_own_box(self) -> Bools:
        """Which have a box of their own, that a model was asked about, (k,)."""
        has_own_box: Bools = self.error != ErrorKind.WRONG_CLASS.value
        return has_own_box


@dataclass(frozen=True)
class SyntheticNoise:
    """The labels of a dataset as they stand, and synthetic errors beside them."""

    labels: Labels
    errors: SyntheticErrors

    @property
    def query_boxes(self) -> QueryBoxes:
        """What a model is to be asked: every label, then every box of an error."""
        return QueryBoxes(
            np.concatenate([self.labels.image, self.errors.image]),
            np.concatenate([self.labels.xyxy, self.errors.xyxy]),
        )


@dataclass(frozen=True)
class Family:
    """One way to put boxes wrong, and how far off they may be."""

    error: ErrorKind
    distort: Distortion
    share: float  # of the labels that are used; those of one error add up to at most 1
    overlap: tuple[float, float]  # IoU with the label that it is made from, both inclusive
    alone: bool  # whether the upper bound holds for all labels of the image


LOOSE_IOU = (0.3, 0.75)
"""IoU with the true box: two careful people agree at .88 on average (Pascal VOC), and below .3 no
detector would call it the same object."""

FAMILIES = {
    "jittered": Family(ErrorKind.LOOSE_BOX, box_noise.jittered, 0.5, LOOSE_IOU, alone=False),
    "grown": Family(ErrorKind.LOOSE_BOX, box_noise.grown, 0.1, LOOSE_IOU, alone=False),
    "shrunk": Family(ErrorKind.LOOSE_BOX, box_noise.shrunk, 0.1, LOOSE_IOU, alone=False),
    "one-sided": Family(ErrorKind.LOOSE_BOX, box_noise.one_sided, 0.1, LOOSE_IOU, alone=False),
    "displaced": Family(ErrorKind.LOOSE_BOX, box_noise.displaced, 0.1, LOOSE_IOU, alone=False),
    "part": Family(ErrorKind.LOOSE_BOX, box_noise.part, 0.05, LOOSE_IOU, alone=False),
    "merged": Family(ErrorKind.LOOSE_BOX, box_noise.merged, 0.05, LOOSE_IOU, alone=False),
    "anywhere": Family(ErrorKind.SPURIOUS, box_noise.anywhere, 0.7, (0.0, 0.3), alone=True),
    "beside": Family(ErrorKind.SPURIOUS, box_noise.beside, 0.2, (0.05, 0.3), alone=True),
    "repeated": Family(ErrorKind.SPURIOUS, box_noise.repeated, 0.05, (0.6, 0.95), alone=False),
}

DEFAULT_FAMILIES = tuple(name for name in FAMILIES if name not in ("beside", "repeated"))
"""The families that are drawn unless others are asked for (docs/method.md, section 5)."""


def make_label_noise(
    derived: DatasetColumns, *, seed: int = 0, families: Iterable[str] = DEFAULT_FAMILIES
) -> SyntheticNoise:
    """The labels of a dataset and synthetic loose and spurious boxes, before a model is asked.

    Wrong classes (`class_noise`) and missing objects (`missing/classifier.py`) need no query of
    their own, and are made after it.

    Parameters
    ----------
    derived:
        the dataset; crowds, difficult objects and boxes without an inside take no part.
    seed:
        of every choice: the same labels give the same errors.
    families:
        the kinds of wrong boxes, keys of `FAMILIES`.

    Raises
    ------
    UnknownNameError
        for a family that does not exist.
    """
    chosen = list(families)
    if unknown := sorted(set(chosen) - set(FAMILIES)):
        raise UnknownNameError(
            f"no family of errors is called {unknown[0]!r}{instead(unknown[0], FAMILIES)}"
        )
    rng = np.random.default_rng(seed)
    labels = labels_of(derived)
    objects = _objects(labels, image_sizes_of(derived))
    parts = [SyntheticErrors.empty()]
    for error in (ErrorKind.LOOSE_BOX, ErrorKind.SPURIOUS):
        rows = _source_rows(rng, len(labels))
        here = [name for name in chosen if FAMILIES[name].error is error]
        stops = np.cumsum([0.0] + [FAMILIES[name].share for name in here]) * len(rows)
        for name, low, high in zip(here, stops, stops[1:], strict=False):
            parts.append(_family_errors(rng, name, labels, objects, rows[round(low) : round(high)]))
    return SyntheticNoise(labels, SyntheticErrors.concat(parts))


def _source_rows(rng: np.random.Generator, count: int) -> Ints:
    """Rows of the labels to use, each as often as any other, but for the rest, in random order."""
    repeats = int(np.clip(MIN_PER_ERROR // max(count, 1), 1, MAX_REPEATS))
    every = np.concatenate([rng.permutation(count) for _ in range(repeats)])
    rows: Ints = rng.permutation(every[:MAX_PER_ERROR])
    return rows


def _objects(labels: Labels, size: Floats) -> Objects:
    """Labels as the functions of `box_noise` take them."""
    neighbour = np.vstack([labels.xyxy, np.full((1, 4), np.nan)])[_next_to_the_right(labels)]
    return Objects(labels.xyxy, size[labels.image], neighbour)


def _next_to_the_right(labels: Labels) -> Ints:
    """The next label of the image by the centre's place from left to right, (n,), or MISSING."""
    centre = labels.xyxy[:, [0, 2]].sum(axis=1)
    order = np.lexsort((centre, labels.image))
    following = np.full(len(labels), MISSING, np.int64)
    same = labels.image[order][1:] == labels.image[order][:-1]
    following[order[:-1][same]] = order[1:][same]
    return following


def _family_errors(
    rng: np.random.Generator, name: str, labels: Labels, objects: Objects, rows: Ints
) -> SyntheticErrors:
    """Errors of one family made from the labels in `rows`; none where all tries fail."""
    family, xyxy = FAMILIES[name], np.full((len(rows), 4), np.nan)
    still = np.arange(len(rows))
    for _ in range(MAX_TRIES):
        if not len(still):
            break
        row = rows[still]
        drawn = clip(family.distort(rng, objects.rows(row)), objects.image_size[row])
        good = _acceptable(family, drawn, labels, row)
        xyxy[still[good]] = drawn[good]
        still = still[~good]
    done = np.isfinite(xyxy).all(axis=1)
    rows = rows[done]
    return SyntheticErrors.of(
        len(rows),
        family=np.full(len(rows), name, TEXT),
        error=np.full(len(rows), family.error.value, TEXT),
        source_label=rows if family.error is ErrorKind.LOOSE_BOX else np.full(len(rows), MISSING),
        image=labels.image[rows],
        label=labels.label[rows],
        xyxy=xyxy[done],
    )


def _acceptable(family: Family, drawn: Floats, labels: Labels, row: Ints) -> Bools:
    """Which drawn boxes are as far off as the family wants, and large enough, (n,)."""
    low, high = family.overlap
    overlap = iou(drawn, labels.xyxy[row])
    good: Bools = (overlap >= low) & (overlap <= high)
    good &= (drawn[:, 2:] - drawn[:, :2] >= MIN_SIDE).all(axis=1)
    if family.alone and good.any():
        rows = np.flatnonzero(good)
        box_overlaps = overlaps(labels.image[row[rows]], drawn[rows], labels.image, labels.xyxy)
        good[rows] = max_by_row(box_overlaps.one, box_overlaps.overlap, len(rows)) <= high
    return good
