"""Files with a record for each image: which part of a document these are, whole or cut off."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from labelaudit.images.files import is_image
from labelaudit.io.formats.boxlists.entries import ImageEntry, entry_of
from labelaudit.io.formats.csv_layout import plain
from labelaudit.io.formats.metadata_table import literal_in
from labelaudit.io.formats.text_lines import SPLITS

LOOKED_AT = 40
"""Records by which a list is judged; a choice."""

CLASS_LISTS = ("classes", "names", "classnames", "categories", "labels", "labelmap", "types")
"""Keys, as `plain` has them, under which the names of classes are listed beside the images."""

_DEEPEST = 3
_LARGEST_CELL = 1 << 24

IsImage = Callable[[str], bool]
"""Whether a key without an ending is the stem of an image that is there."""


@dataclass(frozen=True)
class Entries:
    """The records of images in a document."""

    records: tuple[tuple[str, str, Any], ...] = ()  # split, key, value: whatever a file holds
    classes: Mapping[int, str] = field(default_factory=dict)  # names by their numbers


def entries_in(value: Any, is_there: IsImage, depth: int = _DEEPEST) -> Entries | None:
    """The records of images in a document; None if it has none with a box.

    A list of them; an object whose keys are images; either of them under a key, or under those of
    splits; one record alone.

    Parameters
    ----------
    value:
        what the file holds; Any: whatever it is.
    is_there:
        see `IsImage`.
    depth:
        how many keys deep they are looked for.
    """
    if isinstance(value, list):
        return _judged([("", "", one) for one in value])
    if not isinstance(value, Mapping) or not depth:
        return None
    keyed = [("", str(key), one) for key, one in value.items()]
    some = keyed[:LOOKED_AT]
    named = sum(is_image(key) for _, key, _ in some)
    if 2 * named > len(some) or all(is_there(key) for _, key, _ in some):
        return _judged(keyed)
    entry = entry_of("", value)
    if entry and any(one.has_box for one in entry.objects):
        return Entries((("", "", value),), _classes(value))
    parts = [(key, entries_in(one, is_there, depth - 1)) for key, one in value.items()]
    records = [
        (split or SPLITS.get(str(key).lower(), ""), name, record)
        for key, part in parts
        if part
        for split, name, record in part.records
    ]
    inner = {number: name for _, part in parts if part for number, name in part.classes.items()}
    return Entries(tuple(records), {**inner, **_classes(value)}) if records else None


def _judged(records: list[tuple[str, str, Any]]) -> Entries | None:
    """Records of which half are of images, and one has a box; None if they are not that."""
    some = [entry_of(key, value) for _, key, value in islice(records, LOOKED_AT)]
    known = [one for one in some if one]
    if 2 * len(known) < len(some) or not known:
        return None
    if not _has_box(known):  # of many images the first may have no object
        rest = (entry_of(key, value) for _, key, value in records[LOOKED_AT:])
        if not any(one is not None and _has_box([one]) for one in rest):
            return None
    return Entries(tuple(records))


def _has_box(entries: Iterable[ImageEntry]) -> bool:
    return any(one.has_box for entry in entries for one in entry.objects)


def _classes(record: Mapping[str, Any]) -> dict[int, str]:
    """The names of classes by their numbers that an object lists, or one inside it."""
    keys = {plain(str(key)): value for key, value in record.items()}
    for name in CLASS_LISTS:
        value = keys.get(name)
        if isinstance(value, list) and value and all(isinstance(one, str) for one in value):
            return dict(enumerate(value))
        if isinstance(value, list) and value and all(isinstance(one, Mapping) for one in value):
            pairs = [(one.get("id"), one.get("name")) for one in value]
            known = {key: one for key, one in pairs if type(key) is int and isinstance(one, str)}
            if len(known) == len(value):
                return known
        if isinstance(value, Mapping):
            texts = {str(key): one for key, one in value.items() if isinstance(one, str)}
            if len(texts) == len(value) and all(map(str.isdecimal, texts)):
                return {int(key): one for key, one in texts.items()}
    inner = (one for key, one in keys.items() if key in ("metainfo", "meta", "info"))
    return next(
        (known for one in inner if isinstance(one, Mapping) and (known := _classes(one))), {}
    )


def json_lines(lines: Iterable[str]) -> Iterator[Any]:
    """The value of each line of JSON Lines that is not empty; the line itself if it is none."""
    for line in lines:
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield line


def table_rows(lines: list[str]) -> list[dict[str, Any]]:
    """The rows of a table by the names of its columns, with the lists that stand in cells.

    Raises
    ------
    csv.Error
        if it is no table.
    """
    csv.field_size_limit(_LARGEST_CELL)
    rows = csv.DictReader(lines, skipinitialspace=True)
    return [
        {
            name.strip(): literal_in(cell)
            for name, cell in row.items()
            if isinstance(name, str) and isinstance(cell, str)
        }
        for row in rows
    ]


def yaml_value(text: str) -> Any:
    """What a YAML file holds, with every word as it is written: `no` and `off` are classes.

    Raises
    ------
    ValueError
        in words, if it is none, or nested too deeply.
    """
    import yaml  # noqa: PLC0415  # few datasets have such a file

    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    kept = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float", "tag:yaml.org,2002:null")
    resolvers = {
        first: [pair for pair in pairs if pair[0] in kept]
        for first, pairs in base.yaml_implicit_resolvers.items()
    }
    loader = type("PlainLoader", (base,), {"yaml_implicit_resolvers": resolvers})
    try:
        depth = 0
        for event in yaml.parse(text, Loader=base):  # composing calls itself
            depth += isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent)
            depth -= isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent)
            if depth > 2 * _DEEPEST + 2:
                raise ValueError("it is nested too deeply")
        return yaml.load(text, Loader=loader)  # noqa: S506  # one that builds plain values alone
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from error


def cut_yaml(text: str) -> str:
    """The whole records at the beginning of a YAML file that is cut off."""
    lines = text.splitlines(keepends=True)
    starts = [at for at, line in enumerate(lines) if line[:1] not in (" ", "\t", "\n", "\r", "#")]
    return "".join(lines[: starts[-1]]) if starts else ""
