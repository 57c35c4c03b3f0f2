"""Wrong labels made up from the user's own, to learn from what their features look like.

The model that judges an image never saw it. So a label of it can be changed without changing the
model, and costs one more question instead of one more training.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.label_issues import ErrorKind
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import max_by_row, overlaps
from labelaudit.core.columns import MISSING, TEXT, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.table import Table, column, rows_column
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import UnknownNameError
from labelaudit.label_errors.labels import Labels, image_sizes, labels_of
from labelaudit.label_errors.noise import box_noise
from labelaudit.label_errors.noise.box_noise import Distortion, Objects
from labelaudit.predictions.model_output import QueryBoxes

AT_MOST = 10_000
"""Labels that are corrupted, of each error: more teach nothing new, and each costs a question."""

AT_LEAST = 6_000
"""Labels that are corrupted, of each error, if there are so few that each can be more than once."""

MOST_TURNS = 4
"""How often one label is corrupted at most."""

TRIES = 50

MIN_SIDE = 2.0
"""Pixels: a box that is thinner after it was cut at the edge of the image is drawn again."""


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticErrors(Table):
    """One row per wrong label that was made up."""

    family: Texts = column(TEXT, fill="")  # (k,) a key of `FAMILIES`
    error: Texts = column(TEXT, fill="")  # (k,) an ErrorKind
    # (k,) row in Labels of the label that it stands for; MISSING: beside all labels
    source_label: Rows = rows_column()
    image: Rows = rows_column()  # (k,) row in Images
    label: Rows = rows_column()  # (k,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (k, 4) in pixels

    @property
    def boxed(self) -> Bools:
        """Which have a box of their own, that a model was asked about, (k,)."""
        boxed: Bools = self.error != ErrorKind.WRONG_CLASS.value
        return boxed


@dataclass(frozen=True)
class SyntheticNoise:
    """The labels of a dataset, and wrong ones that were made up beside them."""

    labels: Labels
    errors: SyntheticErrors

    @property
    def query_boxes(self) -> QueryBoxes:
        """What a model is to be asked: every label, then every planted box."""
        return QueryBoxes(
            np.concatenate([self.labels.image, self.errors.image]),
            np.concatenate([self.labels.xyxy, self.errors.xyxy]),
        )


@dataclass(frozen=True)
class Family:
    """A kind of wrong box."""

    error: ErrorKind
    distort: Distortion
    share: float  # of the labels of which one is drawn; those of one error add up to at most 1
    overlap: tuple[float, float]  # IoU with the label that it is made from
    alone: bool  # whether the upper bound holds for all labels of the image


LOOSE = (0.3, 0.75)
"""IoU with the true box: two careful people agree at .88 on average (Pascal VOC), and below .3 no
detector would call it the same object."""

FAMILIES = {
    "jittered": Family(ErrorKind.LOOSE_BOX, box_noise.jittered, 0.5, LOOSE, alone=False),
    "grown": Family(ErrorKind.LOOSE_BOX, box_noise.grown, 0.1, LOOSE, alone=False),
    "shrunk": Family(ErrorKind.LOOSE_BOX, box_noise.shrunk, 0.1, LOOSE, alone=False),
    "one-sided": Family(ErrorKind.LOOSE_BOX, box_noise.one_sided, 0.1, LOOSE, alone=False),
    "displaced": Family(ErrorKind.LOOSE_BOX, box_noise.displaced, 0.1, LOOSE, alone=False),
    "part": Family(ErrorKind.LOOSE_BOX, box_noise.part, 0.05, LOOSE, alone=False),
    "merged": Family(ErrorKind.LOOSE_BOX, box_noise.merged, 0.05, LOOSE, alone=False),
    "anywhere": Family(ErrorKind.SPURIOUS, box_noise.anywhere, 0.7, (0.0, 0.3), alone=True),
    "beside": Family(ErrorKind.SPURIOUS, box_noise.beside, 0.2, (0.05, 0.3), alone=True),
    "repeated": Family(ErrorKind.SPURIOUS, box_noise.repeated, 0.05, (0.6, 0.95), alone=False),
}

USUAL = tuple(name for name in FAMILIES if name not in ("beside", "repeated"))
"""The families that are drawn unless others are asked for (docs/method.md, section 5)."""


def make_label_noise(
    derived: DatasetColumns, *, seed: int = 0, families: Iterable[str] = USUAL
) -> SyntheticNoise:
    """The labels of a dataset and wrong boxes made up beside them, before a model is asked.

    Wrong classes and missing objects need no question of their own, and are made up later.

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
        raise UnknownNameError(f"no corruption is called {unknown[0]!r}: choose of {[*FAMILIES]}")
    rng = np.random.default_rng(seed)
    labels = labels_of(derived)
    objects = _objects(labels, image_sizes(derived))
    parts = [SyntheticErrors.empty()]
    for error in (ErrorKind.LOOSE_BOX, ErrorKind.SPURIOUS):
        rows = _drawn(rng, len(labels))
        here = [name for name in chosen if FAMILIES[name].error is error]
        stops = np.cumsum([0.0] + [FAMILIES[name].share for name in here]) * len(rows)
        for name, low, high in zip(here, stops, stops[1:], strict=False):
            parts.append(_planted(rng, name, labels, objects, rows[round(low) : round(high)]))
    return SyntheticNoise(labels, SyntheticErrors.concat(parts))


