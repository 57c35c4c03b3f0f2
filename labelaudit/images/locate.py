"""Image files by the names that labels give them, which are often spelled in another way.

Every format looks its images up here, so that a name means the same file whatever the labels are.
"""

from __future__ import annotations

import os
import posixpath
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from itertools import islice, takewhile
from pathlib import Path
from urllib.parse import unquote

from labelaudit.core.columns import Texts, texts
from labelaudit.images.files import is_image, listed

DEEPEST = 64
"""Parts of a path that are compared; a choice: what is deeper is no path."""

_MAY_BE_CLEANED = re.compile(r"[^!-~]|[%\\]")
"""What `_clean` may change in the name of a file."""


def locate(names: Texts, folders: Sequence[Path]) -> Texts:
    """Where each named image is on disk, (n,): an absolute path, or empty if it was not found.

    A name is looked for under all `folders`, the first of them first; see `ImageIndex.located`.
    """
    return ImageIndex(folders).located(names)


def with_endings(names: Texts, paths: Texts) -> Texts:
    """The names with the ending of the file that was found, where they have none, (n,)."""
    bare = [row for row, name in enumerate(names.tolist()) if paths[row] and not is_image(name)]
    if not bare:
        return names
    whole = names.tolist()
    for row in bare:
        whole[row] += posixpath.splitext(str(paths[row]))[1]
    return texts(whole)


class ImageIndex:
    """The files under some folders, by the names that labels may give them.

    Parameters
    ----------
    folders:
        of which the first that holds a name wins.
    most:
        files that are looked at; all if absent.
    deep:
        whether folders in them are looked through, too.
    """

    def __init__(
        self, folders: Sequence[Path], most: int | None = None, *, deep: bool = True
    ) -> None:
        paths: dict[str, str] = {}
        for folder in folders:
            start = os.path.abspath(folder).rstrip("/") + "/"  # Path.absolute keeps ".."
            files = listed(folder)
            if not deep:  # what lies in the folder itself comes first
                files = takewhile(lambda name: "/" not in name, files)
            for relative in files if most is None else islice(files, most):
                if relative not in paths:
                    paths[relative] = start + relative
        self._paths = paths  # the absolute path by the relative one

    def __len__(self) -> int:
        return len(self._paths)

    def located(self, names: Texts) -> Texts:
        """Where each named image is, (n,): an absolute path, or empty if it was not found.

        A name is one of these, the first that there is:

        1. the path of a file relative to a folder: `sub/a.jpg`, with slashes of either kind;
        2. the same without its first parts, so that `/data/old/images/sub/a.jpg` is found too;
        3. the file name alone, anywhere under the folders, if only one file there is called so;
        4. each of these without the ending, where the name has none;
        5. each of these in another spelling: with `%20` or spaces around it, letters composed in
           another way, in another case, with the ending of another kind of image.

        Of several files that a spelling could mean none is taken, nor one that another name means
        as it is written. Only files that a walk of the folders meets are found: no name leads out
        of them by `../`.
        """
        wanted = names.tolist()
        found = [self._paths.get(name) for name in wanted]
        if None not in found:
            return texts(path or "" for path in found)
        files = self._possible(
            name for name, path in zip(wanted, found, strict=True) if path is None
        )
        by_name = _Names(files)
        paths = [
            by_name.path(name) if path is None else path
            for name, path in zip(wanted, found, strict=True)
        ]
        if "" in paths:
            _locate_stems(files, wanted, paths)
        if "" in paths:
            _locate_spellings(files, wanted, paths)
        return texts(paths)

    def _possible(self, names: Iterable[str]) -> list[_File]:
        """The files that some names could mean in any spelling, and a few more.

        Where images are looked for, most files are not they; to spell each in all ways is slow.
        """
        wanted = {
            last.lower() for name in names for last in (_last_part(name), _last_part(bare(name)))
        }
        return [file for file in self._paths.items() if _may_be_meant(file[0], wanted)]


_File = tuple[str, str]
"""The path of a file below a folder, or a spelling of it, and its absolute path."""


