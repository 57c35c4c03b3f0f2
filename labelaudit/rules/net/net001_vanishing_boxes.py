from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.network.advice import MIN_VANISHING, enough_tiles, tile_grids
from labelaudit.network.view import LEAST_PART, NetworkView, TileGrid
from labelaudit.rules.cls.usage import first_rows
from labelaudit.rules.net.classes_told import first_told, part, severities, shares


@rule(
    "NET001",
    "vanishing-boxes",
    message="{class_name}: {what}{more}",
    severity=Severity.INFO,
    needs=(Need.NETWORK, Need.IMAGE_SIZES, Need.PIXELS),
)
def vanishing_boxes(
    audit: AuditContext,
    *,
    min_share: Share = MIN_VANISHING,
    warning_share: Share = 0.5,
    min_count: Count = 3,
    max_classes: Count = 10,
) -> Found:
    """A class whose boxes are too small for the network's grid, or share their cells with others.

    Why it hurts: at the training size a box whose shorter side is below half of the finest stride
    fills less than half of the cell that is to answer for it, so it is a target that mostly cannot
    be met; and of two boxes whose centres are in one cell that the same anchor answers for, one is
    taught away. Either costs recall that no training brings back: a larger input, a finer level,
    tiles, or doing without these boxes does.

    Needs a network: `--train-size 320` with `--network NAME`, or strides and anchors. Crowds,
    difficult boxes, duplicates of others and images whose sizes nobody knows do not count. A
    warning where at least `warning_share` of a class vanish.

    Tiles are counted with a fifth of each overlapping its neighbour, enlarged by no more than two.

    Settings:
        min_share: share of the class's boxes from which on it is told, inclusive, of vanishing ones
            and of those that share a cell alike.
        warning_share: share of vanishing boxes from which on it is a warning, inclusive.
        min_count: so many boxes at least, inclusive.
        max_classes: of how many classes it is told, those of the most vanishing boxes.

    Why these defaults: choices. At 320 px two of the 4,888 boxes of BCCD vanish and none of cards;
    one in eleven of the sample of COCO does, one in five of TACO.

    Example:
        >>> from labelaudit.network.settings import network_settings
        >>> from labelaudit.testing import before_and_after, one_image
        >>> network = network_settings(train_size=320)
        >>> ants = ["ant 10 10 16 15", "ant 50 20 56 26", "ant 90 20 96 26", "ant 99 99 300 300"]
        >>> near = ["ant 10 10 70 60", "ant 50 20 90 60", "ant 90 20 150 90", "ant 99 99 300 300"]
        >>> wrong = AuditContext(one_image(*ants), network=network)
        >>> right = AuditContext(one_image(*near), network=network)
        >>> print(before_and_after(vanishing_boxes, wrong, right))
        Found: ant: 3 of 4 boxes (75 %) vanish at 320 px, where they are below 4 px; 2 x 2 tiles
            bring 3 back
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 6, 5]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 6, 6]}
        - {"id": 3, "image_id": 1, "category_id": 1, "bbox": [90, 20, 6, 6]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 60, 50]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 40, 40]}
        + {"id": 3, "image_id": 1, "category_id": 1, "bbox": [90, 20, 60, 70]}
          {"id": 4, "image_id": 1, "category_id": 1, "bbox": [99, 99, 201, 201]}

    There is no fix: the labels are right.

    Source: where the threshold and the overlap of tiles are from stands in
    labelaudit/network/view.py.
    """
    view = audit.network_view
    every, gone, crowded = (
        view.per_class(which) for which in (None, view.vanishes, view.crowded & ~view.vanishes)
    )
    told_gone = (gone >= min_count) & (shares(gone, every) >= min_share) & (gone > 0)
    told_crowded = (crowded >= min_count) & (shares(crowded, every) >= min_share) & (crowded > 0)
    order_by = np.where(told_gone, gone, 0) * (crowded.max(initial=0) + 1) + crowded
    which, more = first_told(np.flatnonzero(told_gone | told_crowded), order_by, max_classes)
    grid = enough_tiles(int(gone.sum()), tile_grids(view)) if told_gone.any() else None
    what = []
    for one in which.tolist():
        words = []
        if told_gone[one]:
            words.append(_gone(view, int(gone[one]), int(every[one])) + _back(grid, one))
        if told_crowded[one]:
            words.append(_crowded(view, int(crowded[one]), int(every[one])))
        what.append("; ".join(words))
    return found(
        category=first_rows(audit)[which],
        severity=severities(np.where(told_gone, shares(gone, every), 0.0)[which], warning_share),
        what=what,
        more=more,
    )


def _gone(view: NetworkView, gone: int, every: int) -> str:
    least, size = LEAST_PART * view.settings.strides[0], view.settings.size_words
    return f"{part(gone, every)} vanish at {size}, where they are below {least:g} px"


def _back(grid: TileGrid | None, label: int) -> str:
    if grid is None or not grid.back[label]:
        return ""
    return f"; {grid.columns} x {grid.rows} tiles bring {grid.back[label]:,} back"


def _crowded(view: NetworkView, crowded: int, every: int) -> str:
    by = "the same anchor" if view.settings.anchors else "the same level"
    return f"{part(crowded, every)} share a cell with another box that {by} answers for"
