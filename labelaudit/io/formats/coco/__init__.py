"""COCO instances: one JSON file with images, annotations and categories."""

from __future__ import annotations

from labelaudit.io.formats import FORMATS, Format, later
from labelaudit.io.formats.coco.finding import recognises

FORMATS.add(
    "coco",
    Format(
        "coco",
        "a COCO file (JSON with images, annotations and categories)",
        recognises,
        load=later(f"{__name__}.loading", "load"),
        patch=later(f"{__name__}.patching", "patch"),
        write=later(f"{__name__}.writing", "write"),
        shapes=later(f"{__name__}.shapes", "shapes"),
    ),
)
