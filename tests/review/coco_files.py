"""Small COCO files with findings."""

from __future__ import annotations

import json
from pathlib import Path


def coco_of(folder: Path, images: list[str], classes: list[str], *, pairs: int) -> Path:
    """A COCO file with boxes that are labelled twice."""
    boxes = [
        {
            "id": 4 * pairs * image + 2 * pair + twin,
            "image_id": image,
            "category_id": pair % len(classes),
            "bbox": [20 + 90 * pair, 30, 60, 60],
            "area": 3600,
            "iscrowd": 0,
        }
        for image in range(len(images))
        for pair in range(pairs)
        for twin in range(2)
    ]
    sizes = {"width": 640, "height": 480}
    labels = {
        "images": [{"id": n, "file_name": name, **sizes} for n, name in enumerate(images)],
        "annotations": boxes,
        "categories": [{"id": n, "name": name} for n, name in enumerate(classes)],
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(labels), "utf-8")
    return path
