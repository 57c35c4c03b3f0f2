from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.dataset.tables import MaskFault, MaskKind

FAULTS = {
    MaskFault.UNREADABLE: (Severity.ERROR, "cannot be read"),
    MaskFault.EMPTY: (Severity.WARNING, "has no foreground"),
    MaskFault.NOT_FINITE: (Severity.ERROR, "has a run that is NaN or infinite"),
    MaskFault.RLE_SIZE: (Severity.ERROR, "is not of the size of the image, {size}"),
    MaskFault.RLE_COUNTS: (Severity.ERROR, "has runs that do not add up to its size"),
}
"""How bad each fault is, and what to say of the encoding."""


@rule(
    "GEO013",
    "invalid-rle",
    message="the run-length encoding of {label} {fault}",
    severity=Severity.ERROR,
    scope=Scope.IMAGE,
)
def invalid_rle(audit: AuditContext) -> Found:
    """A mask in a run-length encoding that cannot be decoded, or not to the size of its image.

    Why it hurts: pycocotools reads and writes outside its memory when runs add up to more than the
    size, which ends the training without a message or, worse, does not. A mask of another size than
    its image has its pixels in other places; often width and height were swapped.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> mask = '"segmentation": {"size": [4, 4], "counts": [5, 2, 2, 2, 5]}, "bbox"'
        >>> right = coco_text(one_image("crowd 1 1 3 3 crowd", size=(4, 4))).replace('"bbox"', mask)
        >>> print(before_and_after(invalid_rle, right.replace("5]", "9]"), right))
        Found: the run-length encoding of crowd has runs that do not add up to its size
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "segmentation": {"size": [4, 4], "counts": [5,
            2, 2, 2, 9]}, "bbox": [1, 1, 2, 2], "iscrowd": 1}
        + {"id": 1, "image_id": 1, "category_id": 1, "segmentation": {"size": [4, 4], "counts": [5,
            2, 2, 2, 5]}, "bbox": [1, 1, 2, 2], "iscrowd": 1}

    Fix: none; the mask has to be encoded again.
    """
    masks = audit.dataset.masks
    encoded = masks.kind != MaskKind.POLYGON
    row = np.flatnonzero(encoded & np.isin(masks.fault, list(FAULTS)))
    faults = [FAULTS[MaskFault(fault)] for fault in masks.fault[row].tolist()]
    sizes = [f"{w:g} x {h:g}" for w, h in audit.derived.image_size_of(masks.box[row]).tolist()]
    return found(
        masks.box[row],
        severity=[severity for severity, _ in faults],
        fault=[words.format(size=size) for (_, words), size in zip(faults, sizes, strict=True)],
    )
