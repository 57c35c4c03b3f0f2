"""Changes to the text of one JSON record that leave the rest of it as it is."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.ring_texts import rings_text

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{},:]', re.DOTALL)

KEPT = object()
"""As a field's new value: what stands there last stays, once."""


_NUMBER = re.compile(rb"-?[0-9][0-9.eE+-]*")
_LIST = re.compile(rb"\[[-0-9.eE+, \t\r\n]*\]")


@dataclass(frozen=True)
class Member:
    """One key and its value in the text of an object; positions in that text."""

    key: str
    start: int  # of the key
    value: int  # start of the value
    end: int  # of the value


def members(text: bytes) -> list[Member]:
    """The members of the object in `text`, in order; a key that stands twice is there twice."""
    found: list[Member] = []
    depth = 0
    key: re.Match[bytes] | None = None
    colon = 0
    for token in _TOKEN.finditer(text):
        kind = token.group()[:1]
        if kind in b"}],":
            if depth == 1 and key is not None and colon:
                found.append(_member(text, key, colon, token.start()))
                key, colon = None, 0
            depth -= kind in b"}]"
        elif kind in b"{[":
            depth += 1
        elif depth == 1 and kind == b'"' and key is None:
            key = token
        elif depth == 1 and kind == b":":
            colon = colon or token.end()
    return found


def _member(text: bytes, key: re.Match[bytes], colon: int, end: int) -> Member:
    raw = text[colon:end]
    value = colon + len(raw) - len(raw.lstrip())
    name = json.loads(key.group().decode("utf-8", "replace"))
    return Member(name, key.start(), value, colon + len(raw.rstrip()))


def with_fields(start: int, text: bytes, fields: dict[str, Any], place: str) -> list[Edit]:
    """The edits that set fields of one record.

    Parameters
    ----------
    start:
        where the record starts in its file.
    text:
        the record.
    fields:
        new values by key. A key that stands twice is left once, with its last value or the new one.
    place:
        the record's name for people.
    """
    present = members(text)
    edits = []
    for key, value in fields.items():
        same = [member for member in present if member.key == key]
        if not same:
            if value is not KEPT:
                at, written = _appended(text, present, key, value)
                edits.append(Edit(start + at, start + at, written, place))
            continue
        *repeated, last = same
        # What already says the value is not written anew: 1.50 stays 1.50.
        said = text[last.value : last.end]
        if type(value) is int and not said.lstrip(b"-").isdigit():  # an id, a flag: never 1.0
            edits.append(Edit(start + last.value, start + last.end, b"%d" % value, place))
        elif value is not KEPT:
            edits += _rewritten(start + last.value, said, value, place)
        for member in repeated:
            following = present[present.index(member) + 1]
            edits.append(Edit(start + member.start, start + following.start, b"", place))
    return edits


def _rewritten(start: int, text: bytes, value: Any, place: str) -> list[Edit]:
    """The edits that make a value say another: of a list, only the numbers that differ."""
    if _says(text, value):
        return []
    numbers = list(_NUMBER.finditer(text))
    if isinstance(value, list) and len(numbers) == len(value) and _LIST.fullmatch(text):
        return [
            edit
            for number, new in zip(numbers, value, strict=True)
            for edit in _rewritten(start + number.start(), number.group(), new, place)
        ]
    written = _rings(value, text) or dumped(value, text)
    if isinstance(value, float) and b"." in text and "." not in written:
        written += ".0"
    return [Edit(start, start + len(text), written.encode(), place)]


def _rings(value: Any, text: bytes) -> str | None:
    """Polygons with the numbers that stay as they are written; None if it is about no polygons."""
    if not (isinstance(value, list) and value and isinstance(value[0], list)):
        return None
    return rings_text(value, text.decode("utf-8", "replace"), _comma(text), dumped)


def _says(text: bytes, value: Any) -> bool:
    try:
        said = json.loads(text)
    except ValueError:
        return False
    return type(said) is not bool and repr(_plain(said)) == repr(_plain(value))


def _appended(text: bytes, present: list[Member], key: str, value: Any) -> tuple[int, bytes]:
    """Where a new member goes, behind the last one, and its text, spaced as the record is."""
    name, written = json.dumps(key).encode(), dumped(value, text).encode()
    if not present:
        return text.index(b"{") + 1, name + b": " + written
    last = present[-1]
    colon = text[last.start : last.value].rpartition(b'"')[2]
    comma = text[present[-2].end : last.start] if len(present) > 1 else b", "
    return last.end, comma + name + colon + written


def dumped(value: Any, like: bytes = b", ") -> str:
    """A value as JSON, with spaces behind commas and colons if `like` has them.

    >>> dumped([1.0, 2.5], b'{"a":[1,2]}'), dumped({"a": 1.25})
    ('[1,2.5]', '{"a": 1.25}')
    """
    comma = _comma(like)
    return json.dumps(_plain(value), separators=(comma, ":" if comma == "," else ": "))


def _comma(like: bytes) -> str:
    """A comma, with the space behind it that those in `like` have."""
    tight = b", " not in like and b": " not in like and b",\n" not in like
    return "," if tight else ", "


def _plain(value: Any) -> Any:
    """Whole numbers without a point: 12.0 is 12 in every COCO file that began as pixels."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value
