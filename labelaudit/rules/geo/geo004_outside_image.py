from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, drops, moves
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.bounds import off_image
from labelaudit.rules.geo.fix_choices import either
from labelaudit.rules.geo.mask_columns import mask_extent


@rule(
    "GEO004",
    "outside-image",
    message="{label} at ({x:g}, {y:g}), {w:g} x {h:g} px, is wholly outside of the image, "
    "{image_w:g} x {image_h:g}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_SIZES,
    names_causes=True,
    scope=Scope.IMAGE,
)
def outside_image(audit: AuditContext) -> Found:
    """A box of which no part is in its image.

    Why it hurts: clipped to the image it has no area, so it is a zero-area box in every trainer
    that clips, and a target without a pixel in every other. What it was drawn for goes unlabelled.

    Usually the box belongs to another image, or the image was resized or cropped after labelling.
    A box that touches the image from outside is outside. Says nothing where the size is unknown.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("car 600 10 640 40", "car 640 20 660 60")
        >>> print(before_and_after(outside_image, dataset))
        Found: car at (640, 20), 20 x 40 px, is wholly outside of the image, 640 x 480
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [600, 10, 40, 30]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [640, 20, 20, 40]}

    Fix: gives the box the extent of its mask, if that is in the image; else drops it. Unsafe: the
    box may be right and the image, or its size, wrong.
    """
    box = audit.derived.beyond_image
    box = box[off_image(audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box))]
    of_models = Explained(OF_MODELS, box=box)
    return found(box, fix=_fixes(audit, box), explains=[of_models, *[None] * len(box)][: len(box)])


def _fixes(audit: AuditContext, box: Ints) -> list[Fix]:
    extent = mask_extent(audit, box)
    inside = np.isfinite(extent).all(axis=1) & ~off_image(extent, audit.derived.image_size_of(box))
    moved, dropped = moves(box, extent, Safety.UNSAFE), drops(RecordType.BOX, box, Safety.UNSAFE)
    return either(inside, moved, dropped)