def _drawn(rng: np.random.Generator, count: int) -> Ints:
    """Rows of labels to corrupt, each as often as any other, but for the rest, in random order."""
    turns = int(np.clip(AT_LEAST // max(count, 1), 1, MOST_TURNS))
    every = np.concatenate([rng.permutation(count) for _ in range(turns)])
    rows: Ints = rng.permutation(every[:AT_MOST])
    return rows


def _objects(labels: Labels, size: Floats) -> Objects:
    neighbour = np.vstack([labels.xyxy, np.full((1, 4), np.nan)])[_neighbours(labels)]
    return Objects(labels.xyxy, size[labels.image], neighbour)


def _neighbours(labels: Labels) -> Ints:
    """The next label of the image by the centre's place from left to right, (n,), or MISSING."""
    centre = labels.xyxy[:, [0, 2]].sum(axis=1)
    order = np.lexsort((centre, labels.image))
    following = np.full(len(labels), MISSING, np.int64)
    same = labels.image[order][1:] == labels.image[order][:-1]
    following[order[:-1][same]] = order[1:][same]
    return following


def _planted(
    rng: np.random.Generator, name: str, labels: Labels, objects: Objects, rows: Ints
) -> SyntheticErrors:
    """Wrong boxes of one family made from the labels in `rows`, where a try succeeds."""
    family, xyxy = FAMILIES[name], np.full((len(rows), 4), np.nan)
    still = np.arange(len(rows))
    for _ in range(TRIES):
        if not len(still):
            break
        row = rows[still]
        drawn = _cut(family.distort(rng, objects.rows(row)), objects.image_size[row])
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


def _cut(xyxy: Floats, image_size: Floats) -> Floats:
    return np.clip(xyxy, 0.0, np.hstack([image_size, image_size]))


def _acceptable(family: Family, drawn: Floats, labels: Labels, row: Ints) -> Bools:
    low, high = family.overlap
    overlap = iou(drawn, labels.xyxy[row])
    good: Bools = (overlap >= low) & (overlap <= high)
    good &= (drawn[:, 2:] - drawn[:, :2] >= MIN_SIDE).all(axis=1)
    if family.alone and good.any():
        rows = np.flatnonzero(good)
        box_overlaps = overlaps(labels.image[row[rows]], drawn[rows], labels.image, labels.xyxy)
        good[rows] = max_by_row(box_overlaps.one, box_overlaps.overlap, len(rows)) <= high
    return good
