from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "IMG001",
    "missing-image",
    message="{what} found in {folders}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
)
def missing_image(audit: AuditContext) -> Found:
    """An image that the labels name and that is not on disk.

    Why it hurts: a trainer stops at it, or passes over it and its labels without a word.

    Images are only missed where a folder of images is at hand. A file of which not one image is
    found, more likely for a wrong folder than for so many losses, gets one finding for all of them.

    Example:
        >>> import dataclasses
        >>> from pathlib import Path
        >>> from labelaudit.core.columns import texts
        >>> from labelaudit.testing import images
        >>> dataset = images({"a.jpg": [], "b.jpg": []})
        >>> located = dataclasses.replace(dataset.images, path=texts(["", "photos/b.jpg"]))
        >>> dataset = dataclasses.replace(dataset, images=located, image_folders=(Path("photos"),))
        >>> missing_image(AuditContext(dataset)).message.tolist()
        ['image a.jpg was not found in photos']

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because the image may only have been left out of a copy.
    """
    images = audit.dataset.images
    missing = (images.path == "") & bool(audit.dataset.image_folders)
    # In VOC and YOLO each image has a file of its own; only the dataset as a whole can be lost.
    group = np.zeros_like(images.file) if missing.all() else images.file
    listed, absent = np.bincount(group + 1), np.bincount(group + 1, missing)
    lost = (listed > 1) & (absent == listed)
    each = np.flatnonzero(missing & ~lost[group + 1])
    _, first = np.unique(group, return_index=True)
    first = first[lost[group[first] + 1]]
    return found(
        file=images.file[np.append(first, each)],
        image=np.append(np.full(len(first), MISSING), each),
        fix=[*([None] * len(first)), *record_drops(audit.dataset, each)],
        what=[
            *(f"none of its {listed[group[row] + 1]:,} images was" for row in first.tolist()),
            *(f"image {name} was not" for name in images.name[each].tolist()),
        ],
        folders=[" or ".join(map(str, audit.dataset.image_folders))] * (len(first) + len(each)),
    )
