"""Several datasets of one format as one: files that are splits of each other."""

from __future__ import annotations

import dataclasses
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Rows, texts
from labelaudit.core.table import Table
from labelaudit.dataset.tables import Categories, Dataset, Headers, SplitMembership
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
    root = _common_root(datasets)
    parts = [
        with_root(dataset if dataset.splits else _as_split(dataset, name), root)
        for dataset, name in zip(datasets, names, strict=True)
    ]
    tables = _joined([part.tables() for part in parts], [len(part.splits) for part in parts])
    if not all(len(part.headers) == len(part.images) for part in parts):
        tables["headers"] = Headers.empty()
    whole = _of_parts(parts, root, tuple(split for part in parts for split in part.splits))
    return _one_of_each_name(dataclasses.replace(whole, **tables))


def _common_root(datasets: Sequence[Dataset]) -> Path:
    """The folder that all are in; raises `FormatError` if they are of different formats."""
    formats = sorted({dataset.format for dataset in datasets})
    if len(formats) > 1:
        raise FormatError(
            f"the paths hold different formats ({', '.join(formats)}); scan each alone"
        )
    return common_root([dataset.root for dataset in datasets])


def common_root(roots: Sequence[Path]) -> Path:
    """The folder that all of some folders, one at least, are in."""
    return Path(os.path.commonpath([root.absolute() for root in roots]))


def _of_parts(parts: Sequence[Dataset], root: Path, splits: tuple[str, ...]) -> Dataset:
    """What several datasets are together, but for their tables.

    Parameters
    ----------
    parts:
        of one format.
    root:
        the folder that all are in.
    splits:
        of all of them.
    """
    return Dataset(
        format=parts[0].format,
        root=root,
        facts=parts[0].facts,
        attributes=parts[0].attributes,
        box_records=parts[0].box_records,
        splits=splits,
        image_folders=tuple(dict.fromkeys(f for part in parts for f in part.image_folders)),
        notes=tuple(dict.fromkeys(note for part in parts for note in part.notes)),
    )


def _joined(parts: Sequence[dict[str, Table]], splits: Sequence[int]) -> dict[str, Any]:
    """The tables of all `parts` one after the other, each pointing to the rows of its part."""
    start: Counter[str] = Counter()
    moved = []
    for tables, split_count in zip(parts, splits, strict=True):
        counts = {name: len(table) for name, table in tables.items()} | {"splits": split_count}
        new_rows = {name: _numbered(start[name], count) for name, count in counts.items()}
        moved.append({name: table.repointed(new_rows) for name, table in tables.items()})
        start.update(counts)
    return _concatenated(moved)


def _concatenated(parts: Sequence[Mapping[str, Table]]) -> dict[str, Any]:
    """The tables of all `parts` one after the other, as they point."""
    return {
        name: type(table).concat([tables[name] for tables in parts])
        for name, table in parts[0].items()
    }


@dataclass(frozen=True, eq=False)
class Joined:
    """Several datasets as one, and where the rows of each went."""

    dataset: Dataset
    # Of each part, for each table of k rows the new number of each, (k + 1,), and last MISSING.
    new_rows: Sequence[Mapping[str, Rows]]


def joined(datasets: Sequence[Dataset]) -> Joined:
    """Several datasets of one format as one, of which none is a split: splits of one name are one.

    Parameters
    ----------
    datasets:
        one at least. Their rows follow each other in this order.

    Raises
    ------
    FormatError
        if they are of different formats.
    """
    root = _common_root(datasets)
    parts = [with_root(dataset, root) for dataset in datasets]
    names = list(dict.fromkeys(split for part in parts for split in part.splits))
    start: Counter[str] = Counter()
    classes: dict[str, int] = {}
    moved, new_rows = [], []
    for part in parts:
        tables = part.tables()
        rows = {name: _numbered(start[name], len(table)) for name, table in tables.items()}
        rows["splits"] = np.array([*map(names.index, part.splits), MISSING], np.int32)
        kept = _once(part.categories, rows["categories"], start["categories"], classes)
        tables["categories"] = part.categories.rows(kept)
        new_rows.append(rows)
        moved.append({name: table.repointed(rows) for name, table in tables.items()})
        start.update({name: len(table) for name, table in tables.items()})
    tables_of_all = _concatenated(moved)
    if len(tables_of_all["headers"]) < len(tables_of_all["images"]):
        tables_of_all["headers"] = Headers.empty()
    whole = _of_parts(parts, root, tuple(names))
    counted = sum(dataset.boxes_elsewhere for dataset in datasets)
    whole = dataclasses.replace(whole, boxes_elsewhere=counted, **tables_of_all)
    return Joined(whole, new_rows)


def _once(categories: Categories, rows: Rows, start: int, known: dict[str, int]) -> Bools:
    """Which classes, (n,), are new: of those that no file lists, one of each name is enough.

    Parameters
    ----------
    categories:
        of one part.
    rows:
        (n + 1,) their new row numbers, which are written to.
    start:
        the number of the first that is new.
    known:
        the row of each name that no file lists, in the parts so far, which is written to.
    """
    kept = np.ones(len(categories), bool)
    for row in np.flatnonzero(categories.file == MISSING).tolist():
        kept[row] = str(categories.name[row]) not in known
        known.setdefault(str(categories.name[row]), MISSING)
    rows[:-1][kept] = np.arange(start, start + np.count_nonzero(kept), dtype=np.int32)
    for row in np.flatnonzero(categories.file == MISSING).tolist():
        name = str(categories.name[row])
        if kept[row]:
            known[name] = int(rows[row])
        rows[row] = known[name]
    return kept


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


def with_root(dataset: Dataset, root: Path) -> Dataset:
    """The dataset with the paths of its files relative to another folder."""
    absolute = [str(dataset.root.absolute() / path) for path in dataset.files.path.tolist()]
    paths = texts(Path(os.path.relpath(path, root)).as_posix() for path in absolute)
    return dataclasses.replace(dataset, root=root, files=dataset.files.replaced(path=paths))
