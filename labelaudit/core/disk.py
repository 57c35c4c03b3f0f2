"""Making sure that files are on the disk, and that what takes a file's place is like it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
from collections.abc import Iterable
from pathlib import Path

from labelaudit.core.columns import MISSING
from labelaudit.core.parallel import map_groups

COPY = ".labelaudit-copy"
"""What a copy is called by until it is whole."""

THREADS = 16
"""Files that are synchronised at a time, so that the file system does it for many at once.

In a probe with 2,000 files of 1.5 kB on ext4, one after the other took 4.8 to 7.3 s, 16 at a time
.3 to .4 s; `syncfs` took .15 s, but waits for what all other programs wrote as well, and macOS has
none.
"""


def synchronise(paths: Iterable[Path]) -> None:
    """Return when what these files hold is on the disk, so that a power cut cannot take it."""
    for _ in map_groups(_synchronised, [[path] for path in paths], THREADS):
        pass


def synchronise_folders(folders: Iterable[Path]) -> None:
    """Return when the names in these folders are on the disk; Windows writes them by itself."""
    if os.name != "nt":
        synchronise(folders)


def settle_folders(folders: Iterable[Path]) -> None:
    """The same of what has happened already, which an error would not make undone."""
    with contextlib.suppress(OSError):
        synchronise_folders(folders)


def _synchronised(path: Path) -> None:
    # Windows synchronises only what was opened to be written.
    handle = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def synchronise_tree(folder: Path) -> None:
    """The same for all that is in a folder; links are not followed."""
    files, folders = [], []
    for inside, _, names in os.walk(folder):
        here = Path(inside)
        folders.append(here)
        files += [here / name for name in names if not (here / name).is_symlink()]
    synchronise(files)
    synchronise_folders(folders)


def file_stamp(path: Path) -> list[int]:
    """Size in bytes and time of the last change in nanoseconds; -1 and -1 for no file."""
    try:
        status = path.stat()
    except OSError:
        return [MISSING, MISSING]
    return [status.st_size, status.st_mtime_ns]


def keep_attributes(source: Path, target: Path) -> None:
    """Give a file the mode, the owner and what else is kept of another, but not its times."""
    status = source.stat()
    if hasattr(os, "chown"):
        with contextlib.suppress(OSError):  # only root gives files away
            os.chown(target, status.st_uid, status.st_gid)
    shutil.copystat(source, target)
    os.utime(target)


def is_there(path: Path) -> bool:
    """Whether there is anything of this name, even a link that leads nowhere."""
    return os.path.lexists(path)


def moved(source: Path, target: Path) -> None:
    """Rename a file or folder; `FileExistsError` if there is something of the new name already."""
    if source.is_file() and not source.is_symlink():
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except (OSError, NotImplementedError):  # not every file system has links
            pass
        else:
            source.unlink()
            return
    if is_there(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(target))
    os.rename(source, target)


def linked(source: Path, target: Path) -> None:
    """Give a file a second name, which must be free; where that cannot be, a copy, at once whole.

    Whoever then gives the first name to another file has the old one under the second, which has
    cost no time, no room and none of its attributes.
    """
    try:
        os.link(source, target)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError):  # as above
        copy = target.with_name(f"{target.name}{COPY}")
        try:
            shutil.copy2(source, copy)
            synchronise([copy])
            moved(copy, target)
        finally:
            copy.unlink(missing_ok=True)
