"""Where a defect stands, in the words in which every format can say it."""

from __future__ import annotations

from collections.abc import Mapping
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
"""What a defect returns for where it is: a Place, or an image, thing or record that has one.

Any: records are of whatever type JSON, XML and lines of text hold.
"""


def counted_names(place: Place, records: Mapping[str, int]) -> tuple[set[str], set[str]]:
    """What reports may call a record, and its image, in a format without ids.

    Some tools count images and annotations from 1, file by file; `records` says how many each has.
    """
    if place.name is not None:
        return {place.name}, set()
    before = [source for source in sorted(records) if source < (place.source or "")]
    image = {f"{IMAGE} {place.source} 0", f"image {len(before) + 1}"}
    if place.part == IMAGE:
        return image, image
    number = sum(records[source] for source in before) + (place.record or 0) + 1
    return {f"{BOX} {place.source} {place.record}", f"annotation {number}"}, image
