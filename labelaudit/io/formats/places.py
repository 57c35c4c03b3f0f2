"""Where the records of formats that are read only stand in their files, when somebody asks.

Nobody asks while a dataset is loaded. To be asked, a file is read again by its format, which names
what it makes each record of; objects of JSON and elements of XML are known by where they stand.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from labelaudit.dataset.tables import RecordType

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)
_OPENING = re.compile(rb"<[^\s/>]+(?:[^>\"']|\"[^\"]*\"|'[^']*')*>")
_WIDE = ("utf-16", "utf-32")
_HALVES = "surrogatepass"  # as `json` has it

Span = tuple[int, int]
"""Where something begins in a file and where it ends, in bytes."""


class RecordPlaces:
    """Where records stand in the file that is being read."""

    def __init__(self) -> None:
        self.records: dict[tuple[RecordType, int], Span] = {}  # by kind and position
        self._spans: dict[int, Span] = {}  # by the identity of what was read
        self._kept: list[Any] = []  # so that no other value gets the same; Any: whatever it is

    def json(self, raw: bytes) -> Any:  # Any: whatever a file holds
        """What JSON holds, whose objects and lists are known from now on.

        Raises
        ------
        ValueError
            if it is none.
        """
        codec = json.detect_encoding(raw)
        is_wide = codec.startswith(_WIDE)
        text = raw.decode(codec, _HALVES).encode("utf-8", _HALVES) if is_wide else raw
        inside: dict[int, list[Any]] = {}

        def made(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            value = dict(pairs)  # of a key that stands there twice the last counts
            inside[id(value)] = [one for _, one in pairs]
            self._kept.append(value)
            return value

        whole = json.loads(text, object_pairs_hook=made)
        spans = _in_file(raw, codec, 0, _brackets(text)) if is_wide else _brackets(text)
        waiting = [whole]
        found = iter(spans)
        while waiting:  # in the order in which they are opened
            value = waiting.pop()
            if not isinstance(value, dict | list):
                continue
            self.put(value, next(found))
            held = inside[id(value)] if isinstance(value, dict) else value
            waiting += reversed(held)
        return whole

    def put(self, value: Any, span: Span) -> None:
        """Know where a value stands; Any: what a format makes a record of."""
        self._spans[id(value)] = span
        self._kept.append(value)

    def note(self, part: RecordType, record: int, *values: Any) -> None:
        """A record is made of the first of these values that is known; what came first counts."""
        span = next((self._spans[id(one)] for one in values if id(one) in self._spans), None)
        if span is not None:
            self.records.setdefault((part, record), span)


_WANTED: ContextVar[RecordPlaces | None] = ContextVar("places are wanted", default=None)


@contextmanager
def wanting_places() -> Iterator[RecordPlaces]:
    """While this lasts, what is read of one file is known by where it stands."""
    places = RecordPlaces()
    before = _WANTED.set(places)
    try:
        yield places
    finally:
        _WANTED.reset(before)


def wanted_places() -> RecordPlaces | None:
    """Who asks where records stand; None if nobody does."""
    return _WANTED.get()


def xml_spans(raw: bytes, codec: str, mark: int) -> list[Span]:
    """Where the elements of a file stand, in the order in which they end.

    Parameters
    ----------
    raw:
        the bytes of the file.
    codec:
        of its text.
    mark:
        bytes of its byte order mark.

    Raises
    ------
    ValueError
        if it is no XML in this codec, or declares entities.

    Examples
    --------
    >>> xml_spans(b'<a><b c=">"/></a>', "utf-8", 0)
    [(3, 13), (0, 17)]
    """
    from xml.parsers import expat  # noqa: PLC0415  # hardly ever asked

    text = raw[mark:].decode(codec).encode()
    if b"<!ENTITY" in text:
        raise ValueError("it declares entities")
    found: list[Span] = []
    begins: list[int] = []
    parser = expat.ParserCreate("utf-8")

    def ended(_: str) -> None:
        begin = begins.pop()
        opening = _OPENING.match(text, begin)
        if opening and opening.group().endswith(b"/>"):
            found.append(opening.span())
        else:
            found.append((begin, text.index(b">", parser.CurrentByteIndex) + 1))

    parser.StartElementHandler = lambda *_: begins.append(parser.CurrentByteIndex)
    parser.EndElementHandler = ended
    try:
        parser.Parse(text, True)  # no keywords
    except expat.ExpatError as error:
        raise ValueError(str(error)) from error
    return _in_file(raw, codec, mark, found)


def _brackets(text: bytes) -> list[Span]:
    """Where the objects and lists of JSON stand, in the order in which they begin."""
    spans: list[list[int]] = []
    opened: list[int] = []
    for token in _TOKEN.finditer(text):
        word = token.group()
        if word in (b"{", b"["):
            opened.append(len(spans))
            spans.append([token.start(), 0])
        elif word in (b"}", b"]"):
            spans[opened.pop()][1] = token.end()
    return [(start, end) for start, end in spans]


def _in_file(raw: bytes, codec: str, mark: int, spans: Sequence[Span]) -> list[Span]:
    """Places in a text in UTF-8 as those in the file that it was read from.

    Parameters
    ----------
    raw:
        the bytes of the file.
    codec:
        of its text.
    mark:
        bytes of its byte order mark, which the text has not.
    spans:
        in the text.
    """
    if codecs.lookup(codec).name == "utf-8":
        return [(mark + start, mark + end) for start, end in spans]
    before = mark
    if not mark and codec in _WIDE:  # decoding takes the mark away
        before = 2 if codec == "utf-16" else 4
    own = _own_codec(raw, codec)
    text = raw[before:].decode(own, _halves(own)).encode("utf-8", _HALVES)
    at: dict[int, int] = {}
    last = 0
    for offset in sorted({side for span in spans for side in span}):
        before += len(text[last:offset].decode("utf-8", _HALVES).encode(own, _halves(own)))
        at[offset] = before
        last = offset
    return [(at[start], at[end]) for start, end in spans]


def _halves(codec: str) -> str:
    """What becomes of half a surrogate pair, which only some codecs can write."""
    return _HALVES if codec.startswith(_WIDE) else "strict"


def _own_codec(raw: bytes, codec: str) -> str:
    """A codec that writes no byte order mark."""
    if codec not in _WIDE:
        return codec
    little = raw.startswith(b"\xff\xfe")
    return f"{codec}-{'le' if little else 'be'}"
