"""Images and classes of a dataset by what other programs call them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Rows
from labelaudit.core.ids import Ids
from labelaudit.dataset.derived import DatasetColumns


class ImageNames:
    """Rows of images by name, by file name and without the ending, where only one is called so."""

    def __init__(self, derived: DatasetColumns) -> None:
        self._rows: dict[str, int] = {}
        names = [name.replace("\\", "/") for name in derived.dataset.images.name.tolist()]
        for key in (str, _without_suffix, _file_name, _stem, _number):
            self._add(key(name) for name in names)

    def _add(self, keys: Iterable[str]) -> None:
        fresh: dict[str, int] = {}
        for row, key in enumerate(keys):
            fresh[key] = MISSING if key in fresh else row
        for key, row in fresh.items():
            if key and row != MISSING:
                self._rows.setdefault(key, row)

    def row(self, name: str) -> int:
        """The image of that name, whatever folders stand before it; MISSING if none is."""
        path = name.replace("\\", "/")
        for key in (path, _without_suffix(path), _file_name(path), _stem(path)):
            if key in self._rows:
                return self._rows[key]
        return MISSING

    def rows(self, names: Sequence[str]) -> Rows:
        """The image of each name, (n,); each name is looked up once."""
        known = {name: self.row(name) for name in dict.fromkeys(names)}
        return np.array([known[name] for name in names], np.int32)


def _without_suffix(path: str) -> str:
    return path[: -len(PurePosixPath(path).suffix)] if PurePosixPath(path).suffix else path


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]


def _stem(path: str) -> str:
    return _without_suffix(_file_name(path))


def _number(path: str) -> str:
    """What programs make of the file name `000139.jpg` that want a number: 139."""
    stem = _stem(path)
    return str(int(stem)) if stem.isascii() and stem.isdigit() and len(stem) < 19 else stem


def images_of(derived: DatasetColumns, values: Sequence[Any]) -> Rows:
    """The image of each id as a results file writes it, (n,): an id of the labels, else a name.

    A number may be written as text.
    """
    ids = derived.dataset.images.id
    rows = ids.find(Ids.of(values))
    unknown = np.flatnonzero(rows == MISSING)
    if len(unknown):
        names = ImageNames(derived)
        texts = [str(values[place]) for place in unknown.tolist()]
        named = names.rows(texts)
        rows[unknown] = np.where(named == MISSING, _numbered(ids, texts), named)
    return rows


def classes_of(derived: DatasetColumns, values: Sequence[Any]) -> Rows:
    """The class of each id as a results file writes it, (n,): an id of the labels, else a name.

    A number may be written as text.
    """
    ids = derived.dataset.categories.id
    class_of = np.append(derived.class_of, np.int32(MISSING))
    label = class_of[ids.find(Ids.of(values))]
    unknown = np.flatnonzero(label == MISSING)
    if len(unknown):
        texts = [str(values[place]) for place in unknown.tolist()]
        named = named_classes(derived, texts)
        label[unknown] = np.where(named == MISSING, class_of[_numbered(ids, texts)], named)
    return label


def _numbered(ids: Ids, texts: Sequence[str]) -> Rows:
    """The row of the id that each text is the number of, (n,); MISSING if it is of none."""
    numbers = [
        int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
        for text in texts
    ]
    rows = ids.find(Ids.of(numbers))
    return np.where([number is None for number in numbers], np.int32(MISSING), rows)


def named_classes(derived: DatasetColumns, names: Sequence[str]) -> Rows:
    """The class of each name, (n,): an index in `DatasetColumns.classes`, or MISSING.

    In another letter case, or with other signs between its words, it is the one class that is
    called so then.
    """
    place = {name: row for row, name in enumerate(derived.classes)}
    alike: dict[str, int] = {}
    for row, name in enumerate(derived.classes):
        alike[_plain(name)] = MISSING if _plain(name) in alike else row
    rows = [place.get(name, alike.get(_plain(name), MISSING)) for name in names]
    return np.array(rows, np.int32)


def _plain(name: str) -> str:
    """A name of a class without what programs change in it: case, and what parts its words."""
    return " ".join(name.casefold().replace("_", " ").replace("-", " ").split())
