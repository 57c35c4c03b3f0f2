"""Where records stand in their files, in bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias

from labelaudit.core.disk import file_stamp
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import LabelauditError
from labelaudit.io.formats import FORMATS, RecordSpans
from labelaudit.io.formats.text_lines import encoding_of

_LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n|\Z)")


class RecordSpan(NamedTuple):
    """The bytes of one record, without what separates it from others."""

    part: RecordType
    record: int  # position in its file
    start: int
    end: int


Wanted: TypeAlias = Mapping[RecordType, Sequence[int]]
"""Positions of records in a file, in order, by what they are."""


def record_spans(dataset: Dataset, file: int, wanted: Wanted) -> list[RecordSpan]:
    """Where records of a file stand; none of a file that is no longer what was read.

    Those of a format that cannot say it, and records that are not found, are left out.

    Parameters
    ----------
    dataset:
        that was loaded from it.
    file:
        row in Files.
    wanted:
        the records.
    """
    find = _finder(dataset)
    path = dataset.root / str(dataset.files.path[file])
    if find is None or dataset.files.stamp[file].tolist() != file_stamp(path):
        return []
    try:
        return [RecordSpan(*found) for found in find(path, wanted)]
    except (OSError, LabelauditError, ValueError, RecursionError):  # which loading told
        return []


def _finder(dataset: Dataset) -> RecordSpans | None:
    """How records of a dataset are found in a file of it; None if nobody knows."""
    if dataset.format in FORMATS and (own := FORMATS[dataset.format].record_spans):
        return own
    facts = dataset.facts
    names = {RecordType.BOX: facts.box_record, RecordType.IMAGE: facts.image_record}
    of_lines = [part for part, name in names.items() if "{line}" in name]
    if not of_lines:
        return None

    def lines(path: Path, wanted: Wanted) -> Iterator[tuple[RecordType, int, int, int]]:
        return _line_spans(path, {part: wanted.get(part, ()) for part in of_lines})

    return lines


def _line_spans(path: Path, wanted: Wanted) -> Iterator[tuple[RecordType, int, int, int]]:
    """Lines by their numbers from 0, without their ends; of a file in UTF-16 none."""
    parts: dict[int, list[RecordType]] = {}
    for part, records in wanted.items():
        for record in records:
            parts.setdefault(record, []).append(part)
    last = max(parts, default=-1)
    with path.open("rb") as source:
        if encoding_of(source.read(4)) == "utf-16":
            return
        source.seek(0)
        number = position = 0
        for lines in source:
            for match in _LINE.finditer(lines):
                if match.end() == match.start():
                    continue
                text = match.group().rstrip(b"\r\n")
                for part in parts.get(number, ()):
                    yield part, number, position, position + len(text)
                position += len(match.group())
                number += 1
            if number > last:
                return
