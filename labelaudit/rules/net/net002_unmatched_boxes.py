from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.network.advice import AnchorFit, clusters_fit
from labelaudit.network.view import UNMATCHED
from labelaudit.rules.cls.usage import first_rows
from labelaudit.rules.net.classes_told import first_told, part, shares


@rule(
    "NET002",
    "unmatched-boxes",
    message="{class_name}: {what}{more}",
    severity=Severity.INFO,
    needs=(Need.NETWORK, Need.ANCHORS, Need.IMAGE_SIZES, Need.PIXELS),
)
def unmatched_boxes(
    audit: AuditContext,
    *,
    min_share: Share = 0.2,
    min_count: Count = 10,
    max_classes: Count = 10,
) -> Found:
    """A class whose boxes hardly any anchor of the network overlaps enough.

    Why it hurts: where training matches boxes with anchors by a threshold, a box below it is either
    taught by its best anchor alone, from far off, or not at all: the share that is matched is the
    best recall that the anchors allow. Where anchors are chosen relative to each other (ATSS, as in
    `labelaudit train`), none is lost, but the offsets to be learned are larger.

    Needs a network with anchors. Anchors are compared in their places on the grid, with an overlap
    of .5 or, where the network matches by sides (YOLOv5), by that. The anchors that would do better
    are as many as there are, nine at most, by k-means whose distance is 1 - IoU; it is said how
    many boxes they leave where that is fewer. `labelaudit network` tells more.

    Settings:
        min_share: share of the class's boxes without an anchor from which on it is told, inclusive.
        min_count: so many boxes at least, inclusive.
        max_classes: of how many classes it is told, those of the most such boxes.

    Why these defaults: choices. With the anchors of `labelaudit train` at 320 px, four of five
    platelets of BCCD have none, one in thirty of its other cells, and one in eight cards.

    Example:
        >>> from labelaudit.network.settings import network_settings
        >>> from labelaudit.testing import before_and_after, one_image
        >>> network = network_settings(train_size=640, strides=[16], anchor_scales=[4])
        >>> thin = one_image(*(f"pole {x} 0 {x + 20} 400" for x in range(0, 600, 50)))
        >>> square = one_image(*(f"pole {x} 0 {x + 60} 60" for x in range(0, 600, 50)))
        >>> wrong = AuditContext(thin, network=network)
        >>> right = AuditContext(square, network=network)
        >>> print(before_and_after(unmatched_boxes, wrong, right))
        Found: pole: 12 of 12 boxes (100 %) overlap no anchor by .5, 12 none by .4; 20x400 leaves 2
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 20, 400]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 0, 20, 400]}
        - (and 10 more)
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 60, 60]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 0, 60, 60]}
        + (and 10 more)

    There is no fix: the labels are right.

    Source: Redmon and Farhadi 2017, section 2, for the clusters; the thresholds are named in
    labelaudit/network/view.py.
    """
    view = audit.network_view
    strides, anchors = view.settings.strides, view.settings.anchor_levels
    unmatched = ~view.matched(strides, anchors)
    every, count = view.per_class(), view.per_class(unmatched)
    share = shares(count, every)
    told = (share >= min_share) & (count >= min_count) & (count > 0)
    which, more = first_told(np.flatnonzero(told), count, max_classes)
    better = clusters_fit(view) if len(which) else None
    faint = every
    if len(which):
        faint = view.per_class(unmatched & (view.overlap(strides, anchors) < UNMATCHED))
    limit = view.settings.side_limit
    how = "overlap no anchor by .5" if limit is None else f"are {limit:g} times off all anchors"
    return found(
        category=first_rows(audit)[which],
        what=[
            f"{part(int(count[one]), int(every[one]))} {how}, {faint[one]:,} none by .4"
            + _better(better, one, int(count[one]))
            for one in which.tolist()
        ],
        more=more,
    )


def _better(fit: AnchorFit | None, label: int, count: int) -> str:
    """The anchors that leave fewer boxes of a class, if they do."""
    if fit is None or fit.by_class[label] >= count:
        return ""
    shapes = [f"{w:.0f}x{h:.0f}" for level in fit.anchors for w, h in level.tolist()]
    leave = "leave" if len(shapes) > 1 else "leaves"
    return f"; {', '.join(shapes)} {leave} {fit.by_class[label]:,}"
