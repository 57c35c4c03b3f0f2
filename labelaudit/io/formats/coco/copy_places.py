"""Where images of COCO files lie in a copy of these, and names that would lead out of it."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from collections.abc import Mapping

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import Dataset
from labelaudit.io.edits import Edit
from labelaudit.io.formats.coco.patching import patch
from labelaudit.io.formats.copy_plan import (
    CopyPlan,
    by_place,
    file_places,
    image_places,
    inner,
    leads_out,
    relative_within,
)
from labelaudit.io.record_diff import changes


def copy_plan(dataset: Dataset) -> CopyPlan:
    """Images lie from their file as their names say, or in their own folder beside the files.

    A `file_name` that is absolute or begins with `../` would lead out of the copy, and is written
    anew.
    """
    files = file_places(dataset)
    folders = _folders(dataset)

    def outside(row: int, path: str) -> str:
        name = str(dataset.images.name[row])
        if leads_out(name):
            above = posixpath.dirname(files[int(dataset.images.file[row])])
            return posixpath.join(above, inner(name))
        for folder, own in folders.items():
            if below := relative_within(path, folder):
                return posixpath.join(own, below)
        return inner(name)

    places = image_places(dataset, outside)
    return CopyPlan(files, by_place(dataset, places), _own_names(dataset, files, places))


def _folders(dataset: Dataset) -> dict[str, str]:
    """What each folder of images is called in the copy; nothing if the files are in it."""
    root = os.path.abspath(dataset.root)
    called: dict[str, str] = {}
    for folder in sorted(map(os.path.abspath, dataset.image_folders), key=len, reverse=True):
        if folder == root or relative_within(root, folder):
            called[folder] = ""
            continue
        name = first = inner(os.path.basename(folder))
        number = 2
        while name in called.values():
            name, number = f"{first}_{number}", number + 1
        called[folder] = name
    return called


def _own_names(
    dataset: Dataset, files: Mapping[int, str], places: Mapping[int, str]
) -> dict[int, list[Edit]]:
    """The edits that write names anew which lead out of the copy, by row in Files.

    A name of no image that was found stays: it may be that of a server, as Label Studio writes it.
    """
    images = dataset.images
    odd = [row for row, name in enumerate(images.name.tolist()) if leads_out(name)]
    odd = [row for row in odd if images.record[row] != MISSING and row in places]
    if not odd:
        return {}
    names = images.name.copy()
    for row in odd:
        above = posixpath.dirname(files[int(images.file[row])])
        names[row] = posixpath.relpath(places[row], above or ".")
    renamed = dataclasses.replace(dataset, images=images.replaced(name=texts(names.tolist())))
    return patch(dataset, renamed, changes(dataset, renamed))
