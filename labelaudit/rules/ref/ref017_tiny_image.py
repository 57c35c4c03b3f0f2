from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Count
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "REF017",
    "tiny-image",
    message="image {image} is {width:g} x {height:g} px: Ultralytics takes it for corrupt below "
    "{min_side} px and leaves it out with its labels",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_SIZES,
    scope=Scope.RECORDS,
)
def tiny_image(audit: AuditContext, *, min_side: Count = 10) -> Found:
    """An image too small to be trained on.

    Why it hurts: Ultralytics counts an image with a side below 10 pixels as corrupt and leaves it
    out, with its labels. mmdetection's common setting leaves out what is below 32 pixels without a
    word. Mostly it is a thumbnail, a tracking pixel of a web page, or a crop that went wrong.

    Sizes are those of the image files where they are at hand, else those that the labels state.

    Settings:
        min_side: an image with a side below this many pixels is found.

    Why this default: that of Ultralytics. No side in BCCD, cards, COCO and TACO is below 270
    ("tiny-image" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after, images, with_columns
        >>> dataset = images({"a.jpg": ["car 10 1 40 9"], "b.jpg": ["car 10 10 40 40"]})
        >>> dataset = with_columns(dataset, "images", size=[[640, 9], [640, 480]])
        >>> print(before_and_after(tiny_image, dataset))
        Found: image a.jpg is 640 x 9 px: Ultralytics takes it for corrupt below 10 px and leaves it
            out with its labels
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 9}
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 1, 30, 8]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a whole copy of the image may exist.

    Source: verify_image_label of ultralytics/data/utils.py.
    """
    images = audit.dataset.images
    size = np.where(images.assumed[:, None], np.nan, images.size)
    if audit.dataset.image_folders:
        true = audit.headers.size
        size = np.where(np.isnan(true), size, true)
    with np.errstate(invalid="ignore"):
        image = np.flatnonzero((size > 0).all(axis=1) & (size < min_side).any(axis=1))
    return found(
        image=image,
        fix=record_drops(audit.dataset, image),
        width=size[image, 0],
        height=size[image, 1],
        min_side=[min_side] * len(image),
    )
