from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.merging import differences, merges
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope, no_box
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, Images, RecordType
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
    scope=Scope.FILE,
    keeps=no_box,
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

    Fix: makes two records of one file name one record. Safe where they state the same size, the
    file was found, so that they are of one image, and the record that goes says nothing else that
    the other does not say. Unsafe else: frames of several videos can bear one name. None for two
    different images, because nobody can tell which labels belong to which.
    """
    images = audit.dataset.images
    findings = _findings(images)
    return found(
        image=[groups[0][1][0] for groups in findings],
        fix=_merged(audit.dataset, findings),
        explains=[_explained(audit, groups) for groups in findings],
        affects=[Affected(image=_images(groups)) for groups in findings],
        what=_words(audit.dataset, findings),
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


def _words(dataset: Dataset, findings: list[list[Group]]) -> list[str]:
    """What each finding says, with what the first two of an id differ in."""
    pairs = [(groups[0][1][0], groups[0][0]) for groups in findings]
    differ = differences(dataset, RecordType.IMAGE, pairs)
    return [
        _what(dataset.images, groups) + words
        for groups, words in zip(findings, differ, strict=True)
    ]


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
    image = _images(groups)
    doubtful = image[audit.doubtful_images[image]]
    return Explained(("REF007",), image=image, also=(Explained(IN_IMAGE, image=doubtful),))


def _images(groups: list[Group]) -> Ints:
    """The images that share an id with another."""
    return np.array([row for into, rows in groups for row in (into, *rows)], np.int64)


def _merged(dataset: Dataset, findings: list[list[Group]]) -> list[Fix | None]:
    """Of each finding the repeats of its ids made one record, where all are of one name."""
    pairs = [
        [(row, into) for into, rows in groups for row in rows]
        if all(_is_named_alike(dataset.images, *group) for group in groups)
        else []
        for groups in findings
    ]
    every = [pair for some in pairs for pair in some]
    alike = [_is_alike(dataset.images, *pair) for pair in every]
    fixes = iter(merges(dataset, RecordType.IMAGE, every, alike))
    return [_together([next(fixes) for _ in some]) for some in pairs]


def _together(fixes: list[Fix]) -> Fix | None:
    if len(fixes) < 2:
        return fixes[0] if fixes else None
    safe = all(fix.safety is Safety.SAFE for fix in fixes)
    safety = Safety.SAFE if safe else Safety.UNSAFE
    return Fix("together", safety, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})


def _is_named_alike(images: Images, into: int, rows: list[int]) -> bool:
    name = images.name[into]
    return bool(name) and all(images.name[row] == name for row in rows)


def _is_alike(images: Images, row: int, into: int) -> bool:
    """Whether two records of one name are of one file on disk, and state one size."""
    same = np.array_equal(images.size[row], images.size[into], equal_nan=True)
    return same and bool(images.path[row]) and images.path[row] == images.path[into]