class _Names:
    """Files by path and by name alone, as one way of spelling writes them.

    Parameters
    ----------
    files:
        the spelling of each relative path, and the absolute path.
    only_one:
        whether a path that two files have by this spelling means neither of them; else the first.
    """

    def __init__(self, files: Iterable[_File], *, only_one: bool = False) -> None:
        self._paths: dict[str, str] = {}
        self._unique: dict[str, str] = {}  # empty where several files bear the name
        for relative, path in files:
            first = self._paths.setdefault(relative, path)
            if only_one and first != path:
                self._paths[relative] = ""
            name = posixpath.basename(relative)
            shared = only_one or first == path
            if self._unique.setdefault(name, path) != path and shared:
                self._unique[name] = ""

    def path(self, name: str) -> str:
        """The file that a name means; empty if none, or several."""
        parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
        for start in range(max(0, len(parts) - DEEPEST), len(parts)):
            path = self._paths.get("/".join(parts[start:]))
            if path is not None:
                return path
        return self._unique.get(parts[-1], "") if parts else ""


def _locate_stems(files: Sequence[_File], names: Sequence[str], paths: list[str]) -> None:
    """Find names without an ending; of images that differ in theirs, the first in order."""
    bare = [row for row, name in enumerate(names) if not is_image(name) and _may_be_file(name)]
    lost = [row for row in bare if not paths[row]]
    if lost:
        by_stem = _Names(_spelled(files, _without_ending))
        for row in lost:
            paths[row] = by_stem.path(names[row])


def _locate_spellings(files: Sequence[_File], names: Sequence[str], paths: list[str]) -> None:
    """Find names in another spelling, the nearest first."""
    taken = set(paths)
    free = [file for file in files if file[1] not in taken]
    lost = [row for row, path in enumerate(paths) if not path and _may_be_file(names[row])]
    for key in (_clean, _caseless, bare):
        if not free or not lost:
            return
        by_key = _Names(_spelled(free, key), only_one=True)
        meant = {name: by_key.path(key(name)) for name in {names[row] for row in lost}}
        claims: dict[str, int] = {}
        for path in meant.values():
            claims[path] = claims.get(path, 0) + 1
        for row in lost:
            path = meant[names[row]]
            paths[row] = path if claims[path] == 1 else ""
        lost = [row for row in lost if not paths[row]]


def _spelled(files: Iterable[_File], key: Callable[[str], str]) -> Iterator[_File]:
    return ((key(relative), path) for relative, path in files if is_image(relative))


def _may_be_file(name: str) -> bool:
    return 0 < len(name) < 4096 and "\0" not in name  # what systems take for a path


def _may_be_meant(relative: str, wanted: Set[str]) -> bool:
    """Whether one of some last parts of names, in lower case, could be that of a file.

    As they are, without an ending and without what spellings differ in: a file name that `_clean`
    leaves alone is one of them only if it is in lower case, with or without its ending.
    """
    name = relative.rpartition("/")[2]
    if _MAY_BE_CLEANED.search(name):
        return True
    name = name.lower()
    return name in wanted or name.rpartition(".")[0] in wanted


def _last_part(name: str) -> str:
    """The last part of a name that leads anywhere, whatever its slashes; empty if there is none."""
    parts = [part for part in name.replace("\\", "/").split("/") if part not in ("", ".")]
    return parts[-1] if parts else ""


def _clean(name: str) -> str:
    """A name without escapes and spaces around it, its letters composed; without its query.

    >>> _clean("https://host/a%20b.jpg?size=1"), _clean(" a.jpg")
    ('https://host/a b.jpg', 'a.jpg')
    """
    if "://" in name:
        name = name.partition("?")[0].partition("#")[0]
    for _ in range(2):  # some tools escape what is escaped already
        name = unquote(name) if "%" in name else name
    name = name.replace("\\", "/").strip()
    return name if name.isascii() else unicodedata.normalize("NFC", name)


def _caseless(name: str) -> str:
    name = _clean(name)
    return name.lower() if name.isascii() else unicodedata.normalize("NFC", name.casefold())


def bare(name: str) -> str:
    r"""A name without what spellings of one name differ in.

    >>> bare("Train\\My%20Photo.JPG")
    'train/my photo'
    """
    return _without_ending(_caseless(name))


def _without_ending(name: str) -> str:
    return posixpath.splitext(name)[0] if is_image(name) else name
