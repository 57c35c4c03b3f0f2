"""The polygons and keypoints of label files with all of their points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from labelaudit.core.columns import MISSING, Floats
from labelaudit.dataset.shapes import Shape
from labelaudit.dataset.tables import Dataset, MaskFault
from labelaudit.io.formats.yolo.columns import visible, with_odd
from labelaudit.io.formats.yolo.contents import read_labels
from labelaudit.io.formats.yolo.lines import Lines, parsed

_FEWEST = 6  # numbers of a polygon of three points


def shapes(dataset: Dataset) -> Iterator[tuple[int, Shape]]:
    """The shape of each box that has one, with the box's row; the files are read again."""
    boxes = dataset.boxes
    is_valid = dataset.masks.fault != MaskFault.ODD_COORDINATES
    masked = dataset.masks.box[is_valid].tolist()
    joints = dict(
        zip(dataset.keypoints.box.tolist(), (dataset.keypoints.values // 3).tolist(), strict=True)
    )
    shaped = np.unique(np.array([*masked, *joints], np.int64))
    shaped = shaped[(boxes.record[shaped] != MISSING) & (boxes.image[shaped] != MISSING)]
    for file in np.unique(boxes.file[shaped]).tolist():
        numbers = _by_line(dataset, file)
        for row in shaped[boxes.file[shaped] == file].tolist():
            values = numbers.get(int(boxes.record[row]))
            if values is None:
                continue
            size = dataset.images.size[boxes.image[row]]
            if row in joints:
                yield row, Shape(keypoints=_keypoints(values[5:], joints[row], size))
            elif len(values) > _FEWEST and np.isfinite(values).all():
                points = _in_pixels(values[1:].reshape(-1, 2), size)
                if not np.isinf(points).any():  # beyond all numbers is no place
                    yield row, Shape((points,))


def _by_line(dataset: Dataset, file: int) -> Mapping[int, Floats]:
    """The numbers of each label of a file, by its line."""
    path = dataset.root / str(dataset.files.path[file])
    index = {name: number for number, name in enumerate(dataset.class_names)}
    lines, odd = parsed([0], [read_labels(str(path)).text])
    lines, _ = with_odd(lines, odd, index)
    return dict(zip(lines.line.tolist(), _split(lines), strict=True))


def _split(lines: Lines) -> list[Floats]:
    return np.split(lines.numbers, lines.first[1:]) if len(lines.count) else []


def _keypoints(values: Floats, joints: int, size: Floats) -> Floats | None:
    """Keypoints in pixels, (joints, 3); None if there are not as many numbers as there should."""
    if not joints or not len(values) or len(values) % joints or not np.isfinite(values).all():
        return None
    points = values.reshape(1, joints, -1)
    if points.shape[2] not in (2, 3):
        return None
    seen, _ = visible(points)
    told = points[0, :, 2] if points.shape[2] == 3 else 2.0 * seen[0]
    return np.column_stack([_in_pixels(points[0, :, :2], size), told])


def _in_pixels(points: Floats, size: Floats) -> Floats:
    """Points, (n, 2), of fractions of an image in pixels; infinite beyond all numbers."""
    with np.errstate(over="ignore"):
        return points * size
