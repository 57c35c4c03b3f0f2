"""Where a defect stands, in the words in which every format can say it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

FILE, IMAGE, CLASS, BOX = "file", "images", "categories", "annotations"


@dataclass(frozen=True)
class Place:
    """A record, a class by its name, or a whole file."""

    part: str  # FILE, IMAGE, CLASS or BOX
    source: str | None = None  # the file it is in; None for all files, or for a class
    record: int | None = None  # its position among the records of its part in that file
    name: str | None = None  # of a class


Mark: TypeAlias = Any
"""What a defect returns for where it is: a Place, or a picture, thing or record that has one.

Any: records are of whatever type JSON, XML and lines of text hold.
"""
