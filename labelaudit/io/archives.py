"""Archives of a dataset: unpacked into a folder of this process, which goes when it ends.

Names that lead out of the folder, links and encrypted files are not unpacked; what would fill the
disk, or grows as only a bomb does, is refused before anything is written. The folder has the number
of its process in its name, so that one which was killed leaves nothing for good: the next process
that unpacks something removes what belongs to none that is alive.
"""

from __future__ import annotations

import atexit
import lzma
import os
import re
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.errors import FormatError
from labelaudit.io.archive_names import is_archive

MOST_ENTRIES = 1_000_000
"""Files in an archive; the largest public sets of one archive have a third of it. A choice."""

MOST_GROWTH = 100
LARGE = 1 << 30
"""How many times its size a file may grow when unpacked, if it is larger than a GiB then.

JSON and text grow 5 to 20 times, zeros 1,000 times; below a GiB nothing is a bomb. A choice.
"""

SHARE_OF_DISK = 0.9
"""The share of the free disk that an archive may fill; a choice."""

_PREFIX = "labelaudit-archive-"
_BLOCK = 1 << 20
_FAULTS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError),
    *(RuntimeError, ValueError, OSError),
)

_unpacked: dict[tuple[str, int, int], tuple[Path, tuple[str, ...]]] = {}


def unpacked(path: Path) -> tuple[Path, tuple[str, ...]]:
    """The folder that an archive was unpacked into, and lines about what was left out of it.

    It is unpacked once, however often it is asked for, unless it changes.

    Raises
    ------
    FormatError
        if it is no archive, is broken or encrypted, or is too large for the disk.
    """
    status = path.stat()
    key = (os.path.realpath(path), status.st_size, status.st_mtime_ns)
    if key not in _unpacked:
        _remove_left_behind()
        own = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{os.getpid()}-"))
        atexit.register(_remove, own, os.getpid())
        # One folder deeper, so that nothing of another archive lies beside what is in this one.
        folder = own / "unpacked"
        folder.mkdir()
        try:
            notes = _unpack(path, folder)
        except _FAULTS as error:
            shutil.rmtree(own, ignore_errors=True)
            raise FormatError(f"{path}: this archive cannot be unpacked: {error}") from error
        except BaseException:
            shutil.rmtree(own, ignore_errors=True)
            raise
        _unpacked[key] = (folder, notes)
    return _unpacked[key]


def unpacked_file(path: Path, name: str, folder: Path) -> Path:
    """One file of an archive, unpacked into a folder.

    Parameters
    ----------
    path:
        of the archive.
    name:
        of the file in it.
    folder:
        that it is put into.

    Raises
    ------
    FormatError
        if it is no archive, is broken or encrypted, has no such file, or it is too large.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            entry = archive.getinfo(name)
            _check_sizes(path, [entry], folder)
            _write(archive, entry, folder / name)
    except (KeyError, *_FAULTS) as error:
        raise FormatError(f"{path}: this archive cannot be unpacked: {error}") from error
    return folder / name


def opened(path: Path) -> Path:
    """The folder that an archive was unpacked into; the path itself if it is none."""
    return unpacked(path)[0] if is_archive(path) else path


def is_unpacked(path: Path) -> bool:
    """Whether a path is in a folder that an archive was unpacked into."""
    return any(path.is_relative_to(folder) for folder, _ in _unpacked.values())


def _remove(folder: Path, process: int) -> None:
    """Remove a folder when the process ends that unpacked it, not when one ends that it forked."""
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


def _unpack(path: Path, folder: Path) -> tuple[str, ...]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if len(entries) > MOST_ENTRIES:
            raise FormatError(f"{path}: more than {MOST_ENTRIES:,} files; unpack it")
        odd = [entry.filename for entry in entries if not _is_inside(entry)]
        files = [entry for entry in entries if _is_wanted(entry)]
        _check_sizes(path, files, folder)
        seen: set[str] = set()
        for entry in files:
            name = _name(entry)
            if name not in seen:
                seen.add(name)
                _write(archive, entry, folder / name)
    if not odd:
        return ()
    words = counted(len(odd), "file")
    return (f"not unpacked: {words} whose name leads out of the archive, or a link: {odd[0]}",)


def _write(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path) -> None:
    """Unpack a file; one that holds more than the archive says is an error of its reader."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.open(entry) as source, target.open("wb") as file:
        shutil.copyfileobj(source, file, _BLOCK)


def _name(entry: zipfile.ZipInfo) -> str:
    return entry.filename.replace("\\", "/")


def _is_wanted(entry: zipfile.ZipInfo) -> bool:
    name = _name(entry)
    return bool(name) and name[-1] != "/" and _is_inside(entry)


def _is_inside(entry: zipfile.ZipInfo) -> bool:
    """Whether a file lies in the folder that it is unpacked into, and is no link out of it."""
    name = _name(entry)
    mode = entry.external_attr >> 16
    kind = stat.S_IFMT(mode)
    outside = name.startswith("/") or ".." in name.split("/") or re.match("[A-Za-z]:", name)
    return not outside and "\0" not in name and kind in (0, stat.S_IFREG, stat.S_IFDIR)


def _check_sizes(path: Path, files: list[zipfile.ZipInfo], folder: Path) -> None:
    """Raise `FormatError` if files would fill the disk, or grow as only a bomb does."""
    for entry in files:
        grows = entry.file_size > MOST_GROWTH * max(entry.compress_size, 1)
        if entry.file_size > LARGE and grows:
            raise FormatError(
                f"{path}: {entry.filename} would grow from {_gib(entry.compress_size)} to "
                f"{_gib(entry.file_size)}, as only a bomb does; unpack it yourself if it is none"
            )
    total = sum(entry.file_size for entry in files)
    packed = sum(entry.compress_size for entry in files)
    if total > LARGE and total > MOST_GROWTH * max(packed, 1):
        raise FormatError(
            f"{path}: would grow from {_gib(packed)} to {_gib(total)}, as only a bomb does; "
            "unpack it yourself if it is none"
        )
    free = shutil.disk_usage(folder).free
    if total > SHARE_OF_DISK * free:
        raise FormatError(
            f"{path}: needs {_gib(total)} in {folder.parents[1]}, where {_gib(free)} are free; "
            "unpack it elsewhere, or set TMPDIR to a folder with more room"
        )


def _gib(count: int) -> str:
    return f"{count / (1 << 30):.3g} GiB"


def _remove_left_behind() -> None:
    """Remove the folders of processes that are no longer alive."""
    for folder in _folders_of_processes():
        match = re.match(rf"{_PREFIX}(\d+)-", folder.name)
        if match and not _is_alive(int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)


def _folders_of_processes() -> Iterator[Path]:
    user = os.getuid() if hasattr(os, "getuid") else None
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            status = folder.lstat()
        except OSError:
            continue
        if stat.S_ISDIR(status.st_mode) and user in (None, status.st_uid):
            yield folder


def _is_alive(process: int) -> bool:
    if os.name == "nt":  # where asking by a signal would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True
