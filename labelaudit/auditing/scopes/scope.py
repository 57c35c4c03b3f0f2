"""What of a dataset a rule looks at to find something: the least that it has to be given."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.core.columns import Bools

if TYPE_CHECKING:
    from labelaudit.auditing.context import AuditContext


class Scope(StrEnum):
    """What a finding follows from.

    Files and folders that are audited one by one hold whole images and whole source files. A rule
    is asked about each of them where that is enough, and about all of them together where it looks
    at no box; where neither is so, it is not checked shard by shard. Of a file that is larger than
    the memory should hold, a rule about files is given the boxes that it `keeps` alone.
    """

    IMAGE = "image"  # records of one image, its boxes, its classes; records of one id are one image
    FILE = "file"  # those of one source file
    RECORDS = "records"  # those of all images, classes, files, splits and problems, and no box
    DATASET = "dataset"  # all of it


def no_box(audit: AuditContext) -> Bools:
    """What a rule keeps, (boxes,), that looks at no boxes but those that problems name."""
    return np.zeros(len(audit.dataset.boxes), bool)
