"""A dataset of any format as a new one of Pascal VOC."""

from __future__ import annotations

import os
import posixpath
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.links import put_image
from labelaudit.io.formats.conversion import Conversion, Part, WrittenCounts, kept
from labelaudit.io.formats.voc.conversion_losses import held, losses, notes, reasons
from labelaudit.io.formats.voc.elements import (
    Content,
    Indentation,
    element_text,
    object_content,
    writable,
)
from labelaudit.io.formats.voc.layout import ANNOTATIONS, IMAGES
from labelaudit.io.formats.voc.splits import LISTS
from labelaudit.io.formats.voc.stems import stems
from labelaudit.io.formats.voc.values import corner_texts, number_text
from labelaudit.io.formats.voc.xml_texts import OBJECT, ROOT

_INDENTATION = Indentation("\n", "\t")


def conversion(dataset: Dataset, path: Path, *, copy_images: bool = False) -> Conversion:
    """A folder with `Annotations`, `ImageSets/Main` and `JPEGImages`, and what it cannot hold.

    An image whose true size nobody says is left out if it has boxes, because their pixels would be
    made up. A crowd becomes a difficult object: trainers pass over both.

    Parameters
    ----------
    dataset:
        of any format.
    path:
        of the folder; nothing is there yet.
    copy_images:
        whether images are copied; they are linked to otherwise.

    Raises
    ------
    FormatError
        if the path exists.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new folder")
    return Conversion(
        reasons(dataset),
        losses(dataset),
        notes(dataset),
        lambda: _write(dataset, path, copy_images=copy_images),
    )


def _write(dataset: Dataset, path: Path, *, copy_images: bool) -> WrittenCounts:
    """Write all files, and count what is in them."""
    names = stems(dataset.images.name.tolist())
    (path / ANNOTATIONS).mkdir(parents=True)
    (path / LISTS).mkdir(parents=True)
    boxes = _write_annotations(dataset, path, names)
    for row, (image, name) in enumerate(zip(dataset.images.path.tolist(), names, strict=True)):
        if row in boxes:
            ending = os.path.splitext(image)[1]
            put_image(image, path / IMAGES / f"{name}{ending}", copied=copy_images)
    parts = []
    for split, (file, name) in enumerate(zip(stems(dataset.splits), dataset.splits, strict=True)):
        rows = _write_list(dataset, split, path / LISTS / f"{file}.txt", names)
        parts.append(Part(name, len(set(rows)), sum(boxes[row] for row in set(rows))))
    return WrittenCounts(len(boxes), sum(boxes.values()), tuple(parts))


def _write_annotations(dataset: Dataset, path: Path, names: list[str]) -> dict[int, int]:
    """Write a file for each image; how many boxes are in it, by its row."""
    images = dataset.images
    objects = _objects(dataset)
    boxes = {}
    for row in np.flatnonzero(kept(dataset)).tolist():
        filename = _filename(str(images.name[row]), str(images.path[row]), names[row])
        size = images.size[row].tolist()
        told = not images.assumed[row] and np.isfinite(size).all()
        content: list[tuple[str, Content]] = [
            ("folder", writable(path.name)),
            *([("filename", writable(filename))] if filename else []),
            *([("size", _size(size))] if told else []),
            ("segmented", "0"),
            *((OBJECT, described) for described in objects.get(row, [])),
        ]
        text = element_text(ROOT, content, _INDENTATION)
        file = path / ANNOTATIONS / f"{names[row]}.xml"
        file.write_text(f"{text}\n", "utf-8", newline="\n")
        boxes[row] = len(objects.get(row, []))
    return boxes


def _filename(name: str, path: str, stem: str) -> str:
    """What an annotation calls its image: as before, unless the image is written as another.

    Parameters
    ----------
    name:
        of the image, as its labels had it.
    path:
        where it was found; empty if it was not, so that nothing is written.
    stem:
        what the annotation, and the image beside it, are called.
    """
    if not path or os.path.splitext(posixpath.basename(name))[0] == stem:
        return name
    return stem + os.path.splitext(path)[1]


def _objects(dataset: Dataset) -> dict[int, list[Content]]:
    """What is written of the boxes of each image, by its row."""
    boxes, classes = dataset.boxes, _class_names(dataset)
    passed_over = (boxes.difficult | boxes.crowd).tolist()
    objects: dict[int, list[Content]] = {}
    for row in np.flatnonzero(held(dataset)).tolist():
        content = object_content(
            classes[boxes.label[row]],
            corner_texts(boxes.xyxy[row].tolist()),
            difficult=passed_over[row],
        )
        objects.setdefault(int(boxes.image[row]), []).append(content)
    return objects


def _size(size: list[float]) -> Content:
    return list(zip(("width", "height"), map(number_text, size), strict=True))


def _write_list(dataset: Dataset, split: int, file: Path, names: list[str]) -> list[int]:
    """Write the list of a split; the rows of the images in it."""
    members = dataset.split_members
    listed = members.image[(members.split == split) & (members.image != MISSING)]
    rows: list[int] = listed[kept(dataset)[listed]].tolist()
    file.write_text("".join(f"{names[row]}\n" for row in rows), "utf-8", newline="\n")
    return rows


def _class_names(dataset: Dataset) -> list[str]:
    """The name of each class as XML can hold it; one that is blank is its row in brackets."""
    return [
        writable(name) if name.strip() else f"[{row}]"
        for row, name in enumerate(dataset.class_names)
    ]
