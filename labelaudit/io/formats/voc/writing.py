"""A dataset of any format as a new one of Pascal VOC."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.voc.conversion_losses import held, losses
from labelaudit.io.formats.voc.elements import (
    Content,
    Indentation,
    element_text,
    object_content,
    writable,
)
from labelaudit.io.formats.voc.layout import ANNOTATIONS
from labelaudit.io.formats.voc.splits import LISTS
from labelaudit.io.formats.voc.stems import stems
from labelaudit.io.formats.voc.values import corner_texts, number_text
from labelaudit.io.formats.voc.xml_texts import OBJECT, ROOT

_INDENTATION = Indentation("\n", "\t")


def write(dataset: Dataset, path: Path) -> list[str]:
    """Write `Annotations` and `ImageSets/Main` in a new folder; what is lost, a line each.

    Images are not copied. An image whose true size nobody says is left out, because the pixels of
    its boxes would be made up. A crowd becomes a difficult object: trainers pass over both.

    Raises
    ------
    FormatError
        if the path exists.
    """
    if path.exists():
        raise FormatError(f"{path}: exists; give the name of a new folder")
    names = stems(dataset.images.name.tolist())
    (path / ANNOTATIONS).mkdir(parents=True)
    _write_annotations(dataset, path, names)
    for split, name in enumerate(stems(dataset.splits)):
        _write_list(dataset, split, path / LISTS / f"{name}.txt", names)
    return losses(dataset)


def _write_annotations(dataset: Dataset, path: Path, names: list[str]) -> None:
    images = dataset.images
    objects = _objects(dataset)
    for row in np.flatnonzero(~images.assumed).tolist():
        filename = str(images.name[row])
        size = images.size[row].tolist()
        content: list[tuple[str, Content]] = [
            ("folder", writable(path.name)),
            *([("filename", writable(filename))] if filename else []),
            *([("size", _size(size))] if np.isfinite(size).all() else []),
            ("segmented", "0"),
            *((OBJECT, described) for described in objects.get(row, [])),
        ]
        text = element_text(ROOT, content, _INDENTATION)
        file = path / ANNOTATIONS / f"{names[row]}.xml"
        file.write_text(f"{text}\n", "utf-8", newline="\n")


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


def _write_list(dataset: Dataset, split: int, file: Path, names: list[str]) -> None:
    members = dataset.split_members
    listed = members.image[(members.split == split) & (members.image != MISSING)]
    lines = "".join(f"{names[row]}\n" for row in listed[~dataset.images.assumed[listed]].tolist())
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(lines, "utf-8", newline="\n")


def _class_names(dataset: Dataset) -> list[str]:
    """The name of each class as XML can hold it; one that is blank is its row in brackets."""
    return [
        writable(name) if name.strip() else f"[{row}]"
        for row, name in enumerate(dataset.class_names)
    ]
