"""The elements of CVAT files, one at a time, and the numbers in their attributes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from labelaudit.core.later import later
from labelaudit.io.formats.places import wanted_places, xml_spans
from labelaudit.io.formats.values import number_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_DIGITS = 16
"""Digits of a number that a column of whole numbers holds."""


BROKEN = "broken"
"""What stands for an image or a track that is no XML; the attribute of this name says why."""

MOST_MENDED = 1 << 28
"""Bytes of a file that is mended: its text is held several times then. A choice."""

READ = ("meta", "image", "track")
_HEAD = 1 << 16
_ODD_CASE = re.compile(rb"</?[a-z]*[A-Z]\w*|<[^>]*?\s([a-z_]*[A-Z]\w*)\s*=\s*[\"']")

_mended_elements = later("labelaudit.io.formats.cvat_mending", "mended_elements")


def told_elements(path: Path, said: list[str]) -> Iterator[tuple[str, Element]]:
    """The elements of a file that say something of labels, each with its name, one at a time.

    A file that is no XML is mended, and what cannot be is `BROKEN`.

    Parameters
    ----------
    path:
        of the file.
    said:
        takes what was mended, in words.
    """
    count = 0
    try:
        with path.open("rb") as file:
            for one in parsed(file, placed=True):
                yield one
                count += 1
    except (SyntaxError, ValueError, LookupError) as error:
        if _is_cut(error) or path.stat().st_size > MOST_MENDED:
            raise
        yield from islice(_mended_elements(path, said), count, None)


def parsed(file: BinaryIO, *, placed: bool = False) -> Iterator[tuple[str, Element]]:
    """The elements of a file that is XML, as `told_elements` has them, tags in small letters.

    Parameters
    ----------
    file:
        open for reading.
    placed:
        whether it is the file as it lies on the disk, so that its elements have a place there.
    """
    # Only here, because it takes 5 ms to import, and all formats are asked for every path.
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415  # see above

    is_odd = odd_case(file.read(_HEAD)) != ""
    file.seek(0)
    depth = 0
    root: Element | None = None
    places = wanted_places() if placed else None
    spans = iter(_spans(file)) if places is not None else iter(())
    for event, element in iterparse(file, ("start", "end")):
        if event == "end" and places is not None and (span := next(spans, None)):
            places.put(element, span)
        if event == "start":
            depth += 1
            root = element if root is None else root
            if depth == 1 and element.tag.lower() != "annotations":
                raise ValueError(f"its root is <{element.tag}>, not <annotations>")
            continue
        depth -= 1
        if depth == 1 and root is not None:
            if is_odd:
                _lower(element)
            if element.tag in READ:
                yield element.tag, element
            root.clear()


def _spans(file: BinaryIO) -> list[tuple[int, int]]:
    """Where the elements of a file stand, in the order in which they end; none of no XML."""
    from labelaudit.io.formats.xml_mending import xml_encoding  # noqa: PLC0415  # hardly ever asked

    file.seek(0)
    raw = file.read()
    file.seek(0)
    try:
        return xml_spans(raw, *xml_encoding(raw))
    except ValueError:
        return []


def odd_case(head: bytes) -> str:
    """The first tag or attribute at the beginning of a file that is not in small letters, if any.

    >>> odd_case(b'<annotations><Image id="0">'), odd_case(b'<image ID="0">'), odd_case(b"<a>B</a>")
    ('Image', 'ID', '')
    """
    found = _ODD_CASE.search(head)
    return (found[1] or found[0]).decode("utf-8", "replace").strip("</") if found else ""


def _lower(element: Element) -> None:
    """Write tags and the names of attributes in small letters, as CVAT has them."""
    for one in element.iter():
        one.tag = one.tag.lower()
        one.attrib = {name.lower(): value for name, value in one.attrib.items()}


def _is_cut(error: Exception) -> bool:
    """Whether a file ends too early, and nothing else is wrong with it."""
    from xml.parsers.expat import errors  # noqa: PLC0415  # as above

    words = (errors.XML_ERROR_NO_ELEMENTS, errors.XML_ERROR_UNCLOSED_TOKEN)
    return getattr(error, "code", None) in {errors.codes[word] for word in words}


def number_or_text(text: str) -> float | str:
    """The number that a text is; the text itself if it is none."""
    known = number_in(text)
    return text if known is None else known


def whole(text: str | None) -> int | None:
    """The whole number that a text is; None if it is none.

    >>> whole(" 12"), whole("1.5"), whole(None)
    (12, None, None)
    """
    text = (text or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < MOST_DIGITS else None


def pairs(text: str) -> list[list[float]] | None:
    """The points of a text `x,y;x,y`; None if one of them is none.

    >>> pairs("1,2;3,4"), pairs("1,2;3")
    ([[1.0, 2.0], [3.0, 4.0]], None)
    """
    read = [[number_in(side) for side in point.split(",")] for point in text.split(";")]
    points = [[side for side in pair if side is not None] for pair in read]
    is_whole = all(len(point) == len(pair) == 2 for point, pair in zip(points, read, strict=True))
    return points if is_whole else None


def size_of(width: str | None, height: str | None) -> tuple[float, float]:
    """Width and height as numbers, NaN for what is none."""
    sides = [number_in(text or "") for text in (width, height)]
    return tuple(math.nan if side is None else side for side in sides)  # type: ignore[return-value]  # two
