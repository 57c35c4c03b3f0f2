from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.dataset.groups import counted_images

SIDES = ("width", "height")

WHO = {
    True: "torchvision's grouping by aspect ratio and converters to fractions divide by it, "
    "mmdetection drops every box beyond it",
    False: "no camera has so many, and boxes are scaled by it",
}
"""What comes of a side that is not above zero, and of one that is too large."""


@rule(
    "REF016",
    "impossible-image-size",
    message="{where}: the labels state {width:g} x {height:g} px; {who}",
    severity=Severity.ERROR,
    needs=Need.IMAGE_SIZES,
    scope=Scope.RECORDS,
)
def impossible_image_size(audit: AuditContext, *, max_side: Count = 65_535) -> Found:
    """An image whose stated size no image can have: zero, negative, or beyond any camera.

    Why it hurts: whoever divides by it stops with a ZeroDivisionError or trains on boxes at
    infinity. mmdetection cuts boxes to the stated size, finds nothing of them and drops them
    without a word; Detectron2 stops where the picture has another size.

    Images that state the same size are one finding. Those that are at hand are left to
    size-mismatch, which states the true size.

    Settings:
        max_side: the longest side that an image may have, in pixels.

    Why this default: a JPEG can have 65,535 pixels a side and no more. Scans beyond that are cut
    into tiles before anybody labels them.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> wrong = one_image("car 10 10 40 40", size=(640, 0))
        >>> print(before_and_after(impossible_image_size, wrong, one_image("car 10 10 40 40")))
        Found: image.jpg: the labels state 640 x 0 px; torchvision's grouping by aspect ratio and
            converters to fractions divide by it, mmdetection drops every box beyond it
        labels.json, wrong (-) and right (+):
        - {"id": 1, "file_name": "image.jpg", "width": 640, "height": 0}
        + {"id": 1, "file_name": "image.jpg", "width": 640, "height": 480}

    Fix: none without the images; with them, size-mismatch has one: give their folder by --images.

    Source: group_by_aspect_ratio.py of references/detection in torchvision; _parse_ann_info of
    mmdet/datasets/coco.py; check_image_size of detectron2/data/detection_utils.py.
    """
    images = audit.dataset.images
    with np.errstate(invalid="ignore"):
        wrong: Bools = np.logical_or.reduce((images.size <= 0) | (images.size > max_side), axis=1)
    wrong &= ~images.assumed & ~_at_hand(audit, wrong)
    sizes, group = np.unique(images.size[wrong], axis=0, return_inverse=True)
    rows = np.flatnonzero(wrong)
    groups: list[Ints] = [rows[group.ravel() == one] for one in range(len(sizes))]
    one_file = len(audit.dataset.files) == 1
    return found(
        image=[int(some[0]) if len(some) == 1 else MISSING for some in groups],
        file=[
            int(images.file[some[0]]) if len(some) == 1 or one_file else MISSING for some in groups
        ],
        where=[counted_images(images.name[some].tolist()) for some in groups],
        width=sizes[:, 0],
        height=sizes[:, 1],
        who=[WHO[bool(size.min() <= 0)] for size in sizes],
    )


def _at_hand(audit: AuditContext, wrong: Bools) -> Bools:
    """Which images have a file whose header says the size, (n,)."""
    if not wrong.any() or not audit.dataset.image_folders:
        return np.zeros(len(wrong), bool)
    known: Bools = np.logical_and.reduce(np.isfinite(audit.headers.size), axis=1)
    return known
