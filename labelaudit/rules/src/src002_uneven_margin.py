from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Amount
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.core.columns import Ints
from labelaudit.rules.src.evidence import first_image, sourced
from labelaudit.rules.src.moved_back import moved_back
from labelaudit.rules.src.same_objects import compared, differing
from labelaudit.rules.src.sizes import margins


@dataclass(frozen=True)
class _Told:
    """A source, what it does, and how that is known."""

    source: int
    pixels: tuple[float, float]  # at each side, along x and y
    how: str
    known: bool


@rule(
    "SRC002",
    "uneven-margin",
    message="boxes of {source} are too {what}: {x:+.1f} px at left and right and {y:+.1f} px at "
    "top and bottom, {how}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=(Need.SOURCES, Need.WHO),
)
def uneven_margin(audit: AuditContext, *, min_pixels: Amount = 1.5) -> Found:
    """All boxes of one annotator, batch or file are drawn wider or tighter than those of others.

    Why it hurts: a detector cannot please both, and no number of epochs brings its boxes nearer
    than their difference. Three pixels around an object of 30 leave an overlap of .69.

    Boxes are compared that several sources drew around the same objects, in one image or in images
    of the same bytes, and with what a model drew where one was asked. Where nobody drew the same
    objects, sizes speak: those of a class, of this source and of all others, from their tenth to
    their ninetieth percentile. A margin makes all of them larger by the same number of pixels,
    other objects or a nearer camera by a factor; what a factor explains as well is passed over.
    That takes forty boxes of a class from either side, away from the borders of images, and a field
    that says who drew the boxes: folders and files may hold other objects. Boxes that are larger by
    a factor are found beside others of the same objects only.

    Settings:
        min_pixels: least margin at a side, inclusive.

    Why this default: a choice; two people differ by a pixel or two at each side of a box, but not
    always in the same direction.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> tight = {f"{n}.jpg": [f"car 20 20 {n + 50} 60"] for n in range(30)}
        >>> wide = {f"{n}.jpg": [f"car 17 17 {n + 53} 63"] for n in range(30)}
        >>> dataset = drawn_by({"ann": tight, "bob": tight, "cem": wide})
        >>> print(before_and_after(uneven_margin, dataset))
        Found: boxes of annotator cem are too large: +3.0 px at left and right and +3.0 px at top
            and bottom, beside those of ann, bob around the same objects (60 pairs in 30 images)
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 20, 30, 40], "annotator": "bob"}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [17, 17, 36, 46], "annotator": "cem"}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [20, 20, 30, 40], "annotator": "cem"}
          {"id": 4, "image_id": 2, "category_id": 1, "bbox": [20, 20, 31, 40], "annotator": "ann"}
          {"id": 5, "image_id": 2, "category_id": 1, "bbox": [20, 20, 31, 40], "annotator": "bob"}
        - {"id": 6, "image_id": 2, "category_id": 1, "bbox": [17, 17, 37, 46], "annotator": "cem"}
        + {"id": 6, "image_id": 2, "category_id": 1, "bbox": [20, 20, 31, 40], "annotator": "cem"}
          {"id": 7, "image_id": 3, "category_id": 1, "bbox": [20, 20, 32, 40], "annotator": "ann"}
          {"id": 8, "image_id": 3, "category_id": 1, "bbox": [20, 20, 32, 40], "annotator": "bob"}
          (and 110 more lines)

    Fix: takes the margin off all boxes of the source, where it is known that the others are right:
    three sources or more drew the same objects, or a model was asked. Unsafe, because it changes
    every box of the source. None where objects have masks or keypoints, which would stay.
    """
    sources = audit.sources
    if sources is None:
        return found(box=[])
    told = list(_beside_others(audit, sources, min_pixels))
    if not told and sources.by_hand:
        told = list(_by_sizes(audit, sources, min_pixels))
    usable = np.flatnonzero(sourced(audit, sources))
    boxes = [usable[sources.box[usable] == one.source] for one in told]
    return found(
        image=[first_image(audit, box) for box in boxes],
        fix=[_fix(audit, box, one) for one, box in zip(told, boxes, strict=True)],
        affects=[
            Affected(box if one.known else box[:0]) for one, box in zip(told, boxes, strict=True)
        ],
        source=[sources.words(one.source) for one in told],
        what=["large" if sum(one.pixels) > 0 else "small" for one in told],
        x=[one.pixels[0] for one in told],
        y=[one.pixels[1] for one in told],
        how=[one.how for one in told],
    )


def _fix(audit: AuditContext, box: Ints, one: _Told) -> Fix | None:
    if not one.known:
        return None
    return moved_back(audit, box, np.array([*one.pixels, -one.pixels[0], -one.pixels[1]]))


def _beside_others(audit: AuditContext, sources: BoxSources, least: float) -> Iterator[_Told]:
    pairs = compared(audit, sources)
    margin = (pairs.sides[:, 2:] - pairs.sides[:, :2]) / 2
    for one in differing(sources, pairs, margin, least):
        doubt = "" if one.known else "; which of both is right, they do not say"
        how = (
            f"beside those of {one.beside} around the same objects "
            f"({one.seen.values:,} pairs in {one.seen.images:,} images){doubt}"
        )
        yield _Told(one.source, one.pixels, how, one.known)


def _by_sizes(audit: AuditContext, sources: BoxSources, least: float) -> Iterator[_Told]:
    for one in margins(audit, sources, least):
        how = f"by the sizes of {one.boxes:,} boxes and of {one.others:,} of others"
        yield _Told(one.source, one.pixels, how, known=False)
