from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.boxes.conventions import CONVENTIONS, transform_name, transformed
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.text import agreeing, part_of
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.geo.image_evidence import MisreadGroup
from labelaudit.rules.geo.misread_conventions import MASK, ConventionVerdict, verdict
from labelaudit.rules.geo.misread_groups import misread_groups

EXPLAINED = (
    *("GEO001", "GEO002", "GEO004", "GEO005", "GEO006", "GEO007", "GEO008", "GEO009"),
    *("GEO010", "GEO011", "GEO014", "GEO016", "GEO018"),
    *("DUP002", "DUP003", "DUP004", "DUP005", "SRC001", "SRC002", "SRC003"),
    *OF_MODELS,
)
"""Rules about size and place of a box, of all of a source, or about how far two overlap.

Boxes that are not finite, broken masks and exact copies stay findings.
"""

A_PIXEL = ("GEO005", "GEO018")
"""What a shift by one pixel makes of right boxes."""

FEW = 1000
"""Boxes that are looked at first: of a file of COCO they tell that it has several images."""


@rule(
    "GEO015",
    "wrong-convention",
    message="{where}{boxes} {fault}{reading}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    names_causes=True,
)
def wrong_convention(
    audit: AuditContext, *, min_boxes: Count = 10, min_share: Share = 0.9
) -> Found:
    """All boxes of a file, or of some images, follow another convention than the format.

    Why it hurts: every box is wrong, and most still look like boxes. A detector trains without an
    error message and learns nothing, or learns boxes that are off by a constant.

    It recognises corners stored as width and height, a centre stored as a corner and the other way
    round, fractions stored as pixels and pixels as fractions, x and y swapped, corners in another
    order, and y measured from the bottom of the image. Where pixels are counted from 0 and the
    format counts from 1, or the other way round, all is off by one pixel: worth an info only.
    Where each image has a file of its own, all files are judged together.

    Where the file as a whole is right, the images of a split, a folder, a source file, a size and
    an orientation are judged by themselves; then images, three at least, that have no more in
    common than that every box fits by another reading. A file in pixels among fractions, or the
    other way round, is told by its numbers, however few boxes it has.

    The evidence is the masks, if half of the boxes have one. Otherwise it is the borders of the
    images, and keypoints where there are any: boxes must have an inside and fit. Some mistakes
    leave no trace in boxes alone and cannot be found without masks or keypoints: y measured from
    the bottom, x and y swapped in square images or in fractions, and pixels counted from the wrong
    number where fewer than ten edges leave their images.

    The finding has no fix if masks and boxes make the same mistake, if not x and y of the boxes
    were swapped but width and height of the images, or if numbers in pixels fit in several ways.

    Settings:
        min_boxes: fewest boxes that are wrong as the format has it and right as the finding has it.
            It also takes a twentieth of all boxes, and ten such boxes for each of the reverse.
        min_share: fewest boxes, as a fraction, that are right as the finding has it. The rest may
            be broken for reasons of their own.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> boxes = [f"car {x} 100 {2 * x + 30} 230" for x in range(0, 600, 20)]  # x1 + x2, y1 + y2
        >>> print(before_and_after(wrong_convention, one_image(*boxes)))
        Found: 14 of 30 boxes do not fit their images; read as left, top, right, bottom, 30 do
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 100, 30, 130]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 100, 50, 130]}
        - (and 28 more)
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 100, 30, 30]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 100, 30, 30]}
        + (and 28 more)

    Fix: reads all boxes of the file or the images by the convention that they follow. Unsafe,
    because it changes every box on the strength of the majority.
    """
    judge = partial(verdict, audit, min_boxes=min_boxes, min_share=min_share)
    groups_in = partial(misread_groups, audit, min_boxes=min_boxes, min_share=min_share)
    findings: list[_Finding] = []
    for file, box in _pools(audit.dataset):
        whole = judge(box)
        if whole and whole.evidence is not MASK and len(upright := _upright(audit, box)) < len(box):
            whole, box = judge(upright), upright  # noqa: PLW2901  # the rest has its own finding
        if whole:
            findings.append(_of_file(audit, file, whole, box))
        else:
            findings += [_of_group(audit, group) for group in groups_in(box)]
    return found(
        file=[one.file for one in findings],
        image=[one.image for one in findings],
        severity=[Severity.INFO if one.by_a_pixel else Severity.ERROR for one in findings],
        fix=[one.fix for one in findings],
        explains=[one.explains for one in findings],
        affects=[one.affects for one in findings],
        **{
            name: [getattr(one, name) for one in findings]
            for name in ("where", "boxes", "fault", "reading")
        },
    )


@dataclass(frozen=True)
class _Finding:
    """What is said of a file, or of a group of images."""

    file: int
    image: int  # one of a group, by which it is found
    by_a_pixel: bool
    fix: Fix | None
    explains: Explained
    affects: Affected
    where: str
    boxes: str
    fault: str
    reading: str


