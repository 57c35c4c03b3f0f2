"""Small datasets written in one line, for tests of rules: ours and yours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from labelaudit.dataset import Boxes, Categories, Dataset, Files, Images
from labelaudit.table import Ids


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

    A box is `class left top right bottom`, in pixels, and may end in `crowd` or `difficult`. Classes are
    in order of appearance; ids count from 1; every record is in the file `labels.json`.
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
