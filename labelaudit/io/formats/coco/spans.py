"""Where the records of a COCO file stand, and the text of some of them."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import msgspec

from labelaudit.dataset.tables import RecordType
from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.decoding import NOT_DECLARED
from labelaudit.io.formats.coco.pieces import Element, ListPiece
from labelaudit.io.formats.coco.records import decoded
from labelaudit.io.formats.coco.stream import SectionReader

_RAW = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True)
class Span:
    """Where a record stands; its text only if it was asked for."""

    record: int
    start: int
    end: int
    text: bytes | None
    place: str

    def replaced_until(self, end: int) -> Edit:
        """The edit that takes the record out, with what is between it and the next."""
        return Edit(self.start, end, b"", self.place)


def spans(
    reader: SectionReader, wanted: Sequence[int], part: RecordType, record: int
) -> Iterator[Span]:
    """The records of a list: one by one in pieces with a wanted one, else a piece as a whole.

    Parameters
    ----------
    reader:
        stands at a list of records.
    wanted:
        positions of the records whose text is asked for, in order.
    part:
        what kind of records they are.
    record:
        position of the first record of the list.
    """
    reader.open_list()
    for piece in reader.pieces():
        count = _count(piece)
        end = record + (count or 0)
        if count is not None and bisect_left(wanted, record) == bisect_left(wanted, end):
            last = piece.start + len(piece.text)
            yield Span(end - 1, piece.start, last, None, f"{part.value}[{end - 1}]")
            record = end
            continue
        for element in reader.elements(piece, decoded):
            yield _span(record, element, part)
            record += 1


def _count(piece: ListPiece) -> int | None:
    """How many records a piece holds; None if it is not a list of them."""
    try:
        return len(_RAW.decode(b"[" + piece.text + b"]"))
    except NOT_DECLARED:
        return None


def _span(record: int, element: Element, part: RecordType) -> Span:
    end = element.start + len(element.text)
    return Span(record, element.start, end, element.text, f"{part.value}[{record}]")
