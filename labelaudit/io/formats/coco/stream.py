"""A JSON object read section by section, in pieces of whole records, with the byte offset of each.

A COCO file is one object with a few long lists. Decoding it at once needs many times its size in
memory; here a list comes in pieces of about a megabyte, cut between two records. A cut is a
guess (`},{` may stand inside a string or a nested list), but never a wrong one unnoticed: the text
up to a wrong cut is not a list of records, so decoding it fails, and the piece is then taken apart
record by record.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any, BinaryIO, cast

from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.odd_sections import SECTIONS, as_list, usual_key
from labelaudit.io.formats.coco.padding import PADDED, before_padding
from labelaudit.io.formats.coco.pieces import Element, JsonFault, ListPiece
from labelaudit.io.formats.coco.refusal import refusal

BLOCK = 1 << 20
_SPACE = re.compile(rb"[ \t\r\n]*")
_COMMAS = re.compile(rb"(?:[ \t\r\n]*,)*")
BOUNDARY = re.compile(rb"\}[ \t\r\n]*,[ \t\r\n]*(?=\{)")
"""Where one record seems to end and the next to begin."""

_LIST_END = re.compile(
    rb"\}[ \t\r\n]*(?=\][ \t\r\n]*(?:\}[ \t\r\n]*\Z"
    rb'|,[ \t\r\n]*"[^"\\]*"[ \t\r\n]*:[ \t\r\n]*[\[{"]))'
)
"""Where a list of records seems to end: before another section, or before the end of the file."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}"]', re.DOTALL)
_SCALAR = re.compile(rb'[^,\[\]{}"]*')
_JUNK = re.compile(rb"[^,\]{]+|\Z")
# Of those that are no strings, but for numbers, which are read in part.
_LONGEST_TOKEN = len("-Infinity")
_NO_RECORDS = re.compile(rb'\{|null|\[[ \t\r\n]*"')
"""What begins as no list of objects does."""


