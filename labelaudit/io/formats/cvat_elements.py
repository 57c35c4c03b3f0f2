"""The elements of CVAT files, one at a time, and the numbers in their attributes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.io.formats.values import number_in

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

MOST_DIGITS = 16
"""Digits of a number that a column of whole numbers holds."""


def elements(path: Path) -> Iterator[tuple[str, Element]]:
    """The elements of a file that say something of labels, each with its name, one at a time."""
    # Only here, because it takes 5 ms to import, and all formats are asked for every path.
    from defusedxml.ElementTree import iterparse  # noqa: PLC0415  # see above

    depth = 0
    root: Element | None = None
    with path.open("rb") as file:
        for event, element in iterparse(file, ("start", "end")):
            if event == "start":
                depth += 1
                root = element if root is None else root
                if depth == 1 and element.tag != "annotations":
                    raise ValueError(f"its root is <{element.tag}>, not <annotations>")
                continue
            depth -= 1
            if depth == 1 and root is not None:
                if element.tag in ("meta", "image", "track"):
                    yield element.tag, element
                root.clear()


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
