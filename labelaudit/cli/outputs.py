"""Where something new is written: a place that is free, or whose content is to be replaced."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError


def check_free(path: Path, *, overwrite: bool) -> None:
    """Refuse a place that is taken, or where nothing can be written, before any work is done.

    Parameters
    ----------
    path:
        of a file or folder to be written.
    overwrite:
        whether what is there is to be replaced.

    Raises
    ------
    FixError
        if something is there that is not to be replaced, or a file is where a folder has to be.
    """
    if os.path.lexists(path) and not overwrite:
        raise FixError(f"{path}: exists; name a new file or folder, or replace it by --overwrite")
    above = next((one for one in path.absolute().parents if os.path.lexists(one)), None)
    if above is not None and not above.is_dir():
        raise FixError(f"{path}: {above} is no folder; nothing can be written below it")


@contextmanager
def replaced(path: Path, dataset: Dataset) -> Iterator[Path]:
    """A free place to write to; what was there is put aside, and comes back if writing fails.

    Raises
    ------
    FixError
        if what is there is the dataset itself, or holds files or images of it.
    """
    if not os.path.lexists(path):
        yield path
        return
    _check_apart(path, dataset)
    aside = _aside(path)
    os.replace(path, aside)
    try:
        yield path
    except BaseException:
        _remove(path)
        os.replace(aside, path)
        raise
    _remove(aside)


def _check_apart(path: Path, dataset: Dataset) -> None:
    """Refuse to replace what a dataset, or the process, is in."""
    taken = os.path.realpath(path)
    files = [os.path.join(dataset.root, name) for name in dataset.files.path.tolist()]
    images = [image for image in dataset.images.path.tolist() if image]
    for used in (os.getcwd(), *map(os.fspath, dataset.sources), *files, *images):
        if _is_in(os.path.realpath(used), taken) or _is_in(os.path.abspath(used), taken):
            raise FixError(f"{path}: holds {used}, which is not replaced; name another place")


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _aside(path: Path) -> Path:
    """A free name beside a path, under which it waits until what replaces it is whole."""
    number = 1
    while os.path.lexists(candidate := path.with_name(f".{path.name}.replaced-{number}")):
        number += 1
    return candidate


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
