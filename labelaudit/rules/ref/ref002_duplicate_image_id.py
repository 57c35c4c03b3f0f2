from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Explained, Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Images, RecordType
from labelaudit.rules.ref.numbering import repeats
from labelaudit.rules.ref.problem_rows import image_names, shown


@rule(
    "REF002",
    "duplicate-image-id",
    message="image id {id} is used {times:,} times: here for {here}, first for {there}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
    names_causes=True,
)
def duplicate_image_id(audit: AuditContext) -> Found:
    """Images of one file with the same id, all of them one finding.

    Why it hurts: a label names its image by id, so the labels of both images are drawn on one of
    them. Most readers keep the last image of an id, and the other is never seen.

    Ids are compared within each file: the splits of a dataset may count from 1 each. As nobody can
    tell which boxes belong to which image, boxes of these images are not compared with each other.

    Example:
        >>> from labelaudit.core.table import Ids
        >>> from labelaudit.testing import images, with_columns
        >>> dataset = with_columns(images({"a.jpg": [], "b.jpg": []}), "images", id=Ids.of([5, 5]))
        >>> duplicate_image_id(AuditContext(dataset)).message.tolist()
        ['image id 5 is used 2 times: here for b.jpg, first for a.jpg']

    Fix: makes two records of one file name one record. Safe where they state the same size and the
    file was found, so that they are of one image. Unsafe else: frames of several videos can bear
    one name. None for two different images, because nobody can tell which labels belong to which.
    """
    images = audit.dataset.images
    repeated = repeats(images.id, images.file)
    groups: dict[int, list[int]] = {}  # by the first record with an id, those that repeat it
    for row, into in zip(repeated.row.tolist(), repeated.first.tolist(), strict=True):
        groups.setdefault(into, []).append(row)
    first = list(groups)
    here = [rows[0] for rows in groups.values()]
    return found(
        image=here,
        fix=[_merged(images, rows, into) for into, rows in groups.items()],
        # That the id is odd as well matters only once it is one image's own.
        explains=[
            Explained(("REF007",), image=np.array([into, *rows])) for into, rows in groups.items()
        ],
        id=[shown(images.id.value(row)) for row in first],
        times=[len(rows) + 1 for rows in groups.values()],
        here=image_names(images, here),
        there=image_names(images, first),
    )


def _merged(images: Images, rows: list[int], into: int) -> Fix | None:
    """The repeats of one id made one record, where all of them are of one name."""
    fixes = [_fix(images, row, into) for row in rows]
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
