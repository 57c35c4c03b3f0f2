"""Pascal VOC: a folder of XML files, one for each image, with lists of splits beside them."""

from __future__ import annotations

from labelaudit.core.later import later
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.voc.layout import evidence

FORMATS.add(
    "voc",
    Format(
        "voc",
        "a Pascal VOC folder (XML files with an annotation each)",
        evidence,
        load=later(f"{__name__}.loading", "load"),
        patch=later(f"{__name__}.patching", "patch"),
        convert=later(f"{__name__}.writing", "conversion"),
        divide=later(f"{__name__}.dividing", "divide"),
        relist=later(f"{__name__}.relisting", "relist"),
        copy_plan=later(f"{__name__}.copy_places", "copy_plan"),
        unheld=later(f"{__name__}.unheld", "unheld"),
        attributes=later(f"{__name__}.attributes", "attributes"),
        box_records=later(f"{__name__}.box_records", "box_records"),
        record_spans=later(f"{__name__}.record_spans", "record_spans"),
        facts=FormatFacts(
            convention="voc-xyxy",
            stops_at_fractions="readers by int() stop with ValueError (ssd.pytorch), mmdetection "
            "cuts them off",
            stops_at_equal_corners="its first and last pixel are the same, so who subtracts "
            "corners gets 0, at which torchvision stops",
            source_fields={
                "xyxy": ("bndbox", "xmin", "ymin", "xmax", "ymax"),
                "label": ("name",),
                "difficult": ("difficult",),
            },
            one_image_a_file=True,
            as_usual={"tag": str.lower},
            image_fields={"path": ("filename",), "size": ("size", "width", "height")},
        ),
        folder=True,
    ),
)
