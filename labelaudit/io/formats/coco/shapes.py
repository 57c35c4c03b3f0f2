"""The masks and keypoints of COCO files with all of their points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.formats.coco.records import Rle, decoded, loose_segmentation
from labelaudit.io.formats.coco.spans import spans
from labelaudit.io.formats.coco.stream import SectionReader


def shapes(dataset: Dataset) -> Iterator[tuple[int, Shape]]:
    """The shape of each box that has one, with the box's row; the files are read again."""
    boxes = dataset.boxes
    shaped = np.unique(np.concatenate([dataset.masks.box, dataset.keypoints.box]))
    shaped = shaped[boxes.record[shaped] != MISSING]
    for file in np.unique(boxes.file[shaped]).tolist():
        here = shaped[boxes.file[shaped] == file]
        rows = dict(zip(boxes.record[here].tolist(), here.tolist(), strict=True))
        for record, text in annotation_texts(dataset, file, sorted(rows)):
            yield rows[record], _shape(decoded(text))


def annotation_texts(dataset: Dataset, file: int, wanted: list[int]) -> Iterator[tuple[int, bytes]]:
    """The text of some annotations of a file, with their positions.

    Parameters
    ----------
    dataset:
        that was loaded from it.
    file:
        row in Files.
    wanted:
        positions of the annotations, in order.
    """
    chosen, count = set(wanted), 0
    with (dataset.root / str(dataset.files.path[file])).open("rb") as source:
        reader = SectionReader(source)
        for key in reader.sections():
            if key != RecordType.BOX.value or not reader.at_list():
                continue
            for span in spans(reader, wanted, RecordType.BOX, count):
                count = span.record + 1
                if span.record in chosen and span.text is not None:
                    yield span.record, span.text


def _shape(record: Mapping[str, Any]) -> Shape:
    """The shape of an annotation; without what cannot be understood of it."""
    mask = loose_segmentation(record.get("segmentation"))
    points = _triples(record.get("keypoints"))
    if isinstance(mask, Rle):
        return Shape(rle=record["segmentation"], keypoints=points)
    whole = [np.array(part, np.float64) for part in mask or () if len(part) % 2 == 0]
    finite = [part.reshape(-1, 2) for part in whole if len(part) > 4 and np.isfinite(part).all()]
    return Shape(tuple(finite), keypoints=points)


def _triples(values: Any) -> Any:  # Any: whatever JSON holds; an array or None
    try:
        points = np.array(values, np.float64)
    except (TypeError, ValueError):
        return None
    is_valid = (
        points.ndim == 1 and len(points) and len(points) % 3 == 0 and np.isfinite(points).all()
    )
    return points.reshape(-1, 3) if is_valid else None
