"""Small datasets of formats that are read only, as their tools write them, and what is in them.

Each has two images of 64 x 48 pixels, `a` and `b`, and the boxes of `BOXES`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from labelaudit.testing import draw
from tests.io.formats.tool_samples import TOOLS, Boxes

SIZE = (64, 48)
BOXES = {"a": {"cat": [4.0, 6.0, 36.0, 30.0], "dog": [32.0, 12.0, 48.0, 36.0]}, "b": {}}
"""Left, top, right, bottom of the boxes of each image by their classes, but for faces."""

KITTI = "0.00 0 -1.57 {} 1.52 1.63 3.89 1.04 1.56 8.01 -1.61"
OPEN_IMAGES = "ImageID,Source,LabelName,Confidence,XMin,XMax,YMin,YMax,IsOccluded,IsGroupOf"


def put(path: Path, *lines: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")
    return path


def pictures(folder: Path) -> None:
    for name in BOXES:
        draw(folder / f"{name}.png", SIZE)


def kitti(folder: Path) -> None:
    pictures(folder / "image_2")
    lines = [f"{name} {KITTI.format(words(box))}" for name, box in BOXES["a"].items()]
    put(folder / "label_2" / "a.txt", *lines)
    put(folder / "label_2" / "b.txt")


def words(numbers: list[float]) -> str:
    return " ".join(f"{number:.2f}" for number in numbers)


def dota(folder: Path) -> None:
    pictures(folder / "images")
    heading = ("imagesource:GoogleEarth", "gsd:0.146343590398")
    lines = [
        f"{words([left, top, right, top, right, bottom, left, bottom])} {name} 0"
        for name, (left, top, right, bottom) in BOXES["a"].items()
    ]
    put(folder / "labelTxt" / "a.txt", *heading, *lines)
    put(folder / "labelTxt" / "b.txt", *heading)


def visdrone(folder: Path) -> None:
    pictures(folder / "images")
    lines = [
        f"{left:.0f},{top:.0f},{right - left:.0f},{bottom - top:.0f},1,{category},0,0"
        for category, (left, top, right, bottom) in zip((1, 4), BOXES["a"].values(), strict=True)
    ]
    put(folder / "annotations" / "a.txt", *lines)
    put(folder / "annotations" / "b.txt")


def widerface(folder: Path) -> None:
    pictures(folder / "WIDER_train" / "images" / "0--Parade")
    boxes = [
        f"{left:.0f} {top:.0f} {right - left:.0f} {bottom - top:.0f} 0 0 0 0 0 0 "
        for left, top, right, bottom in BOXES["a"].values()
    ]
    lines = ["0--Parade/a.png", "2", *boxes, "0--Parade/b.png", "0", "0 0 0 0 0 0 0 0 0 0 "]
    put(folder / "wider_face_split" / "wider_face_train_bbx_gt.txt", *lines)


def csv(folder: Path) -> None:
    pictures(folder)
    rows = [
        f"a.png,64,48,{name},{words(box)}".replace(" ", ",") for name, box in BOXES["a"].items()
    ]
    header = "filename,width,height,class,xmin,ymin,xmax,ymax"
    put(folder / "labels.csv", header, *rows, "b.png,64,48,,,,,")


def openimages(folder: Path) -> None:
    pictures(folder / "train")
    rows = [
        f"a,xclick,/m/{name},1,{left / 64},{right / 64},{top / 48:.12f},{bottom / 48:.12f},0,0"
        for name, (left, top, right, bottom) in BOXES["a"].items()
    ]
    put(folder / "train-annotations-bbox.csv", OPEN_IMAGES, *rows)
    put(folder / "class-descriptions-boxable.csv", "/m/cat,cat", "/m/dog,dog")


def objects() -> list[dict[str, object]]:
    """The `objects` of the two images."""
    boxes = [
        [left, top, right - left, bottom - top] for left, top, right, bottom in BOXES["a"].values()
    ]
    return [{"bbox": boxes, "categories": [0, 1]}, {"bbox": [], "categories": []}]


def huggingface(folder: Path) -> None:
    pictures(folder / "train")
    rows = [
        json.dumps({"file_name": f"{name}.png", "objects": one})
        for name, one in zip(BOXES, objects(), strict=True)
    ]
    put(folder / "train" / "metadata.jsonl", *rows)
    put(folder / "README.md", *README)


README = (
    *("---", "license: mit", "dataset_info:", "  features:", "  - name: image", "    dtype: image"),
    *("  - name: objects", "    sequence:", "    - name: bbox", "      sequence: float32"),
    *("    - name: categories", "      dtype:", "        class_label:", "          names:"),
    *("            '0': cat", "            '1': dog", "---", "# Cats"),
)


def parquet(folder: Path) -> None:
    import pyarrow as pa
    from PIL import Image
    from pyarrow.parquet import write_table

    content = io.BytesIO()
    Image.new("RGB", SIZE).save(content, "PNG")
    pictures = [{"bytes": content.getvalue(), "path": f"{name}.png"} for name in BOXES]
    table = pa.table({"image": pictures, "objects": objects()})
    feature = {"categories": {"feature": {"names": ["cat", "dog"], "_type": "ClassLabel"}}}
    info = json.dumps({"info": {"features": {"objects": feature}}})
    (folder / "data").mkdir(parents=True)
    write_table(
        table.replace_schema_metadata({"huggingface": info}),
        folder / "data" / "train-00000-of-00001.parquet",
    )


def by_tool(write: Callable[[Path, Boxes], None], folder: Path) -> None:
    write(folder, BOXES)


def boxlists(folder: Path) -> None:
    pictures(folder)
    images = {
        f"{name}.png": [{"bbox": box, "label": label} for label, box in boxes.items()]
        for name, boxes in BOXES.items()
    }
    put(folder / "boxes.json", json.dumps(images))


def boxtexts(folder: Path) -> None:
    pictures(folder / "images")
    put(folder / "labels" / "a.txt", *(f"{name} {words(box)}" for name, box in BOXES["a"].items()))
    put(folder / "labels" / "b.txt")


def kerasyolo(folder: Path) -> None:
    pictures(folder)
    boxes = " ".join(
        f"{words(box).replace(' ', ',')},{number}" for number, box in enumerate(BOXES["a"].values())
    )
    put(folder / "_annotations.txt", f"a.png {boxes}", "b.png")
    put(folder / "_classes.txt", *BOXES["a"])


def edgeimpulse(folder: Path) -> None:
    pictures(folder)
    files = [
        {
            "path": f"{name}.png",
            "category": "training",
            "boundingBoxes": [
                {"label": label, "x": left, "y": top, "width": right - left, "height": low - top}
                for label, (left, top, right, low) in boxes.items()
            ],
        }
        for name, boxes in BOXES.items()
    ]
    put(folder / "info.labels", json.dumps({"version": 1, "files": files}))


SAMPLES: dict[str, Callable[[Path], None]] = {
    **{
        one.__name__: one
        for one in (
            kitti,
            dota,
            visdrone,
            widerface,
            csv,
            openimages,
            huggingface,
            parquet,
            boxlists,
            boxtexts,
            kerasyolo,
            edgeimpulse,
        )
    },
    **{name: partial(by_tool, write) for name, write in TOOLS.items()},
}
"""What writes a dataset of each format into a folder."""
