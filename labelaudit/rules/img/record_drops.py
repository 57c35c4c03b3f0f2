"""Dropping the records of images that cannot be trained on."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.duplicates.twins import splits_of
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, RecordType


def record_drops(dataset: Dataset, images: Ints) -> list[Fix | None]:
    """For each image a fix that drops its record and its boxes, where its file lists others too.

    Where a file is about one image, as in VOC and YOLO, there is no record to drop but the file.
    """
    listed = np.bincount(dataset.images.file + 1)[dataset.images.file[images] + 1]
    return [
        Fix("drop", Safety.UNSAFE, RecordType.IMAGE, row) if count > 1 else None
        for row, count in zip(images.tolist(), listed.tolist(), strict=True)
    ]


def copies_dropped(dataset: Dataset, group: Ints, kept: int) -> Fix | None:
    """A fix that drops the records of all images of a group but one; None where it cannot be meant.

    It cannot where they are in different splits, or where one has a label file of its own.

    Parameters
    ----------
    dataset:
        that is audited.
    group:
        rows in Images of what shows the same, (n,).
    kept:
        the row that stays.
    """
    splits = splits_of(dataset, group)
    if len({tuple(sorted(splits.get(row, []))) for row in group.tolist()}) > 1:
        return None
    drops = tuple(fix for fix in record_drops(dataset, group[group != kept]) if fix)
    if len(drops) < len(group) - 1:
        return None
    if len(drops) == 1:
        return drops[0]
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": drops})
