"""How many images of a dataset were found, and where."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.mirror_names import is_mirrored, shown
from labelaudit.dataset.tables import Dataset


@dataclass(frozen=True)
class Whereabouts:
    """Where the images of a dataset are."""

    listed: int  # images that the labels name
    found: int
    folders: tuple[str, ...]  # that hold those found, most first; as seen from the labels
    looked_in: tuple[str, ...]  # where they were looked for; empty: no folder seems to be theirs


def whereabouts(dataset: Dataset) -> Whereabouts:
    """Where the images of a dataset are; images inside label files are in no folder."""
    paths = [path for path in dataset.images.path.tolist() if path]
    folders = Counter(path.rpartition("/")[0] for path in paths)
    return Whereabouts(
        listed=len(dataset.images),
        found=len(paths),
        folders=tuple(_shown(folder, dataset.root) for folder, _ in folders.most_common()),
        looked_in=tuple(map(shown, dataset.image_folders)),
    )


def are_inside(dataset: Dataset) -> bool:
    """Whether images were read that are no files of their own."""
    return not dataset.image_folders and bool((dataset.headers.kind != "").any())


def _shown(folder: str, root: Path) -> str:
    """A folder as seen from the labels, if it is in or near them."""
    if is_mirrored(folder) and not is_mirrored(root):
        return shown(folder)
    try:
        relative = os.path.relpath(folder, root)
    except ValueError:  # on another drive
        return folder
    return min(relative, shown(folder), key=len)
