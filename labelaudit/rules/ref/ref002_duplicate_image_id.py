from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Explained, Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Images, RecordType
from labelaudit.rules.ref.numbering import begun_again, repeats
from labelaudit.rules.ref.problem_rows import image_names, shown

IN_IMAGE = (
    *("GEO004", "GEO005", "GEO008", "GEO012", "GEO013", "GEO014", "GEO015", "GEO016", "GEO019"),
)
"""Rules that compare a box with its image, which may be the other one."""

Group = tuple[int, list[int]]
"""The first image with an id, and those that repeat it: rows in Images."""


@rule(
    "REF002",
    "duplicate-image-id",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    names_causes=True,
)
def duplicate_image_id(audit: AuditContext) -> Found:
    """Images of one file with the same id, all of them one finding.

    Why it hurts: a label names its image by id, so the labels of both images are drawn on one of
    them. Most readers keep the last image of an id, and the other is never seen.

    Ids are compared within each file: the splits of a dataset may count from 1 each. Where many of
    a file repeat, as after files were put together as they were, they are one finding. As nobody
    can tell which boxes belong to which image, boxes of these images are compared neither with each
    other nor with their image.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> labels = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []}))
        >>> labels = labels.replace(
        ...     '"id": 2, "file_name": "b.jpg"', '"id": 1, "file_name": "a.jpg"'
        ... )
        >>> dataset = {"labels.json": labels, "a.jpg": (640, 480)}
        >>> print(before_and_after(duplicate_image_id, dataset))
        Found: image id 1 is used 2 times: here for a.jpg, first for a.jpg
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}

    Fix: makes two records of one file name one record. Safe where they state the same size and the
    file was found, so that they are of one image. Unsafe else: frames of several videos can bear
    one name. None for two different images, because nobody can tell which labels belong to which.
    """
    images = audit.dataset.images
    findings = _findings(images)
    return found(
        image=[groups[0][1][0] for groups in findings],
        fix=[_merged(images, groups) for groups in findings],
        explains=[_explained(audit, groups) for groups in findings],
        what=[_what(images, groups) for groups in findings],
    )


def _findings(images: Images) -> list[list[Group]]:
    """The images of one id each, and those of all ids of a file in which many repeat."""
    repeated = repeats(images.id, images.file)
    groups: dict[int, list[int]] = {}
    for row, into in zip(repeated.row.tolist(), repeated.first.tolist(), strict=True):
        groups.setdefault(into, []).append(row)
    several = {file for file, _ in begun_again(repeated, images.file)}
    findings: dict[int, list[Group]] = {}  # by the first image; of a file, by a negative number
    for into, rows in groups.items():
        file = int(images.file[into])
        findings.setdefault(-1 - file if file in several else into, []).append((into, rows))
    return list(findings.values())


def _what(images: Images, groups: list[Group]) -> str:
    into, rows = groups[0]
    there, here = image_names(images, [into, rows[0]])
    id_ = shown(images.id.value(into))
    if len(groups) == 1:
        return f"image id {id_} is used {len(rows) + 1:,} times: here for {here}, first for {there}"
    count = sum(len(some) for _, some in groups)
    return f"{count:,} images have an id that an earlier one has: {here} has {id_} of {there}"


def _explained(audit: AuditContext, groups: list[Group]) -> Explained:
    """That an id is odd, which matters once it is one image's own; and boxes of unknown images."""
    image = np.array([row for into, rows in groups for row in (into, *rows)])
    doubtful = image[audit.doubtful_images[image]]
    return Explained(("REF007",), image=image, also=(Explained(IN_IMAGE, image=doubtful),))


def _merged(images: Images, groups: list[Group]) -> Fix | None:
    """The repeats of each id made one record, where all of them are of one name."""
    fixes = [_fix(images, row, into) for into, rows in groups for row in rows]
    every = tuple(fix for fix in fixes if fix)
    if len(every) < len(fixes):
        return None
    if len(every) == 1:
        return every[0]
    safe = all(fix.safety is Safety.SAFE for fix in every)
    safety = Safety.SAFE if safe else Safety.UNSAFE
    return Fix("together", safety, RecordType.FILE, MISSING, {"fixes": every})


def _fix(images: Images, row: int, into: int) -> Fix | None:
    if not images.name[row] or images.name[row] != images.name[into]:
        return None
    same = np.array_equal(images.size[row], images.size[into], equal_nan=True)
    one = bool(images.path[row]) and images.path[row] == images.path[into]
    safety = Safety.SAFE if same and one else Safety.UNSAFE
    return Fix("merge", safety, RecordType.IMAGE, row, {"into": into})
