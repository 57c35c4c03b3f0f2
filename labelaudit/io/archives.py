"""Archives of a dataset: unpacked into a folder of this process, which goes when it ends.

Names that lead out of the folder, links and encrypted files are not unpacked; what would fill the
disk, or grows as only a bomb does, is refused, of a zip archive before anything is written. An
archive in an archive is unpacked where it lies. The folder has the number of its process in its
name, so that one which was killed leaves nothing for good: the next process that unpacks something
removes what belongs to none that is alive.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import stat
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

from labelaudit.core.text import counted
from labelaudit.errors import FormatError
from labelaudit.io.archive_names import READ, is_archive, without_ending
from labelaudit.io.unpacking import FAULTS, check_sizes, unpack, write_entry

MOST_NESTED = 3
"""Archives in archives that are unpacked, so many deep; a choice."""

MOST_INSIDE = 100
"""Archives in an archive that are unpacked; a choice."""

_PREFIX = "labelaudit-archive-"

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
            notes = _unpack(path, folder, MOST_NESTED)
        except FAULTS as error:
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
            check_sizes(path, [entry], folder)
            write_entry(archive, entry, folder / name)
    except (KeyError, *FAULTS) as error:
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


def _unpack(path: Path, folder: Path, depth: int) -> tuple[str, ...]:
    """Unpack an archive and those in it, so many deep; lines about what there is to know."""
    odd = unpack(path, folder)
    notes = []
    if odd:
        words = counted(len(odd), "file")
        notes.append(
            f"not unpacked: {words} whose name leads out of the archive, or a link: {odd[0]}"
        )
    inside = [one for one in sorted(folder.rglob("*")) if READ.search(one.name) and is_archive(one)]
    if inside and depth:
        inside, left = inside[:MOST_INSIDE], inside[MOST_INSIDE:]
        done = [one.relative_to(folder) for one in inside if _unpack_inner(one, depth, notes)]
        if done:
            more = f" and {len(done) - 3:,} more" if len(done) > 3 else ""
            names = ", ".join(one.as_posix() for one in done[:3])
            notes.append(f"unpacked, too: {names}{more}")
        inside = left
    if inside:
        words = counted(len(inside), "archive")
        notes.append(f"not unpacked: {words} in it, as {inside[0].relative_to(folder).as_posix()}")
    return tuple(notes)


def _unpack_inner(path: Path, depth: int, notes: list[str]) -> bool:
    """Unpack an archive beside itself, and remove it; whether that was possible.

    Parameters
    ----------
    path:
        of the archive.
    depth:
        how many deep those in it are unpacked.
    notes:
        takes why it was not.
    """
    name = without_ending(path.name)
    folder = path.with_name(name)
    if folder.exists() and not folder.is_dir():
        folder = path.with_name(f"{path.name}.unpacked")
    own = Path(tempfile.mkdtemp(dir=path.parent))
    try:
        notes += _unpack(path, own, depth - 1)
    except (FormatError, *FAULTS) as error:
        shutil.rmtree(own, ignore_errors=True)
        notes.append(f"not unpacked: {path.name}: {str(error).removeprefix(f'{path}: ')}")
        return False
    path.unlink()
    _put(own, folder, name)
    return True


def _put(own: Path, folder: Path, name: str) -> None:
    """Put what was unpacked where it belongs: a file called as it is, all else into a folder."""
    inner = list(own.iterdir())
    lone = len(inner) == 1 and inner[0].name == name
    if lone and not folder.exists():
        inner[0].rename(folder)  # one file that was compressed, or a folder called as its archive
        own.rmdir()
    elif not folder.exists():
        own.rename(folder)
    else:
        shutil.copytree(own, folder, dirs_exist_ok=True)
        shutil.rmtree(own)


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
