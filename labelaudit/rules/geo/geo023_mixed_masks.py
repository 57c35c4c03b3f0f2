from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import has_or_have
from labelaudit.dataset.groups import counted_images


@rule(
    "GEO023",
    "mixed-masks",
    message="{some:,} of {boxes:,} boxes {have} {what}, in {where}: {who}",
    severity=Severity.INFO,
)
def mixed_masks(audit: AuditContext, *, min_masked: Share = 0.5) -> Found:
    """Some objects with a mask and some with a box alone.

    Why it hurts: a set is for detection or for segmentation. Ultralytics compares the numbers of
    polygons and boxes, and drops all polygons where they differ, with one line in its log. What
    asks for the polygon of each object stops at one that has none, or trains without it.

    All of them are one finding, and a warning where most objects have masks: then the others were
    forgotten. Otherwise it may be meant so, and is worth knowing.

    Settings:
        min_masked: share of boxes with a mask from which on, inclusive, it is a warning.

    Why this default: a choice; in COCO and TACO every object has a mask, in BCCD and cards none
    ("mixed-masks" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> dataset = one_image("car 10 10 40 40", "car 50 50 90 90")
        >>> mask = '[10, 10, 30, 30], "segmentation": [[10, 10, 40, 10, 40, 40]]'
        >>> wrong = coco_text(dataset).replace("[10, 10, 30, 30]", mask)
        >>> mask = '[50, 50, 40, 40], "segmentation": [[50, 50, 90, 50, 90, 90]]'
        >>> right = wrong.replace("[50, 50, 40, 40]", mask)
        >>> print(before_and_after(mixed_masks, wrong, right, min_masked=1))
        Found: 1 of 2 boxes has a mask, in image.jpg: pycocotools stops at an empty segmentation
            with IndexError, Detectron2 at its image with KeyError
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "segmentation": [[10,
            10, 40, 10, 40, 40]]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 50, 40, 40]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 50, 40, 40], "segmentation": [[50,
            50, 90, 50, 90, 90]]}

    Fix: none; the masks have to be drawn, or left out.

    Source: get_labels of ultralytics/data/dataset.py; frPyObjects of pycocotools/_mask.pyx;
    load_coco_json of detectron2/data/datasets/coco.py.
    """
    dataset = audit.dataset
    masked = np.zeros(len(dataset.boxes), bool)
    masked[dataset.masks.box] = True
    share = np.count_nonzero(masked) / max(len(masked), 1)
    who = dataset.facts.stops_at_mixed_masks
    if not who or share in (0, 1):
        return found(file=[], some=[], have=[], boxes=[], what=[], where=[], who=[])
    mostly = share >= min_masked
    box = np.flatnonzero(masked != mostly)
    single = len(box) == 1
    return found(
        box=[int(box[0]) if single else MISSING],
        file=[int(dataset.boxes.file[box[0]]) if single or len(dataset.files) == 1 else MISSING],
        image=[int(dataset.boxes.image[box[0]]) if single else MISSING],
        severity=[Severity.WARNING if mostly else Severity.INFO],
        some=[len(box)],
        have=[has_or_have(len(box))],
        boxes=[len(masked)],
        what=["no mask" if mostly else "a mask"],
        where=[_images(audit, box)],
        who=[who],
    )


def _images(audit: AuditContext, box: Ints) -> str:
    """The images of boxes, in words."""
    image = unique(audit.dataset.boxes.image[box])
    names = audit.dataset.images.name[image[image != MISSING]].tolist()
    return counted_images(names) if names else "no known image"
