"""What is drawn of a finding: boxes as they are, and as its fix would have them."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

from labelaudit.auditing.findings import Box, Finding
from labelaudit.auditing.fixes import KINDS

GIVEN, OTHER, PROPOSED = "#d55e00", "#0072b2", "#009e73"
"""Of Okabe and Ito, which people of any colour vision tell apart: the box that is wrong, the one
that it is compared with, the one that is proposed."""

MARGIN = 0.6
"""Around what is drawn, a part of its longer side; a choice."""

LEAST_SIDE = 48
"""Pixels of the image on each side of a picture, at least: a box of one pixel has surroundings."""

Extent: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels of the image."""


@dataclass(frozen=True)
class Mark:
    """A box that is drawn."""

    xyxy: Box
    colour: str
    name: str  # of its class; empty: not said
    dashed: bool = False


def before(finding: Finding) -> list[Mark]:
    """The boxes of a finding as they are."""
    marks = []
    if drawable(finding.other_xyxy):
        marks.append(Mark(finding.other_xyxy, OTHER, finding.other_class_name or ""))
    if drawable(finding.xyxy):
        marks.append(Mark(finding.xyxy, GIVEN, finding.class_name or ""))
    return marks


def after(finding: Finding) -> list[Mark] | None:
    """The same once it is fixed; None if there is no fix, or none that changes what is drawn."""
    fix = finding.fix
    if fix is None:
        return None
    removes = KINDS[fix.kind].removes
    changes = finding.proposed_xyxy is not None or finding.proposed_class_name is not None
    if not (removes or changes):
        return None
    marks = [mark for mark in before(finding) if mark.colour == OTHER]
    xyxy = finding.proposed_xyxy or finding.xyxy
    if not removes and drawable(xyxy):
        name = finding.proposed_class_name or finding.class_name or ""
        marks.append(Mark(xyxy, PROPOSED, name, dashed=True))
    return marks


def proposal(finding: Finding) -> str:
    """What the fix does, a sentence; empty if there is none."""
    if finding.fix is None:
        return ""
    words = KINDS[finding.fix.kind].words
    return words.replace("{class}", finding.proposed_class_name or "another")


def surroundings(marks: Iterable[Mark], size: tuple[float, float]) -> Extent:
    """The part of an image that shows all marks, and what is around them.

    Parameters
    ----------
    marks:
        the boxes; without any, the whole image.
    size:
        of the image, in pixels.

    >>> surroundings([Mark((100.0, 100.0, 200.0, 200.0), GIVEN, "")], (640, 480))
    (40, 40, 260, 260)
    """
    sides = [mark.xyxy for mark in marks]
    width, height = (max(1, math.ceil(side)) for side in size)
    if not sides:
        return 0, 0, width, height
    left, top = min(s[0] for s in sides), min(s[1] for s in sides)
    right, bottom = max(s[2] for s in sides), max(s[3] for s in sides)
    half = max(right - left, bottom - top, LEAST_SIDE / (1 + 2 * MARGIN)) * (0.5 + MARGIN)
    x, y = (left + right) / 2, (top + bottom) / 2
    # What lies outside of the image altogether is shown from its edge.
    start_x, start_y = _inside(x - half, width), _inside(y - half, height)
    end_x, end_y = _inside(x + half, width), _inside(y + half, height)
    return min(start_x, width - 1), min(start_y, height - 1), max(end_x, 1), max(end_y, 1)


def drawable(xyxy: Box | None) -> TypeGuard[Box]:
    """Whether there is a box of finite corners."""
    return xyxy is not None and all(map(math.isfinite, xyxy))


def _inside(value: float, side: int) -> int:
    return int(round(min(max(value, 0), side), 6))  # 39.999999999999986 is 40
