"""One archive, a zip or a tar, or one compressed file: what is in it, written into a folder.

What would fill the disk, or grows as only a bomb does, is refused: of a zip archive before anything
is written, of others when that much was.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import Protocol

from labelaudit.errors import FormatError
from labelaudit.io.archive_names import without_ending

MOST_ENTRIES = 1_000_000
"""Files in an archive; the largest public sets of one archive have a third of it. A choice."""

MOST_GROWTH = 100
LARGE = 1 << 30
"""How many times its size a file may grow when unpacked, if it is larger than a GiB then.

JSON and text grow 5 to 20 times, zeros 1,000 times; below a GiB nothing is a bomb. A choice.
"""

SHARE_OF_DISK = 0.9
"""The share of the free disk that an archive may fill; a choice."""

FAULTS = (
    *(zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError),
    *(NotImplementedError, RuntimeError, ValueError, OSError),
)
"""What reading an archive raises that is broken, encrypted or none."""

_BLOCK = 1 << 20
_TAR = re.compile(r"\.(?:tar(?:\.(?:gz|bz2|xz))?|tgz|tbz2?|txz)$", re.IGNORECASE)
_COMPRESSED = {".gz": gzip.GzipFile, ".bz2": bz2.BZ2File, ".xz": lzma.LZMAFile}


def unpack(path: Path, folder: Path) -> list[str]:
    """Write what is in an archive into a folder; the names of what was left out of it.

    Of two files of one name the first is taken.

    Parameters
    ----------
    path:
        of the archive; its name says what it is.
    folder:
        that is there, and empty.

    Raises
    ------
    FormatError
        if it has too many files, would fill the disk, or grows as only a bomb does.
    """
    if path.suffix.lower() == ".zip":
        return _unpack_zip(path, folder)
    if _TAR.search(path.name):
        return _unpack_tar(path, folder)
    room = _Room(path, folder)
    with _COMPRESSED[path.suffix.lower()](path, "rb") as source:
        room.copy(source, folder / without_ending(path.name))
    return []


def _unpack_zip(path: Path, folder: Path) -> list[str]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        _check_count(path, len(entries))
        odd = [entry.filename for entry in entries if not _is_inside(entry)]
        files = [entry for entry in entries if _is_wanted(entry)]
        check_sizes(path, files, folder)
        seen: set[str] = set()
        for entry in files:
            name = _plain(entry.filename)
            if name not in seen:
                seen.add(name)
                write_entry(archive, entry, folder / name)
    return odd


def write_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Unpack a file; one that holds more than the archive says is an error of its reader.

    Parameters
    ----------
    archive:
        that it is in.
    entry:
        which file of it.
    target:
        the path to write.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    name = _plain(entry.filename)
    return bool(name) and name[-1] != "/" and _is_inside(entry)


def _is_inside(entry: zipfile.ZipInfo) -> bool:
    """Whether a file lies in the folder that it is unpacked into, and is no link out of it."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    return _leads_in(entry.filename) and kind in (0, stat.S_IFREG, stat.S_IFDIR)


def _plain(name: str) -> str:
    return name.replace("\\", "/")


def _leads_in(name: str) -> bool:
    """Whether a name leads into the folder that it is relative to."""
    name = _plain(name)
    outside = name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name)
    return not outside and "\0" not in name


def _unpack_tar(path: Path, folder: Path) -> list[str]:
    room, odd, count = _Room(path, folder), list[str](), 0
    with tarfile.open(path, "r:*") as archive:
        for entry in archive:
            count += 1
            _check_count(path, count)
            if entry.isdir():
                continue
            source = archive.extractfile(entry) if entry.isreg() else None
            if source is None or not _leads_in(entry.name):
                odd.append(entry.name)
                continue
            room.check(entry.size)
            room.copy(source, folder / _plain(entry.name))
            vars(archive)["members"] = []  # which it would keep
    return odd


class Readable(Protocol):
    """What is read in blocks."""

    def read(self, size: int, /) -> bytes:
        """So many bytes; none at the end."""


class _Room:
    """How much of an archive was unpacked, and whether it may be more."""

    def __init__(self, path: Path, folder: Path) -> None:
        self._path, self._folder = path, folder
        self._packed = path.stat().st_size
        self._free = shutil.disk_usage(folder).free
        self._written = 0

    def check(self, more: int) -> None:
        """Raise `FormatError` if so many more bytes would be too many."""
        total = self._written + more
        if total > LARGE and total > MOST_GROWTH * max(self._packed, 1):
            raise _bomb(self._path, "", self._packed, total)
        if total > SHARE_OF_DISK * self._free:
            raise _no_room(self._path, total, self._folder, self._free)

    def copy(self, source: Readable, target: Path) -> None:
        """Write a file; one that is there already stays."""
        if target.exists():
            return
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            while block := source.read(_BLOCK):
                self.check(len(block))
                self._written += len(block)
                file.write(block)


def _check_count(path: Path, count: int) -> None:
    if count > MOST_ENTRIES:
        raise FormatError(f"{path}: more than {MOST_ENTRIES:,} files; unpack it")


def check_sizes(path: Path, files: list[zipfile.ZipInfo], folder: Path) -> None:
    """See that files neither fill the disk nor grow as only a bomb does.

    Parameters
    ----------
    path:
        of the archive.
    files:
        of it.
    folder:
        that they are put into.

    Raises
    ------
    FormatError
        if they do.
    """
    for entry in files:
        grows = entry.file_size > MOST_GROWTH * max(entry.compress_size, 1)
        if entry.file_size > LARGE and grows:
            raise _bomb(path, f"{entry.filename} ", entry.compress_size, entry.file_size)
    total = sum(entry.file_size for entry in files)
    packed = sum(entry.compress_size for entry in files)
    if total > LARGE and total > MOST_GROWTH * max(packed, 1):
        raise _bomb(path, "", packed, total)
    free = shutil.disk_usage(folder).free
    if total > SHARE_OF_DISK * free:
        raise _no_room(path, total, folder, free)


def _bomb(path: Path, name: str, packed: int, total: int) -> FormatError:
    return FormatError(
        f"{path}: {name}would grow from {_gib(packed)} to {_gib(total)}, as only a bomb does; "
        "unpack it yourself if it is none"
    )


def _no_room(path: Path, total: int, folder: Path, free: int) -> FormatError:
    return FormatError(
        f"{path}: needs {_gib(total)} in {folder.parents[1]}, where {_gib(free)} are free; "
        "unpack it elsewhere, or set TMPDIR to a folder with more room"
    )


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.3g} GiB"
