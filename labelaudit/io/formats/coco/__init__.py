"""COCO instances: one JSON file with images, annotations and categories."""

from __future__ import annotations

from labelaudit.core.later import later
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.coco.finding import evidence

FORMATS.add(
    "coco",
    Format(
        "coco",
        "a COCO file (JSON with images, annotations and categories)",
        evidence,
        load=later(f"{__name__}.loading", "load"),
        in_pieces=later(f"{__name__}.in_pieces", "in_pieces"),
        patch=later(f"{__name__}.patching", "patch"),
        convert=later(f"{__name__}.writing", "conversion"),
        divide=later(f"{__name__}.dividing", "divide"),
        relist=later(f"{__name__}.relisting", "relist"),
        copy_plan=later(f"{__name__}.copy_places", "copy_plan"),
        facts=FormatFacts(
            convention="xywh",
            has_polygons=True,
            box_record="annotations[{record}]",
            image_record="images[{record}]",
            category_record="categories[{record}]",
            source_fields={
                "xyxy": ("bbox",),
                "image": ("image_id",),
                "label": ("category_id",),
                "crowd": ("iscrowd",),
                "difficult": ("ignore",),
                "stated": ("num_keypoints",),
            },
            image_fields={"name": ("file_name",), "size": ("width", "height")},
            stops_at_mixed_masks="pycocotools stops at an empty segmentation with IndexError, "
            "Detectron2 at its image with KeyError",
            stops_without={
                "iscrowd": "pycocotools' COCOeval and torchvision's references stop with KeyError",
                "area": "pycocotools' COCOeval and mmdetection stop with KeyError",
            },
            unknown_class="category id {found}, which no class has",
        ),
        shapes=later(f"{__name__}.shapes", "shapes"),
        unheld=later(f"{__name__}.unheld", "unheld"),
        attributes=later(f"{__name__}.attributes", "attributes"),
        box_records=later(f"{__name__}.box_records", "box_records"),
        record_spans=later(f"{__name__}.record_spans", "record_spans"),
    ),
)
