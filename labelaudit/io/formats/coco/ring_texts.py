"""Polygons of an annotation in JSON, with the numbers that stay as they are written there."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from labelaudit.io.formats.as_written import point_words

_NUMBER = re.compile(r"-?[0-9][0-9.eE+-]*")
_RING = re.compile(r"\[[-+0-9.eE, \t\r\n]*\]")
_RINGS = re.compile(r"\s*\[(?:[, \t\r\n]|\[[-+0-9.eE, \t\r\n]*\])*\]\s*")


def rings_text(
    rings: list[list[float]], text: str, comma: str, written: Callable[[float], str]
) -> str | None:
    """Polygons as JSON; None where `text` is no list of lists of numbers.

    A polygon that is there already is as it is written; of another, each number that stays is.

    Parameters
    ----------
    rings:
        of each polygon x and y in turn.
    text:
        the polygons that they replace, in JSON.
    comma:
        what to write between numbers, and between polygons.
    written:
        the text of a number that is new.
    """
    if not _RINGS.fullmatch(text):
        return None
    whole: dict[tuple[float, ...], str] = {}
    words: list[str] = []
    for ring in _RING.findall(text):
        here = _NUMBER.findall(ring)
        whole.setdefault(tuple(map(float, here)), ring)
        words += here[: len(here) // 2 * 2]
    numbers = [float(word) for word in words]
    texts = [whole.get(tuple(ring)) for ring in rings]
    for at, ring in enumerate(rings):
        if texts[at] is None:
            points = np.array(ring, np.float64).reshape(-1, 2)
            texts[at] = f"[{comma.join(point_words(points, numbers, words, written))}]"
    return f"[{comma.join(map(str, texts))}]"
