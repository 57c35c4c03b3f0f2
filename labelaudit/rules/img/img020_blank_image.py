from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount
from labelaudit.core.columns import Floats, Ints
from labelaudit.images.quality import BLANK
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "IMG020",
    "blank-image",
    message="image {image} is {colour} all over: nothing can be seen in it{boxes}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.DECODED_IMAGES,
)
def blank_image(audit: AuditContext, *, max_contrast: Amount = BLANK) -> Found:
    """An image of one colour.

    Why it hurts: a frame that the camera lost, a lens cap, a picture that failed to load. Where it
    has boxes, they were copied from elsewhere, and objects are learned where nothing is.

    A warning where the image has boxes, else worth knowing.

    Settings:
        max_contrast: largest standard deviation of the grey values in 0..255, of the picture scaled
            to 128 x 128 pixels, at which it is blank.

    Why this default: a choice. The least of BCCD, cards and COCO is 11.6; pure noise of a camera is
    below 1 (benchmarks/results/image_quality.md).

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> file = io.BytesIO()
        >>> Image.new("RGB", (640, 480)).save(file, "JPEG")
        >>> labels = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 10 10 40 40"]}))
        >>> files = {"labels.json": labels, "a.jpg": file.getvalue(), "b.jpg": (640, 480)}
        >>> print(before_and_after(blank_image, files))
        Found: image a.jpg is black all over: nothing can be seen in it, but it has 1 box
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a picture of it may exist.
    """
    seen = audit.appearance
    image = np.flatnonzero(seen.seen & (seen.contrast <= max_contrast) & (seen.damage == ""))
    boxes = np.bincount(audit.dataset.boxes.image + 1, minlength=len(seen) + 1)[1:][image]
    return found(
        image=image,
        severity=[Severity.WARNING if count else Severity.INFO for count in boxes.tolist()],
        fix=record_drops(audit.dataset, image),
        colour=_colours(seen.mean[image]),
        boxes=_boxes(boxes),
    )


def _colours(mean: Floats) -> list[str]:
    return ["black" if grey < 16 else "white" if grey > 239 else "one colour" for grey in mean]


def _boxes(counts: Ints) -> list[str]:
    words = {0: "", 1: ", but it has 1 box"}
    return [words.get(count, f", but it has {count:,} boxes") for count in counts.tolist()]
