"""The dataset as the page sees it: findings on their image, the labels of an image, examples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.findings_file import Lookup
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.dataset.tables import Dataset
from labelaudit.images.shown_files import NotShownError
from labelaudit.review.web import request_schemas, schemas
from labelaudit.review.web.image_tiles import TILE, ImageTiles

UNKNOWN_SIZE = (640.0, 480.0)
"""Pixels of an image of which nobody knows the size."""

FARTHEST = 1e5
"""Pixels; what is farther out is drawn as if it were here."""

LEAST_SIDE = 8.0
"""Pixels of the shorter side of a box that is good enough for comparison."""


class Views:
    """A dataset with its images, asked for by row."""

    def __init__(
        self, dataset: Dataset, images: ImageTiles, own_classes: int | None = None
    ) -> None:
        self.dataset = dataset
        # Those that files have; reviewers named the ones after them.
        self.own_classes = len(dataset.categories) if own_classes is None else own_classes
        self.images = images
        self.classes = dataset.class_names
        self._lookup = Lookup(dataset)
        self._names: list[str] = dataset.images.name.tolist()

    def place(self, entry: Mapping[str, Any]) -> dict[str, Any]:
        """Where a finding of the fix list is: the fields of `schemas.ItemOut` that say it.

        Nothing points anywhere if its records are not in the dataset any more.
        """
        try:
            found = self._lookup.finding(dict(entry))
        except (LookupError, TypeError, ValueError):
            found = {"image": MISSING, "box": MISSING, "other": MISSING, "fix": None}
        image, box, other = (int(found[key]) for key in ("image", "box", "other"))
        category = int(found.get("category", MISSING))
        label = self._label(box)
        return {
            "image": _given(image),
            "image_name": entry.get("image"),
            "box": _given(box),
            "xyxy": self.corners(box),
            "label": _given(category) if label is None else label,
            "other": _given(other),
            "other_xyxy": self.corners(other),
            "other_label": self._label(other),
            "fix": self.fix(found["fix"]),
        }

    def place_of_box(self, box: int) -> dict[str, Any]:
        """Where a label is, as `place` says it of a finding."""
        return {
            "image": _given(int(self.dataset.boxes.image[box])),
            "box": box,
            "xyxy": self.corners(box),
            "label": self._label(box),
        }

    def fix(self, fix: Fix | None) -> schemas.ShownFix | None:
        """A fix as the page shows it."""
        if fix is None:
            return None
        xyxy, label = fix.values.get("xyxy"), fix.values.get("label")
        shown = None if xyxy is None else self._shown(np.asarray(xyxy, float))
        kind = KINDS[fix.kind]
        return schemas.ShownFix(
            kind=kind.name,
            words=kind.words,
            removes=kind.removes,
            adds=kind.adds_box,
            xyxy=shown,
            label=label,
            class_name=self._new_name(label),
        )

    def _new_name(self, label: int | None) -> str | None:
        """The name of a class that a reviewer named; None of any other."""
        return None if label is None or label < self.own_classes else self.classes[label]

    def edit(self, fixes: Sequence[Mapping[str, Any]]) -> schemas.ShownFix | None:
        """A reviewer's own fixes of one finding as one; None if there are none that still hold."""
        try:
            read = [self._lookup.fix(dict(fix)) for fix in fixes]
        except (LookupError, TypeError, ValueError):
            return None
        if len(read) < 2:
            return self.fix(read[0]) if read else None
        values = {name: value for fix in read for name, value in fix.values.items()}
        xyxy = self._shown(np.asarray(values["xyxy"], float))
        label = values["label"]
        return schemas.ShownFix(
            kind="change", xyxy=xyxy, label=label, class_name=self._new_name(label)
        )

    def corners(self, box: int) -> request_schemas.Corners | None:
        """The corners of a box as they are drawn; None if there is nothing to draw."""
        return None if box == MISSING else self._shown(self.dataset.boxes.xyxy[box])

    def _shown(self, xyxy: Floats) -> request_schemas.Corners | None:
        """Corners in order, within `FARTHEST`; None if one is not a number."""
        if not np.isfinite(xyxy).all():
            return None
        left, right = sorted(xyxy[[0, 2]].tolist())
        top, bottom = sorted(xyxy[[1, 3]].tolist())
        bounded = np.clip([left, top, right, bottom], -FARTHEST, FARTHEST)
        left, top, right, bottom = bounded.tolist()
        return left, top, right, bottom

    def _label(self, box: int) -> int | None:
        return None if box == MISSING else _given(int(self.dataset.boxes.label[box]))

    def _stated_size(self, image: int) -> tuple[float, float]:
        """Width and height as the labels say; a stand-in if they do not."""
        width, height = self.dataset.images.size[image].tolist()
        if not (math.isfinite(width) and math.isfinite(height) and min(width, height) >= 1):
            return UNKNOWN_SIZE
        return min(width, FARTHEST), min(height, FARTHEST)

    def image(self, row: int) -> schemas.ImageLabels:
        """An image with its labels; `NotShownError` if there is none in that row."""
        if not 0 <= row < len(self.dataset.images):
            raise NotShownError("there is no such image")
        reason = ""
        try:
            width, height = map(float, self.images.size(row))
        except NotShownError as error:
            reason = str(error)
            width, height = self._stated_size(row)
        boxes = [
            (int(box), xyxy)
            for box in self._in_image(row).tolist()
            if (xyxy := self.corners(int(box))) is not None
        ]
        return schemas.ImageLabels(
            row=row,
            name=self._names[row],
            width=width,
            height=height,
            shown=not reason,
            reason=reason,
            tile=TILE,
            boxes=[box for box, _ in boxes],
            xyxy=[xyxy for _, xyxy in boxes],
            labels=[self._label(box) for box, _ in boxes],
        )

    def examples(self, label: int, count: int) -> list[schemas.ExampleOut]:
        """Boxes of a class, spread evenly over the dataset, from images that can be shown."""
        if not 0 <= label < len(self.classes):
            raise NotShownError("there is no such class")
        boxes = self.dataset.boxes
        rows = self._of_label(label)
        shown = np.append(self.dataset.images.path != "", False)[boxes.image[rows]]
        with np.errstate(invalid="ignore"):
            good = shown & (boxes.size[rows].min(axis=1) >= LEAST_SIDE)
        rows = rows[good & ~boxes.crowd[rows]]
        spread = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(np.int64)]
        examples = []
        for box in spread.tolist():
            image = int(boxes.image[box])
            xyxy = self.corners(box)
            if xyxy is not None:
                examples.append(schemas.ExampleOut(image=image, box=box, xyxy=xyxy))
        return examples

    def _in_image(self, row: int) -> Ints:
        order, bounds = self._by_image
        return order[bounds[row] : bounds[row + 1]]

    def _of_label(self, label: int) -> Ints:
        order, bounds = self._by_label
        return order[bounds[label] : bounds[label + 1]]

    @cached_property
    def _by_image(self) -> tuple[Ints, Ints]:
        return _grouped(self.dataset.boxes.image, len(self.dataset.images))

    @cached_property
    def _by_label(self) -> tuple[Ints, Ints]:
        return _grouped(self.dataset.boxes.label, len(self.dataset.categories))


def _given(row: int) -> int | None:
    return None if row == MISSING else row


def _grouped(rows: Any, count: int) -> tuple[Ints, Ints]:  # Any: rows of either width
    """The positions in `rows` by their value, and where each of `count` values begins."""
    order = np.argsort(rows, kind="stable").astype(np.int64)
    return order, np.searchsorted(rows[order], np.arange(count + 1))
