"""How Pascal VOC writes values: numbers, flags and corners as text, and back."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from labelaudit.core.columns import Floats
from labelaudit.io.formats.loose_boxes import loose_number, loose_numbers

SHIFT = (1.0, 1.0, 0.0, 0.0)
"""What left, top, right and bottom gain: VOC counts pixels from 1 and includes the last."""

CORNERS = ("xmin", "ymin", "xmax", "ymax")

_WHOLE = re.compile(r"[+-]?[0-9]+")
# Not what Python reads: it also takes 1_000 and digits of other scripts.
_NUMBER = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?|[+-]?(?:nan|inf|infinity)", re.IGNORECASE
)
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


def number(text: str) -> float | None:
    """The number that `text` writes; None if it writes none.

    >>> number(" 12.5 "), number("1e308"), number("12,5"), number("1_000")
    (12.5, 1e+308, None, None)
    """
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def edge(text: str, axis: int) -> float | None:
    """The coordinate that `text` writes, along x (0) or y (1); None if it writes none.

    It may have a unit or a decimal comma; of a point it is the x or the y.

    >>> edge("12 px", 0), edge("12,5", 0), edge("(88, 100)", 1), edge("x", 0)
    (12.0, 12.5, 100.0, None)
    """
    value = number(text)
    if value is None:
        value = loose_number(text)
    if value is None and text.strip()[:1] in "([" and len(point := loose_numbers(text)) == 2:
        value = point[axis]
    return value


def is_whole(text: str) -> bool:
    """Whether `text` writes a whole number as every reader understands it, without a point."""
    return _WHOLE.fullmatch(text.strip()) is not None


def flag(text: str) -> bool | None:
    """Whether a flag such as `difficult` is set; None if `text` is no flag.

    >>> flag("1"), flag("0"), flag("true"), flag("Unspecified")
    (True, False, True, None)
    """
    value = number(text)
    if value is not None and math.isfinite(value):
        return value != 0
    return _WORDS.get(text.strip().lower())


def is_plain_flag(text: str) -> bool:
    """Whether a flag is written as every reader understands it: 0 or 1."""
    return text.strip() in ("0", "1")


def number_text(value: float) -> str:
    """A number as short as it can be written, without a point if it is whole.

    >>> number_text(12.0), number_text(12.5), number_text(1e300)
    ('12', '12.5', '1e+300')
    """
    return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)


def corner_texts(xyxy: Sequence[float] | Floats) -> list[str]:
    """xmin, ymin, xmax and ymax of a box, each the shortest text that is read back as its edge.

    >>> corner_texts([9.0, -0.9, 40.0, 50.5])
    ['10', '0.1', '40', '50.5']
    """
    return [_edge_text(float(edge), shift) for edge, shift in zip(xyxy, SHIFT, strict=True)]


def _edge_text(edge: float, shift: float) -> str:
    value = edge + shift
    text = f"{value:.15g}"  # a digit or two less than the sum has, which is off by rounding
    if not value.is_integer() and float(text) - shift == edge:
        return text
    return number_text(value)
