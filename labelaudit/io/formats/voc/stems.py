"""Names for annotation files, which every file system can hold and which differ on every one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from labelaudit.images.files import is_image

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"/\\|?*]')
_EDGES = re.compile(r"^[\s.\ufeff]+|[\s.\ufeff]+$")  # hidden files, and what readers of lists strip
_LONGEST = 200  # bytes; file systems allow 255 with the ending


def stems(names: Iterable[str]) -> list[str]:
    """A file name without ending for each image, in order; a repeated one gets a number.

    >>> stems(["train/1.jpg", "val/1.jpg", "val/1.PNG", "..", "A.jpg", "a.jpg"])
    ['1', '1_2', '1_3', 'unnamed', 'A', 'a_2']
    """
    taken: set[str] = set()
    used: dict[str, int] = {}
    found = []
    for name in names:
        first = candidate = stem(name)
        while _key(candidate) in taken:
            used[first] = used.get(first, 1) + 1
            candidate = f"{first}_{used[first]}"
        taken.add(_key(candidate))
        found.append(candidate)
    return found


def stem(name: str) -> str:
    r"""The name of an image without folders and ending, with `_` for what file names cannot hold.

    >>> stem("C:\\photos\\a*b.jpg"), stem("../../etc/passwd"), stem("")
    ('a_b', 'passwd', 'unnamed')
    """
    short = _FORBIDDEN.sub("_", bare(name)).encode()[:_LONGEST].decode("utf-8", "ignore")
    return _EDGES.sub("", short) or "unnamed"


def bare(name: str) -> str:
    """The name of an image without folders and ending.

    >>> bare("train/IMG_1.JPG"), bare("scan.2")
    ('IMG_1', 'scan.2')
    """
    last = name.replace("\\", "/").rpartition("/")[2]
    return last.rpartition(".")[0] if is_image(last) else last


def _key(name: str) -> str:
    """What file systems that ignore case or the composition of letters compare by."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", name).casefold())
