"""Labels on disk with drawn images, for datasets of torch."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from labelaudit.testing import draw

SQUARE = [[10.0, 10, 30, 10, 30, 30, 10, 30]]


def coco(folder: Path, *boxes: dict, images: int = 3, size=(64, 48), **changes) -> Path:
    """A COCO file of images `0.png` and so on, which are drawn, of cars and buses."""
    rows = [
        {"id": 100 + number, "file_name": f"{number}.png", "width": size[0], "height": size[1]}
        for number in range(images)
    ]
    for row in rows:
        draw(folder / row["file_name"], size)
    labels = {
        "images": rows,
        "annotations": [{"id": number, **box} for number, box in enumerate(boxes, 1)],
        "categories": [{"id": 7, "name": "car"}, {"id": 3, "name": "bus"}],
        **changes,
    }
    path = folder / "labels.json"
    path.write_text(json.dumps(labels))
    return path


def box(image: int, category: int, *bbox: float, **more) -> dict:
    """An annotation of image `image`, of class 7 (car) or 3 (bus)."""
    return {"image_id": 100 + image, "category_id": category, "bbox": list(bbox), **more}


CAR = box(0, 7, 10, 10, 20, 20, area=400, iscrowd=0, segmentation=SQUARE)
BUS = box(0, 3, 30, 5, 30, 40, area=900, iscrowd=0)
CROWD = box(1, 7, 2, 2, 50, 40, area=2000, iscrowd=1)
FLAT = box(1, 7, 5, 5, 0, 20, area=0, iscrowd=0)


def same(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        if isinstance(value, torch.Tensor):
            assert type(value) is type(other[name])
            assert torch.equal(value, other[name])
        else:
            assert value == other[name]
