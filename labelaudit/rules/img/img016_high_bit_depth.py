from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.dataset.groups import counted_images

SIXTEEN = (
    "grey values of 16 bits",
    "Pillow's convert('RGB') makes all above 255 white; OpenCV divides by 256",
)
DEPTHS = {
    "I;16": SIXTEEN,
    "I;16B": SIXTEEN,
    "I;16L": SIXTEEN,
    "I;16N": SIXTEEN,
    "I": ("grey values of up to 32 bits", "Pillow's convert('RGB') makes all above 255 white"),
    "F": (
        "grey values with fractions",
        "Pillow's convert('RGB') cuts fractions off, so that 0..1 is black, and OpenCV fails",
    ),
}
"""What pixels of a mode of Pillow are, and what becomes of them."""


@rule(
    "IMG016",
    "high-bit-depth",
    message="{where} {have} {what}: {who}",
    severity=Severity.WARNING,
    needs=Need.IMAGE_FILES,
    scope=Scope.RECORDS,
)
def high_bit_depth(audit: AuditContext) -> Found:
    """Grey images of more than 8 bits, which readers turn into 8 bits each in a way of its own.

    Why it hurts: nothing fails, and the network sees another picture than who labelled it. Pillow,
    and with it torchvision's datasets and most scripts, makes whatever is above 255 white; a camera
    of 12 bits becomes all white so, and nearly black in OpenCV, which divides by 256. Values from 0
    to 1 become black in Pillow, and OpenCV does not open them.

    All images of one depth are one finding. Colours of 16 bits are scaled by both, transparency and
    palettes are no trouble, nor is CMYK: of these nothing is said.

    Example:
        >>> import io
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> file = io.BytesIO()
        >>> Image.new("I;16", (640, 480), 4095).save(file, "PNG")
        >>> labels = coco_text(one_image("car 10 10 40 40"))
        >>> wrong = {"labels.json": labels, "image.jpg": file.getvalue()}
        >>> right = {"labels.json": labels, "image.jpg": (640, 480)}
        >>> print(before_and_after(high_bit_depth, wrong, right))
        Found: image.jpg has grey values of 16 bits: Pillow's convert('RGB') makes all above 255
            white; OpenCV divides by 256
        image.jpg, wrong (-) and right (+):
        - PNG I;16, 640 x 480 px, brightness 100%
        + JPEG RGB, 640 x 480 px, brightness 52%

    Fix: none. Scale them to 8 bits once, all by the same factor, and keep the originals.

    Source: measured with Pillow 13 and OpenCV 5 (tests/rules/img/test_img016_high_bit_depth.py).
    """
    modes, names = audit.headers.mode, audit.dataset.images.name
    groups: dict[tuple[str, str], list[int]] = {}
    for row in np.flatnonzero(modes != "").tolist():
        if depth := DEPTHS.get(str(modes[row])):
            groups.setdefault(depth, []).append(row)
    return found(
        image=[rows[0] for rows in groups.values()],
        where=[counted_images(names[rows].tolist()) for rows in groups.values()],
        have=["has" if len(rows) == 1 else "have" for rows in groups.values()],
        what=[what for what, _ in groups],
        who=[who for _, who in groups],
    )
