"""Where something new may be written: a place that is free, or whose content may be replaced."""

from __future__ import annotations

import os
from pathlib import Path

from labelaudit.core.mirror_names import refuse_mirrored
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
        raise FixError(
            f"{path}: exists; give the name of a new file or folder, or replace it by --overwrite"
        )
    check_writable(path)


def check_writable(path: Path) -> None:
    """Refuse a place where nothing can be written; folders above it that are not there will be.

    Raises
    ------
    FixError
        if a file is where a folder has to be, or nothing can be made in that folder.
    """
    refuse_mirrored(path)
    above = next((one for one in path.absolute().parents if os.path.lexists(one)), None)
    if above is None:
        return
    if not above.is_dir():
        raise FixError(f"{path}: {above} is no folder; nothing can be written below it")
    import tempfile  # noqa: PLC0415  # only what writes needs it

    try:
        with tempfile.TemporaryFile(dir=above):
            pass
    except OSError as error:
        raise FixError(f"{path}: nothing can be written in {above}: {error.strerror}") from error


def check_apart(path: Path, dataset: Dataset) -> None:
    """Refuse to replace what a dataset, or this process, is in.

    Raises
    ------
    FixError
        if it is the dataset itself, or holds files or images of it, or the current folder.
    """
    if not os.path.lexists(path):
        return
    taken = {os.path.realpath(path), os.path.abspath(path)}
    root = os.path.abspath(dataset.root)
    files = [os.path.join(root, name) for name in dataset.files.path.tolist()]
    images = [image for image in dataset.images.path.tolist() if image]
    for used in (os.getcwd(), *map(os.fspath, dataset.sources), *files, *images):
        for name in {os.path.realpath(used), os.path.abspath(used)}:
            if any(_is_in(name, place) for place in taken):
                what = "what is read is there" if name in taken else f"{used} is in it"
                raise FixError(f"{path}: {what}, and would be gone; name another place")


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
