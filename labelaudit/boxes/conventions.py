"""Conventions for writing a box as four numbers, and the named transforms from one to another.

A file that was read by one convention although its numbers follow another has boxes in the wrong
places. The transform `xyxy-as-xywh` makes them right: it takes back the reading as left, top,
width, height and reads the same numbers as left, top, right, bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from functools import partial
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from labelaudit.core.columns import Floats

Transform: TypeAlias = Callable[[Floats, Floats], Floats]
"""Boxes as corners, (n, 4), and the width and height of their images, (n, 2), to new corners."""

Order: TypeAlias = tuple[int, int, int, int]


class Form(Enum):
    """What the two points are that four numbers write, x before y."""

    CORNERS = 0  # the near corner, the far corner
    SIZE = 1  # the near corner, the size
    CENTRE = 2  # the centre, the size


PLAIN: Order = (0, 1, 2, 3)
SWAPPED_AXES: Order = (1, 0, 3, 2)
SWAPPED_CORNERS: Order = (2, 3, 0, 1)
AXIS_BY_AXIS: Order = (0, 2, 1, 3)


@dataclass(frozen=True)
class Convention:
    """How a box is written as four numbers."""

    words: str  # for messages: left, top, width, height
    form: Form
    order: Order = PLAIN  # which of the form's numbers stands first, second, ...; its own inverse
    normalised: bool = False  # x is a fraction of the image's width, y of its height
    upward: bool = False  # y is measured from the bottom of the image
    shift: tuple[int, int] = (0, 0)  # pixels from the corners written to the edges of the box

    def read(self, numbers: Floats, size: Floats) -> Floats:
        """The corners of boxes written like this, (n, 4), in images of this size, (n, 2)."""
        values = numbers[:, self.order]
        if self.normalised:
            values = values * np.tile(size, 2)
        first, second = values[:, :2], values[:, 2:]
        if self.form is Form.CENTRE:
            first = first - second / 2
        if self.form is not Form.CORNERS:
            second = first + second
        xyxy = np.hstack([first + self.shift[0], second + self.shift[1]])
        return upside_down(xyxy, size) if self.upward else xyxy

    def write(self, xyxy: Floats, size: Floats) -> Floats:
        """The numbers, (n, 4), that `read` reads as these corners."""
        if self.upward:
            xyxy = upside_down(xyxy, size)
        first, second = xyxy[:, :2] - self.shift[0], xyxy[:, 2:] - self.shift[1]
        if self.form is not Form.CORNERS:
            second = second - first
        if self.form is Form.CENTRE:
            first = first + second / 2
        values = np.hstack([first, second])
        if self.normalised:
            values = values / np.tile(size, 2)
        return values[:, self.order]

    def differences(self, other: Convention) -> list[str]:
        """The fields in which two conventions differ, but for their words."""
        names = [field.name for field in fields(self) if field.name != "words"]
        return [name for name in names if getattr(self, name) != getattr(other, name)]


def upside_down(xyxy: Floats, size: Floats) -> Floats:
    """Boxes mirrored at the horizontal middle of their images, (n, 4)."""
    left, top, right, bottom = xyxy.T
    return np.column_stack([left, size[:, 1] - bottom, right, size[:, 1] - top])


_ONE_BASED = (-1, 0)  # corners are pixels, counted from 1, and the far one is the last inside
_FRACTIONS = "in fractions of the image"
_FROM_BOTTOM = "y measured from the bottom"
_FROM_ONE = "pixels counted from 1"

CONVENTIONS: Mapping[str, Convention] = MappingProxyType(
    {
        "voc-xyxy": Convention(
            f"left, top, right, bottom with {_FROM_ONE}", Form.CORNERS, shift=_ONE_BASED
        ),
        "voc-yxyx": Convention(
            f"top, left, bottom, right with {_FROM_ONE}",
            *(Form.CORNERS, SWAPPED_AXES),
            shift=_ONE_BASED,
        ),
        "bottom-up-voc-xyxy": Convention(
            f"left, top, right, bottom with {_FROM_BOTTOM}",
            Form.CORNERS,
            upward=True,
            shift=_ONE_BASED,
        ),
        "xywh": Convention("left, top, width, height", Form.SIZE),
        "xyxy": Convention("left, top, right, bottom", Form.CORNERS),
        "cxcywh": Convention("centre, width, height", Form.CENTRE),
        "yxhw": Convention("top, left, height, width", Form.SIZE, SWAPPED_AXES),
        "yxyx": Convention("top, left, bottom, right", Form.CORNERS, SWAPPED_AXES),
        "xxyy": Convention("left, right, top, bottom", Form.CORNERS, AXIS_BY_AXIS),
        "normalised-xywh": Convention(
            f"left, top, width, height {_FRACTIONS}", Form.SIZE, normalised=True
        ),
        "normalised-xyxy": Convention(
            f"left, top, right, bottom {_FRACTIONS}", Form.CORNERS, normalised=True
        ),
        "normalised-cxcywh": Convention(
            f"centre, width, height {_FRACTIONS}", Form.CENTRE, normalised=True
        ),
        "normalised-yxyx": Convention(
            f"top, left, bottom, right {_FRACTIONS}", Form.CORNERS, SWAPPED_AXES, normalised=True
        ),
        "normalised-cycxhw": Convention(
            f"centre, height, width, y first, {_FRACTIONS}",
            *(Form.CENTRE, SWAPPED_AXES),
            normalised=True,
        ),
        "bottom-up-xywh": Convention(
            f"left, top, width, height with {_FROM_BOTTOM}", Form.SIZE, upward=True
        ),
        "bottom-up-xyxy": Convention(
            f"left, top, right, bottom with {_FROM_BOTTOM}", Form.CORNERS, upward=True
        ),
        "bottom-up-normalised-cxcywh": Convention(
            f"centre, width, height {_FRACTIONS} with {_FROM_BOTTOM}",
            Form.CENTRE,
            normalised=True,
            upward=True,
        ),
        "one-based-xywh": Convention(
            f"left, top, width, height with {_FROM_ONE}", Form.SIZE, shift=(-1, -1)
        ),
        "zero-based-xyxy": Convention(
            "left, top, right, bottom as first and last pixels counted from 0",
            Form.CORNERS,
            shift=(0, 1),
        ),
        "voc-reversed": Convention(
            "right, bottom, left, top", Form.CORNERS, SWAPPED_CORNERS, shift=_ONE_BASED
        ),
    }
)
"""The conventions that boxes are known to be written in, by name, roughly the likeliest first."""


def transformed(xyxy: Floats, size: Floats, *, declared: str, true: str) -> Floats:
    """Corners that were read as one convention, read as another, (n, 4).

    Parameters
    ----------
    xyxy, size:
        (n, 4) corners as they were read; (n, 2) width and height of their images, NaN if unknown.
    declared, true:
        names in `CONVENTIONS`: by which the numbers were read, and by which they should have been.

    A box without an answer stays as it is: one that is not finite, or whose image has no size where
    fractions or heights need one.

    >>> transformed(
    ...     np.array([[10.0, 20, 40, 60]]), np.array([[640.0, 480]]), declared="xywh", true="xyxy"
    ... )
    array([[10., 20., 30., 40.]])
    """
    with np.errstate(all="ignore"):
        numbers = CONVENTIONS[declared].write(xyxy, size)
        corners = CONVENTIONS[true].read(numbers, size)
    return np.where(np.isfinite(corners).all(axis=1, keepdims=True), corners, xyxy)


def transform_name(true: str, declared: str) -> str:
    """The name of the transform that reads as `true` what was read as `declared`."""
    return f"{true}-as-{declared}"


TRANSFORMS: Mapping[str, Transform] = MappingProxyType(
    {
        transform_name(true, declared): partial(transformed, declared=declared, true=true)
        for declared in CONVENTIONS
        for true in CONVENTIONS
        if true != declared
    }
)
"""Every transform by its name. `a-as-b` and `b-as-a` undo each other where both have an answer."""
