"""Where objects of an annotation stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from labelaudit.dataset.tables import RecordType
from labelaudit.io.formats.voc.xml_edits import XmlFileEdits
from labelaudit.io.formats.voc.xml_texts import OBJECT


def record_spans(
    path: Path, wanted: Mapping[RecordType, Sequence[int]]
) -> Iterator[tuple[RecordType, int, int, int]]:
    """Kind, position, start and end of each wanted object that is there; see `Format`.

    An image is the whole file, and has no place in it.
    """
    records = wanted.get(RecordType.BOX, ())
    if not len(records):
        return
    page = XmlFileEdits(path)
    objects = page.root.findall(OBJECT)
    for record in records:
        if record < len(objects):
            yield RecordType.BOX, record, *page.span(objects[record])
