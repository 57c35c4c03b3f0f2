from __future__ import annotations

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING
from labelaudit.core.text import counted
from labelaudit.network.advice import MAX_LOST, MAX_LOST_OF_CLASS, LevelUse, level_uses
from labelaudit.rules.net.classes_told import part


@rule(
    "NET003",
    "idle-level",
    message="{what}",
    severity=Severity.INFO,
    needs=(Need.NETWORK, Need.IMAGE_SIZES, Need.PIXELS),
)
def idle_level(
    audit: AuditContext,
    *,
    max_lost: Share = MAX_LOST,
    max_lost_of_class: Share = MAX_LOST_OF_CLASS,
    min_places: Share = 0.03,
    min_boxes: Count = 100,
) -> Found:
    """A level of the network's pyramid that hardly any box needs.

    Why it hurts: it costs time, memory and, on small accelerators, a whole feature map, most of all
    the finest level, which has three of four places; and all its answers are background, which the
    loss has to weigh down.

    Needs a network. A box is at the level of the anchor that fits it best; in networks without
    anchors at the finest level that reaches its sides from its middle. What a level costs is
    counted by the boxes that would lose the last anchor matched with them; without anchors, by all
    boxes at it. Each level is judged alone, with the anchors that there are: `labelaudit network`
    says which levels can go if the anchors of the others change.

    Settings:
        max_lost: share of all boxes that may be lost, inclusive.
        max_lost_of_class: share of the boxes of any class of 20 or more, likewise.
        min_places: share of the places of all levels, anchors counted, from which on a level is
            worth a word, inclusive.
        min_boxes: fewer boxes say nothing.

    Why these defaults: choices. At 320 px, no card of the dataset of that name needs stride 8.

    Example:
        >>> from labelaudit.network.settings import network_settings
        >>> from labelaudit.testing import before_and_after, one_image
        >>> network = network_settings(train_size=640, strides=[8, 32], anchor_scales=[4])
        >>> large = [f"car {x} {x} {x + 128} {x + 128}" for x in range(100)]
        >>> small = [f"car {x} {x} {x + 32} {x + 32}" for x in range(50)]
        >>> wrong = AuditContext(one_image(*large), network=network)
        >>> right = AuditContext(one_image(*small, *large[50:]), network=network)
        >>> print(before_and_after(idle_level, wrong, right))
        Found: stride 8 has 94 % of the places and none of 100 boxes: without it, 0 boxes are lost
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 128, 128]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 128, 128]}
        - (and 48 more)
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 32, 32]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [1, 1, 32, 32]}
        + (and 48 more)
          {"id": 51, "image_id": 1, "category_id": 1, "bbox": [50, 50, 128, 128]}

    There is no fix: the labels are right.

    Source: FCOS, section 3.2, for networks without anchors.
    """
    view = audit.network_view
    every = len(view)
    uses = level_uses(view) if every >= max(min_boxes, 1) and len(view.settings.strides) > 1 else []
    idle = [
        use
        for use in uses
        if use.places >= min_places
        and max(use.lost, use.vanishing) <= max_lost * every
        and use.worst <= max_lost_of_class
    ]
    what = "; ".join(_words(use, every) for use in idle)
    return found(category=[MISSING] if idle else [], what=[what] if idle else [])


def _words(use: LevelUse, every: int) -> str:
    takers = ", ".join(f"{count:,} to stride {stride}" for stride, count in use.takers)
    go = f", which go {takers}" if takers else ""
    boxes = part(use.boxes, every) if use.boxes else f"none of {every:,} boxes"
    lost = counted(use.lost, "box is lost", "boxes are lost")
    places = f"{100 * use.places:.0f} % of the places"
    return f"stride {use.stride} has {places} and {boxes}{go}: without it, {lost}"
