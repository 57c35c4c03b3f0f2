"""Where everything of a dataset lies in a copy that stands alone, and what makes it refer there."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.edits import Edit

_DRIVE = re.compile(r"^[A-Za-z]:")


@dataclass(frozen=True)
class CopyPlan:
    """What goes where in a copy; paths in it are relative, with forward slashes."""

    files: Mapping[int, str]  # by row in Files
    images: Mapping[str, str]  # by the path in the copy, the absolute path of the image
    # By row in Files, what makes a file refer to the copy instead of the original.
    edits: Mapping[int, Sequence[Edit]] = field(default_factory=dict)
    # By the path in the copy, what other files hold there for the same reason.
    written: Mapping[str, bytes] = field(default_factory=dict)


def plain_plan(dataset: Dataset) -> CopyPlan:
    """The plan of a dataset whose files refer to none: all lies as in the original."""
    return CopyPlan(file_places(dataset), by_place(dataset, image_places(dataset)))


def file_places(dataset: Dataset) -> dict[int, str]:
    """Where each source file goes; what is outside of the dataset's folder is put into the copy.

    Raises
    ------
    FixError
        if two files would go to one place.
    """
    places: dict[int, str] = {}
    taken: dict[str, str] = {}
    for row, name in enumerate(dataset.files.path.tolist()):
        places[row] = inner(name)
        if taken.setdefault(places[row], name) != name:
            raise FixError(
                f"{dataset.root}: {taken[places[row]]} and {name} would be one file of a copy; "
                "scan the folder that both are in"
            )
    return places


def image_places(
    dataset: Dataset, outside: Callable[[int, str], str] | None = None
) -> dict[int, str]:
    """Where each image that was found goes, by row: as in the original if it is in its folder.

    Parameters
    ----------
    dataset:
        whose images.
    outside:
        where an image goes that is elsewhere, by its row and absolute path; nowhere if absent.
    """
    places = {}
    root = os.path.abspath(dataset.root)
    for row, path in enumerate(dataset.images.path.tolist()):
        place = relative_within(path, root) if path else ""
        if path and not place and outside:
            place = outside(row, path)
        if place:
            places[row] = place
    return places


def by_place(dataset: Dataset, places: Mapping[int, str]) -> dict[str, str]:
    """The absolute path of the image that goes to each place."""
    return {place: str(dataset.images.path[row]) for row, place in places.items()}


def relative_within(path: str, folder: str) -> str:
    """A path relative to a folder that it is in, with forward slashes; empty if it is not in it.

    >>> relative_within("/data/images/a.jpg", "/data"), relative_within("/data2/a.jpg", "/data")
    ('images/a.jpg', '')
    """
    start = folder.rstrip(os.sep) + os.sep
    path = os.path.normpath(path)
    return path[len(start) :].replace(os.sep, "/") if path.startswith(start) else ""


def is_absolute(name: str) -> bool:
    """Whether a path begins at the root of some system.

    >>> is_absolute("/data"), is_absolute("C:/data"), is_absolute("../data")
    (True, True, False)
    """
    return name.startswith(("/", "\\")) or _DRIVE.match(name) is not None


def leads_out(name: str) -> bool:
    """Whether a path, joined to a folder, leads out of it.

    >>> leads_out("../a.jpg"), leads_out("/data/a.jpg"), leads_out("images/a.jpg")
    (True, True, False)
    """
    return is_absolute(name) or ".." in name.replace("\\", "/").split("/")


def inner(name: str) -> str:
    r"""The name of a file as a path that stays inside the folder it is joined to.

    >>> inner("../images/a.jpg"), inner("C:\\photos\\a.jpg"), inner("/data/a.jpg"), inner("")
    ('images/a.jpg', 'photos/a.jpg', 'data/a.jpg', 'unnamed')
    """
    path = _DRIVE.sub("", name.replace("\\", "/"))
    parts = [part for part in path.split("/") if part not in ("", ".", "..")]
    return "/".join(part.replace("\0", "_") for part in parts) or "unnamed"


def inner_of(path: str, root: str) -> str:
    """Where a path outside of a folder goes in a copy of the folder.

    >>> inner_of("/data/other/images", "/data/set")
    'other/images'
    """
    try:
        return inner(posixpath.relpath(path.replace(os.sep, "/"), root.replace(os.sep, "/")))
    except ValueError:  # another drive of Windows
        return inner(path)
