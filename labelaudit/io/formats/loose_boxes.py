"""Boxes that are not written as their format has it, and can be read all the same.

An object with a key for each number, text, four corners, a polygon, a rotated box; numbers with a
unit or a decimal comma. Names of keys are those that columns of tables have, see `csv_layout`.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypeAlias

from labelaudit.io.formats.csv_layout import CENTRE, CORNERS, SIZE

Four: TypeAlias = Literal["size", "corners"]
"""What four numbers in a row are: left, top, width, height; or left, top, right, bottom."""

_CENTRES = (CENTRE, (("x",), ("y",), *CENTRE[2:]))
_ANGLES = ("angle", "rotation", "theta")
_DEEPEST = 4
_MOST_LETTERS = 10_000
_SIGNED = r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?"
_NUMBER = re.compile(_SIGNED)
_UNIT = re.compile(r"\s*(?:px|pixels?|pt)\.?$", re.IGNORECASE)
_DECIMAL_COMMA = re.compile(r"[+-]?[0-9]+,(?:[0-9]{1,2}|[0-9]{4,})")
_FRAME = re.compile(r"^\s*(?:[A-Za-z_][\w.]*\s*(?=[\[(]))?[\[({]*|[\])}]*\s*$")
_PAIR = re.compile(rf"({_SIGNED}),({_SIGNED})")
_NAMED = re.compile(rf"([A-Za-z][A-Za-z_0-9]*)[\"']?\s*[=:]\s*[\"']?({_SIGNED})")
_NOT_PLAIN = re.compile(r"[^a-z0-9]|^(?:bbox|boundingbox|bndbox|box)(?=.)")


def loose_number(text: str) -> float | None:
    """The finite number that text means, with a unit or a decimal comma; None if it means none.

    A comma before three digits may as well stand between thousands, so that means none.

    >>> loose_number("12.5 px"), loose_number("12,5"), loose_number("(88,)"), loose_number("1,234")
    (12.5, 12.5, 88.0, None)
    """
    words = _UNIT.sub("", _FRAME.sub("", text[:_MOST_LETTERS])).strip().removesuffix(",").strip()
    if _DECIMAL_COMMA.fullmatch(words):
        words = words.replace(",", ".")
    if not _NUMBER.fullmatch(words):
        return None
    value = float(words)
    return value if math.isfinite(value) else None


def loose_numbers(text: str) -> list[float]:
    """The numbers that stand in a row in text, between any brackets; none if anything else does.

    >>> loose_numbers("[60, 20, 30, 40]"), loose_numbers("1,5;2,5;3;4"), loose_numbers("1 to 2")
    ([60.0, 20.0, 30.0, 40.0], [1.5, 2.5, 3.0, 4.0], [])
    """
    inner = _FRAME.sub("", text[:_MOST_LETTERS])
    inner = re.sub(r"[\[\](){}\"']", " ", inner)
    for parts in (inner.split(";"), re.split(r",\s+", inner), inner.split(","), inner.split()):
        numbers = [loose_number(part) for part in parts if part.strip()]
        if len(numbers) > 1 and None not in numbers:
            return [number for number in numbers if number is not None]
    return []


def loose_box(value: Any, four: Four) -> list[float] | None:  # Any: whatever a file holds
    """Left, top, right, bottom of the box that a value means; None if it means none.

    Two pairs of numbers are two corners if they can be, else a corner and a size. Eight numbers and
    more are points, of which the extent counts.

    >>> loose_box({"x": 40, "y": 35, "width": 20, "height": 30}, "size")
    [40.0, 35.0, 60.0, 65.0]
    >>> loose_box("[1, 2, 3, 4]", "corners"), loose_box([[1, 1], [5, 2], [3, 9]], "size")
    ([1.0, 2.0, 3.0, 4.0], [1.0, 1.0, 5.0, 9.0])
    """
    return _box(value, four, _DEEPEST)


def _box(value: Any, four: Four, depth: int) -> list[float] | None:
    if isinstance(value, Mapping):
        return _of_keys(value)
    if isinstance(value, str):
        return _of_text(value, four, depth)
    return _of_list(value, four, depth) if isinstance(value, list | tuple) and depth else None


def _of_list(value: Sequence[Any], four: Four, depth: int) -> list[float] | None:
    if len(value) == 1 and not isinstance(value[0], int | float):
        return _box(value[0], four, depth - 1)
    points = _points(value)
    if points is not None:
        return _of_points(points)
    numbers = [number for item in value if (number := _number(item)) is not None]
    return _of_row(numbers, four) if len(numbers) == len(value) else None


def _of_text(text: str, four: Four, depth: int) -> list[float] | None:
    if depth and text.lstrip().startswith(("{", "[")):
        try:
            return _box(json.loads(text), four, depth - 1)
        except (ValueError, RecursionError):
            pass
    text = text[:_MOST_LETTERS]
    named = dict(_NAMED.findall(text))
    if named:
        return _of_keys(named)
    pairs = [_PAIR.fullmatch(word) for word in text.split()]
    if len(pairs) < 3 or None in pairs:
        return _of_row(loose_numbers(text), four)
    # Four of them are four points, or four numbers with a decimal comma.
    points = [(float(pair[1]), float(pair[2])) for pair in pairs if pair]
    return None if len(points) == 4 else _of_points(points)


def _of_row(numbers: Sequence[float], four: Four) -> list[float] | None:
    """A box from numbers in a row."""
    if len(numbers) == 4:
        left, top, third, fourth = numbers
        return [left, top, third, fourth] if four == "corners" else _sized(*numbers)
    if len(numbers) >= 8 and len(numbers) % 2 == 0:
        return _extent(list(zip(numbers[::2], numbers[1::2], strict=True)))
    return None


def _points(value: Sequence[Any]) -> list[tuple[float, float]] | None:
    """Pairs of numbers, or objects with an x and a y each; None if a value is not that."""
    points = []
    for item in value:
        if isinstance(item, Mapping):
            named = {_plain(str(key)): number for key, number in item.items()}
            item = [named.get("x"), named.get("y")]  # noqa: PLW2901  # a pair like the others
        if not isinstance(item, list | tuple) or len(item) != 2:
            return None
        x, y = map(_number, item)
        if x is None or y is None:
            return None
        points.append((x, y))
    return points or None


def _of_points(points: Sequence[tuple[float, float]]) -> list[float] | None:
    if len(points) == 2:
        (left, top), (right, bottom) = points
        return (
            [left, top, right, bottom]
            if left < right and top < bottom
            else _sized(left, top, right, bottom)
        )
    return _extent(points) if len(points) > 2 else None


def _of_keys(record: Mapping[Any, Any]) -> list[float] | None:
    """A box from an object with a key for each of its numbers."""
    values = {_plain(str(key)): _number(value) for key, value in record.items()}
    points = _numbered_points(values)
    if len(points) > 2:
        return _extent(points)
    for names in CORNERS:
        if corners := _picked(values, names):
            return corners
    turned = next((values[name] for name in _ANGLES if values.get(name)), None)
    if turned is None and (size := _picked(values, SIZE)):
        return _sized(*size)
    for middles in _CENTRES:
        if centre := _picked(values, middles):
            x, y, width, height = centre
            return _turned(x, y, width, height, turned or 0.0)
    return None


def _plain(key: str) -> str:
    """A key without letter case, signs and what only says that it is of a box.

    >>> _plain("bbox_x_min"), _plain("Y-Max")
    ('xmin', 'ymax')
    """
    return _NOT_PLAIN.sub("", _NOT_PLAIN.sub("", key.lower().replace("_", "").replace("-", "")))


def _numbered_points(values: Mapping[str, float | None]) -> list[tuple[float, float]]:
    """The points x1, y1, x2, y2, ..., counted from 0 or 1, without gaps."""
    points: list[tuple[float, float]] = []
    number = 0 if "x0" in values else 1
    while (x := values.get(f"x{number}")) is not None:
        y = values.get(f"y{number}")
        if y is None:
            break
        points.append((x, y))
        number += 1
    return points


def _picked(
    values: Mapping[str, float | None], names: Sequence[Sequence[str]]
) -> list[float] | None:
    found = [
        next((values[name] for name in some if values.get(name) is not None), None)
        for some in names
    ]
    numbers = [number for number in found if number is not None]
    return numbers if len(numbers) == len(names) else None


def _sized(left: float, top: float, width: float, height: float) -> list[float]:
    return [left, top, left + width, top + height]


def _turned(x: float, y: float, width: float, height: float, angle: float) -> list[float]:
    """The extent of a box around a centre that is turned by an angle.

    Angles are radians, as roLabelImg writes them; beyond a full turn they are degrees.
    """
    turn = math.radians(angle) if abs(angle) > 2 * math.pi else angle
    cosine, sine = abs(math.cos(turn)), abs(math.sin(turn))
    half_width = (width * cosine + height * sine) / 2
    half_height = (width * sine + height * cosine) / 2
    return [x - half_width, y - half_height, x + half_width, y + half_height]


def _extent(points: Sequence[tuple[float, float]]) -> list[float]:
    xs, ys = zip(*points, strict=True)
    return [min(xs), min(ys), max(xs), max(ys)]


def _number(value: Any) -> float | None:  # Any: whatever a file holds
    """A finite number, written as one or as text."""
    if isinstance(value, str):
        return loose_number(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if abs(value) < 1e300 else None  # which NaN is not, either
