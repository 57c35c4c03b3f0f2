"""Small sound datasets for tests to break, and what it is to be refused."""

from __future__ import annotations

import json
from pathlib import Path

from PIL import Image

COCO = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
    "annotations": [
        {
            "id": 1,
            "image_id": 1,
            "category_id": 1,
            "bbox": [10, 10, 90, 60],
            "area": 5400,
            "iscrowd": 0,
        }
    ],
    "categories": [{"id": 1, "name": "car"}],
}
TEXT = json.dumps(COCO)
DEEP = "[" * 100_000 + "]" * 100_000
YOLO = "0 0.5 0.5 0.2 0.2\n"


def write(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def yolo(
    folder: Path, labels: str | bytes = YOLO, yaml: str = "train: images\nnames: [car]"
) -> Path:
    (folder / "images").mkdir(parents=True)
    Image.new("RGB", (64, 48)).save(folder / "images" / "a.jpg")
    write(folder / "labels" / "a.txt", labels)
    write(folder / "data.yaml", yaml)
    return folder


def refused(ran, *words: str) -> None:
    """It is one line on standard error that says these words."""
    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.count("\n") == 1
    assert ran.err.startswith("labelaudit: error: ")
    for word in words:
        assert word in ran.err
