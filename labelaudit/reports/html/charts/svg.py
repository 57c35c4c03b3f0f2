"""Drawings in SVG: the elements that charts consist of, escaped by the library that writes XML."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, tostring

from markupsafe import Markup

from labelaudit.core.text import plain


@dataclass(frozen=True)
class Chart:
    """A chart, and the same in words and numbers for who cannot see it."""

    name: str  # of its element in the page
    title: str
    summary: str  # what it shows, in a sentence or two
    svg: Markup
    columns: tuple[str, ...]  # of the table of its numbers
    rows: tuple[tuple[str, ...], ...]
    legend: tuple[tuple[str, str], ...] = ()  # a style of the page, and what it stands for


class Drawing:
    """A drawing of so many units; styles are classes of the page."""

    def __init__(self, width: float, height: float) -> None:
        self._root = Element(
            "svg",
            {"viewBox": f"0 0 {width:g} {height:g}", "aria-hidden": "true", "focusable": "false"},
        )

    def rect(
        self, corner: tuple[float, float], size: tuple[float, float], style: str, **more: str
    ) -> None:
        """A rectangle.

        Parameters
        ----------
        corner:
            left, top.
        size:
            width, height.
        style:
            of the page.
        more:
            attributes.
        """
        x, y = map(_number, corner)
        width, height = map(_number, size)
        given = {"x": x, "y": y, "width": width, "height": height, "class": style}
        SubElement(self._root, "rect", given | {k.replace("_", "-"): v for k, v in more.items()})

    def line(self, start: tuple[float, float], end: tuple[float, float], style: str) -> None:
        """A line.

        Parameters
        ----------
        start, end:
            x, y.
        style:
            of the page.
        """
        x1, y1, x2, y2 = map(_number, (*start, *end))
        SubElement(self._root, "line", {"x1": x1, "y1": y1, "x2": x2, "y2": y2, "class": style})

    def dot(self, middle: tuple[float, float], radius: float, style: str) -> None:
        """A circle.

        Parameters
        ----------
        middle:
            x, y.
        radius:
            of it.
        style:
            of the page.
        """
        x, y = map(_number, middle)
        SubElement(self._root, "circle", {"cx": x, "cy": y, "r": _number(radius), "class": style})

    def text(self, place: tuple[float, float], words: str, style: str = "") -> None:
        """Words; the style says on which side of the place they stand.

        Parameters
        ----------
        place:
            x, and y of the line that letters stand on.
        words:
            of anybody.
        style:
            of the page.
        """
        x, y = map(_number, place)
        element = SubElement(self._root, "text", {"x": x, "y": y, "class": style})
        element.text = plain(words)

    @property
    def markup(self) -> Markup:
        """The drawing as it stands in a page."""
        return Markup(tostring(self._root, encoding="unicode"))  # noqa: S704  # escaped by tostring


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def powers(low: float, high: float) -> Sequence[float]:
    """The powers of two from one number to another.

    >>> powers(3.0, 20.0)
    [4.0, 8.0, 16.0]
    """
    return [2.0**power for power in range(-10, 31) if low <= 2.0**power <= high]
