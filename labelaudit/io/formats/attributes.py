"""What records of formats that are read only say beside what tables hold, when somebody asks.

Nobody asks while a dataset is loaded, and nothing is kept then. To be asked, its files are read
again, and every record is taken down with the row that it gets in the tables that come of it.
"""

from __future__ import annotations

import os
from collections.abc import Container, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from labelaudit.dataset.tables import Attributes, Dataset, RecordType

if TYPE_CHECKING:  # which has an `AttributeNotes` itself
    from labelaudit.io.formats.builder import DatasetBuilder

_WANTED: ContextVar[bool] = ContextVar("attributes are wanted", default=False)

Place = tuple[str, int]
"""The absolute path of a file, and the position of a record there."""


@contextmanager
def wanting_attributes() -> Iterator[None]:
    """While this lasts, builders keep what records say beside what tables hold."""
    before = _WANTED.set(True)
    try:
        yield
    finally:
        _WANTED.reset(before)


@dataclass
class AttributeNotes:
    """What records of a dataset that is being built say beside what tables hold."""

    wanted: bool = field(default_factory=_WANTED.get)  # whether anybody asked; else nothing is kept
    records: list[Attributes] = field(default_factory=list)  # by rows of what is built

    def image(self, row: int, values: Mapping[str, Any]) -> None:  # Any: whatever a file holds
        """Take down what the record of an image says."""
        if self.wanted:
            self.records.append(Attributes(RecordType.IMAGE, row, values))

    def box(self, row: int, values: Mapping[str, Any]) -> None:  # Any: whatever a file holds
        """Take down what the record of an object says."""
        if self.wanted:
            self.records.append(Attributes(RecordType.BOX, row, values))


def others(record: Mapping[str, Any], known: Container[str]) -> dict[str, Any]:
    """The values of a record but for keys that are read already; Any: whatever a file holds.

    >>> others({"bbox": [1, 2, 3, 4], "annotator": "Ann"}, ("bbox",))
    {'annotator': 'Ann'}
    """
    return {key: value for key, value in record.items() if key not in known}


class CurrentRows:
    """Where the records of files are in a dataset as it is now: some may be gone."""

    def __init__(self, dataset: Dataset) -> None:
        root = dataset.root.absolute()
        paths = [os.path.normpath(root / path) for path in dataset.files.path.tolist()]
        self.boxes: dict[Place, list[int]] = {}
        self.images: dict[Place, list[int]] = {}
        for rows, table in ((self.boxes, dataset.boxes), (self.images, dataset.images)):
            each = zip(table.file.tolist(), table.record.tolist(), strict=True)
            for row, (file, record) in enumerate(each):
                if file >= 0 and record >= 0:
                    rows.setdefault((paths[file], record), []).append(row)

    def of(self, built: DatasetBuilder) -> Iterator[Attributes]:
        """What was taken down while files were read, by the rows that their records have now.

        Several images of one record have the same to say.
        """
        boxes = [(path, box.record) for path, box in built.placed_boxes()]
        images = list(built.placed_images())
        for part, row, values in built.told.records:
            if part is RecordType.BOX:
                rows = self.boxes.get(boxes[row], [])[:1]
            else:
                rows = self.images.get(images[row], [])
            for now in rows:
                yield Attributes(part, now, values)