def _of_file(audit: AuditContext, file: int, verdict: ConventionVerdict, box: Ints) -> _Finding:
    files = np.arange(len(audit.dataset.files)) if file == MISSING else np.array([file])
    codes = A_PIXEL if verdict.by_a_pixel else EXPLAINED
    merit = agreeing(verdict.right, verdict.evidence.merit)
    reading = f"; {_reading(verdict)}, {verdict.right:,} {merit}"
    return _Finding(
        file=file,
        image=MISSING,
        by_a_pixel=verdict.by_a_pixel,
        fix=_fix(file, verdict),
        explains=Explained(codes, file=files),
        affects=Affected(box),
        where="",
        boxes=part_of(verdict.wrong, verdict.judged, "box", "boxes"),
        fault=_fault(verdict.wrong, verdict.evidence.fault, shared=verdict.shared),
        reading=reading,
    )


def _of_group(audit: AuditContext, group: MisreadGroup) -> _Finding:
    images = audit.dataset.images
    image = int(group.image[0])
    where = f"{group.words or counted_images(images.name[group.image].tolist())}: "
    reading = ""
    if group.true:
        words = _words(group.true, by_a_pixel=group.by_a_pixel)
        reading = f"; {words}, {group.right:,} {agreeing(group.right, group.merit)}"
    return _Finding(
        file=int(images.file[image]),
        image=image,
        by_a_pixel=group.by_a_pixel,
        fix=_fix_of_group(audit, group),
        explains=Explained(A_PIXEL if group.by_a_pixel else EXPLAINED, image=group.image),
        affects=Affected.boxes_in(audit.dataset, group.image),
        where=where,
        boxes=part_of(group.wrong, group.judged, "box", "boxes"),
        fault=_fault(group.wrong, group.fault, shared=group.shared),
        reading=reading,
    )


def _fix_of_group(audit: AuditContext, group: MisreadGroup) -> Fix | None:
    """Every box of the images in its new place; boxes that stay where they are, are left out."""
    if not group.true or group.shared:
        return None
    dataset, declared = audit.dataset, audit.dataset.facts.convention
    box = np.flatnonzero(np.isin(dataset.boxes.image, group.image) & audit.derived.in_range)
    old, size = dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    new = transformed(old, size, declared=declared, true=group.true)
    moved = (new != old).any(axis=1)
    fixes = tuple(moves(box[moved], new[moved], Safety.UNSAFE))
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})


def _pools(dataset: Dataset) -> Iterator[tuple[int, Ints]]:
    """Boxes that were written in one way, with their file; MISSING if it is all files together."""
    file, image = dataset.boxes.file, dataset.boxes.image
    if not _several_images_a_file(file, image):
        yield (0 if len(dataset.files) == 1 else MISSING), np.arange(len(file))
        return
    order = np.argsort(file, kind="stable")
    start = np.searchsorted(file[order], np.arange(len(dataset.files) + 1))
    for row in range(len(dataset.files)):
        yield row, order[start[row] : start[row + 1]]


def _several_images_a_file(file: Rows, image: Rows) -> bool:
    first = slice(FEW)
    return _differ_in_one(file[first], image[first]) or _differ_in_one(file, image)


def _differ_in_one(file: Rows, image: Rows) -> bool:
    located = (file != MISSING) & (image != MISSING)
    file, image = file[located], image[located]
    one = np.zeros(file.max(initial=0) + 1, np.int32)
    one[file] = image  # any of the file's images
    return bool((one[file] != image).any())


def _fault(wrong: int, fault: str, *, shared: bool) -> str:
    """What so many boxes do, with their masks if these do the same."""
    if shared:
        return f"and {'its mask' if wrong == 1 else 'their masks'} {fault}"
    return agreeing(wrong, fault)


def _reading(verdict: ConventionVerdict) -> str:
    if _sizes_swapped(verdict):
        return "with width and height of the images swapped"
    return _words(verdict.true, by_a_pixel=verdict.by_a_pixel)


def _words(true: str, *, by_a_pixel: bool) -> str:
    if by_a_pixel:
        return f"with pixels counted from {-CONVENTIONS[true].shift[0]}"
    return f"read as {CONVENTIONS[true].words}"


def _fix(file: int, verdict: ConventionVerdict) -> Fix | None:
    if verdict.shared or _sizes_swapped(verdict):
        return None
    name = transform_name(verdict.true, verdict.declared)
    return Fix("transform", Safety.UNSAFE, RecordType.FILE, file, {"name": name})


def _sizes_swapped(verdict: ConventionVerdict) -> bool:
    """Whether not x and y of the boxes were swapped, but width and height of their images."""
    return verdict.swaps_axes and verdict.shared


def _upright(audit: AuditContext, box: Ints) -> Ints:
    """Those of the boxes of whose images the labels do not state the height for the width."""
    exchanged = np.append(audit.sides_exchanged, False)[audit.dataset.boxes.image[box]]
    upright: Ints = box[~exchanged]
    return upright
