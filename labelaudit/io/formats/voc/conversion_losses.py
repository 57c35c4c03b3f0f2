"""What Pascal VOC cannot hold of a dataset of any format."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import shapes
from labelaudit.io.formats.conversion import (
    in_images,
    kept,
    loss_lines,
    named,
    turned,
    unread,
    unread_images,
    writable_boxes,
)
from labelaudit.io.formats.voc.elements import is_writable
from labelaudit.io.formats.voc.splits import split_word
from labelaudit.io.formats.voc.stems import bare, stem, stems


def held(dataset: Dataset) -> Bools:
    """Which boxes Pascal VOC can hold, (n,)."""
    return writable_boxes(dataset) & ~in_images(dataset, dataset.images.assumed)


def reasons(dataset: Dataset) -> tuple[str, ...]:
    """Why boxes are left out, a line each."""
    unmeasured = writable_boxes(dataset) & ~held(dataset)
    words = (
        f"boxes in {counted(int((~kept(dataset)).sum()), 'image')} of which nobody says the size, "
        "unless --images says where they are"
    )
    return loss_lines(
        {
            "boxes without an image, a class or finite numbers": (~writable_boxes(dataset)).sum(),
            words: unmeasured.sum(),
            **unread(dataset),
        }
    )


def losses(dataset: Dataset) -> tuple[str, ...]:
    """What else is left out or written otherwise, a line each."""
    boxes, images = dataset.boxes, dataset.images
    texts = [*dataset.class_names, *images.name.tolist()]
    rotated = turned(dataset, lambda: shapes(dataset))
    repeated, impossible = _renamed(dataset)
    counts = {
        "masks: boxes alone are converted": len(dataset.masks) - rotated,
        "rotated boxes: the boxes around them": rotated,
        "objects with keypoints: without them": len(dataset.keypoints),
        "crowds: as difficult objects, which trainers pass over too": boxes.crowd.sum(),
        "ids of images, classes and objects": sum(
            int(table.id.given.sum()) for table in (images, dataset.categories, boxes)
        ),
        "names in splits of images without a record": (
            dataset.split_members.image == MISSING
        ).sum(),
        "names with characters that XML cannot hold": len(texts) - sum(map(is_writable, texts)),
        "records of images and classes that cannot be read": unread_images(dataset),
    }
    return (
        *loss_lines(counts),
        *named("classes without objects", _unused(dataset)),
        *named("images under another name, because another image has theirs", repeated),
        *named("images under another name, because no file can have theirs", impossible),
        *named("splits with names that are not read back as splits", _odd_splits(dataset)),
    )


def notes(dataset: Dataset) -> tuple[str, ...]:
    """What to know about the numbers that are written."""
    size = dataset.images.size[kept(dataset)]
    unknown = dataset.images.assumed[kept(dataset)] | ~np.isfinite(size).all(axis=1)
    lines = loss_lines({"images without a size, which nobody says": unknown.sum()})
    if not held(dataset).any():
        return lines
    words = "as in Pascal VOC, pixels count from 1: xmin and ymin are one more than left and top"
    return (words, *lines)


def _unused(dataset: Dataset) -> list[str]:
    used = np.isin(np.arange(len(dataset.categories)), dataset.boxes.label[held(dataset)])
    return [name for name, here in zip(dataset.class_names, used, strict=True) if not here]


def _renamed(dataset: Dataset) -> tuple[list[str], list[str]]:
    """Images that get another name: those whose name another one has, and others."""
    repeated: list[str] = []
    impossible: list[str] = []
    names = dataset.images.name.tolist()
    for name, written in zip(names, stems(names), strict=True):
        if bare(name) != written:
            kind = repeated if bare(name) == stem(name) else impossible
            kind.append(f"{name or '(no name)'} ({written})")
    return repeated, impossible


def _odd_splits(dataset: Dataset) -> list[str]:
    return [name for name in stems(dataset.splits) if not split_word(name)]
