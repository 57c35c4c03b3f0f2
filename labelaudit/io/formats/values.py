"""Values as files of others write them, read tolerantly: numbers, texts, JSON documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from labelaudit.io.formats.places import wanted_places

SHORT = 60
"""Characters of a value that a message shows."""


def number(value: Any) -> float | None:  # Any: whatever a file holds
    """A finite number; None for anything else, text too.

    >>> number(3), number("3"), number(True), number(float("inf"))
    (3.0, None, None, None)
    """
    plain = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if plain and abs(value) < 1e300 else None


def number_in(text: str) -> float | None:
    """The finite number that a text is; None if it is none.

    >>> number_in(" 3.5 "), number_in("nan"), number_in("1_000"), number_in("x")
    (3.5, None, None, None)
    """
    try:
        value = float(text) if "_" not in text else None
    except ValueError:
        return None
    return number(value)


def with_numbers(value: Any) -> Any:  # Any: see number
    """A value with numbers for the texts that mean some, in lists within lists.

    A number may have a unit or a decimal comma. All stays as it is if a text means none.

    >>> with_numbers([["1", "2,5"], [3, "4 px"]]), with_numbers(["1", "x"]), with_numbers("7")
    ([[1.0, 2.5], [3, 4.0]], ['1', 'x'], 7.0)
    """
    from labelaudit.io.formats.loose_boxes import loose_number  # noqa: PLC0415  # rarely asked

    if isinstance(value, str):
        known = number_in(value)
        known = loose_number(value) if known is None else known
        return value if known is None else known
    if not isinstance(value, list):
        return value
    inside = [with_numbers(item) for item in value]
    return value if any(isinstance(item, str) for item in inside) else inside


FIVE = 5
"""Numbers of a box with a score or an angle behind it."""


def is_left_over(value: Any) -> bool:  # Any: see number
    """Whether a value is a list like a box with a number behind it."""
    return isinstance(value, list) and len(value) == FIVE


def left_over_words(value: Any) -> str:  # Any: see number
    """What is said of such a list, of which the first four are read.

    >>> left_over_words([10, 10, 30, 20, 0.9])
    '[10, 10, 30, 20, 0.9], of which 0.9 is left out'
    """
    return f"{shown(value)}, of which {shown(value[-1])} is left out"


def text_of(value: Any) -> str:  # Any: see number
    """A text without the white space around it; empty for anything else."""
    return value.strip() if isinstance(value, str) else ""


def shown(value: Any) -> str:  # Any: see number
    """A value as a message shows it, shortened."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= SHORT else f"{text[: SHORT - 3]}..."


def json_in(path: Path) -> Any:  # Any: see number
    """What a JSON file holds.

    Of a file that goes on with zeros, as a copy that broke off does, only the beginning is read.

    Raises
    ------
    ValueError
        in words, if it cannot be read.
    """
    places = wanted_places()
    try:
        raw = _text_bytes(path)
        return json.loads(raw) if places is None else places.json(raw)
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


CHUNK = 1 << 20
"""Bytes of a file that are read before it is looked for zeros; a choice."""


def _text_bytes(path: Path) -> bytes:
    chunks = []
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            chunks.append(chunk)
            if b"\0" in chunk and json.detect_encoding(chunks[0]).startswith("utf-8"):
                at = sum(map(len, chunks[:-1])) + chunk.index(b"\0")
                raise ValueError(f"byte {at:,} is zero, which no text holds")
    return b"".join(chunks)
