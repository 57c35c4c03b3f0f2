"""Dropping the records of images that cannot be trained on."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.core.columns import Ints
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