class SectionReader:
    """Reads the members of the object in a file, in order.

    Iterate over `sections()`; after each key, either `open_list()` if `at_list()` and iterate over
    `pieces()`, or go on, which skips the value. While a piece is current, `elements` takes it
    apart.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._buffer = b""
        self._base = 0  # offset of the buffer in the file
        self._at = 0  # position in the buffer
        self._exhausted = False
        self._in_list = False
        self._stopped = False
        self.has_mark = False  # whether the file begins with a byte order mark
        self.odd: dict[str, list[str]] = {}  # how sections are written that are read all the same
        self.is_made = False  # whether the current value is a list made of what stands there
        self.faults: list[JsonFault] = []

    @property
    def offset(self) -> int:
        """Where in the file the next thing will be read."""
        return self._base + self._at

    def sections(self) -> Iterator[str]:
        """The key of each member; the reader then stands before its value.

        Keys of the lists that COCO has are in small letters. What stands for such a list is read as
        one (`is_made`), and then offsets are none of the file.

        Raises
        ------
        FormatError
            if the file holds no object at all.
        """
        self._open()
        while not self._stopped:
            if self._peek() == b"}":
                self._at += 1
                if self._peek():
                    self._fault("text after the end of the object")
                return
            key = self._key()
            if key is None:
                return
            name = usual_key(key)
            if name != key:
                self.odd.setdefault(name, []).append(f"under the key {json.dumps(key)}")
            if (made := self._as_list(name)) is None:
                value = self.offset
                yield name
                if self.offset == value:
                    self.skipped()
            else:
                yield from self._instead(name, made)
            if not self._comma():
                return

    def _as_list(self, name: str) -> bytes | None:
        """The list that the current value stands for; the reader is then behind it."""
        self._peek()
        if name not in SECTIONS or not _NO_RECORDS.match(self._buffer, self._at):
            return None
        start = self.offset
        text = self.skipped()
        made = as_list(name, text) if text else None
        if made is None:
            self._go_to(start)
            return None
        self.odd.setdefault(name, []).append(made[1])
        return made[0]

    def _instead(self, name: str, made: bytes) -> Iterator[str]:
        """The key of a list that the file does not have, with the reader before it."""
        names = ("_file", "_buffer", "_base", "_at", "_exhausted", "is_made")
        kept = {one: getattr(self, one) for one in names}
        self._file, self._buffer, self._base, self._at = BytesIO(made), b"", 0, 0
        self._exhausted, self.is_made = False, True
        yield name
        vars(self).update(kept)

    def skipped(self) -> bytes | None:
        """Move past the current value, and return its text; None if the file ends inside it."""
        start = self.offset
        complete = self._skip()
        return self._buffer[start - self._base : self._at] if complete else None

    def at_list(self) -> bool:
        """Whether the current value is a list."""
        return self._peek() == b"["

    def open_list(self) -> None:
        """Enter the current value, a list."""
        self._at += 1
        self._in_list = self._peek() != b"]"
        if not self._in_list:
            self._at += 1

    @property
    def in_list(self) -> bool:
        """Whether the list that was entered goes on."""
        return self._in_list

    def pieces(self) -> Iterator[ListPiece]:
        """The list that was entered, from here on, in pieces."""
        while self._in_list:
            start, end, following = self._next_cut()
            piece = ListPiece(self._base + start, self._buffer[start:end])
            self._at = following
            if piece.text.strip():
                yield piece
            else:
                self._fault("the file ends before its list is closed", cut_off=True)
                self._in_list, self._stopped = False, True

    def back_to(self, piece: ListPiece) -> None:
        """Make a piece that pieces were read after the current one again."""
        self.faults = [f for f in self.faults if f.offset < piece.start or f.text == PADDED]
        self._in_list, self._stopped = True, False
        self._go_to(piece.start)

    def beginning(self, piece: ListPiece) -> ListPiece | None:
        """The records of a piece up to where the list seems to end in it; None if it goes on.

        Like a cut between records, this is a guess that decoding proves right or wrong.
        """
        end = _LIST_END.search(piece.text)
        return ListPiece(piece.start, piece.text[: end.end()]) if end else None

    def leave(self, piece: ListPiece) -> None:
        """Move behind a piece that ends where its list does."""
        self._go_to(piece.start + len(piece.text))
        self._after_element()

    def elements(self, piece: ListPiece, decode: Callable[[bytes], Any]) -> Iterator[Element]:
        """The elements of the current piece one by one, however broken.

        `decode` gives an element's value, or raises ValueError or RecursionError. An element that
        swallows its successors (a quote or bracket is missing) is cut where the next record seems
        to begin.
        """
        self._at = piece.start - self._base
        end = self.offset + len(piece.text)
        while self._in_list and self.offset < end:
            element = self._element(decode)
            yield element
            # Reading may have moved the buffer, never the offsets.
            self._after_element()

    def _element(self, decode: Callable[[bytes], Any]) -> Element:
        start = self.offset
        complete = self._skip()
        text = self._buffer[start - self._base : self._at]
        error = "the file ends inside this record"
        if complete:
            try:
                return Element(start, text, decode(text))
            except RecursionError:
                error = "nested too deeply"
            except ValueError as wrong:
                error = str(wrong)
        cut = BOUNDARY.search(text)
        if cut and (complete or not _ends_too_early(text)):
            self._at = start - self._base + cut.start() + 1
            return Element(start, text[: cut.start() + 1], None, error)
        return Element(start, text, None, error, cut_off=not complete)

    def _after_element(self) -> None:
        """Move to the next element, or out of the list."""
        while True:
            here = self._peek()
            if here == b",":
                self._at += 1
                if self._peek() in (b",", b"]"):
                    self._fault("a comma with nothing after it")
                    self._skip_commas()
                    continue
                return
            if here == b"]":
                self._at += 1
                self._in_list = False
                return
            if here in (b"{", b""):
                if here:
                    self._fault("a comma is missing between two records")
                else:
                    self._fault("the file ends before its list is closed", cut_off=True)
                    self._in_list, self._stopped = False, True
                return
            self._fault("text that belongs to no record")
            self._at = self._match(_JUNK).end()

    def _skip_commas(self) -> None:
        """Move to the last of the commas here, between which nothing stands: they are one fault."""
        while (end := self._match(_COMMAS).end()) > self._at:
            self._at = end - 1
            if end < len(self._buffer) or self._exhausted:
                return
            self._grow()

    def _go_to(self, offset: int) -> None:
        """Stand at an offset in the file, behind which something is in the buffer."""
        if not self._base <= offset <= self._base + len(self._buffer):
            self._file.seek(offset)
            self._buffer, self._base, self._exhausted = b"", offset, False
        self._at = offset - self._base
        if self._at == len(self._buffer):
            self._grow()

    def _next_cut(self) -> tuple[int, int, int]:
        """Start and end of the next piece in the buffer, and where the element after it starts."""
        while True:
            if len(self._buffer) - self._at < BLOCK:
                self._grow()
            end = len(self._buffer)
            while (end := self._buffer.rfind(b"}", self._at, end)) >= 0:
                boundary = BOUNDARY.match(self._buffer, end)
                if boundary:
                    return self._at, end + 1, boundary.end()
            if self._exhausted:
                return self._at, len(self._buffer), len(self._buffer)
            self._grow()

    def _grow(self) -> None:
        """Drop what was read and read on: at least a block, and as much again as is waiting."""
        waiting = self._buffer[self._at :]
        block, padded = before_padding(self._file, max(BLOCK, len(waiting)))
        self._exhausted = not block
        self._base += self._at
        self._at = 0
        self._buffer = waiting + block
        if padded:
            fault = JsonFault(self._base + len(self._buffer), PADDED, cut_off=True)
            self.faults += [fault] if fault not in self.faults else []

    def _peek(self) -> bytes:
        """The next byte that is not white space, or nothing at the end of the file."""
        while True:
            self._at = self._match(_SPACE).end()
            if self._at < len(self._buffer) or self._exhausted:
                return self._buffer[self._at : self._at + 1]
            self._grow()

    def _match(self, pattern: re.Pattern[bytes]) -> re.Match[bytes]:
        return cast(
            "re.Match[bytes]", pattern.match(self._buffer, self._at)
        )  # each matches nothing

    def _skip(self) -> bool:
        """Move past the value here; False if the file ends inside it."""
        first = self._peek()
        if first not in (b"{", b"[", b'"'):
            return self._skip_scalar()
        start, depth = self.offset, 0
        position = start
        while True:
            for token in _TOKEN.finditer(self._buffer, position - self._base):
                text = token.group()
                if text == b'"':  # it may end in what was not read yet
                    break
                position = self._base + token.end()
                depth += (text in (b"{", b"[")) - (text in (b"}", b"]"))
                if depth <= 0:
                    self._at = token.end()
                    return True
            else:
                position = self._base + len(self._buffer)
            if self._exhausted:
                self._at = len(self._buffer)
                return False
            self._grow()

    def _skip_scalar(self) -> bool:
        while True:
            end = self._match(_SCALAR).end()
            if end < len(self._buffer) or self._exhausted:
                self._at = end
                return end < len(self._buffer)
            self._grow()

    def _open(self) -> None:
        self._grow()
        if self._buffer.startswith(b"\xef\xbb\xbf"):
            self._at, self.has_mark = 3, True
        first = self._peek()
        if first != b"{":
            raise FormatError(refusal(self._buffer, first))
        self._at += 1

    def _key(self) -> str | None:
        """The key here and the colon after it; None, with a fault, if there is none."""
        if self._peek() != b'"':
            self._stop("a key in quotes was expected")
            return None
        start = self.offset
        self._skip()
        key = self._buffer[start - self._base : self._at]
        if self._peek() != b":":
            self._stop("a colon was expected")
            return None
        self._at += 1
        self._peek()
        try:
            return str(json.loads(key))  # which may be written with escapes
        except ValueError:
            return key[1:-1].decode("utf-8", "backslashreplace")

    def _comma(self) -> bool:
        """Move past the comma between two members; False at the end of the object."""
        if self._stopped:
            return False
        here = self._peek()
        if here == b",":
            self._at += 1
            if self._peek() == b"}":
                self._fault("a comma with nothing after it")
            return True
        if here == b"}":
            return True
        self._stop("a comma or the end of the object was expected")
        return False

    def _stop(self, text: str) -> None:
        self._fault(text, cut_off=not self._peek())
        self._stopped = True

    def _fault(self, text: str, *, cut_off: bool = False) -> None:
        self.faults.append(JsonFault(self.offset, text, cut_off))


def _ends_too_early(text: bytes) -> bool:
    """Whether nothing is wrong with a record but that its end is missing.

    Then a `},{` in it stands between objects that are nested, not between two records.
    """
    words = text.decode("utf-8", "replace")
    try:
        json.loads(words)
    except json.JSONDecodeError as error:
        last = error.pos >= len(words) - _LONGEST_TOKEN
        return last or error.msg.startswith("Unterminated string")
    except RecursionError:
        return False
    return False
