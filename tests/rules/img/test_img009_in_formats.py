"""Labels that are paired with other images, in the files of every format that states sizes."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.testing import draw

SIZES = [(120 + 10 * n, 90 + 7 * n) for n in range(8)]
Stated = Sequence[tuple[int, int]]


def coco(folder: Path, stated: Stated) -> None:
    images = [
        {"id": n, "file_name": f"{n}.png", "width": w, "height": h}
        for n, (w, h) in enumerate(stated)
    ]
    boxes = [
        {"id": n, "image_id": n, "category_id": 1, "bbox": [2, 2, 40, 30], "area": 1200}
        for n in range(len(stated))
    ]
    value = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]}
    (folder / "labels.json").write_text(json.dumps(value))


def voc(folder: Path, stated: Stated) -> None:
    for n, (w, h) in enumerate(stated):
        (folder / f"{n}.xml").write_text(
            f"<annotation><filename>{n}.png</filename><size><width>{w}</width><height>{h}</height>"
            "<depth>3</depth></size><object><name>car</name><bndbox><xmin>3</xmin><ymin>3</ymin>"
            "<xmax>42</xmax><ymax>32</ymax></bndbox></object></annotation>"
        )


def labelme(folder: Path, stated: Stated) -> None:
    for n, (w, h) in enumerate(stated):
        shape = {"label": "car", "points": [[2, 2], [42, 32]], "shape_type": "rectangle"}
        about = {"imagePath": f"{n}.png", "imageWidth": w, "imageHeight": h}
        (folder / f"{n}.json").write_text(json.dumps({"shapes": [shape], **about}))


def cvat(folder: Path, stated: Stated) -> None:
    images = "".join(
        f'<image id="{n}" name="{n}.png" width="{w}" height="{h}">'
        '<box label="car" xtl="2" ytl="2" xbr="42" ybr="32"/></image>'
        for n, (w, h) in enumerate(stated)
    )
    (folder / "a.xml").write_text(f"<annotations><version>1.1</version>{images}</annotations>")


def csv(folder: Path, stated: Stated) -> None:
    rows = [f"{n}.png,{w},{h},car,2,2,42,32" for n, (w, h) in enumerate(stated)]
    header = "filename,width,height,class,xmin,ymin,xmax,ymax"
    (folder / "a.csv").write_text("\n".join([header, *rows]))


def huggingface(folder: Path, stated: Stated) -> None:
    objects = {"bbox": [[2, 2, 40, 30]], "categories": ["car"]}
    rows = [
        json.dumps({"file_name": f"{n}.png", "width": w, "height": h, "objects": objects})
        for n, (w, h) in enumerate(stated)
    ]
    (folder / "metadata.jsonl").write_text("\n".join(rows))


def datumaro(folder: Path, stated: Stated) -> None:
    items = [
        {
            "id": f"{n}",
            "annotations": [{"type": "bbox", "bbox": [2, 2, 40, 30], "label_id": 0}],
            "image": {"path": f"{n}.png", "size": [h, w]},
        }
        for n, (w, h) in enumerate(stated)
    ]
    labels = {"label": {"labels": [{"name": "car", "parent": ""}]}}
    (folder / "a.json").write_text(json.dumps({"categories": labels, "items": items}))


WRITERS: dict[str, Callable[[Path, Stated], None]] = {
    one.__name__: one for one in (coco, voc, labelme, cvat, csv, huggingface, datumaro)
}
STATED = {
    "of the image before": SIZES[1:] + SIZES[:1],
    "of an image further on": SIZES[-3:] + SIZES[:-3],
    "in the other order": SIZES[::-1],
}


def codes(name: str, folder: Path, stated: Stated) -> list[str]:
    for n, size in enumerate(SIZES):
        draw(folder / f"{n}.png", size)
    WRITERS[name](folder, stated)
    return audit(load(folder, format=name), select=["IMG003", "IMG008", "IMG009"]).code.tolist()


@pytest.mark.parametrize("name", WRITERS)
@pytest.mark.parametrize("how", STATED)
def test_sizes_of_other_images_are_one_finding(name: str, how: str, tmp_path: Path):
    assert codes(name, tmp_path, STATED[how]) == ["IMG009"]


@pytest.mark.parametrize("name", WRITERS)
def test_sizes_that_are_true_are_none(name: str, tmp_path: Path):
    assert codes(name, tmp_path, SIZES) == []
