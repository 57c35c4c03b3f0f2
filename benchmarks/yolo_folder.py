"""Writes invented scenes as an Ultralytics YOLO folder: label files and small images."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.image_files import ImageFile, jpeg
from benchmarks.scenes import NAMES, Ints, Scenes


def write_yolo(folder: Path, scenes: Scenes, *, image: ImageFile = jpeg) -> None:
    """Write `scenes` into `folder`, nine images in ten as train and one as val."""
    for split in ("train", "val"):
        (folder / "images" / split).mkdir(parents=True)
        (folder / "labels" / split).mkdir(parents=True)
    names = "".join(f"  {number}: {name}\n" for number, name in enumerate(NAMES))
    (folder / "data.yaml").write_text(
        f"path: .\ntrain: images/train\nval: images/val\n\nnames:\n{names}"
    )
    for row, boxes in enumerate(scenes.boxes_of_images()):
        split = "train" if row % 10 else "val"
        stem = f"{scenes.id[row]:012}"
        (folder / "labels" / split / f"{stem}.txt").write_text(_lines(scenes, row, boxes))
        width, height = scenes.size[row].tolist()
        (folder / "images" / split / f"{stem}.jpg").write_bytes(image((width, height), row))


def _lines(scenes: Scenes, image: int, boxes: Ints) -> str:
    """A line for each box: class, centre, width and height as shares of the image."""
    corner = scenes.box[boxes] / np.tile(scenes.size[image] * 100, 2)
    centre = (corner[:, :2] + corner[:, 2:]) / 2
    values = np.concatenate([centre, corner[:, 2:] - corner[:, :2]], axis=1).tolist()
    return "".join(
        f"{label} {x:.6f} {y:.6f} {w:.6f} {h:.6f}\n"
        for label, (x, y, w, h) in zip(scenes.label[boxes].tolist(), values, strict=True)
    )
