"""COCO instances: one JSON file with images, annotations and categories."""

from __future__ import annotations

from labelaudit.formats import FORMATS, Format
from labelaudit.formats.coco.finding import recognises
from labelaudit.formats.coco.patching import patch
from labelaudit.formats.coco.reading import load
from labelaudit.formats.coco.writing import write

FORMATS.add(
    "coco",
    Format(
        "coco",
        "a COCO file (JSON with images, annotations and categories)",
        recognises,
        load,
        patch,
        write,
    ),
)
