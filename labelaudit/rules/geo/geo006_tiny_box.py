from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity, drops
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount, Count
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.tables import RecordType
from labelaudit.network.settings import NetworkSettings
from labelaudit.rules.geo.bounds import Block, boxes_where, on_image, sides


@rule(
    "GEO006",
    "tiny-box",
    message="{label} is {w:g} x {h:g} px{trained}: too small to be seen{stops}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.PIXELS,
    scope=Scope.IMAGE,
)
def tiny_box(
    audit: AuditContext,
    *,
    min_side: Amount = 2.0,
    training_size: Count = 640,
    min_trained_side: Amount = 1.0,
) -> Found:
    """A box so thin that nothing can be seen in it, in its image or at the training size.

    Why it hurts: no feature of the network resolves it, so it is a target that cannot be met.
    Usually it is a click that was taken for a drag. Ultralytics drops boxes of up to two pixels
    while it augments, and a trainer that subtracts VOC's corners as they stand sees a box of one
    pixel as one of zero area.

    Settings:
        min_side: a box with a side below this many pixels of its image is found (warning).
        training_size: pixels of the longer side of an image as the network sees it; where a network
            is named (`--train-size`), its own size counts instead.
        min_trained_side: a box with a side below this many pixels then is found, too (info).

    Why these defaults: the two one-pixel boxes of BCCD are its only ones below 20 px. The thinnest
    of the sample of COCO is 3.6 px wide, of TACO 4 px; that one alone of all 10,919 boxes is below
    a pixel at 640. Far more are then below the finest stride of a detector, 8 px (one in eleven of
    COCO, one in five of TACO), and right: that is a matter of whole classes ("tiny-box" in
    benchmarks/results/rule_defaults.md).

    Crowds and difficult boxes may be small. Says nothing where the size of the image is only
    assumed, as in YOLO without the images.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> print(before_and_after(tiny_box, one_image("cell 10 10 40 40", "cell 50 20 51 21")))
        Found: cell is 1 x 1 px: too small to be seen
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 1, 1]}

    Fix: drops the box. Unsafe: there may be an object that wants a proper box.
    """
    network = audit.network or NetworkSettings((training_size, training_size))

    def tiny(some: Block) -> Bools:
        side = np.minimum(some.width, some.height)
        trained = _trained(network, some.width, some.height, some.image_size)
        tiny = (side < min_side) | (trained < min_trained_side)
        return tiny & some.is_valid & some.is_evaluated & some.in_counted_pixels

    box = on_image(audit, boxes_where(audit, tiny))
    width, height = sides(audit, box)
    side = np.minimum(width, height)
    trained = _trained(network, width, height, audit.derived.image_size_of(box))
    thin, size = side < min_side, network.size_words.removesuffix(" px")
    return found(
        box,
        severity=np.where(thin, Severity.WARNING, Severity.INFO),
        fix=drops(RecordType.BOX, box, Safety.UNSAFE),
        stops=_stops(audit, side),
        trained=[
            "" if is_thin else f", {one:.2g} px at training size {size}"
            for is_thin, one in zip(thin, trained, strict=True)
        ],
    )


def _stops(audit: AuditContext, side: Floats) -> list[str]:
    """Who stops at boxes whose shorter side is so long, (n,), because corners are the same."""
    who = audit.dataset.facts.stops_at_equal_corners
    return [f"; {who}" if who and one == 1 else "" for one in side.tolist()]


def _trained(network: NetworkSettings, width: Floats, height: Floats, image_size: Floats) -> Floats:
    """The shorter side of boxes as a network sees them, (n,)."""
    x, y = network.scales(image_size).T
    shorter: Floats = np.minimum(width * x, height * y)
    return shorter
