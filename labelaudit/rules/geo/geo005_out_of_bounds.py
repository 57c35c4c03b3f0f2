from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount
from labelaudit.boxes.ops import clip, overhang
from labelaudit.rules.geo.bounds import on_image
from labelaudit.rules.geo.fix_choices import clips, either

EDGES = np.array(["left", "top", "right", "bottom"], object)


@rule(
    "GEO005",
    "out-of-bounds",
    message="{label} reaches {over:g} px beyond the {edges} edge of the image, "
    "{image_w:g} x {image_h:g}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    needs=Need.IMAGE_SIZES,
    scope=Scope.IMAGE,
)
def out_of_bounds(audit: AuditContext, *, tolerance: Amount = 0.1, slight: Amount = 1.0) -> Found:
    """A box that is partly beyond the edge of its image.

    Why it hurts: Albumentations stops the training with an error, torchvision and Detectron2 clip
    without a word, others learn to predict boxes around pixels that do not exist. By more than a
    pixel, it often says that the box is for another size of this image.

    Settings:
        tolerance: reaching beyond by up to this many pixels is rounding, not an error.
        slight: up to this many pixels it is only worth knowing (info), above it a warning.

    Why these defaults: COCO rounds x and width to a hundredth of a pixel each, YOLO with four
    decimals to a twentieth at 640 px, so a tenth is above all rounding. Off by one is a common slip
    of tools, and harmless: six boxes of TACO reach 0.5 or 1 px beyond, one 1.3 px. BCCD, the
    playing cards and the sample of COCO have none ("out-of-bounds" in
    benchmarks/results/rule_defaults.md).

    A box wholly outside is left to outside-image. Says nothing where the image's size is unknown.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> dataset = one_image("car -0.6 10 40 40", "car 600 20 640 60")
        >>> print(before_and_after(out_of_bounds, dataset))
        Found: car reaches 0.6 px beyond the left edge of the image, 640 x 480
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [-0.6, 10, 40.6, 30]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0.0, 10, 40.0, 30]}
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [600, 20, 40, 40]}

    Fix: clips the box to the image, and its mask if that is of polygons. Safe for a slight excess,
    which is what trainers do themselves; unsafe above, as it hides that the box may belong to
    another image or to another size of it, and unsafe where less than half of its width or height
    would be left. None where less than a pixel of it, or nothing of its mask, would be.
    """
    box = on_image(audit, audit.derived.beyond_image)
    over = overhang(audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box))
    box, over = box[over > tolerance], over[over > tolerance]
    xyxy, image_size = audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    inside = clip(xyxy, image_size)
    shrunk = (2 * (inside[:, 2:] - inside[:, :2]) < xyxy[:, 2:] - xyxy[:, :2]).any(axis=1)
    edges = np.hstack([-xyxy[:, :2], xyxy[:, 2:] - image_size]) > tolerance
    return found(
        box,
        severity=np.where(over > slight, Severity.WARNING, Severity.INFO),
        fix=either(
            (over > slight) | shrunk,
            clips(audit, box, Safety.UNSAFE),
            clips(audit, box, Safety.SAFE),
        ),
        over=over,
        edges=[" and ".join(EDGES[beyond]) for beyond in edges],
    )
