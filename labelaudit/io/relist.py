"""Putting the images of a dataset into other splits where it is, all of it or nothing, undoably."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from labelaudit.core.disk import file_stamp, is_there
from labelaudit.core.locks import locked
from labelaudit.dataset.tables import Dataset, DatasetPart
from labelaudit.errors import FixError, FormatError, LabelauditError
from labelaudit.io.archive_names import is_archive
from labelaudit.io.divide import check_whole
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.division import Division
from labelaudit.io.formats.relisting import ELSEWHERE, Relisted
from labelaudit.io.in_place import Run
from labelaudit.io.load import load
from labelaudit.io.patch_file import PatchedFile
from labelaudit.io.patch_names import PatchNames, free_backup
from labelaudit.io.save import check_unchanged, failing_clearly, undo


@dataclass(frozen=True)
class RelistedDataset:
    """What was changed."""

    path: Path  # the folder that `undo` takes
    patch: Path | None  # None: the splits are as they were
    files: tuple[str, ...]  # relative to it
    new: tuple[str, ...]  # those of them that were not there before
    notes: tuple[str, ...]


def check_relistable(dataset: Dataset) -> None:
    """Refuse a dataset whose splits cannot be changed in place, whatever the new ones are.

    Raises
    ------
    FormatError
        with what to do instead.
    """
    format_ = FORMATS[dataset.format]
    if format_.relist is None:
        raise FormatError(
            f"{dataset.root}: files of {format_.name} can only be read; --output with --to coco "
            "writes the split in another format"
        )
    for source in filter(is_archive, dataset.sources):
        raise FormatError(f"{source}: an archive is not changed in place; {ELSEWHERE}")
    if dataset.part != DatasetPart() or not dataset.sources:
        raise FormatError(f"{dataset.root}: a part of a dataset is not divided in place")


def relist(dataset: Dataset, division: Division) -> RelistedDataset:
    """Change which image is in which split, in the files that say so.

    All of them are changed or none, whenever the process ends, and `undo` takes it back, as it is
    with fixes in place. Each file is kept as a backup beside itself. Neither labels nor images are
    moved. What was changed is read again.

    Parameters
    ----------
    dataset:
        as `labelaudit.load` returned it, whole.
    division:
        the new splits.

    Raises
    ------
    FormatError
        if its format, or the way in which it says its splits, cannot hold that.
    FixError
        if the files changed since they were read, or what was changed does not hold what it
        should; nothing is changed then.
    BusyError
        if another process is changing the files.
    """
    check_relistable(dataset)
    root = Path(os.path.abspath(dataset.root))
    names = PatchNames.of(root)
    with failing_clearly(root, names), locked(names.lock, root):
        if is_there(names.unfinished):
            raise FixError(f"{root}: a run that was stopped is not taken back yet; scan it again")
        check_unchanged(dataset)
        write = FORMATS[dataset.format].relist
        wanted = write(dataset, division) if write else Relisted({}, {})
        if not wanted.edits:
            return RelistedDataset(root, None, (), (), wanted.notes)
        stamps = [file_stamp(root / path) for path in wanted.edits]
        files = [_patched(root, path, wanted) for path in wanted.edits]
        patch = Run.begun(names, files, dataset.format).carry_out(stamps)
    try:
        _check_read_again(dataset, division, wanted.names)
    except LabelauditError as error:
        undo(root)
        raise FixError(f"{error}; the splits are as they were again") from error
    new = tuple(file.path for file in files if file.new)
    return RelistedDataset(root, patch, tuple(wanted.edits), new, wanted.notes)


def _patched(root: Path, path: str, wanted: Relisted) -> PatchedFile:
    """A file, and what becomes of it."""
    place = Path(os.path.realpath(root / path))
    described = PatchedFile.of(place, wanted.edits[path], path)
    return described if described.new else replace(described, backup=free_backup(place))


def _check_read_again(dataset: Dataset, division: Division, names: Mapping[str, str]) -> None:
    """Read the dataset again, and see that all is there, in its new splits.

    Images of a split that no description names are not looked for.
    """
    given = [path for path in dataset.sources if path.exists()]
    # However they were given, relative to where the command runs, say.
    places = set(map(os.path.realpath, given))
    new = [
        path
        for name in division.names
        if (path := dataset.root / f"{name}.json").exists() and os.path.realpath(path) not in places
    ]
    loose = not FORMATS[dataset.format].folder and all(map(Path.is_file, given))
    again = load(
        [*given, *(new if loose else [])], images=dataset.given_folders, format=dataset.format
    )
    named = np.array([name in names for name in division.names], bool)[division.split]
    read = Division(tuple(names.get(name, name) for name in division.names), division.split)
    if named.all() or len(again.images) == len(dataset.images):
        check_whole(dataset, read, dataset.root, again)
    elif len(again.images) != int(named.sum()):
        raise FixError(
            f"{dataset.root}: it would have {len(again.images):,} images in its splits, not "
            f"{int(named.sum()):,}"
        )
