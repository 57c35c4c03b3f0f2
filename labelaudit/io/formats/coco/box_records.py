"""What annotations of COCO files say beside their box, class and area, with all points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Attributes, Dataset, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.shapes import annotation_texts
from labelaudit.io.formats.coco.unheld import READ

_SHAPES = frozenset(("segmentation", "keypoints"))
_HELD = READ[RecordType.BOX.value] - _SHAPES

REPEATED = "\0keys that stand twice"
"""A key that no file can hold, with those of which only the last value is among the others."""


def box_records(dataset: Dataset, box: Ints) -> Iterator[Attributes]:
    """What the annotations of some boxes, rows in Boxes, say beside box, class and area."""
    boxes = dataset.boxes
    box = unique(box)
    box = box[(boxes.file[box] != MISSING) & (boxes.record[box] != MISSING)]
    for file in unique(boxes.file[box]).tolist():
        here = box[boxes.file[box] == file]
        rows = dict(zip(boxes.record[here].tolist(), here.tolist(), strict=True))
        try:
            for record, text in annotation_texts(dataset, file, sorted(rows)):
                yield Attributes(RecordType.BOX, rows[record], _said(decoded(text)))
        except (OSError, FormatError, ValueError, RecursionError):  # which loading told
            continue


def _said(record: Any) -> Mapping[str, Any]:  # Any: whatever JSON holds
    if not isinstance(record, dict):
        return {}
    said = {key: value for key, value in record.items() if key not in _HELD}
    repeated = getattr(record, "repeated", ())
    return {**said, REPEATED: list(repeated)} if repeated else said
