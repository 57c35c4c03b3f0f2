"""Several datasets of one format as one: files that are splits of each other."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Rows, texts
from labelaudit.core.table import Table
from labelaudit.dataset.tables import Dataset, Headers, SplitMembership
from labelaudit.errors import FormatError


def split_names(paths: Sequence[Path]) -> list[str]:
    """A name for each path: its stem, or its folder where stems repeat, as long as it has to be.

    >>> split_names([Path("train/_annotations.coco.json"), Path("val/_annotations.coco.json")])
    ['train', 'val']
    >>> split_names([Path("one/ds/a.json"), Path("two/ds/a.json")])
    ['one/ds', 'two/ds']
    """
    stems = [path.stem for path in paths]
    if len(set(stems)) == len(stems):
        return stems
    folders = [path.parent.name or path.stem for path in paths]
    if len(set(folders)) == len(folders):
        return folders
    start = os.path.commonpath([path.absolute().parent for path in paths])
    longer = [path.absolute().parent.relative_to(start).as_posix() for path in paths]
    if len(set(longer)) == len(longer):
        return longer
    return [path.absolute().relative_to(start).with_suffix("").as_posix() for path in paths]


def merged(datasets: Sequence[Dataset], names: Sequence[str]) -> Dataset:
    """Several datasets of one format as one, each a split of its name unless it has its own."""
    if len(datasets) == 1:
        return datasets[0]
    formats = sorted({dataset.format for dataset in datasets})
    if len(formats) > 1:
        raise FormatError(
            f"the paths hold different formats ({', '.join(formats)}); scan each alone"
        )
    root = Path(os.path.commonpath([dataset.root.absolute() for dataset in datasets]))
    parts = [
        _with_root(dataset if dataset.splits else _as_split(dataset, name), root)
        for dataset, name in zip(datasets, names, strict=True)
    ]
    tables = _joined([part.tables() for part in parts], [len(part.splits) for part in parts])
    if not all(len(part.headers) == len(part.images) for part in parts):
        tables["headers"] = Headers.empty()
    whole = Dataset(
        format=formats[0],
        root=root,
        facts=datasets[0].facts,
        attributes=datasets[0].attributes,
        box_records=datasets[0].box_records,
        splits=tuple(split for part in parts for split in part.splits),
        image_folders=tuple(dict.fromkeys(f for part in parts for f in part.image_folders)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )
    return _one_of_each_name(dataclasses.replace(whole, **tables))


def _joined(parts: Sequence[dict[str, Table]], splits: Sequence[int]) -> dict[str, Any]:
    """The tables of all `parts` one after the other, each pointing to the rows of its part."""
    start: Counter[str] = Counter()
    moved = []
    for tables, split_count in zip(parts, splits, strict=True):
        counts = {name: len(table) for name, table in tables.items()} | {"splits": split_count}
        new_rows = {name: _numbered(start[name], count) for name, count in counts.items()}
        moved.append({name: table.repointed(new_rows) for name, table in tables.items()})
        start.update(counts)
    return {
        name: type(table).concat([tables[name] for tables in moved])
        for name, table in moved[0].items()
    }


def _numbered(start: int, count: int) -> Rows:
    """The row numbers from `start` on, and last MISSING, (count + 1,)."""
    return np.append(np.arange(start, start + count, dtype=np.int32), np.int32(MISSING))


def _one_of_each_name(dataset: Dataset) -> Dataset:
    """The same with one row for each name of the classes that no file lists: they are but names."""
    names: dict[str, int] = {}
    categories = dataset.categories
    into = _numbered(0, len(categories))
    for row in np.flatnonzero(categories.file == MISSING).tolist():
        into[row] = names.setdefault(str(categories.name[row]), row)
    kept = into[:-1] == np.arange(len(categories))
    if kept.all():
        return dataset
    moved = {
        name: table.repointed({"categories": into}) for name, table in dataset.tables().items()
    }
    changes: dict[str, Any] = dict(moved)
    return dataclasses.replace(dataset, **changes).keep(categories=kept)


def _as_split(dataset: Dataset, name: str) -> Dataset:
    count = len(dataset.images)
    members = SplitMembership.of(count, split=np.zeros(count), image=np.arange(count))
    return dataclasses.replace(dataset, splits=(name,), split_members=members)


def _with_root(dataset: Dataset, root: Path) -> Dataset:
    """The dataset with the paths of its files relative to another folder."""
    absolute = [str(dataset.root.absolute() / path) for path in dataset.files.path.tolist()]
    paths = texts(Path(os.path.relpath(path, root)).as_posix() for path in absolute)
    return dataclasses.replace(dataset, root=root, files=dataset.files.replaced(path=paths))
