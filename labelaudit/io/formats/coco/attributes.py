"""What records of COCO files say beside their place and class: annotators, attributes, licences.

Only the values of other keys are decoded: polygons, which are most of a file, are passed over.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import TABLE_OF_PART, Attributes, Dataset, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.decoding import NOT_DECLARED
from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.stream import SectionReader
from labelaudit.io.formats.coco.unheld import READ

_RECORDS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_READ = {**READ, "images": READ["images"] | {"coco_url"}}


def attributes(dataset: Dataset) -> Iterator[Attributes]:
    """What each record says beside what tables hold; the files are read again."""
    for file, path in enumerate(dataset.files.path.tolist()):
        rows = {part: _rows(dataset, part, file) for part in map(RecordType, _READ)}
        try:
            with (dataset.root / path).open("rb") as source:
                for part, record, values in _records(SectionReader(source)):
                    row = rows[part][record] if record < len(rows[part]) else MISSING
                    if row != MISSING:
                        yield Attributes(part, row, values)
        except (OSError, FormatError):  # which loading told
            continue


def _rows(dataset: Dataset, part: RecordType, file: int) -> list[int]:
    """The row of each record of a file as the dataset is now; MISSING of one that is gone."""
    table = getattr(dataset, TABLE_OF_PART[part])
    here = np.flatnonzero((table.file == file) & (table.record != MISSING))
    rows = np.full(int(table.record[here].max(initial=-1)) + 1, MISSING)
    rows[table.record[here]] = here
    return rows.tolist()


def _records(reader: SectionReader) -> Iterator[tuple[RecordType, int, Mapping[str, Any]]]:
    """The part, the position and the other values of each record that has some."""
    counts = dict.fromkeys(_READ, 0)
    for key in reader.sections():
        if key not in _READ or not reader.at_list():
            continue
        for record in _of_list(reader):
            values = _others(record, key)
            if values:
                yield RecordType(key), counts[key], values
            counts[key] += 1


def _of_list(reader: SectionReader) -> Iterator[Any]:  # Any: whatever stands in the list
    reader.open_list()
    for piece in reader.pieces():
        try:
            yield from _RECORDS.decode(b"[" + piece.text + b"]")
            continue
        except NOT_DECLARED:
            pass
        for element in reader.elements(piece, decoded):
            yield element.value


def _others(record: Any, section: str) -> dict[str, Any]:  # Any: whatever stands in a list
    if not isinstance(record, dict):
        return {}
    keys = record.keys() - _READ[section]
    return {key: _value(record[key]) for key in record if key in keys} if keys else {}


def _value(value: Any) -> Any:  # Any: whatever JSON holds
    if not isinstance(value, msgspec.Raw):
        return value
    try:
        return msgspec.json.decode(value)
    except NOT_DECLARED:
        return None
