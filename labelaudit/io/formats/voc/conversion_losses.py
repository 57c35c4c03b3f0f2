"""What Pascal VOC cannot hold of a dataset of any format."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import MISSING, Bools
from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.voc.elements import is_writable
from labelaudit.io.formats.voc.splits import split_word
from labelaudit.io.formats.voc.stems import bare, stems

_SOME = 5


def held(dataset: Dataset) -> Bools:
    """Which boxes Pascal VOC can hold, (n,)."""
    boxes = dataset.boxes
    known = (boxes.image != MISSING) & (boxes.label != MISSING)
    held: Bools = known & np.isfinite(boxes.xyxy).all(axis=1) & ~_unmeasured(dataset)
    return held


def losses(dataset: Dataset) -> list[str]:
    """What is left out or written otherwise, a line each."""
    boxes, images = dataset.boxes, dataset.images
    bad = ~held(dataset) & ~_unmeasured(dataset)
    texts = [*dataset.class_names, *images.name.tolist()]
    counts = {
        "images of which nobody says the size, with their boxes": images.assumed.sum(),
        "boxes without an image, a class or finite numbers": bad.sum(),
        "masks: boxes alone are converted": len(dataset.masks),
        "objects with keypoints: without them": len(dataset.keypoints),
        "crowds: as difficult objects, which trainers pass over too": boxes.crowd.sum(),
        "ids of images, classes and objects": sum(
            int(table.id.given.sum()) for table in (images, dataset.categories, boxes)
        ),
        "names in splits of images without a record": (
            dataset.split_members.image == MISSING
        ).sum(),
        "names with characters that XML cannot hold": len(texts) - sum(map(is_writable, texts)),
        "records or files that cannot be read": (dataset.problems.row == MISSING).sum(),
    }
    return [
        *(f"{int(count):,} {what}" for what, count in counts.items() if count),
        *_named("classes without objects", _unused(dataset)),
        *_named(
            "images under another name, because no file can have theirs",
            _renamed(dataset),
        ),
        *_named("splits with names that are not read back as splits", _odd_splits(dataset)),
    ]


def _unmeasured(dataset: Dataset) -> Bools:
    """Which boxes are in images whose size nobody says, (n,)."""
    return np.append(dataset.images.assumed, False)[dataset.boxes.image]


def _unused(dataset: Dataset) -> list[str]:
    used = np.isin(np.arange(len(dataset.categories)), dataset.boxes.label[held(dataset)])
    return [name for name, here in zip(dataset.class_names, used, strict=True) if not here]


def _renamed(dataset: Dataset) -> list[str]:
    names = dataset.images.name.tolist()
    pairs = zip(names, stems(names), strict=True)
    return [f"{name} ({written})" for name, written in pairs if bare(name) != written]


def _odd_splits(dataset: Dataset) -> list[str]:
    return [name for name in stems(dataset.splits) if not split_word(name)]


def _named(what: str, names: list[str]) -> list[str]:
    """A line with the first few names, if there are any."""
    some = ", ".join([*names[:_SOME], *(["..."] if len(names) > _SOME else [])])
    return [f"{len(names):,} {what}: {some}"] if names else []
