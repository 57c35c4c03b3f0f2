"""YOLO: a text file of labels for each image, as Ultralytics and darknet read it."""

from __future__ import annotations

from labelaudit.core.later import later
from labelaudit.dataset.format_facts import FormatFacts
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.formats.yolo.finding import evidence
from labelaudit.io.formats.yolo.sixth_number import SIXTH, left_out

FORMATS.add(
    "yolo",
    Format(
        "yolo",
        "a YOLO dataset (data.yaml, or a folder with labels in text files)",
        evidence,
        load=later(f"{__name__}.loading", "load"),
        patch=later(f"{__name__}.patching", "patch"),
        convert=later(f"{__name__}.writing", "conversion"),
        divide=later(f"{__name__}.dividing", "divide"),
        relist=later(f"{__name__}.relisting", "relist"),
        copy_plan=later(f"{__name__}.self_reference", "copy_plan"),
        facts=FormatFacts(
            convention="normalised-cxcywh",
            has_polygons=True,
            box_of_polygon=True,
            box_record="line {line}",
            ids_are_indices=True,
            paired_by_name=True,
            stops_at_mixed_masks="Ultralytics drops the polygons of the whole set, and trains on "
            "boxes alone",
            required_splits=("train", "val"),
            splits_listed_in=(".yaml", ".yml"),
            stops_without_splits="Ultralytics stops with SyntaxError, since it asks for both",
            as_usual={
                "separator": later(f"{__name__}.loose", "as_usual"),
                **dict.fromkeys(SIXTH, left_out),
            },
            source_fields={"xyxy": ("box",), "label": ("class",)},
        ),
        shapes=later(f"{__name__}.shapes", "shapes"),
        unheld=later(f"{__name__}.unheld", "unheld"),
        box_records=later(f"{__name__}.box_records", "box_records"),
        folder=True,
    ),
)
