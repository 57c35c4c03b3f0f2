"""The annotations of a COCO file, collected chunk by chunk while the file is read."""

from __future__ import annotations

import dataclasses
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from functools import partial
from typing import Any, Protocol

import numpy as np

from labelaudit.core.columns import Floats, Rows
from labelaudit.core.table_builder import TableBuilder
from labelaudit.dataset.tables import Boxes, Keypoints, MaskFault, Masks
from labelaudit.io.formats.coco.decoders import Decoders
from labelaudit.io.formats.coco.decoding import (
    AnnotationRows,
    Chunk,
    RleSizes,
    declared_chunk,
    loose_chunk,
)
from labelaudit.io.formats.coco.pieces import Element, ListPiece
from labelaudit.io.formats.coco.records import tolerant_annotation
from labelaudit.io.formats.coco.stream import BLOCK
from labelaudit.io.formats.problems import FieldProblem

_REFERENCES = ("image_id", "category_id")
CROWD, ESCAPE = b'"iscrowd"', b"\\u00"
"""The key of a flag that every annotation of COCO has."""

COUNTED = 1 << 22
"""Bytes from the start of a file within which each annotation is known to have the flag or not.

Further on only pieces without any are noticed: to count costs a second for each gigabyte.
"""

_FLUSH = 1000
"""Records read one by one that are put on the stacks together."""


class ChunkStore(Protocol):
    """Where chunks are kept until all are read, so that the memory need not hold them."""

    rows: int
    """From so many rows on a chunk is kept there."""

    def put(self, chunk: Chunk) -> None:
        """Keep a chunk."""

    def __iter__(self) -> Iterator[Chunk]:
        """What was put, in order, as often as is asked."""


