"""Where what was done to a dataset is undone, if a file is named that describes it.

A patch stands with the files that it changes. Who names a `data.yaml` means the labels, and the
lists of images, to which it leads.
"""

from __future__ import annotations

import os
from pathlib import Path

from labelaudit.core.disk import is_there
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.io.patch_file import read_names
from labelaudit.io.patch_names import FOLDER, PATCH, PatchNames, newest_patch
from labelaudit.io.recognition import recognise
from labelaudit.io.recovery import unfinished_patches


def undo_place(path: Path) -> Path:
    """The path whose last change `undo` takes back: the given one, or a dataset's folder.

    It is the folder of the dataset that a file describes, if nothing was done to the file itself
    and the last that was done in that folder was done to this dataset.

    Parameters
    ----------
    path:
        that somebody wants undone.
    """
    if not path.is_file() or path.name.endswith(PATCH) or newest_patch(path):
        return path
    if any(unfinished_patches(path, PatchNames.of(path))):
        return path
    dataset = _described(path)
    if dataset is None:
        return path
    names = PatchNames(dataset.root, FOLDER)
    last = names.unfinished if is_there(names.unfinished) else next(reversed(names.patches), None)
    if last is None:
        return path
    own = {os.path.realpath(dataset.root / name) for name in dataset.files.path.tolist()}
    said = path.read_bytes()
    changed = [name for name, _ in read_names(last)]
    is_its_own = any(
        os.path.realpath(dataset.root / name) in own or os.fsencode(Path(name).name) in said
        for name in changed
    )
    return dataset.root if is_its_own else path


def _described(path: Path) -> Dataset | None:
    """The dataset of many files that a file describes, as it is; killed runs are left alone."""
    try:
        format_ = recognise(path).format
        return format_.load(path, (), polygon_validity=False) if format_.folder else None
    except LabelauditError:
        return None
