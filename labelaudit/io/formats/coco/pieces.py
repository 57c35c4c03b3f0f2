"""What a JSON file is read in: pieces of lists, their elements, and faults between these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class ListPiece:
    """Whole elements of a list with the commas between them, without its brackets."""

    start: int  # offset in the file
    text: bytes


@dataclass(frozen=True)
class Element:
    """One element of a list."""

    start: int  # offset in the file
    text: bytes
    value: Any  # decoded, whatever JSON holds; None if it cannot be
    error: str = ""  # why it cannot be decoded
    cut_off: bool = False  # the file ends inside it


@dataclass(frozen=True)
class JsonFault:
    """A place where the file is not JSON."""

    offset: int
    text: str
    cut_off: bool = False  # it ends too early
