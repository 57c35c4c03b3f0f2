"""Label Studio: its JSON and JSON_MIN exports, a list of tasks in a file; they are read only."""

from __future__ import annotations

from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.labelstudio.reading import evidence, read
from labelaudit.io.formats.read_only import ReadOnly

FORMATS.add(
    "labelstudio",
    ReadOnly(
        "labelstudio",
        "a Label Studio export (JSON or JSON_MIN)",
        evidence,
        read,
        {
            "box_record": "region[{record}]",
            "image_record": "task[{record}]",
            "source_fields": {"xyxy": ("value",), "label": ("labels",)},
            "box_parts": (
                *("x", "y", "width", "height", "radiusX", "radiusY", "rotation", "original_width"),
                *("points", "rle"),
            ),
        },
        endings=(".json", ".csv", ".tsv"),
        placed=True,
    ).format(),
)
