from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.rules.img.record_drops import record_drops


@rule(
    "IMG017",
    "damaged-jpeg",
    message="image {image} is damaged inside: {reason}; trainers decode it without a word, and a "
    "part of the picture is grey, shifted or of other colours",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=(Need.DECODED_IMAGES, Need.STRICT_JPEG),
)
def damaged_jpeg(audit: AuditContext) -> Found:
    """A JPEG whose data are damaged inside, and which is opened all the same.

    Why it hurts: nobody notices. Pillow, OpenCV and torchvision decode it, and from the damage on
    the picture is grey, shifted or of other colours: objects are labelled where none can be seen.
    Disks, broken downloads and copies of memory cards leave such files.

    Told by libjpeg, as simplejpeg passes it on (the extra `images`). It notices what it cannot make
    sense of: where 64 bytes of a photograph are overwritten, 85 of 100 are seen, where one is, 33
    (benchmarks/results/broken_images.md). Bytes of padding before the end, as cameras write them,
    are no damage.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> file = io.BytesIO()
        >>> Image.effect_noise((640, 480), 50).save(file, "JPEG")
        >>> damaged = file.getvalue()[:40_000] + file.getvalue()[60_000:]
        >>> labels = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 10 10 40 40"]}))
        >>> files = {"labels.json": labels, "a.jpg": damaged, "b.jpg": (640, 480)}
        >>> print(before_and_after(damaged_jpeg, files))
        Found: image a.jpg is damaged inside: its data end before the picture does; trainers decode
            it without a word, and a part of the picture is grey, shifted or of other colours
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a whole copy of the image may exist.
    """
    damage, headers = audit.appearance.damage, audit.headers
    image = np.flatnonzero((damage != "") & (headers.error == "") & (headers.kind != "PNG"))
    return found(image=image, fix=record_drops(audit.dataset, image), reason=damage[image])
