"""Names of images in labels beside those of their files: how they differ, and the right one."""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from labelaudit.images.files import is_image

SLASHES = "slashes"
UNICODE = "Unicode form"
PLACE = "the path of another machine"

_DRIVE = re.compile(r"^[A-Za-z]:[\\/]")

_STEPS: Mapping[str, Callable[[str], str]] = {
    "percent escapes": unquote,
    UNICODE: lambda name: unicodedata.normalize("NFC", name),
    "spaces": str.strip,
    "letter case": str.casefold,
    "ending": lambda name: posixpath.splitext(name)[0] if is_image(name) else name,
}


@dataclass(frozen=True)
class Misspelling:
    """How the name of an image differs from that of its file."""

    right: str  # the name that leads to the file
    kinds: tuple[str, ...]  # in what they differ: letter case, slashes, ...


def misspelling(name: str, path: str, folders: Iterable[Path]) -> Misspelling | None:
    r"""How a name differs from that of the file that was found for it; None if it leads there.

    Folders at the beginning of a name are not compared: whoever trains says where they are.

    Parameters
    ----------
    name:
        as the labels write it.
    path:
        of the file, absolute.
    folders:
        of images: a name of another machine is to be the path from the first of them that holds it.

    >>> misspelling("train/IMG_1.jpg", "/data/images/train/img_1.JPG", [])
    Misspelling(right='train/img_1.JPG', kinds=('letter case',))
    >>> misspelling("C:\\me\\1.jpg", "/data/images/1.jpg", [Path("/data")])
    Misspelling(right='images/1.jpg', kinds=('the path of another machine',))
    """
    if not name or not path or "://" in name or path.endswith(f"/{name}"):
        return None
    written, true = name.replace("\\", "/").split("/"), path.split("/")
    same = 0
    kinds: list[str] = []
    for one, other in zip(reversed(written), reversed(true), strict=False):
        differences = _differences(one, other)
        if differences is None:
            break
        kinds += differences
        same += 1
    if not same:
        return None
    if posixpath.isabs(name) or _DRIVE.match(name):
        if os.path.isfile(name):
            return None
        return Misspelling(_inside(path, folders), tuple(dict.fromkeys([PLACE, *kinds])))
    if "\\" in name and "\\" not in posixpath.basename(path):
        kinds.insert(0, SLASHES)
    if not kinds:
        return None
    right = "/".join([*written[: len(written) - same], *true[len(true) - same :]])
    return Misspelling(right, tuple(dict.fromkeys(kinds)))


def _differences(written: str, true: str) -> list[str] | None:
    """In what two names of a file or folder differ; None if they are not the same name at all."""
    if written == true:
        return []
    tried: list[str] = []
    for kind in _STEPS:
        tried.append(kind)
        if _folded(written, tried) == _folded(true, tried):
            break
    else:
        return None
    others = ([other for other in tried if other != kind] for kind in tried)
    needed = [_folded(written, some) != _folded(true, some) for some in others]
    return [kind for kind, is_needed in zip(tried, needed, strict=True) if is_needed]


def _folded(name: str, kinds: Iterable[str]) -> str:
    for kind in kinds:
        name = _STEPS[kind](name)
    return name


def _inside(path: str, folders: Iterable[Path]) -> str:
    """The path of a file from the first folder that holds it; its name if none does."""
    for folder in folders:
        start = os.path.abspath(folder).rstrip("/") + "/"
        if path.startswith(start):
            return path[len(start) :]
    return posixpath.basename(path)
