from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Explained, Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.boxes.conventions import CONVENTIONS, transform_name
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.geo.misread_conventions import MASK, ConventionVerdict, verdict

EXPLAINED = (
    *("GEO001", "GEO002", "GEO004", "GEO005", "GEO006", "GEO007", "GEO008", "GEO009"),
    *("GEO010", "GEO011", "GEO014"),
    *("DUP002", "DUP003", "DUP004", "DUP005"),
)
"""Rules about size and place of a box, or about how far two overlap.

Boxes that are not finite, broken masks and exact copies stay findings.
"""

FEW = 1000
"""Boxes that are looked at first: of a file of COCO they tell that it has several images."""


@rule(
    "GEO015",
    "wrong-convention",
    message="{wrong:,} of {judged:,} boxes {fault}; {reading}, {right:,} {merit}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
)
def wrong_convention(audit: AuditContext, *, min_boxes: int = 10, min_share: float = 0.9) -> Found:
    """All boxes of a file follow another convention than its format.

    Why it hurts: every box is wrong, and most still look like boxes. A detector trains without an
    error message and learns nothing, or learns boxes that are off by a constant.

    It recognises corners stored as width and height, a centre stored as a corner and the other way
    round, fractions stored as pixels and pixels as fractions, x and y swapped, corners in another
    order, and y measured from the bottom of the image. Where pixels are counted from 0 and the
    format counts from 1, or the other way round, all is off by one pixel: worth an info only.
    Where each image has a file of its own, all files are judged together.

    The evidence is the masks, if half of the boxes have one. Otherwise it is the borders of the
    images, and keypoints where there are any: boxes must have an inside and fit. Some mistakes
    leave no trace in boxes alone and cannot be found without masks or keypoints: y measured from
    the bottom, x and y swapped in square images or in fractions, and pixels counted from the wrong
    number where fewer than ten edges leave their images.

    The finding has no fix if masks and boxes make the same mistake, or if not x and y of the boxes
    were swapped but width and height of the images.

    Settings:
        min_boxes: fewest boxes that are wrong as the format has it and right as the finding has it.
            It also takes a twentieth of all boxes, and ten such boxes for each of the reverse.
        min_share: fewest boxes, as a fraction, that are right as the finding has it. The rest may
            be broken for reasons of their own.

    Example:
        >>> from labelaudit.testing import one_image
        >>> boxes = [f"car {x} 100 {2 * x + 30} 230" for x in range(0, 600, 20)]  # x1 + x2, y1 + y2
        >>> for text in wrong_convention(AuditContext(one_image(*boxes))).message:
        ...     print(text)
        14 of 30 boxes do not fit their images; read as left, top, right, bottom, 30 do

    Fix: reads all boxes of the file by the convention that they follow. Unsafe, because it changes
    every box on the strength of the majority.
    """
    files, verdicts = [], []
    for file, box in _pools(audit.dataset):
        if given := verdict(audit, box, min_boxes=min_boxes, min_share=min_share):
            files.append(file)
            verdicts.append(given)
    return found(
        file=np.array(files, np.int32),
        severity=[Severity.INFO if v.by_a_pixel else Severity.ERROR for v in verdicts],
        fix=[_fix(audit, *each) for each in zip(files, verdicts, strict=True)],
        explains=[_explained(audit, *each) for each in zip(files, verdicts, strict=True)],
        wrong=[v.wrong for v in verdicts],
        judged=[v.judged for v in verdicts],
        fault=[_fault(v) for v in verdicts],
        reading=[_reading(audit, v) for v in verdicts],
        right=[v.right for v in verdicts],
        merit=[v.evidence.merit for v in verdicts],
    )


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


def _explained(audit: AuditContext, file: int, verdict: ConventionVerdict) -> Explained:
    codes = ("GEO005",) if verdict.by_a_pixel else EXPLAINED
    files = np.arange(len(audit.dataset.files)) if file == MISSING else np.array([file])
    return Explained(codes, file=files)


def _fault(verdict: ConventionVerdict) -> str:
    return f"and their masks {verdict.evidence.fault}" if verdict.shared else verdict.evidence.fault


def _reading(audit: AuditContext, verdict: ConventionVerdict) -> str:
    if _sizes_swapped(audit, verdict):
        return "with width and height of the images swapped"
    if verdict.by_a_pixel:
        return f"with pixels counted from {-CONVENTIONS[verdict.true].shift[0]}"
    return f"read as {CONVENTIONS[verdict.true].words}"


def _fix(audit: AuditContext, file: int, verdict: ConventionVerdict) -> Fix | None:
    if verdict.shared or _sizes_swapped(audit, verdict):
        return None
    name = transform_name(verdict.true, verdict.declared)
    return Fix("transform", Safety.UNSAFE, RecordType.FILE, file, {"name": name})


def _sizes_swapped(audit: AuditContext, verdict: ConventionVerdict) -> bool:
    """Whether not x and y of the boxes were swapped, but width and height of their images."""
    if not verdict.swaps_axes or verdict.evidence is MASK:
        return False
    if verdict.shared:
        return True
    stated = audit.dataset.images.size
    true = audit.headers.size if audit.dataset.image_folders else np.full_like(stated, np.nan)
    upright = np.count_nonzero((true == stated).all(axis=1) & (stated[:, 0] != stated[:, 1]))
    swapped = np.count_nonzero((true == stated[:, ::-1]).all(axis=1))
    return bool(swapped > upright)
