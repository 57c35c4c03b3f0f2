"""Sections of COCO files that are no lists of objects, as people's own scripts write them.

Classes are a list of names or an object of them, records stand in an object under their ids or
under those of their images, and what there is none of is null.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

SECTIONS = ("images", "annotations", "categories")
"""The keys of the lists that COCO has."""

NAMES = "a list of names, not of objects"
OBJECT = "an object, not a list"
NULL = "null, not a list"

_ONE_RECORD = {"images": "file_name", "annotations": "image_id", "categories": "name"}
"""A key of each kind of record, by which an object is one record and not an object of some."""


def usual_key(key: str) -> str:
    """The key of a section in small letters, if it is one of the three; else the key itself.

    >>> usual_key("Images"), usual_key("Info")
    ('images', 'Info')
    """
    small = key.lower()
    return small if small in SECTIONS else key


def as_list(section: str, text: bytes) -> tuple[bytes, str] | None:
    """A section as the list of objects that it stands for, and how it is written instead.

    Parameters
    ----------
    section:
        one of `SECTIONS`.
    text:
        its value.

    Returns
    -------
    tuple[bytes, str] | None
        JSON of the list, with the brace behind it that ends the object it would stand in; None if
        the value stands for no list.

    >>> as_list("categories", b'{"3": "car"}')
    (b'[{"id": 3, "name": "car"}]}', 'an object, not a list')
    """
    try:
        value = json.loads(text.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return None
    if value is None:
        return b"[]}", NULL
    if isinstance(value, list):
        records, words = _numbered(value), NAMES
    else:
        records, words = _of_object(section, value), OBJECT
    return (json.dumps(records).encode() + b"}", words) if records is not None else None


def first_number(numbers: Collection[int], count: int) -> tuple[int, str]:
    """Whether names are counted from 0 or from 1, by the numbers that labels have, and in words.

    Parameters
    ----------
    numbers:
        of the classes of labels, any of them.
    count:
        how many names there are.

    >>> first_number([1, 2], 2)
    (1, 'counted from 1')
    """
    if 0 not in numbers and count in numbers:
        return 1, "counted from 1"
    doubt = "" if 0 in numbers or not numbers else "; no label says whether from 0 or from 1"
    return 0, f"counted from 0{doubt}"


def _numbered(names: Sequence[Any]) -> list[Any] | None:  # Any: whatever JSON holds
    if not all(isinstance(name, str) for name in names):
        return None
    return [{"id": number, "name": name} for number, name in enumerate(names)]


def _of_object(section: str, value: Any) -> list[Any] | None:  # Any: as above
    """The records of an object of them; None if something in it is none."""
    if not isinstance(value, Mapping):
        return None
    if _ONE_RECORD[section] in value and "id" in value:
        return [value]
    records: list[Any] = []
    for key, one in value.items():
        found = list(_under(section, key, one))
        if not found and one != []:
            return None
        records += found
    return records


def _under(section: str, key: str, value: Any) -> Iterator[Any]:  # Any: as above
    """The records that stand under a key, with what the key says of them; none of what is none."""
    whole = int(key) if key.isascii() and key.isdigit() and len(key) < 16 else None
    if isinstance(value, Mapping):
        said: dict[str, Any] = {"id": key if whole is None else whole}
        if section != "annotations" and whole is None:
            said[_ONE_RECORD[section]] = key
        yield {**said, **value}
    elif section == "annotations" and isinstance(value, list):
        if all(isinstance(one, Mapping) for one in value):
            yield from ({"image_id": key if whole is None else whole, **one} for one in value)
    elif section == "categories" and isinstance(value, str):
        yield {"id": key if whole is None else whole, "name": value}
    elif section == "categories" and type(value) is int:
        yield {"id": value, "name": key}
