"""Fields of boxes and images: what records say beside their place, by which they can be grouped.

Four follow from the tables: class, split, folder and file. The others (an annotator, a batch, a
flag) stand in the source files alone, which are read again when somebody asks for one
(`Dataset.attributes`). A field is called by its key as the file writes it, a nested one `a.b`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from labelaudit.core.columns import MISSING, Ints, Rows, Texts, texts
from labelaudit.core.registry import suggestion
from labelaudit.core.shared import shared
from labelaudit.dataset.groups import folders
from labelaudit.dataset.merge import split_names
from labelaudit.dataset.tables import TABLE_OF_PART, Dataset, RecordType
from labelaudit.errors import ConfigError

MOST_TOLD = 30
"""Fields that an error lists; a choice."""

_DEEPEST = 4
"""Levels of objects within objects that are looked into; a choice."""


@dataclass(frozen=True, eq=False)
class FieldColumn:
    """One field: its values, and which of them each box and each image has."""

    name: str
    values: Texts  # (k,) distinct, in order of appearance
    box: Rows  # (b,) row in `values`; MISSING where neither it nor its image says any
    image: Rows  # (i,) the same; that of its boxes where they all say one and the image none

    @property
    def of_boxes(self) -> Texts:
        """The value of each box, (b,); empty where there is none."""
        return texts([*self.values.tolist(), ""])[self.box]

    @property
    def of_images(self) -> Texts:
        """The value of each image, (i,); empty where there is none."""
        return texts([*self.values.tolist(), ""])[self.image]


@dataclass
class _Known:
    """What was read of a dataset so far."""

    columns: dict[str, FieldColumn] = field(default_factory=dict)  # by what was asked for
    names: tuple[str, ...] | None = None  # of fields in files; None: nobody asked
    one_at_a_time: RLock = field(default_factory=RLock)


_KNOWN: WeakKeyDictionary[Dataset, _Known] = WeakKeyDictionary()
"""Files are read once for each field of a dataset, whoever asks, and for as long as it is there."""


class Fields:
    """The fields of a dataset; what stands in its files alone is read when it is asked for."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self._known = _KNOWN.setdefault(dataset, _Known())

    @property
    def names(self) -> tuple[str, ...]:
        """The fields that there are: those that follow from the tables, then those of files."""
        with self._known.one_at_a_time:
            if self._known.names is None:
                self._read(())
            return (*_FROM_TABLES, *(self._known.names or ()))

    def column(self, name: str) -> FieldColumn:
        """A field by its name, or by the last part of it where only one ends so.

        Raises
        ------
        ConfigError
            if there is no such field, with those that there are.
        """
        with self._known.one_at_a_time:
            if name not in self._known.columns:
                if name in _FROM_TABLES:
                    self._known.columns[name] = _FROM_TABLES[name](self)
                else:
                    self._known.columns[name] = self._from_files(name)
            return self._known.columns[name]

    def called(self, names: Collection[str]) -> tuple[str, ...]:
        """The fields of files of which the whole name, its first or its last part is one of some.

        Letter case does not count. All are read together.
        """
        with self._known.one_at_a_time:
            if self._known.names is None:
                for name, gathered in self._read(names).items():
                    self._known.columns[name] = gathered.column(name, self.dataset)
            return tuple(one for one in self._known.names or () if is_called(one, names))

    def boxes(self, name: str) -> Texts:
        """The value of a field of each box, (b,); empty where there is none; see `column`."""
        return self.column(name).of_boxes

    def images(self, name: str) -> Texts:
        """The value of a field of each image, (i,); empty where there is none; see `column`."""
        return self.column(name).of_images

    def _from_files(self, name: str) -> FieldColumn:
        found = self._read((name,))
        found = {one: it for one, it in found.items() if one == name or one.endswith(f".{name}")}
        if name in found:
            return found[name].column(name, self.dataset)
        if len(found) == 1:
            ((full, only),) = found.items()
            return only.column(full, self.dataset)
        names = self.names
        if found:
            raise ConfigError(f"several fields are called {name!r}: {', '.join(found)}")
        told = ", ".join(names[:MOST_TOLD]) + (", ..." if len(names) > MOST_TOLD else "")
        hint = suggestion(name, names)
        words = f"{hint} The fields are" if hint else "; the fields are"
        raise ConfigError(f"no field is called {name!r}{words}: {told}")

    def _read(self, wanted: Collection[str]) -> dict[str, _Gathered]:
        """Read what files say, and return the fields that are called so; see `called`."""
        known: dict[str, _Gathered | None] = {}  # None: not wanted
        records = self.dataset.attributes(self.dataset) if self.dataset.attributes else ()
        lower = frozenset(one.lower() for one in wanted)
        for part, row, values in records:
            for name, value in flat(values):
                if name not in known:
                    known[name] = _Gathered() if is_called(name, lower) else None
                gathered = known[name]
                if gathered is not None:
                    gathered.add(part, row, value)
        self._known.names = tuple(name for name in known if name not in _FROM_TABLES)
        return {name: gathered for name, gathered in known.items() if gathered is not None}

    @shared
    def classes(self) -> FieldColumn:
        """The class of each box."""
        names = self.dataset.class_names
        values = list(dict.fromkeys(names))
        place = {name: row for row, name in enumerate(values)}
        of_class = np.array([*(place[name] for name in names), MISSING], np.int32)
        box = of_class[self.dataset.boxes.label]
        return FieldColumn("class", texts(values), box, _agreed(box, self.dataset))


