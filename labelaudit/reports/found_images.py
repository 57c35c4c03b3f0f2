"""How many images of a dataset were found, and where."""

from __future__ import annotations

import os
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset
from labelaudit.images.whereabouts import whereabouts
from labelaudit.io.archive_names import is_archive

MOST_FOLDERS = 3
"""Folders of images that are named; more are only counted."""


def found_images(dataset: Dataset) -> str:
    """How many images were found and where, or where they were looked for, in a line."""
    where = whereabouts(dataset)
    folders, words = where.folders or where.looked_in, "found in"
    if not folders:
        archive = next(filter(is_archive, dataset.sources), None)
        home = str(archive) if archive else _named(nearby(dataset.root), "this folder")
        return f"images: none of {where.listed:,} found in or near {home}; --images says where"
    if not where.found:
        words = "found; looked in"
    named = ", ".join(_named(one, "the folder of the labels") for one in folders[:MOST_FOLDERS])
    if len(folders) > MOST_FOLDERS:
        named += f" and {counted(len(folders) - MOST_FOLDERS, 'other folder')}"
    return f"images: {where.found:,} of {where.listed:,} {words} {named}"


def where_images_are(dataset: Dataset) -> list[str]:
    """The same where some were found: nobody may have named the folder that was taken."""
    return [found_images(dataset)] if (dataset.images.path != "").any() else []


def _named(folder: str, here: str) -> str:
    return here if folder == "." else folder


def nearby(path: Path) -> str:
    """A path as seen from the current folder, if it is in or near it."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # on another drive
        return str(path)
    return min(relative, str(path), key=len)
