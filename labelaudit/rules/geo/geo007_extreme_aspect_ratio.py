from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount, Factor
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.rules.geo.bounds import Block, boxes_where, on_image, sides

COMMON, ENOUGH = 0.1, 10
"""Least share of the boxes of a class, and least number, that make a shape that of the class: a
slip of the mouse is rarer. Choices.
"""


@dataclass(frozen=True, eq=False)
class ClassShapes:
    """Classes by name, and how many of their boxes are extreme."""

    names: Sequence[str]  # each once
    extreme: Ints  # (c,) boxes of each class
    judged: Ints  # (c,) all boxes of each class that are to be judged

    def of(self, classes: Sequence[str]) -> ClassShapes:
        """The same of these classes, in this order; one that is not known has no box."""
        place = {name: row for row, name in enumerate(self.names)}
        rows = np.array([place.get(name, MISSING) for name in classes], np.int64)
        each = (np.append(counts, 0)[rows] for counts in (self.extreme, self.judged))
        return ClassShapes(classes, *each)

    @property
    def are_long(self) -> Bools:
        """Of which classes that is the shape, (c,)."""
        long: Bools = (self.extreme >= ENOUGH) & (self.extreme >= COMMON * self.judged)
        return long


def _shapes(audit: AuditContext, box: Ints) -> ClassShapes:
    """How many boxes each class of the dataset has, and how many of those in `box`, (m,)."""
    label, classes = audit.derived.box_class, audit.derived.classes
    known = audit.derived.is_evaluated & (label != MISSING)
    so = np.bincount(label[box[label[box] != MISSING]], minlength=len(classes))
    return ClassShapes(classes, so, np.bincount(label[known], minlength=len(classes)))


def _added_up(parts: Sequence[ClassShapes]) -> ClassShapes:
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    each = [part.of(names) for part in parts]
    extreme, judged = ([part.extreme for part in each], [part.judged for part in each])
    return ClassShapes(names, np.sum(extreme, axis=0), np.sum(judged, axis=0))


def _extreme(audit: AuditContext, max_ratio: float, min_side: float) -> Ints:
    """The boxes that are so, whatever the shape of their class, (m,)."""

    def extreme(some: Block) -> Bools:
        long, short = np.maximum(some.width, some.height), np.minimum(some.width, some.height)
        extreme = (long >= max_ratio * short) & (short >= min_side)
        return extreme & some.is_valid & some.is_evaluated & some.in_counted_pixels

    return on_image(audit, boxes_where(audit, extreme))


SHAPES = Gathering(
    "shapes of classes",
    lambda audit, settings: _shapes(
        audit, _extreme(audit, settings["max_ratio"], settings["min_side"])
    ),
    _added_up,
)
"""How many boxes of each class are extreme: whether that is the shape of its objects."""


@rule(
    "GEO007",
    "extreme-aspect-ratio",
    message="{label} is {w:g} x {h:g} px, {ratio:.0f} to 1",
    severity=Severity.INFO,
    needs=Need.PIXELS,
    scope=Scope.IMAGE,
    gathers=SHAPES,
)
def extreme_aspect_ratio(
    audit: AuditContext, *, max_ratio: Factor = 30.0, min_side: Amount = 2.0
) -> Found:
    """A box many times longer than it is wide.

    Why it hurts: no anchor overlaps it, and often it is a slip of the mouse along an edge.
    Ultralytics drops boxes above 100 to 1 while it augments.

    Settings:
        max_ratio: the longer side over the shorter one, from which a box is found.
        min_side: boxes with a side below this many pixels are left to tiny-box.

    Why these defaults: the extremes of real objects are a drinking straw of TACO, 23 to 1, and the
    edge of a sink in the sample of COCO, 18 to 1. Cards and blood cells stay below 4 to 1
    ("extreme-aspect-ratio" in benchmarks/results/rule_defaults.md).

    Where a tenth of a class is so, and ten boxes at least, that is the shape of its objects, as of
    lines of text and wires: nothing is said of it. Crowds and difficult boxes may have any shape.
    Says nothing where the size of the image is only assumed, as in YOLO without the images.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong = one_image("ski 10 10 130 20", "ski 0 50 600 56")
        >>> right = one_image("ski 10 10 130 20", "ski 0 50 600 86")
        >>> print(before_and_after(extreme_aspect_ratio, wrong, right))
        Found: ski is 600 x 6 px, 100 to 1
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 120, 10]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 50, 600, 6]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 50, 600, 36]}

    Fix: none; somebody has to look.
    """
    box = _extreme(audit, max_ratio, min_side)
    shapes: ClassShapes = SHAPES.known(audit, lambda: _shapes(audit, box))
    of_its_class = np.append(shapes.of(audit.derived.classes).are_long, False)
    box = box[~of_its_class[audit.derived.box_class[box]]]
    width, height = sides(audit, box)
    return found(box, ratio=np.maximum(width, height) / np.minimum(width, height))
