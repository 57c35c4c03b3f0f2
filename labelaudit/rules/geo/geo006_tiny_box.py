from __future__ import annotations

import numpy as np

from labelaudit.dataset import Part
from labelaudit.evidence import Audit
from labelaudit.findings import Safety, Severity, drops
from labelaudit.rulemaking import Found, found, rule
from labelaudit.rules.geo.bounds import in_counted_pixels, on_image, sides


@rule(
    "GEO006",
    "tiny-box",
    message="{label} is {w:g} x {h:g} px{trained}: too small to be seen",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
)
def tiny_box(
    audit: Audit,
    *,
    min_side: float = 2.0,
    training_size: int = 640,
    min_trained_side: float = 1.0,
) -> Found:
    """A box so thin that nothing can be seen in it, in its image or at the training size.

    Why it hurts: no feature of the network resolves it, so it is a target that cannot be met.
    Usually it is a click that was taken for a drag. Ultralytics drops boxes of up to two pixels
    while it augments, and a trainer that subtracts VOC's corners as they stand sees a box of one
    pixel as one of zero area.

    Settings:
        min_side: a box with a side below this many pixels of its image is found (warning).
        training_size: pixels of the longer side of an image as the network sees it.
        min_trained_side: a box with a side below this many pixels then is found, too (info).

    Why these defaults: the two one-pixel boxes of BCCD are its only ones below 20 px. The thinnest
    of the sample of COCO is 3.6 px wide, of TACO 4 px; that one alone of all 10,000 boxes is below
    a pixel at 640. Far more are below the finest stride of a detector, 8 px (one in eleven of
    TACO), and right: that is a matter of whole classes.

    Crowds and difficult boxes may be small. Says nothing where the size of the image is only
    assumed, as in YOLO without the images.

    Example:
        >>> from labelaudit.testing import one_image
        >>> tiny_box(Audit(one_image("cell 10 10 40 40", "cell 50 20 51 21"))).box
        array([1], dtype=int32)

    Fix: drops the box. Unsafe: there may be an object that wants a proper box.
    """
    width, height = sides(audit)
    side = np.minimum(width, height)
    scale = training_size / np.maximum(*audit.image_size.T)
    thin = (side < min_side) | (side * scale < min_trained_side)
    thin &= audit.sound & audit.judged & in_counted_pixels(audit)
    box = on_image(audit, np.flatnonzero(thin))
    thin = side[box] < min_side
    return found(
        box,
        severity=np.where(thin, Severity.WARNING, Severity.INFO),
        fix=drops(Part.BOX, box, Safety.UNSAFE),
        trained=[
            "" if is_thin else f", {trained:.2g} px at training size {training_size}"
            for is_thin, trained in zip(thin, (side * scale)[box], strict=True)
        ],
    )
