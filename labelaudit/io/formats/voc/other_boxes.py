"""Objects whose box is no four corners: a rotated box, a polygon, other tags, attributes or text.

Source: roLabelImg writes `robndbox` with cx, cy, w, h and an angle in radians (its
`libs/pascal_voc_io.py`); LabelMe's annotation tool a `polygon` of `pt` with x and y; converters of
both x1, y1, x2, y2, and so on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element

from labelaudit.io.formats.loose_boxes import loose_box
from labelaudit.io.formats.voc.values import number_text

_HOLDERS = (
    *("bndbox", "bbox", "box", "boundingbox", "robndbox", "rotatedbndbox", "rbox", "obb", "rect"),
    *("polygon", "polygons", "points", "quad", "segmentation", "segm"),
)
"""Tags, in lower case and without signs, of what may say where an object is, the box itself first.
"""

_POINTS = ("pt", "point", "vertex")


@dataclass(frozen=True)
class OtherBox:
    """The corners of an object that its `bndbox` does not say."""

    edges: list[str]  # xmin, ymin, xmax and ymax, as text
    found: str  # what says them


def other_box(element: Element) -> OtherBox | None:
    """The corners of an object, from whatever says them; None if nothing does."""
    for holder in _holders(element):
        corners = loose_box(_content(holder), "corners")
        if corners is not None:
            words = ", ".join(_texts(holder))
            edges = [number_text(float(f"{edge:.12g}")) for edge in corners]
            return OtherBox(edges, f"<{holder.tag}> {words}" if holder is not element else words)
    return None


def _holders(element: Element) -> Iterator[Element]:
    """The elements of an object that may say where it is, the likeliest first; then itself."""
    named: dict[str, list[Element]] = {}
    for child in element:
        named.setdefault(_plain(child.tag), []).append(child)
    for name in _HOLDERS:
        yield from named.get(name, ())
    yield element


def _content(holder: Element) -> Any:  # Any: what `loose_box` takes
    """What an element says: a point for each child of its kind, keys and their texts, or text."""
    points = [_keys(child) for child in holder if _plain(child.tag) in _POINTS]
    if points:
        return points
    keys = _keys(holder)
    return keys if keys else holder.text or ""


def _keys(holder: Element) -> dict[str, str]:
    return {**holder.attrib, **{child.tag: child.text or "" for child in holder}}


def _texts(holder: Element) -> list[str]:
    """What stands in an element, word for word."""
    inside = [text.strip() for text in holder.itertext()]
    return [text for text in (*holder.attrib.values(), *inside) if text]


def _plain(tag: str) -> str:
    return tag.lower().replace("_", "").replace("-", "")
