"""Small datasets written in one line, for tests of rules: ours and yours."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.label_issues import (
    BOX_ERRORS,
    BoxIssues,
    LabelIssues,
    MissingObjects,
)
from labelaudit.boxes.ops import iou
from labelaudit.boxes.orientations import UPRIGHT
from labelaudit.core.columns import texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.masks import Polygons, polygon_masks
from labelaudit.dataset.tables import (
    Attributes,
    Boxes,
    Categories,
    Dataset,
    Files,
    Images,
    RecordType,
)
from labelaudit.images.headers import ORIENTATION
from labelaudit.io.formats import FORMATS

_PATCHES = 4
"""Patches of colour across and down an image that is drawn."""

_PARTS = 3
"""Of a path: what is above belongs to one run of a test."""


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
        facts=FORMATS["coco"].facts,
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


def drawn_by(
    people: Mapping[str, Mapping[str, Sequence[str]]], *, field: str = "annotator"
) -> Dataset:
    """Images with the boxes of several people, whom a field names.

    Boxes are as `images` takes them, by the names of their images; in one image there may be those
    of several people.

    >>> dataset = drawn_by({"ann": {"a.jpg": ["car 10 10 40 40"]}, "bob": {"a.jpg": []}})
    >>> len(dataset.images), len(dataset.boxes)
    (1, 1)
    """
    drawn: dict[str, list[tuple[str, str]]] = {}
    for who, of in people.items():
        for name, boxes in of.items():
            drawn.setdefault(name, []).extend((who, box) for box in boxes)
    authors = [who for some in drawn.values() for who, _ in some]
    said = [Attributes(RecordType.BOX, row, {field: who}) for row, who in enumerate(authors)]
    dataset = images({name: [box for _, box in some] for name, some in drawn.items()})
    return dataclasses.replace(dataset, attributes=lambda _: iter(said))


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


def as_format(dataset: Dataset, name: str) -> Dataset:
    """The dataset with what is true of another format: what its records and fields are called.

    >>> as_format(one_image("car 10 10 40 40"), "voc").facts.class_references
    ('name',)
    """
    return dataclasses.replace(dataset, facts=FORMATS[name].facts)


def with_polygons(dataset: Dataset, *objects: Polygons | None) -> Dataset:
    """The dataset with the polygons of each box, flat lists of x and y; None where it has none.

    >>> with_polygons(one_image("car 10 10 40 40"), [[10, 10, 40, 10, 40, 40]]).masks.area
    array([450.])
    """
    box = [row for row, polygons in enumerate(objects) if polygons is not None]
    masks = polygon_masks([polygons for polygons in objects if polygons is not None])
    masks = dataclasses.replace(masks, box=np.array(box, np.int32))
    return dataclasses.replace(dataset, masks=masks)


def with_label_issues(
    dataset: Dataset,
    *doubts: str,
    given: float = 0.03,
    other: float = 0.91,
    box_features: Mapping[str, Sequence[float]] | None = None,
    max_share: float | None = None,
) -> AuditContext:
    """An audit of the dataset with what a model might say, in a text for each doubt.

    `row wrong_class probability class`, `row loose_box probability left top right bottom`,
    `row spurious probability`, `missing probability image class left top right bottom`; image and
    row are numbers. Every box was scored.

    Parameters
    ----------
    dataset:
        that is audited.
    doubts:
        as above.
    given:
        the score of the box's own class.
    other:
        the score of the class that fits best.
    box_features:
        pieces of evidence by name, a number for each box; none if absent.
    max_share:
        the part of the labels that has each error at most, NaN for any: then what the model says
        only ranks labels and places. None: it is probabilities.

    >>> with_label_issues(one_image("car 10 10 40 40", "bus 50 20 60 60"), "0 wrong_class 0.9 bus")
    ... # doctest: +ELLIPSIS
    <labelaudit.auditing.context.AuditContext object at ...>
    """
    audit, count = AuditContext(dataset), len(dataset.boxes)
    boxes = BoxIssues.of(
        count,
        was_scored=np.ones(count, bool),
        label=audit.derived.box_class.copy(),
        xyxy=dataset.boxes.xyxy.copy(),
        given_score=np.full(count, given),
        other_score=np.full(count, other),
        background=np.full(count, 1 - other),
        **{name: np.zeros(count) for name in ("wrong", "wrong_class", "loose_box", "spurious")},
    )
    missing = []
    for words in map(str.split, doubts):
        if words[0] == "missing":
            missing.append(words[1:])
            continue
        row, name, probability, *more = words
        getattr(boxes, name)[int(row)] = boxes.wrong[int(row)] = float(probability)
        if name == "wrong_class":
            boxes.label[int(row)] = audit.derived.classes.index(more[0])
        elif name == "loose_box":
            boxes.xyxy[int(row)] = [float(word) for word in more]
    overlap = iou(boxes.xyxy, dataset.boxes.xyxy)
    label_issues = LabelIssues(
        source="a model",
        classes=tuple(audit.derived.classes),
        boxes=dataclasses.replace(boxes, overlap=overlap),
        missing=MissingObjects.of(
            len(missing),
            probability=[float(words[0]) for words in missing],
            image=[int(words[1]) for words in missing],
            label=[audit.derived.classes.index(words[2]) for words in missing],
            xyxy=np.array([[float(n) for n in words[3:7]] for words in missing]).reshape(-1, 4),
            score=np.full(len(missing), other),
        ),
        box_features={name: np.array(values) for name, values in (box_features or {}).items()},
        max_share=None if max_share is None else dict.fromkeys(BOX_ERRORS, max_share),
        missing_calibrated=max_share is None,
    )
    return AuditContext(dataset, label_issues)


def with_image_files(dataset: Dataset, folder: Path, *, orientation: int = 1) -> Dataset:
    """The dataset with a file of the stated size in `folder` for each of its images; see `draw`.

    Parameters
    ----------
    dataset:
        whose images are drawn.
    folder:
        where to.
    orientation:
        what EXIF says of them, 1 to 8.
    """
    paths = [folder / name for name in dataset.images.name.tolist()]
    for path, size in zip(paths, dataset.images.size.tolist(), strict=True):
        draw(path, size, orientation=orientation)
    located = dataclasses.replace(dataset.images, path=texts(map(str, paths)))
    return dataclasses.replace(dataset, images=located, image_folders=(folder,))


def draw(path: Path, size: Sequence[float], *, orientation: int = 1) -> None:
    """An image of patches of colour, which depend on its place: no two look alike.

    Parameters
    ----------
    path:
        of the file; its ending says of which kind it is.
    size:
        width and height in pixels, as it is stored.
    orientation:
        what EXIF says of it, 1 to 8.
    """
    from PIL import Image  # noqa: PLC0415  # 60 ms that tests without images need not wait for

    path.parent.mkdir(parents=True, exist_ok=True)
    place = "/".join(path.parts[-_PARTS:]).encode()
    colours = hashlib.blake2b(place, digest_size=3 * _PATCHES**2).digest()
    patches = Image.frombytes("RGB", (_PATCHES, _PATCHES), colours)
    image = patches.resize((int(size[0]), int(size[1])), Image.Resampling.NEAREST)
    if orientation == UPRIGHT:
        image.save(path)
        return
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    image.save(path, exif=exif)
