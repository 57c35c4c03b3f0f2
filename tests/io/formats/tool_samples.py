"""Small datasets as annotation tools export them, with the boxes of `read_only_samples`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from labelaudit.testing import draw

Boxes = Mapping[str, Mapping[str, list[float]]]
WIDTH, HEIGHT = 64, 48


def pictures(folder: Path, boxes: Boxes) -> None:
    for name in boxes:
        draw(folder / f"{name}.png", (WIDTH, HEIGHT))


def put(path: Path, value: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")


def sides(box: list[float]) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left, top, right - left, bottom - top


def labelme(folder: Path, boxes: Boxes) -> None:
    pictures(folder, boxes)
    for name, inside in boxes.items():
        shapes = [
            {"label": label, "points": [box[:2], box[2:]], "shape_type": "rectangle"}
            for label, box in inside.items()
        ]
        put(
            folder / f"{name}.json",
            {
                "version": "5.4.1",
                "shapes": shapes,
                "imagePath": f"{name}.png",
                "imageHeight": HEIGHT,
                "imageWidth": WIDTH,
            },
        )


def cvat(folder: Path, boxes: Boxes) -> None:
    pictures(folder / "images", boxes)
    lines = ['<?xml version="1.0" encoding="utf-8"?>', "<annotations><version>1.1</version>"]
    for place, (name, inside) in enumerate(boxes.items()):
        lines.append(f'<image id="{place}" name="{name}.png" width="{WIDTH}" height="{HEIGHT}">')
        for label, box in inside.items():
            named = zip(("xtl", "ytl", "xbr", "ybr"), box, strict=True)
            words = " ".join(f'{side}="{value:.2f}"' for side, value in named)
            lines.append(f'<box label="{label}" occluded="0" {words} z_order="0"></box>')
        lines.append("</image>")
    put(folder / "annotations.xml", "\n".join([*lines, "</annotations>"]))


def labelstudio(folder: Path, boxes: Boxes) -> None:
    pictures(folder, boxes)
    put(folder / "project-1-at-2024-05-02.json", list(_tasks(boxes)))


def _tasks(boxes: Boxes) -> Iterator[dict[str, Any]]:
    for place, (name, inside) in enumerate(boxes.items()):
        results = [
            {
                "id": f"{name}{label}",
                "type": "rectanglelabels",
                "from_name": "label",
                "to_name": "image",
                "original_width": WIDTH,
                "original_height": HEIGHT,
                "value": {
                    "x": 100 * left / WIDTH,
                    "y": 100 * top / HEIGHT,
                    "width": 100 * width / WIDTH,
                    "height": 100 * height / HEIGHT,
                    "rotation": 0,
                    "rectanglelabels": [label],
                },
            }
            for label, box in inside.items()
            for left, top, width, height in [sides(box)]
        ]
        yield {
            "id": place,
            "annotations": [{"id": place, "result": results, "was_cancelled": False}],
            "predictions": [],
            "data": {"image": f"/data/upload/1/0a1b2c3d-{name}.png"},
        }


def createml(folder: Path, boxes: Boxes) -> None:
    pictures(folder, boxes)
    images = [
        {
            "image": f"{name}.png",
            "annotations": [
                {
                    "label": label,
                    "coordinates": {
                        "x": left + width / 2,
                        "y": top + height / 2,
                        "width": width,
                        "height": height,
                    },
                }
                for label, box in inside.items()
                for left, top, width, height in [sides(box)]
            ],
        }
        for name, inside in boxes.items()
    ]
    put(folder / "_annotations.createml.json", images)


def via(folder: Path, boxes: Boxes) -> None:
    pictures(folder, boxes)
    names = ("x", "y", "width", "height")
    images = {
        f"{name}.png123": {
            "filename": f"{name}.png",
            "size": 123,
            "regions": [
                {
                    "shape_attributes": {"name": "rect"}
                    | dict(zip(names, sides(box), strict=True)),
                    "region_attributes": {"name": label},
                }
                for label, box in inside.items()
            ],
            "file_attributes": {},
        }
        for name, inside in boxes.items()
    }
    put(folder / "via_region_data.json", images)


def datumaro(folder: Path, boxes: Boxes) -> None:
    pictures(folder / "images" / "default", boxes)
    classes = list(dict.fromkeys(label for inside in boxes.values() for label in inside))
    items = [
        {
            "id": name,
            "annotations": [
                {
                    "id": 0,
                    "type": "bbox",
                    "group": 0,
                    "label_id": classes.index(label),
                    "bbox": sides(box),
                }
                for label, box in inside.items()
            ],
            "image": {"path": f"{name}.png", "size": [HEIGHT, WIDTH]},
        }
        for name, inside in boxes.items()
    ]
    labels = [{"name": name, "parent": "", "attributes": []} for name in classes]
    value = {"info": {}, "categories": {"label": {"labels": labels}}, "items": items}
    put(folder / "annotations" / "default.json", value)


TOOLS: dict[str, Callable[[Path, Boxes], None]] = {
    one.__name__: one for one in (labelme, cvat, labelstudio, createml, via, datumaro)
}
"""What writes some boxes as each tool exports them, by the name of the format."""