@dataclass
class _Gathered:
    """The values of one field while it is read."""

    values: dict[str, int] = field(default_factory=dict)
    rows: dict[RecordType, tuple[list[int], list[int]]] = field(default_factory=dict)

    def add(self, part: RecordType, row: int, value: str) -> None:
        """Take in a value of a record.

        Parameters
        ----------
        part:
            what kind of record it is of.
        row:
            in the table of that kind.
        value:
            as text.
        """
        rows, codes = self.rows.setdefault(part, ([], []))
        rows.append(row)
        codes.append(self.values.setdefault(value, len(self.values)))

    def column(self, name: str, dataset: Dataset) -> FieldColumn:
        """The field: what a box does not say, its image says, or its class."""
        box = self._codes(RecordType.BOX, dataset)
        image = self._codes(RecordType.IMAGE, dataset)
        category = self._codes(RecordType.CATEGORY, dataset)
        boxes = dataset.boxes
        of_image = np.append(image, np.int32(MISSING))[boxes.image]
        of_class = np.append(category, np.int32(MISSING))[boxes.label]
        agreed = _agreed(box, dataset)
        box = np.where(box != MISSING, box, np.where(of_image != MISSING, of_image, of_class))
        image = np.where(image != MISSING, image, agreed)
        return FieldColumn(name, texts(self.values), box, image)

    def _codes(self, part: RecordType, dataset: Dataset) -> Rows:
        table = getattr(dataset, TABLE_OF_PART[part])
        code = np.full(len(table), MISSING, np.int32)
        rows, codes = self.rows.get(part, ([], []))
        code[rows] = codes
        return code


def _agreed(box: Rows, dataset: Dataset) -> Rows:
    """What all boxes of an image that say anything say, (images,); MISSING if they differ."""
    least = np.full(len(dataset.images), np.iinfo(np.int32).max, np.int32)
    most = np.full(len(dataset.images), MISSING, np.int32)
    told = (box != MISSING) & (dataset.boxes.image != MISSING)
    np.minimum.at(least, dataset.boxes.image[told], box[told])
    np.maximum.at(most, dataset.boxes.image[told], box[told])
    return np.where(least == most, most, np.int32(MISSING))


def flat(values: Mapping[str, Any], before: str = "", depth: int = 1) -> Iterator[tuple[str, str]]:
    """The names and texts of values that say anything, those of objects within as `a.b`.

    Lists of plain values are told with commas between them; others say nothing here.

    Parameters
    ----------
    values:
        by their keys; Any: whatever a file holds.
    before:
        what stands before the names.
    depth:
        how many objects they are within.

    Examples
    --------
    >>> list(flat({"by": {"id": 7, "name": " Ann "}, "tags": ["a", "b"], "seen": False}))
    [('by.id', '7'), ('by.name', 'Ann'), ('tags', 'a, b'), ('seen', 'false')]
    """
    for key, value in values.items():
        if isinstance(value, Mapping):
            if depth < _DEEPEST:
                yield from flat(value, f"{before}{key}.", depth + 1)
        elif text := value_text(value):
            yield f"{before}{key}", text


def value_text(value: Any) -> str:  # Any: whatever a file holds
    """A value as a text by which it is compared; empty if it says nothing.

    >>> [value_text(value) for value in (1, 1.0, "1", True, None, [], ["a", {}])]
    ['1', '1', '1', 'true', '', '', '']
    """
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, list | tuple):
        words = [value_text(one) for one in value if not isinstance(one, list | tuple)]
        return ", ".join(words) if len(words) == len(value) and all(words) else ""
    return ""


