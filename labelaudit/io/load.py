"""Loading: from one or more paths on disk to one dataset, whatever the format."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.core.disk import file_stamp
from labelaudit.dataset.merge import merged, split_names
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.errors import FormatError
from labelaudit.io.archive_names import is_archive
from labelaudit.io.folder_notes import folder_notes
from labelaudit.io.formats import FORMATS, later
from labelaudit.io.recognition import recognise
from labelaudit.io.recovery import recover, recover_within

PathLike = str | os.PathLike[str]

_with_sizes_of_files = later("labelaudit.io.formats.unstated_sizes", "with_sizes_of_files")


def load(
    path: PathLike | Sequence[PathLike],
    *,
    images: PathLike | Sequence[PathLike] = (),
    format: str | None = None,  # noqa: A002  # the word of the field, keyword-only
    polygon_validity: bool = True,
) -> Dataset:
    """Read a dataset from disk, however broken its records are.

    Parameters
    ----------
    path:
        a COCO file, a Pascal VOC folder, a YOLO `data.yaml` or folder, or a zip archive of one; or
        several of one format (train and val, say), which become one dataset with a split each.
    images:
        folders to look for the images in; beside the labels if absent.
    format:
        the name of the format; recognised by content if absent.
    polygon_validity:
        whether to look for self-crossing polygons, which takes longer than all else.

    Raises
    ------
    FormatError
        if a path does not exist or holds no labels in a format that is known.
    UnknownNameError
        if no format is called `format`.
    """
    paths = [Path(item) for item in ([path] if isinstance(path, str | os.PathLike) else path)]
    folders = [
        Path(item) for item in ([images] if isinstance(images, str | os.PathLike) else images)
    ]
    if not paths:
        raise FormatError("no path was given")
    told = [one.line for item in paths for one in recover(item)]
    for item in paths:
        _check_exists(item)
    if len({os.path.realpath(item) for item in paths}) < len(paths):
        raise FormatError("a path is given twice: " + ", ".join(map(str, paths)))
    for folder in folders:
        if not folder.is_dir():
            raise FormatError(f"{folder}: not a folder of images")
    dataset = _merged(paths, format, folders, polygon_validity=polygon_validity)
    if within := recover_within(dataset):  # what was read is neither as before nor as intended
        told += [one.line for one in within]
        dataset = _merged(paths, format, folders, polygon_validity=polygon_validity)
    return dataclasses.replace(
        dataset, sources=tuple(paths), files=_stamped(dataset), notes=(*told, *dataset.notes)
    )


def _merged(
    paths: Sequence[Path], name: str | None, folders: Sequence[Path], *, polygon_validity: bool
) -> Dataset:
    """What all paths hold, together."""
    parts = [_loaded(item, name, folders, polygon_validity=polygon_validity) for item in paths]
    return merged(parts, split_names(paths))


def _loaded(
    path: Path, name: str | None, folders: Sequence[Path], *, polygon_validity: bool
) -> Dataset:
    """What a path holds, a file, a folder or an archive of them."""
    if not is_archive(path):
        return _read(path, name, folders, polygon_validity=polygon_validity)
    from labelaudit.io.archives import unpacked  # noqa: PLC0415  # hardly anybody has one

    folder, left_out = unpacked(path)
    try:
        dataset = _read(folder, name, folders, polygon_validity=polygon_validity)
    except FormatError as error:
        raise FormatError(str(error).replace(str(folder), str(path))) from error
    notes = (*left_out, *(note.replace(str(folder), str(path)) for note in dataset.notes))
    return dataclasses.replace(dataset, notes=notes)


def _read(
    path: Path, name: str | None, folders: Sequence[Path], *, polygon_validity: bool
) -> Dataset:
    """What a file or folder holds, with what its format declares and what else was seen there."""
    found = None if name else recognise(path)
    format_ = found.format if found else FORMATS[str(name)]
    dataset = format_.load(path, folders, polygon_validity=polygon_validity)
    if np.isnan(dataset.images.size).any():
        dataset = _with_sizes_of_files(dataset)
    notes = (*(found.notes if found else ()), *dataset.notes)
    if found:
        notes = (*notes, *folder_notes(found.sample, dataset, found.named))
    return dataclasses.replace(dataset, facts=format_.facts, notes=notes)


def _stamped(dataset: Dataset) -> Files:
    """The files with their sizes and times of change, by which saving sees that they changed.

    Of thousands of files they were read with the files.
    """
    stamps, paths = dataset.files.stamp.copy(), dataset.files.path.tolist()
    for row in np.flatnonzero(stamps[:, 0] == MISSING).tolist():
        stamps[row] = file_stamp(dataset.root / paths[row])
    return dataclasses.replace(dataset.files, stamp=stamps)


def _check_exists(path: Path) -> None:
    """Raise `FormatError` unless a path leads to a file or a folder."""
    if os.path.isdir(path) or os.path.isfile(path):
        return
    if os.path.exists(path):  # reading a pipe would wait for ever, and files are read twice
        raise FormatError(f"{path}: neither a file nor a folder; write the labels to a file first")
    if os.path.islink(path):
        raise FormatError(f"{path}: a link that leads nowhere, or to itself")
    raise FormatError(f"{path}: no such file or folder")
