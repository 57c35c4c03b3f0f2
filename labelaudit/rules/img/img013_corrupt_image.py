from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.images.jpeg_pixels import MOST_PIXELS
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "IMG013",
    "corrupt-image",
    message="image {image} is corrupt: its header is whole, but {reason}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.DECODED_IMAGES,
)
def corrupt_image(audit: AuditContext) -> Found:
    """An image whose header can be read, and whose pixels cannot.

    Why it hurts: it passes every check of sizes, and the run stops when a worker decodes it, hours
    later as likely as at once. Pillow raises an error, OpenCV returns nothing.

    A PNG with a wrong checksum, a TIFF, GIF or WebP with damaged data: what Pillow or OpenCV does
    not decode. What ends early, as far as headers tell, is an unreadable-image; a JPEG whose data
    are damaged inside is decoded all the same, and is a damaged-jpeg. Zeros in a file that is not
    compressed (BMP, portable pixmaps) are black pixels to everybody, and are not seen, nor is what
    a decoder of WebP makes sense of.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> file = io.BytesIO()
        >>> Image.effect_noise((640, 480), 50).save(file, "PNG")
        >>> damaged = file.getvalue()[:60_000] + bytes(100) + file.getvalue()[60_100:]
        >>> labels = coco_text(images({"a.png": ["car 10 10 40 40"], "b.png": ["car 10 10 40 40"]}))
        >>> files = {"labels.json": labels, "a.png": damaged, "b.png": (640, 480)}
        >>> told = before_and_after(corrupt_image, files)
        >>> print(told)  # doctest: +ELLIPSIS, +NORMALIZE_WHITESPACE
        Found: image a.png is corrupt: its header is whole, but its pixels cannot be decoded
            (...)
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.png", "width": 640, "height": 480}
          {"id": 2, "file_name": "b.png", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a whole copy of the image may exist.
    """
    headers, seen = audit.headers, audit.appearance
    with np.errstate(invalid="ignore"):
        decodable = headers.size.prod(axis=1) <= MOST_PIXELS
    undecoded = (seen.error != "") & decodable
    refused = (seen.damage != "") & (headers.kind == "PNG")
    image = np.flatnonzero((undecoded | refused) & (headers.error == ""))
    reason = [
        f"its pixels cannot be decoded ({error})" if error else damage
        for error, damage in zip(
            seen.error[image].tolist(), seen.damage[image].tolist(), strict=True
        )
    ]
    return found(image=image, fix=record_drops(audit.dataset, image), reason=reason)
