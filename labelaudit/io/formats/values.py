"""Values as files of others write them, read tolerantly: numbers, texts, JSON documents."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
    try:
        return json.loads(_text_bytes(path))
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
