"""A dataset as a notebook shows it: what is in it, its classes, its splits and some images."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.findings import Box
from labelaudit.core.columns import MISSING
from labelaudit.core.terminal import beginning
from labelaudit.core.text import counted, plain
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.split_statistics import splits
from labelaudit.dataset.tables import Dataset
from labelaudit.notebook.marks import PROPOSED, Mark, drawable
from labelaudit.notebook.pictures import Pictures, data_address
from labelaudit.notebook.style import figure, page, table, words

MOST_CLASSES = 12
"""Classes that are listed: those of most boxes; a choice."""

MOST_IMAGES = 4
"""Images that are shown, spread evenly over the dataset; a choice."""

MOST_BOXES = 200
"""Boxes that are drawn on one of them; more hide what is below."""

SIDE = 160
"""Pixels of the page that the longer side of an image takes."""


def dataset_html(dataset: Dataset) -> str:
    """A summary of a dataset, with pictures of some images that are at hand."""
    found = int((dataset.images.path != "").sum())
    parts = [
        counted(len(dataset.images), "image"),
        counted(len(dataset.boxes), "box", "boxes"),
        counted(len(DatasetColumns(dataset).classes), "class", "classes"),
        f"{found:,} image files at hand" if found else "image files not at hand",
    ]
    parts += [f"{one.name} {one.images:,}" for one in splits(dataset)]
    lead = f"<p><strong>Dataset {words(dataset.format)}</strong>: {words(' · '.join(parts))}</p>"
    return page(lead, "".join(_images(dataset)), _classes(dataset))


def _classes(dataset: Dataset) -> str:
    """How many boxes and images each class has, those of most boxes first."""
    derived, boxes = DatasetColumns(dataset), dataset.boxes
    classed = derived.box_class != MISSING
    counts = np.bincount(derived.box_class[classed], minlength=len(derived.classes))
    if not len(counts):
        return ""
    rows = []
    for label in np.argsort(-counts, kind="stable")[:MOST_CLASSES].tolist():
        image = boxes.image[derived.box_class == label]
        images = len(set(image[image != MISSING].tolist()))
        name = words(beginning(derived.classes[label], 60))
        rows.append((name, f"{counts[label]:,}", f"{images:,}"))
    left = len(counts) - len(rows)
    more = f'<p class="faint">and {counted(left, "more class", "more classes")}</p>' if left else ""
    return table(("Class", "Boxes", "Images"), rows, numbers=(1, 2)) + more


def _images(dataset: Dataset) -> Iterator[str]:
    """Some images with their boxes, as HTML."""
    rows = np.flatnonzero(dataset.images.path != "")
    spread = rows[np.linspace(0, len(rows) - 1, min(MOST_IMAGES, len(rows))).astype(np.int64)]
    pictures = Pictures(dataset)
    for image in spread.tolist():
        boxes = np.flatnonzero(dataset.boxes.image == image)
        corners: list[Box] = list(map(tuple, dataset.boxes.xyxy[boxes[:MOST_BOXES]].tolist()))
        marks = [Mark(one, PROPOSED, "") for one in corners if drawable(one)]
        width, height = map(round, pictures.size(image))
        picture = pictures.drawn(image, (0, 0, width, height), marks, 2 * SIDE)
        name = str(dataset.images.name[image])
        said = f"{name} with {counted(len(boxes), 'box', 'boxes')}"
        caption = beginning(plain(name.rpartition("/")[2]), 24)
        yield figure(data_address(picture), said, caption, picture.width // 2)
