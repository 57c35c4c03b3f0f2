"""Small datasets written in one line, for tests of rules: ours and yours."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.dataset import Boxes, Categories, Dataset, Files, Images
from labelaudit.outlines import Polygons, polygon_outlines
from labelaudit.table import Ids, texts


def one_image(*boxes: str, size: tuple[float, float] = (640, 480)) -> Dataset:
    """A dataset of one image, `image.jpg`, with a box for each text; see `images`.

    >>> one_image("car 10 10 40 40", "person 50 20 60 60 crowd")
    <Dataset coco: 1 images, 2 boxes, 2 classes>
    """
    return images({"image.jpg": boxes}, size=size)


def images(
    boxes: Mapping[str, Sequence[str]], *, size: tuple[float, float] = (640, 480)
) -> Dataset:
    """A dataset of several images of one size, each with its boxes.

    A box is `class left top right bottom`, in pixels, and may end in `crowd` or `difficult`.
    Classes are in order of appearance; ids count from 1; every record is in the file `labels.json`.
    """
    words = [box.split() for group in boxes.values() for box in group]
    image = [row for row, group in enumerate(boxes.values()) for _ in group]
    names = list(dict.fromkeys(word[0] for word in words))
    count = len(words)
    return Dataset(
        format="coco",
        root=Path(),
        files=Files.of(1, path=["labels.json"]),
        images=Images.of(
            len(boxes),
            file=np.zeros(len(boxes)),
            record=np.arange(len(boxes)),
            id=Ids.of(range(1, len(boxes) + 1)),
            name=list(boxes),
            size=np.tile(size, (len(boxes), 1)),
        ),
        categories=Categories.of(
            len(names),
            file=np.zeros(len(names)),
            record=np.arange(len(names)),
            id=Ids.of(range(1, len(names) + 1)),
            name=names,
        ),
        boxes=Boxes.of(
            count,
            file=np.zeros(count),
            record=np.arange(count),
            id=Ids.of(range(1, count + 1)),
            image=image,
            label=[names.index(word[0]) for word in words],
            xyxy=np.array([[float(n) for n in word[1:5]] for word in words]),
            crowd=["crowd" in word for word in words],
            difficult=["difficult" in word for word in words],
        ),
    )


def with_columns(
    dataset: Dataset, table: str, **columns: Any
) -> Dataset:  # Any: columns of any type
    """The dataset with these values in columns of one of its tables.

    A table without rows gets as many as there are values; its other columns hold what nobody said.

    >>> with_columns(one_image("car 10 10 40 40"), "boxes", area=[900]).boxes.area
    array([900.])
    """
    old = getattr(dataset, table)
    new = type(old).of(len(old) or len(next(iter(columns.values()))), **columns)
    if len(old):
        new = dataclasses.replace(old, **{name: getattr(new, name) for name in columns})
    return dataclasses.replace(dataset, **{table: new})


def with_polygons(dataset: Dataset, *objects: Polygons | None) -> Dataset:
    """The dataset with the polygons of each box, flat lists of x and y; None where it has none.

    >>> with_polygons(one_image("car 10 10 40 40"), [[10, 10, 40, 10, 40, 40]]).outlines.area
    array([450.])
    """
    box = [row for row, polygons in enumerate(objects) if polygons is not None]
    outlines = polygon_outlines([polygons for polygons in objects if polygons is not None])
    outlines = dataclasses.replace(outlines, box=np.array(box, np.int32))
    return dataclasses.replace(dataset, outlines=outlines)


def with_pictures(dataset: Dataset, folder: Path) -> Dataset:
    """The dataset with a black picture of the stated size in `folder` for each of its images."""
    paths = [folder / name for name in dataset.images.name.tolist()]
    for path, size in zip(paths, dataset.images.size.tolist(), strict=True):
        draw(path, size)
    located = dataclasses.replace(dataset.images, path=texts(map(str, paths)))
    return dataclasses.replace(dataset, images=located, image_folders=(folder,))


def draw(path: Path, size: Sequence[float]) -> None:
    """A black picture of a size, width and height in pixels; the ending of `path` says its kind."""
    from PIL import Image  # noqa: PLC0415  # 60 ms that tests without pictures need not wait for

    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (int(size[0]), int(size[1]))).save(path)