class Annotations:
    """The annotations of one file."""

    def __init__(
        self, decoders: Decoders, *, validity: bool, store: ChunkStore | None = None
    ) -> None:
        self.count = 0  # records so far, readable or not
        self.absent: set[tuple[int, str]] = set()  # row and field of references that are not there
        self._unflagged: list[range] = []  # rows without the flag that says whether it is a crowd
        self._decoders = decoders
        self._validity = validity  # whether it is worked out which polygons cross themselves
        self._store = store
        self._stored = 0  # rows in the store
        self._begin()
        self._loose: list[tuple[int, dict[str, Any]]] = []  # record and values, not yet stacked

    def _begin(self) -> None:
        """Begin with empty stacks."""
        self._rows = TableBuilder(AnnotationRows)
        self._masks = TableBuilder(Masks)
        self._rle_sizes = TableBuilder(RleSizes)
        self._keypoints = TableBuilder(Keypoints)

    @property
    def rows(self) -> int:
        """Rows so far."""
        return self._stored + len(self._rows) + len(self._loose)

    def taken(self, pieces: Iterable[ListPiece]) -> Iterator[tuple[ListPiece, bool]]:
        """Take pieces of records; of each, whether all its records were as declared."""
        decode = partial(declared_chunk, validity=self._validity)
        for piece, chunk in self._decoders.decoded(pieces, decode):
            if chunk is not None and self._some_lack_flags(piece, len(chunk.rows)):
                chunk = None  # noqa: PLW2901  # taken apart, to know which of them
            if chunk is not None:
                self.close()
                if CROWD not in piece.text:
                    self._unflagged.append(range(self.rows, self.rows + len(chunk.rows)))
                rest = max(self._decoders.size - piece.start - len(piece.text), 0)
                # A piece that a large record cut short says little of what is to come.
                self._put(chunk, self.count, more=rest / max(len(piece.text), BLOCK))
                self.count += len(chunk.rows)
            yield piece, chunk is not None

    def take_one(self, element: Element) -> list[FieldProblem]:
        """Take one record that is an object, and say what is not as it should be."""
        loose = tolerant_annotation(element.value)
        if "iscrowd" not in element.value:
            self._unflagged.append(range(self.rows, self.rows + 1))
        self.absent.update((self.rows, name) for name in _REFERENCES if name in loose.absent)
        self._loose.append((self.count, loose.values))
        self.count += 1
        if len(self._loose) >= _FLUSH:
            self.close()
        return loose.problems

    @staticmethod
    def _some_lack_flags(piece: ListPiece, records: int) -> bool:
        """Whether some records of a piece near the start have the flag for crowds, and some not.

        Where letters are written as escapes, so may those of a key be.
        """
        flags = piece.text.count(CROWD) if piece.start < COUNTED else records
        return flags < records and (flags > 0 or ESCAPE in piece.text)

    def unflagged(self, start: int, stop: int) -> Rows:
        """Which rows from `start` to `stop` lack the flag that says whether they are a crowd, (n,).

        They are counted from `start`.
        """
        first = bisect_right(self._unflagged, start, key=lambda some: some.stop)
        last = bisect_left(self._unflagged, stop, key=lambda some: some.start)
        some_rows = self._unflagged[first:last]
        within = ((max(some.start, start), min(some.stop, stop)) for some in some_rows)
        rows = [np.arange(*ends, dtype=np.int32) - np.int32(start) for ends in within]
        return np.concatenate([np.empty(0, np.int32), *rows])

    def pass_over(self) -> None:
        """Count a record that is no object."""
        self.count += 1

    def close(self) -> None:
        """Put the records that were taken one by one on the stacks."""
        if self._loose:
            loose, self._loose = self._loose, []
            self._put(loose_chunk(loose, validity=self._validity), 0)

    def _put(self, chunk: Chunk, record: int, *, more: float = 0.0) -> None:
        """Put a chunk on the stacks, its rows and records counted from here on.

        What is left of the file is `more` times as long, and may be as full of them.
        """
        start = np.int32(len(self._rows))
        if self._store is not None:
            more = min(more, self._store.rows / max(len(chunk.rows), 1))
        for stack, table in (
            (self._masks, chunk.masks),
            (self._rle_sizes, chunk.rle_sizes),
            (self._keypoints, chunk.keypoints),
        ):
            if len(table):
                moved = table.replaced(box=table.box + start)
                stack.add(moved, more=more * len(table))  # type: ignore[arg-type]  # its own kind
        rows = chunk.rows.replaced(record=chunk.rows.record + np.int32(record))
        self._rows.add(rows, more=more * len(rows))
        if self._store is not None and len(self._rows) >= self._store.rows:
            self._stored += len(self._rows)
            self._store.put(self._stacked())
            self._begin()

    def _stacked(self) -> Chunk:
        """What is on the stacks, rows counted from their bottom."""
        return Chunk(
            self._rows.table(),
            self._masks.table(),
            self._rle_sizes.table(),
            self._keypoints.table(),
        )

    def chunks(self) -> Iterator[Chunk]:
        """All annotations as the file writes them, in its order: one chunk where nothing is stored.

        Rows are counted from the start of each.
        """
        if self._store is not None:
            yield from self._store
        yield self._stacked()


def boxes_of(rows: AnnotationRows, image: Rows, label: Rows) -> Boxes:
    """Annotations of a file as boxes.

    Parameters
    ----------
    rows:
        (n,) as the file writes them.
    image, label:
        (n,) the rows that their references point at.
    """
    return Boxes(
        file=np.zeros(len(rows), np.int32),
        record=rows.record,
        id=rows.id,
        image=image,
        label=label,
        xyxy=rows.xyxy,
        area=rows.area,
        crowd=rows.crowd,
        difficult=rows.difficult,
    )


def masks_of(chunk: Chunk, image: Rows, image_size: Floats) -> Masks:
    """The masks of annotations, in the order of their boxes.

    An encoding of another size than its image is a fault.

    Parameters
    ----------
    chunk:
        with n annotations.
    image:
        (n,) the row of the image of each.
    image_size:
        (images, 2) width and height.
    """
    masks, sizes = chunk.masks, chunk.rle_sizes
    if not len(sizes):
        return masks
    at = np.searchsorted(masks.box, sizes.box)
    true = np.vstack([image_size, [[np.nan, np.nan]]])[image[sizes.box]]
    differs = np.isfinite(true).all(axis=1) & (sizes.size != true).any(axis=1)
    fault = masks.fault.copy()
    fault[at[differs & (fault[at] == MaskFault.NONE)]] = MaskFault.RLE_SIZE
    return dataclasses.replace(masks, fault=fault)
