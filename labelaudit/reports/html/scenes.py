"""What is drawn of a finding: the part of its image, the boxes as they are and as proposed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from labelaudit.auditing.findings import Findings, Fix
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.reports.html.crops import Scene

MARGIN = 0.5
"""What is shown around boxes, by the longer side of all of them; as in a terminal. A choice."""

LEAST_SHOWN = 48.0
"""Pixels of the image that a scene is wide at least; a choice."""

ASPECT = 4 / 3
"""Width over height of the scenes of boxes: pictures that are alike are compared quickly."""

FARTHEST = 1e6
"""Pixels; boxes beyond are not drawn."""

MOST_NEIGHBOURS = 24
"""Other boxes of the image that are drawn with a finding; a choice."""


@dataclass(frozen=True)
class DrawnBox:
    """A box that is drawn."""

    role: str  # box, other, gone or fix: how it is drawn
    left: float
    top: float
    width: float
    height: float

    @classmethod
    def of(cls, role: str, corners: Floats) -> DrawnBox:
        """A box with corners, (4,), in any order."""
        left, right = sorted(corners[::2].tolist())
        top, bottom = sorted(corners[1::2].tolist())
        return cls(role, *(round(one, 1) for one in (left, top, right - left, bottom - top)))

    @property
    def outline(self) -> str:
        """It as the data of a path, which is drawn even where it has no inside."""
        return f"M{self.left:g} {self.top:g}h{self.width:g}v{self.height:g}h-{self.width:g}z"

    @property
    def cross(self) -> str:
        """Its diagonals, to be drawn after its outline."""
        wide, high = f"{self.width:g}", f"{self.height:g}"
        return f"l{wide} {high}m0 -{high}l-{wide} {high}"


@dataclass(frozen=True)
class FindingScene:
    """What there is to draw of one finding."""

    scene: Scene
    before: tuple[DrawnBox, ...]
    after: tuple[DrawnBox, ...] | None  # None: no fix that can be drawn
    neighbours: str  # other boxes of the image, as the data of a path
    said_before: str  # what the pictures show, in words
    said_after: str


class FindingScenes:
    """The scenes of findings of a dataset."""

    def __init__(self, findings: Findings, dataset: Dataset) -> None:
        self.findings = findings
        self.dataset = dataset
        self.names = [*dataset.class_names, "no known class"]

    def of(self, row: int) -> FindingScene | None:
        """What is drawn of a finding; None where it is about no image, or its boxes are nowhere."""
        image = int(self.findings.image[row])
        if image == MISSING:
            return None
        box, other = int(self.findings.box[row]), self._other(row, image)
        fix = self.findings.fix[row]
        before = [DrawnBox.of("other", self._corners(other))] if other != MISSING else []
        before += [DrawnBox.of("box", self._corners(box))] if box != MISSING else []
        after = None if fix is None else self._after(fix, box, other)
        shapes = [*before, *(after or ())]
        if not all(_is_drawable(shape) for shape in shapes):
            return None
        extent = self._extent(shapes, image) if shapes else None
        said = f"as it is: {self._said(box)}" if box != MISSING else "the image as it is"
        if after is not None and box == MISSING and not before:
            said = "as it is: without a label here"
        return FindingScene(
            Scene(image, extent),
            tuple(before),
            None if after is None else tuple(after),
            self._neighbours(image, extent, {box, other}),
            said,
            "" if fix is None or after is None else self._proposed(fix),
        )

    def _other(self, row: int, image: int) -> int:
        """The box that a finding compares with, if it is in the same picture."""
        other = int(self.findings.other[row])
        if other == MISSING or not self._is_one_picture(
            int(self.dataset.boxes.image[other]), image
        ):
            return MISSING
        return other

    def _is_one_picture(self, one: int, other: int) -> bool:
        """Whether two images are the same, or of one file: as several label files have it."""
        if one in (other, MISSING):
            return one == other
        images = self.dataset.images
        if path := str(images.path[one]):
            return bool(path == images.path[other])
        return bool(images.name[one] == images.name[other] and not images.path[other])

    def _corners(self, box: int) -> Floats:
        corners: Floats = self.dataset.boxes.xyxy[box]
        return corners

    def _said(self, box: int) -> str:
        return self.names[int(self.dataset.boxes.label[box])]

    def _after(self, fix: Fix, box: int, other: int) -> list[DrawnBox] | None:
        """The boxes once the fix is applied; None where that is nothing to draw."""
        if fix.part is not RecordType.BOX and not KINDS[fix.kind].adds_box:
            return None
        kept = [DrawnBox.of("other", self._corners(one)) for one in (other,) if one != MISSING]
        own = [DrawnBox.of("box", self._corners(box))] if box != MISSING else []
        if KINDS[fix.kind].removes:
            if fix.row == other:
                return [DrawnBox.of("gone", self._corners(other)), *own]
            return [*kept, DrawnBox.of("gone", self._corners(fix.row))] if fix.row == box else None
        if "xyxy" in fix.values:
            return [*kept, DrawnBox.of("fix", np.asarray(fix.values["xyxy"], np.float64))]
        if "label" in fix.values and fix.row == box != MISSING:
            return [*kept, DrawnBox.of("fix", self._corners(box))]
        return None

    def _proposed(self, fix: Fix) -> str:
        """What is proposed, in words."""
        if KINDS[fix.kind].removes:
            return "proposed: removed"
        if "label" in fix.values:
            new = "a new box of " if KINDS[fix.kind].adds_box else ""
            return f"proposed: {new}{self.names[int(fix.values['label'])]}"
        shape = DrawnBox.of("fix", np.asarray(fix.values["xyxy"], np.float64))
        return f"proposed: {shape.width:g} x {shape.height:g} px at {shape.left:g}, {shape.top:g}"

    def _extent(self, shapes: list[DrawnBox], image: int) -> tuple[int, int, int, int]:
        """The part of the image around boxes, moved into it where its size is known."""
        left, top = min(one.left for one in shapes), min(one.top for one in shapes)
        right = max(one.left + one.width for one in shapes)
        bottom = max(one.top + one.height for one in shapes)
        around = (1 + 2 * MARGIN) * max(right - left, bottom - top, 1.0)
        height = max(around / ASPECT, bottom - top + around / 8, LEAST_SHOWN / ASPECT)
        width = max(height * ASPECT, right - left + around / 8)
        size = self.dataset.images.size[image].tolist()
        if self.dataset.images.assumed[image]:
            size = [math.nan, math.nan]
        x, x_end = _span((left + right) / 2, width, size[0])
        y, y_end = _span((top + bottom) / 2, height, size[1])
        # A box that reaches beyond its image is seen whole.
        near, far = (math.floor(left), math.floor(top)), (math.ceil(right), math.ceil(bottom))
        return min(x, near[0]), min(y, near[1]), max(x_end, far[0]), max(y_end, far[1])

    def _neighbours(
        self, image: int, extent: tuple[int, int, int, int] | None, own: set[int]
    ) -> str:
        """Other boxes of the image in an extent, as the data of a path."""
        order, bounds = self._by_image
        rows = order[bounds[image] : bounds[image + 1]]
        corners = self.dataset.boxes.xyxy[rows]
        drawn = np.isfinite(corners).all(axis=1) & (np.abs(corners) < FARTHEST).all(axis=1)
        drawn &= ~np.isin(rows, list(own))
        if extent is not None:
            left, top, right, bottom = extent
            drawn &= (corners[:, 0] < right) & (corners[:, 2] > left)
            drawn &= (corners[:, 1] < bottom) & (corners[:, 3] > top)
        chosen = np.round(corners[drawn][:MOST_NEIGHBOURS]).astype(np.int64).tolist()
        return "".join(f"M{x} {y}H{right}V{bottom}H{x}z" for x, y, right, bottom in chosen)

    @cached_property
    def _by_image(self) -> tuple[Ints, Ints]:
        """The boxes by their image, and where each image begins."""
        image = self.dataset.boxes.image
        order = np.argsort(image, kind="stable").astype(np.int64)
        return order, np.searchsorted(image[order], np.arange(len(self.dataset.images) + 1))


def _span(middle: float, length: float, limit: float) -> tuple[int, int]:
    """Where a stretch about a middle begins and ends, moved to between 0 and a known limit.

    Parameters
    ----------
    middle, length:
        of the stretch.
    limit:
        NaN if it is not known; what is longer than it lies about its middle.

    Examples
    --------
    >>> _span(5, 40, 100), _span(95, 40, 100), _span(50, 120, 100), _span(5, 40, math.nan)
    ((0, 40), (60, 100), (-10, 110), (-15, 25))
    """
    start = middle - length / 2
    if limit >= 1:
        start = min(max(start, 0.0), limit - length) if length <= limit else (limit - length) / 2
    return math.floor(start), math.ceil(start + length)


def _is_drawable(shape: DrawnBox) -> bool:
    sides = (shape.left, shape.top, shape.left + shape.width, shape.top + shape.height)
    return bool(np.isfinite(sides).all()) and max(map(abs, sides)) < FARTHEST
