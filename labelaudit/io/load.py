"""Loading: from one or more paths on disk to one dataset, whatever the format."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.core.disk import file_stamp
from labelaudit.core.later import later
from labelaudit.core.mirror_names import is_url, shown
from labelaudit.dataset.arguments import kind_of
from labelaudit.dataset.merge import merged, split_names
from labelaudit.dataset.part import part_of
from labelaudit.dataset.pieces import DatasetInPieces
from labelaudit.dataset.tables import Dataset, DatasetPart, Files
from labelaudit.errors import ArgumentError, FormatError, LabelauditError
from labelaudit.images.files import listed_once
from labelaudit.io.archive_names import is_archive
from labelaudit.io.folder_notes import folder_notes
from labelaudit.io.formats import FORMATS, Format
from labelaudit.io.recognition import Recognition, recognise
from labelaudit.io.recovery import recover, recover_within

PathLike = str | os.PathLike[str]

_mirrors = later("labelaudit.storage.mirror", "mirrors")
_with_sizes_of_files = later("labelaudit.io.formats.unstated_sizes", "with_sizes_of_files")


def load(
    path: PathLike | Iterable[PathLike] | Mapping[str, Any],
    *,
    images: PathLike | Iterable[PathLike] = (),
    format: str | None = None,  # noqa: A002  # the word of the field, keyword-only
    polygon_validity: bool = True,
    split: str = "",
    exclude: str | Sequence[str] = (),
) -> Dataset:
    """Read a dataset from disk, however broken its records are.

    Parameters
    ----------
    path:
        a COCO file, a Pascal VOC folder, a YOLO `data.yaml` or folder, or a zip or tar of one; or
        several of one format (train and val, say), which become one dataset with a split each; or
        what a COCO file holds, as a dictionary. A path may be a URL of object storage.
    images:
        folders to look for the images in; beside the labels if absent.
    format:
        the name of the format; recognised by content if absent.
    polygon_validity:
        whether to look for self-crossing polygons, which takes longer than all else.
    split:
        the split whose images are wanted; all if absent.
    exclude:
        patterns of images, folders and label files to leave out: `synthetic`, `train/old/*.jpg`.

    Raises
    ------
    ArgumentError
        if it is none of these; the message says what to call.
    FormatError
        if a path does not exist or holds no labels in a format that is known, or if nothing is left
        of a split.
    UnknownNameError
        if no format is called `format`, or no split `split`.
    ObjectStorageError
        if object storage does not give what a URL names.
    """
    if isinstance(path, Mapping):
        # Only here: few have one, and a scan need not wait for it.
        from labelaudit.io.dictionary_folder import DictionaryFolder  # noqa: PLC0415
        from labelaudit.io.formats.coco.dictionary import NAME  # noqa: PLC0415

        kept = DictionaryFolder(path)
        name = format or NAME
        dataset = load(
            kept.path,
            images=images,
            format=name,
            polygon_validity=polygon_validity,
            split=split,
            exclude=exclude,
        )
        return dataclasses.replace(dataset, kept=kept)
    paths = paths_of(path, "load() takes a path, several, or what a COCO file holds")
    folders = paths_of(images, "images= takes a folder or several")
    if any(is_url(os.fspath(one)) for one in (*paths, *folders)):
        count, places = len(paths), _mirrors([*paths, *folders])
        paths, folders = places[:count], places[count:]
    try:
        return load_recovered(
            paths,
            folders,
            format=format,
            polygon_validity=polygon_validity,
            split=split,
            exclude=exclude,
            told=[one.line for item in paths for one in recover(item)],
        )
    except LabelauditError as error:
        if shown(error) == str(error):
            raise
        raise type(error)(shown(error)) from None


def load_recovered(
    paths: Sequence[Path],
    folders: Sequence[Path] = (),
    *,
    format: str | None = None,  # noqa: A002  # as above
    polygon_validity: bool = True,
    split: str = "",
    exclude: str | Sequence[str] = (),
    told: Sequence[str] = (),
) -> Dataset:
    """What `load` gives of paths near which no killed run left anything, or where it was recovered.

    Parameters
    ----------
    paths:
        see `load`.
    folders:
        where images are looked for, see `load`.
    format, polygon_validity, split, exclude:
        see `load`.
    told:
        what was done about killed runs, a line each, for the notes of the dataset.

    Raises
    ------
    FormatError
        as `load` does.
    UnknownNameError
        as `load` does.
    """
    if not paths:
        raise FormatError("no path was given")
    for item in paths:
        _check_exists(item)
    if len({os.path.realpath(item) for item in paths}) < len(paths):
        raise FormatError("a path is given twice: " + ", ".join(map(str, paths)))
    for folder in folders:
        if not folder.is_dir():
            raise FormatError(f"{folder}: not a folder of images")
    dataset = _merged(paths, format, folders, polygon_validity=polygon_validity)
    if within := recover_within(dataset):  # what was read is neither as before nor as intended
        told = [*told, *(one.line for one in within)]
        dataset = _merged(paths, format, folders, polygon_validity=polygon_validity)
    whole = _as_given(dataset, paths, folders, told)
    patterns = (exclude,) if isinstance(exclude, str) else tuple(exclude)
    return part_of(whole, DatasetPart(split, patterns))


def load_in_pieces(
    path: Path,
    folders: Sequence[Path] = (),
    *,
    format: str | None = None,  # noqa: A002  # as above
    polygon_validity: bool = True,
    place: Path,
) -> DatasetInPieces | None:
    """What `load_recovered` gives of a file, with its boxes piece by piece; None if it cannot.

    Parameters
    ----------
    path:
        of the file.
    folders, format, polygon_validity:
        see `load_recovered`.
    place:
        a folder for what was read, which is to stay until all pieces were taken.

    Raises
    ------
    FormatError, UnknownNameError
        as `load` does.
    """
    _check_exists(path)
    if path.is_dir() or is_archive(path):
        return None
    found = None if format else recognise(path)
    format_ = found.format if found else FORMATS[str(format)]
    if format_.in_pieces is None:
        return None
    pieces = format_.in_pieces(path, folders, polygon_validity=polygon_validity, place=place)
    if pieces is None:
        return None
    records = _as_declared(pieces.records, format_, found)
    return dataclasses.replace(pieces, records=_as_given(records, [path], folders))


def _as_given(
    dataset: Dataset, paths: Sequence[Path], folders: Sequence[Path], told: Sequence[str] = ()
) -> Dataset:
    """The dataset with what it was read from.

    Parameters
    ----------
    dataset:
        that was read.
    paths, folders, told:
        see `load_recovered`.
    """
    return dataclasses.replace(
        dataset,
        sources=tuple(paths),
        given_folders=tuple(folders),
        files=_stamped(dataset),
        notes=(*told, *dataset.notes),
    )


def paths_of(given: object, takes: str) -> list[Path]:
    """A path, or several.

    Raises
    ------
    ArgumentError
        if it is something else; `takes` says what the function takes.
    """
    if isinstance(given, str | os.PathLike):
        return [Path(given)]
    if isinstance(given, Dataset):
        raise ArgumentError(f"{takes}, not a Dataset: that is loaded already")
    if not isinstance(given, Sequence | Set | Iterator) or isinstance(given, bytes):
        raise ArgumentError(f"{takes}, not {kind_of(given)}")
    items = list(given)
    for item in items:
        if not isinstance(item, str | os.PathLike):
            raise ArgumentError(f"{takes}, not {kind_of(item)} among several")
    return list(map(Path, items))


def one_path(given: object, takes: str) -> Path:
    """A path; `ArgumentError` if it is something else, `takes` says what the function takes."""
    if not isinstance(given, str | os.PathLike):
        raise ArgumentError(f"{takes}, not {kind_of(given)}")
    return Path(given)


def _merged(
    paths: Sequence[Path], name: str | None, folders: Sequence[Path], *, polygon_validity: bool
) -> Dataset:
    """What all paths hold, together."""
    with listed_once():
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
        if not folders and len(dataset.images) and not (dataset.images.path != "").any():
            beside = _read(folder, name, [path.parent], polygon_validity=polygon_validity)
            # A folder that nobody named is that of the images if at least half of them are there.
            dataset = beside if 2 * (beside.images.path != "").mean() >= 1 else dataset
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
    return _as_declared(dataset, format_, found)


def _as_declared(dataset: Dataset, format_: Format, found: Recognition | None) -> Dataset:
    """The dataset with what its format declares, and sizes of images that labels do not state."""
    if np.isnan(dataset.images.size).any():
        dataset = _with_sizes_of_files(dataset)
    dataset = dataclasses.replace(
        dataset,
        facts=format_.facts,
        attributes=format_.attributes,
        box_records=format_.box_records,
    )
    if not found:
        return dataset
    notes = (*found.notes, *dataset.notes, *folder_notes(found.sample, dataset, found.named))
    return dataclasses.replace(dataset, notes=notes)


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
