from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "IMG002",
    "unreadable-image",
    message="image {image} cannot be read: {reason}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
    scope=Scope.RECORDS,
)
def unreadable_image(audit: AuditContext) -> Found:
    """An image file that no trainer can open: empty, cut off, no image at all, or not permitted.

    Why it hurts: the run stops when a worker comes to it, hours later as likely as at once; a
    trainer that repairs what it opens trains on an image that is grey from where the file ends.

    Only the header and the end of a file are looked at: what is damaged inside is a damaged-image,
    as far as pixels are decoded. Of what is no image it is told what it is: a web page, a pointer
    of Git LFS, a video.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> labels = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 10 10 40 40"]}))
        >>> files = {"labels.json": labels, "a.jpg": b"<html>404</html>", "b.jpg": (640, 480)}
        >>> print(before_and_after(unreadable_image, files))
        Found: image a.jpg cannot be read: it is a web page, no image
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a whole copy of the image may exist.
    """
    error = audit.headers.error
    image = np.flatnonzero(error != "")
    return found(image=image, fix=record_drops(audit.dataset, image), reason=error[image])
