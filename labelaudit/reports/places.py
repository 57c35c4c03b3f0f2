"""Where findings are, as pipelines name it: paths within the project."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labelaudit.core.later import later
from labelaudit.core.mirror_names import is_mirrored, shown
from labelaudit.dataset.tables import Dataset
from labelaudit.io.archive_names import is_archive

_unpacked = later("labelaudit.io.archives", "unpacked")

PROJECT_VARIABLES = ("GITHUB_WORKSPACE", "CI_PROJECT_DIR")
"""What the pipelines of GitHub and GitLab call the folder of the project."""

OF_A_FILE = ("has ", "is ", "cannot ")
"""What follows the name of a file in a message that is about it alone."""


def project_folder() -> Path:
    """The folder that a pipeline checked the project out into; without one, the current folder."""
    given = (os.environ.get(name) for name in PROJECT_VARIABLES)
    return Path(next(filter(None, given), "") or Path.cwd()).absolute()


class Places:
    """The files of a dataset's findings, as entries of a fix list name them."""

    def __init__(self, dataset: Dataset, folder: Path | None = None) -> None:
        self.folder = folder or project_folder()
        self._root = dataset.root.absolute()
        self._archives = [
            (str(_unpacked(source)[0]), source) for source in dataset.sources if is_archive(source)
        ]
        self._given = dataset.sources[0] if dataset.sources else dataset.root
        self._known: dict[str | None, str] = {}

    def path(self, entry: Mapping[str, Any]) -> str:
        """The file of a finding with forward slashes: relative to the project where it is in it.

        The archive for what is in one, and what was scanned for a finding about no file.
        """
        source = entry["source"]
        if source not in self._known:
            self._known[source] = self._path(source)
        return self._known[source]

    def _path(self, source: str | None) -> str:
        path = os.path.abspath(self._given if source is None else self._root / source)
        for folder, archive in self._archives:
            if path.startswith(folder + os.sep):
                path = str(archive.absolute())
        if is_mirrored(path):
            return shown(path)
        within = os.path.relpath(path, self.folder) if _is_in(path, self.folder) else path
        return Path(within).as_posix()


def _is_in(path: str, folder: Path) -> bool:
    return Path(path).is_relative_to(folder)


def where(entry: Mapping[str, Any]) -> str:
    """The image and the record of a finding in words, for people; the file without an image."""
    return " ".join(filter(None, (entry["image"] or entry["source"], entry["place"])))


def said(entry: Mapping[str, Any]) -> str:
    """The message of a finding without the place that it begins with, for behind `where`.

    >>> said({"source": "a.txt", "place": "line 2", "message": "a.txt:2: class is x"})
    'class is x'
    >>> said({"source": "a.txt", "place": "line 2", "message": "a.txt:2 cannot be read"})
    'a.txt:2 cannot be read'
    >>> said({"image": None, "source": "a.xml", "place": None, "message": "a.xml has no size"})
    'has no size'
    """
    source, place, message = entry["source"] or "", entry["place"] or "", str(entry["message"])
    number = "".join(filter(str.isdecimal, place))
    begins = (place, source, f"{source}:{number}", f"object {number} of {source}")
    if source and not place and not entry["image"] and message.startswith(f"{source} "):
        rest = message.removeprefix(f"{source} ")
        return rest if rest.startswith(OF_A_FILE) else message
    rest = next((message.removeprefix(f"{one}: ") for one in begins if _begins(message, one)), "")
    return rest or message


def _begins(message: str, place: str) -> bool:
    return bool(place) and message.startswith(f"{place}: ")
