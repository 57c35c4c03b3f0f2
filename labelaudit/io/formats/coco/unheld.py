"""What COCO files say that no table holds, counted for those who convert them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.decoding import NOT_DECLARED
from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.stream import SectionReader
from labelaudit.io.formats.unheld import NAMES, Unheld, is_told

READ: Mapping[str, frozenset[str]] = {
    "images": frozenset(("id", "file_name", "width", "height")),
    "annotations": frozenset(
        (
            *("id", "image_id", "category_id", "bbox", "area", "iscrowd", "ignore"),
            *("segmentation", "keypoints", "num_keypoints"),
        )
    ),
    "categories": frozenset(("id", "name")),
}
"""The keys of each kind of record that are read."""

_WORDS = {
    "images": f"other values of images ({NAMES}): without them",
    "annotations": f"other values of objects ({NAMES}): without them",
    "categories": f"other values of classes ({NAMES}): without them",
}
SECTIONS = f"other parts of files ({NAMES}): without them"

_ATTRIBUTES = "attributes"
"""The key under which CVAT, Datumaro and others write an object of attributes."""

_RECORDS = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_EMPTY = (b"null", b"{}", b"[]", b'""', b"false")

Record: TypeAlias = Mapping[str, Any]  # Any: whatever JSON holds


def unheld(dataset: Dataset) -> dict[str, int]:
    """How often the files of a dataset say what is lost when it is converted, in words."""
    found = Unheld()
    for path in dataset.files.path.tolist():
        try:
            with (dataset.root / path).open("rb") as file:
                _count(SectionReader(file), found)
        except (OSError, FormatError):  # which loading told
            continue
    return found.told()


def _count(reader: SectionReader, found: Unheld) -> None:
    for key in reader.sections():
        if key not in READ:
            if (text := reader.skipped()) is not None and text.strip() not in _EMPTY:
                found.count(SECTIONS, [key])
        elif reader.at_list():
            for record in _records(reader):
                _count_record(key, record, found)


def _count_record(section: str, record: Record, found: Unheld) -> None:
    others = record.keys() - READ[section]
    if not others:
        return
    told = [key for key in record if key in others and _is_told(record[key])]
    if _ATTRIBUTES in told:
        told.remove(_ATTRIBUTES)
        told += [f"{_ATTRIBUTES}.{name}" for name in _names(record[_ATTRIBUTES])]
    found.count(_WORDS[section], told)


def _names(value: Any) -> list[str]:
    """The attributes that say something; one without a name if it is no object of them."""
    known = decoded(bytes(value)) if isinstance(value, msgspec.Raw) else value
    if not isinstance(known, Mapping):
        return ["*"]
    return [str(name) for name, one in known.items() if is_told(one)]


def _is_told(value: Any) -> bool:
    if isinstance(value, msgspec.Raw):
        return bytes(value).strip() not in _EMPTY
    return is_told(value)


def _records(reader: SectionReader) -> Iterator[Record]:
    """The records of a list that are objects; their values are not decoded if that is possible."""
    reader.open_list()
    for piece in reader.pieces():
        try:
            yield from _RECORDS.decode(b"[" + piece.text + b"]")
            continue
        except NOT_DECLARED:
            pass
        for element in reader.elements(piece, decoded):
            if isinstance(element.value, Mapping):
                yield element.value
