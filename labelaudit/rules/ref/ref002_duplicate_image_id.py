from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.dataset.tables import Images, RecordType
from labelaudit.rules.ref.numbering import repeats
from labelaudit.rules.ref.problem_rows import image_names, shown


@rule(
    "REF002",
    "duplicate-image-id",
    message="image id {id} is used {times:,} times: here for {here}, first for {there}",
    severity=Severity.ERROR,
    fix=Safety.SAFE,
)
def duplicate_image_id(audit: AuditContext) -> Found:
    """Two images of one file with the same id.

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
    first = repeated.first.tolist()
    rows = repeated.row.tolist()
    return found(
        image=repeated.row,
        fix=[_fix(images, row, into) for row, into in zip(rows, first, strict=True)],
        id=[shown(images.id.value(row)) for row in first],
        times=repeated.times,
        here=image_names(images, rows),
        there=image_names(images, first),
    )


def _fix(images: Images, row: int, into: int) -> Fix | None:
    if not images.name[row] or images.name[row] != images.name[into]:
        return None
    same = np.array_equal(images.size[row], images.size[into], equal_nan=True)
    one = bool(images.path[row]) and images.path[row] == images.path[into]
    safety = Safety.SAFE if same and one else Safety.UNSAFE
    return Fix("merge", safety, RecordType.IMAGE, row, {"into": into})
