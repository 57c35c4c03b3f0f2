from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount
from labelaudit.rules.src.evidence import first_image, sourced
from labelaudit.rules.src.moved_back import moved_back
from labelaudit.rules.src.same_objects import compared, differing


@rule(
    "SRC001",
    "shifted-source",
    message="boxes of {source} lie {x:+.1f} px in x and {y:+.1f} px in y of those of {beside} "
    "around the same objects ({pairs:,} pairs in {images:,} images){otherwise}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=(Need.SOURCES, Need.SAME_OBJECTS),
)
def shifted_source(audit: AuditContext, *, min_pixels: Amount = 1.5) -> Found:
    """All boxes of one annotator, batch or file lie to one side of where others draw them.

    Why it hurts: the detector learns the mean of both, and is a little wrong everywhere. Small
    objects lose most of their overlap. One scan of frames with another origin, or a tool that
    counts pixels from 1, shifts all boxes of a batch.

    Boxes are compared that several sources drew around the same objects, in one image or in images
    of the same bytes, and with what a model drew where one was asked. Without either, nobody knows
    where an object is, and nothing is checked. Each image counts once: boxes of one image are
    shifted together. Of two sources alone nobody knows which is right.

    Settings:
        min_pixels: least shift, inclusive.

    Why this default: a choice; two people differ by a pixel or two at each side of a box, but not
    always to the same one.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> right = {f"{n}.jpg": [f"car {n} 10 {n + 40} 50"] for n in range(30)}
        >>> late = {f"{n}.jpg": [f"car {n + 4} 10 {n + 44} 50"] for n in range(30)}
        >>> dataset = drawn_by({"ann": right, "bob": right, "cem": late})
        >>> print(before_and_after(shifted_source, dataset))
        Found: boxes of annotator cem lie +4.0 px in x and +0.0 px in y of those of ann, bob around
            the same objects (60 pairs in 30 images)
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 10, 40, 40], "annotator": "bob"}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [4, 10, 40, 40], "annotator": "cem"}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [0, 10, 40, 40], "annotator": "cem"}
          {"id": 4, "image_id": 2, "category_id": 1, "bbox": [1, 10, 40, 40], "annotator": "ann"}
          {"id": 5, "image_id": 2, "category_id": 1, "bbox": [1, 10, 40, 40], "annotator": "bob"}
        - {"id": 6, "image_id": 2, "category_id": 1, "bbox": [5, 10, 40, 40], "annotator": "cem"}
        + {"id": 6, "image_id": 2, "category_id": 1, "bbox": [1, 10, 40, 40], "annotator": "cem"}
          {"id": 7, "image_id": 3, "category_id": 1, "bbox": [2, 10, 40, 40], "annotator": "ann"}
          {"id": 8, "image_id": 3, "category_id": 1, "bbox": [2, 10, 40, 40], "annotator": "bob"}
          (and 110 more lines)

    Fix: moves all boxes of the source back, where it is known that the others are right: there are
    three sources or more, or a model was asked. Unsafe, because it changes every box of the source.
    None where objects have masks or keypoints, which would stay.
    """
    sources = audit.sources
    if sources is None:
        return found(box=[])
    pairs = compared(audit, sources)
    centre = (pairs.sides[:, :2] + pairs.sides[:, 2:]) / 2
    told = list(differing(sources, pairs, centre, min_pixels))
    usable = np.flatnonzero(sourced(audit, sources))
    boxes = [usable[sources.box[usable] == one.source] for one in told]
    return found(
        image=[first_image(audit, box) for box in boxes],
        fix=[
            moved_back(audit, box, -np.array([*one.pixels, *one.pixels])) if one.known else None
            for one, box in zip(told, boxes, strict=True)
        ],
        affects=[
            Affected(box if one.known else box[:0]) for one, box in zip(told, boxes, strict=True)
        ],
        source=[sources.words(one.source) for one in told],
        x=[one.pixels[0] for one in told],
        y=[one.pixels[1] for one in told],
        beside=[one.beside for one in told],
        pairs=[one.seen.values for one in told],
        images=[one.seen.images for one in told],
        otherwise=[
            "" if one.known else "; which of both is right, they do not say" for one in told
        ],
    )
