"""What is true of all datasets of one format: names, conventions, and what its numbers mean.

Each format declares its own facts, and loading puts them on the dataset, so that nobody else asks
for a format by its name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

WHOLE_TEXT = "its text"
"""What problems call the text of a file that is not of its format, and is read all the same."""

LEFT_OUT = "left out"
"""What is written, as usual, of a value that a record of the format cannot have."""


@dataclass(frozen=True)
class FormatFacts:
    """What a format says of its records; without one, boxes are corners of numbered objects."""

    convention: str = "xyxy"  # by which boxes are written, a name in `boxes.conventions`
    # What people find a record by: `{record}` counts from 0, `{line}` from 1; empty: by nothing.
    box_record: str = "object[{record}]"
    image_record: str = ""
    category_record: str = ""
    ids_are_indices: bool = False  # the id of a class is the number that a network gives it
    has_polygons: bool = False  # masks are written as polygons, which can be cut
    box_of_polygon: bool = False  # a polygon has no box beside it: its extent is the box
    # What the source calls a column of boxes: what is written anew when the column is. Of a column
    # of several numbers there may be a name for the whole, then one for each number.
    source_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # The same of images; `path`: what names the file, be it another than the one that was found.
    image_fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    # What notes call the way in which a record is written, and how what was found is written as
    # usual: a fix does it, and no value changes.
    as_usual: Mapping[str, Callable[[str], str]] = field(default_factory=dict)
    # What else a box is read from, each kind of it from some: without one nobody knows where it is.
    box_parts: tuple[str, ...] = ()
    # What the source calls fields that are optional to read, and who stops without one, and how.
    stops_without: Mapping[str, str] = field(default_factory=dict)
    # Splits that files with these endings have to list, and who stops without one, and how.
    required_splits: tuple[str, ...] = ()
    splits_listed_in: tuple[str, ...] = ()
    stops_without_splits: str = ""
    # Who stops, and how: at corners that are no whole pixels, at first and last pixels that are the
    # same, at objects with a mask beside others without one. Empty: nobody.
    stops_at_fractions: str = ""
    stops_at_equal_corners: str = ""
    stops_at_mixed_masks: str = ""
    paired_by_name: bool = False  # a label file is that of the image which is called as it is
    one_image_a_file: bool = False  # a label file is about one image, and all of its labels
    unknown_class: str = "class {found}, which is not declared"  # that a box refers to, for people

    @property
    def box_fields(self) -> tuple[str, ...]:
        """What the source calls the box itself, its numbers, and what else it is read from."""
        return (*self.source_fields.get("xyxy", ()), *self.box_parts)

    @property
    def image_references(self) -> tuple[str, ...]:
        """What the source calls the field by which a box names its image."""
        return self.source_fields.get("image", ())

    @property
    def class_references(self) -> tuple[str, ...]:
        """What the source calls the field by which a box names its class."""
        return self.source_fields.get("label", ())