def check_fields(dataset: Dataset, names: Iterable[str]) -> None:
    """Refuse names that no field has, before anybody waits; see `Fields.column`."""
    for name in names:
        Fields(dataset).column(name)


def is_called(name: str, names: Collection[str]) -> bool:
    """Whether a name, in small letters, its first or its last part is one of some."""
    lower = name.lower()
    return any(
        one in names for one in (lower, lower.partition(".")[0], lower.rpartition(".")[2])
    ) or any("." in one and lower.endswith(f".{one}") for one in names)


def box_field(dataset: Dataset, name: str) -> Texts:
    """The value of a field of each box, (b,); empty where there is none.

    Raises
    ------
    ConfigError
        if there is no such field, with those that there are.
    """
    return Fields(dataset).boxes(name)


def image_field(dataset: Dataset, name: str) -> Texts:
    """The value of a field of each image, (i,); empty where there is none.

    Raises
    ------
    ConfigError
        if there is no such field, with those that there are.
    """
    return Fields(dataset).images(name)


def field_names(dataset: Dataset) -> tuple[str, ...]:
    """The fields that there are: class, split, folder and file, then those of its files."""
    return Fields(dataset).names


def _splits(fields: Fields) -> FieldColumn:
    """The split of each image, and of the boxes in it; of several, the first."""
    dataset = fields.dataset
    image = np.full(len(dataset.images), MISSING, np.int32)
    members = dataset.split_members.rows(dataset.split_members.image != MISSING)
    image[members.image[::-1]] = members.split[::-1]
    return _of_images("split", list(dataset.splits), image, dataset)


def _folders(fields: Fields) -> FieldColumn:
    """The folder of each image by its name; see `groups.folders`."""
    names = folders(fields.dataset)
    values = {name: row for row, name in enumerate(dict.fromkeys(names))}
    image = np.array([values[name] for name in names], np.int32)
    return _of_images("folder", [name or "." for name in values], image, fields.dataset)


def _files(fields: Fields) -> FieldColumn:
    """What was given of each box and image; of a single folder or list, its label file."""
    dataset = fields.dataset
    values = texts(split_names(list(dataset.sources))) if _are_given(dataset) else None
    row = np.append(value_of_files(dataset), np.int32(MISSING))
    box, image = (
        row[np.where(table.file < len(dataset.files), table.file, MISSING)]
        for table in (dataset.boxes, dataset.images)
    )
    return FieldColumn("file", dataset.files.path if values is None else values, box, image)


def value_of_files(dataset: Dataset) -> Rows:
    """The row in the values of the field `file` of each label file, (files,)."""
    if _are_given(dataset):
        return source_of_files(dataset)[:-1].astype(np.int32)
    return np.arange(len(dataset.files), dtype=np.int32)


def _are_given(dataset: Dataset) -> bool:
    """Whether several paths were given of which one holds several label files, as folders do.

    Then these are what is told apart, and not each of thousands of label files.
    """
    return 1 < len(dataset.sources) < len(dataset.files)


def source_of_files(dataset: Dataset) -> Ints:
    """The path that each file was loaded from, (files + 1,): MISSING if none, as of row -1."""
    given = [os.path.realpath(path) for path in dataset.sources]
    source = np.full(len(dataset.files) + 1, MISSING, np.int64)
    for row, path in enumerate(dataset.files.path.tolist()):
        whole = os.path.realpath(dataset.root / path)
        inside = [one for one, start in enumerate(given) if _is_within(whole, start)]
        source[row] = inside[0] if inside else MISSING
    return source


def _is_within(path: str, start: str) -> bool:
    return path == start or path.startswith(start.rstrip(os.sep) + os.sep)


def _of_images(name: str, values: list[str], image: Rows | Ints, dataset: Dataset) -> FieldColumn:
    """A field of images, which their boxes have, too.

    Parameters
    ----------
    name:
        of the field.
    values:
        (k,) that it has.
    image:
        (i,) row in `values` of each image.
    dataset:
        of the images.
    """
    box = np.append(image, MISSING)[dataset.boxes.image].astype(np.int32)
    return FieldColumn(name, texts(values), box, image.astype(np.int32))


_FROM_TABLES: Mapping[str, Callable[[Fields], FieldColumn]] = {
    "class": lambda fields: fields.classes,
    "split": _splits,
    "folder": _folders,
    "file": _files,
}
