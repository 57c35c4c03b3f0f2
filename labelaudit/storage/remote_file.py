"""An object as an open file, of which only those pieces come that are read."""

from __future__ import annotations

import io
import os

from labelaudit.storage.failures import ChangedError, told, tried
from labelaudit.storage.fetch import block
from labelaudit.storage.objects import StoredObject

PIECE = 1 << 16
"""Bytes of a piece; a choice: the header of a photograph, with its thumbnail, is in the first."""


class RemoteFile(io.RawIOBase):
    """An object, open to be read; what was read once is kept."""

    def __init__(self, one: StoredObject) -> None:
        super().__init__()
        self._object = one
        self._place = 0
        self._pieces: dict[int, bytes] = {}

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place, from which is read next."""
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._object.size}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning of the file")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        """The place from which is read next."""
        return self._place

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # no Buffer before Python 3.12
        """Fill a buffer as far as the piece goes; 0 at the end."""
        number, inside = divmod(self._place, PIECE)
        if self._place >= self._object.size:
            return 0
        piece = self._piece(number)[inside : inside + len(buffer)]
        buffer[: len(piece)] = piece
        self._place += len(piece)
        return len(piece)

    def _piece(self, number: int) -> bytes:
        if number not in self._pieces:
            one, start = self._object, number * PIECE
            end = min(start + PIECE, one.size)
            try:
                self._pieces[number] = tried(one.url, lambda: block(one, start, end))
            except ChangedError as error:
                raise told(one.url, error) from None
        return self._pieces[number]
