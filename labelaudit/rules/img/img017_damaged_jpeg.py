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
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from labelaudit.testing import one_image, with_image_files
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(one_image("car 10 10 40 40"), Path(folder))
        ...     path = Path(folder) / "image.jpg"
        ...     Image.effect_noise((640, 480), 50).save(path)
        ...     data = path.read_bytes()
        ...     _ = path.write_bytes(data[:40_000] + data[60_000:])
        ...     print(damaged_jpeg(AuditContext(dataset)).message[0].partition(";")[0])
        image image.jpg is damaged inside: its data end before the picture does

    Fix: drops the record of the image with its boxes, where the file lists more than one image.
    Unsafe, because a whole copy of the image may exist.
    """
    damage, headers = audit.appearance.damage, audit.headers
    image = np.flatnonzero((damage != "") & (headers.error == "") & (headers.kind != "PNG"))
    return found(image=image, fix=record_drops(audit.dataset, image), reason=damage[image])
