"""From the numbers of label files to boxes, masks and keypoints in pixels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.masks import Flat, whole_polygon_masks
from labelaudit.dataset.tables import (
    Boxes,
    Keypoints,
    MaskFault,
    Masks,
    ProblemKind,
    RecordType,
)
from labelaudit.io.formats.problems import FieldProblem, Problem
from labelaudit.io.formats.yolo.lines import Lines, OddLine
from labelaudit.io.formats.yolo.loose import in_small_letters, understood
from labelaudit.io.formats.yolo.sixth_number import CONFIDENCE, OTHER, WITH_SIXTH

"""What notes call a number behind a box."""


@dataclass(frozen=True)
class Place:
    """Where the labels of each file belong; a place in each array for a row in Files."""

    image: Ints  # (files,) row in Images
    size: Floats  # (files, 2) width and height of that image in pixels


@dataclass(frozen=True)
class Understanding:
    """How lines are to be read."""

    classes: Mapping[str, int]  # the index of each class by name
    keypoints: tuple[int, int] | None  # of a label, and numbers of each; None: labels have none
    polygon_validity: bool  # whether to look for self-crossing polygons


@dataclass(frozen=True)
class LabelPiece:
    """The labels of some files."""

    boxes: Boxes  # without their class
    index: Floats  # (n,) the class as the label writes it; NaN if it is unreadable
    masks: Masks
    keypoints: Keypoints
    problems: list[Problem]


def piece(
    lines: Lines, odd: Sequence[OddLine], place: Place, understanding: Understanding
) -> LabelPiece:
    """The labels in lines, whose file numbers are rows in Files.

    Parameters
    ----------
    lines:
        those of plain numbers.
    odd:
        the others, as text.
    place:
        the image of each file.
    understanding:
        how lines are to be read.
    """
    lines, problems = with_odd(lines, odd, understanding.classes)
    first, count, shape = lines.first, lines.count, understanding.keypoints
    posed = (count > 5) & (shape is not None)
    masked = (count > 6) & ~posed
    size = place.size[lines.file]
    validity = understanding.polygon_validity
    masks = _masks(lines, np.flatnonzero(masked), size, validity=validity)
    xyxy = np.full((len(count), 4), np.nan)
    plain = np.flatnonzero(~masked)
    xyxy[plain] = corners(_columns(lines.numbers, first[plain] + 1, 4), size[plain])
    xyxy[masks.box] = masks.xyxy
    boxes = Boxes.of(
        len(count),
        file=lines.file,
        record=lines.line,
        image=place.image[lines.file],
        xyxy=xyxy,
    )
    problems += _misfits(lines, masked, posed, with_keypoints=shape is not None)
    posing = _keypoints(lines, np.flatnonzero(posed), size, shape or (0, 3))
    return LabelPiece(boxes, lines.numbers[first], masks, posing, problems)


def corners(numbers: Floats, size: Floats) -> Floats:
    """Left, top, right, bottom in pixels of boxes given as centre and size in fractions, (n, 4)."""
    with np.errstate(invalid="ignore", over="ignore"):
        centre, side = numbers[:, :2] * size, numbers[:, 2:] * size
        return np.hstack([centre - side / 2, centre + side / 2])


def with_odd(
    lines: Lines, odd: Sequence[OddLine], classes: Mapping[str, int]
) -> tuple[Lines, list[Problem]]:
    """The lines with those that are odd but can be understood, in order, and what was odd.

    Parameters
    ----------
    lines:
        those of plain numbers.
    odd:
        the others, as text.
    classes:
        the index of each class by name.
    """
    if not odd:
        return lines, []
    small = in_small_letters(classes)
    loose = [understood(one.text, classes, small) for one in odd]
    kept = [(one, it) for one, it in zip(odd, loose, strict=True) if it.numbers]
    file = np.append(lines.file, [one.file for one, _ in kept]).astype(np.int64)
    line = np.append(lines.line, [one.line for one, _ in kept]).astype(np.int64)
    count = np.append(lines.count, [len(it.numbers) for _, it in kept]).astype(np.int64)
    numbers = np.append(lines.numbers, [value for _, it in kept for value in it.numbers])
    order = np.lexsort((line, file))
    row = np.empty_like(order)
    row[order] = np.arange(len(order))
    rows = iter(row[len(lines.file) :].tolist())
    problems = [
        Problem(one.file, RecordType.BOX, one.line, row, problem)
        for one, it in zip(odd, loose, strict=True)
        for row in [next(rows) if it.numbers else MISSING]
        for problem in it.problems
    ]
    start = (np.cumsum(count) - count)[order]
    spread = np.repeat(start - (np.cumsum(count[order]) - count[order]), count[order])
    numbers = numbers[spread + np.arange(len(numbers))]
    return Lines(file[order], line[order], count[order], numbers), problems


def _columns(numbers: Floats, start: Ints, count: int) -> Floats:
    """`count` numbers from each of `start` on, (n, count)."""
    columns: Floats = numbers[start[:, None] + np.arange(count)]
    return columns


def _masks(lines: Lines, rows: Ints, size: Floats, *, validity: bool) -> Masks:
    """The polygons of some lines; an odd number at the end of one is left out."""
    if not len(rows):
        return Masks.empty()
    whole = (lines.count[rows] - 1) // 2 * 2
    place = np.repeat(lines.first[rows] + 1 - (np.cumsum(whole) - whole), whole)
    xy = lines.numbers[place + np.arange(len(place))].reshape(-1, 2)
    with np.errstate(over="ignore", invalid="ignore"):
        xy = xy * np.repeat(size[rows], whole // 2, axis=0)
        flat = Flat(xy.reshape(-1), whole, np.ones_like(whole))
        masks = whole_polygon_masks(flat, validity=validity)
    fault = masks.fault.copy()
    fault[lines.count[rows] % 2 == 0] = MaskFault.ODD_COORDINATES
    return Masks.of(
        len(rows),
        box=rows,
        fault=fault,
        xyxy=masks.xyxy,
        area=masks.area,
        parts=masks.parts,
        points=masks.points,
    )


def _keypoints(lines: Lines, rows: Ints, size: Floats, shape: tuple[int, int]) -> Keypoints:
    """The keypoints of some lines; of a list of another length only its length is known."""
    joints, width = shape
    values = lines.count[rows] - 5
    fits = values == joints * width
    xyxy = np.full((len(rows), 4), np.nan)
    labelled, readable = np.zeros(len(rows), np.int64), np.ones(len(rows), bool)
    some = rows[fits]
    if len(some) and joints:
        numbers = _columns(lines.numbers, lines.first[some] + 5, joints * width)
        points = numbers.reshape(-1, joints, width)
        seen, readable[fits] = visible(points)
        labelled[fits] = seen.sum(axis=1)
        with np.errstate(over="ignore", invalid="ignore"):
            xyxy[fits] = _extents(points[:, :, :2] * size[some][:, None], seen)
    return Keypoints.of(
        len(rows),
        box=rows,
        values=values * 3 // width,
        labelled=labelled,
        readable=readable,
        xyxy=xyxy,
    )


def visible(points: Floats) -> tuple[Bools, Bools]:
    """Which keypoints are labelled, (n, joints), and which objects have only readable ones, (n,).

    Where no number says so, a keypoint is labelled unless it is at 0, 0 or before.
    """
    readable = np.isfinite(points).all(axis=2)
    if points.shape[2] == 2:
        seen = (points[:, :, 0] >= 0) & (points[:, :, 1] >= 0) & (points != 0).any(axis=2)
    else:
        seen = points[:, :, 2] > 0
        readable &= np.isin(points[:, :, 2], (0, 1, 2))
    return seen, np.logical_and.reduce(readable, axis=1)


def _extents(points: Floats, seen: Bools) -> Floats:
    """The box around the keypoints that are seen, (n, 4); NaN around none."""
    low = np.where(seen[:, :, None], points, np.inf).min(axis=1)
    high = np.where(seen[:, :, None], points, -np.inf).max(axis=1)
    return np.where(np.isfinite(low[:, :1]), np.hstack([low, high]), np.nan)


def _misfits(lines: Lines, masked: Bools, posed: Bools, *, with_keypoints: bool) -> list[Problem]:
    """Files and lines whose counts of numbers some trainers refuse, or read as something else.

    Ultralytics takes every line of a file for a polygon as soon as one of them is one: the box
    0.5 0.5 0.2 0.2 becomes the points (0.5, 0.5) and (0.2, 0.2). It refuses boxes without
    keypoints where labels have them.
    """
    plain = np.bincount(lines.file[lines.count == 5])
    others, noun = (posed, "pose") if with_keypoints else (masked, "polygon")
    rest = np.bincount(lines.file[others], minlength=len(plain))[: len(plain)]
    mixed = np.flatnonzero((plain > 0) & ((rest > 0) | with_keypoints)).tolist()
    problems = []
    for file in mixed:
        boxes = counted(plain[file], "box", "boxes")
        words = f"a mix of {boxes} and {counted(rest[file], noun)}"
        if not rest[file]:
            words = f"{boxes} without the keypoints that data.yaml declares"
        problem = FieldProblem(ProblemKind.WRONG_TYPE, "content", words)
        problems.append(Problem(file, RecordType.FILE, MISSING, file, problem))
    last = lines.numbers[np.cumsum(lines.count) - 1]
    for row in np.flatnonzero((lines.count == WITH_SIXTH) & ~posed).tolist():
        problem = _sixth_number(float(last[row]))
        place = int(lines.file[row]), RecordType.BOX, int(lines.line[row]), row
        problems.append(Problem(*place, problem))
    return problems


def _sixth_number(value: float) -> FieldProblem:
    """A number behind a box: a confidence, or something else, an angle say."""
    name = CONFIDENCE if 0 <= value <= 1 else OTHER
    found = "no number" if np.isnan(value) else f"{value:g}"
    return FieldProblem(ProblemKind.LEFT_OVER, name, f"{found}, which is left out")
