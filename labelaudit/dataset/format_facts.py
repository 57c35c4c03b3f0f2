"""What is true of all datasets of one format: names, conventions, and what its numbers mean.

Each format declares its own facts, and loading puts them on the dataset, so that nobody else asks
for a format by its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class FormatFacts:
    """What a format says of its records; without one, boxes are corners of numbered objects."""

    convention: str = "xyxy"  # by which boxes are written, a name in `boxes.conventions`
    # What people find a record by: `{record}` counts from 0, `{line}` from 1; empty: by nothing.
    box_record: str = "object[{record}]"
    image_record: str = ""
    category_record: str = ""
    ids_are_indices: bool = False  # the id of a class is the number that a network gives it
    # The source's names of a column of boxes: what is written anew when the column is.
    source_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
