"""Files and folders that appear whole under their names or not at all, whenever a process ends.

What is being made has a name of its own beside its place. A process that was killed leaves it
there, unlocked; whoever looks at that folder next removes it, or, once it was whole, puts it where
it belongs. SQLite has files of this kind, too.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from labelaudit.core.disk import (
    is_there,
    keep_attributes,
    moved,
    settle_folders,
    synchronise_tree,
)
from labelaudit.core.locks import BusyError, exclusive, locked
from labelaudit.core.mirror_names import refuse_mirrored
from labelaudit.errors import FixError

PART, WHOLE, SWAP, GONE, LOCK = (
    f".labelaudit-{kind}" for kind in ("part", "whole", "swap", "gone", "lock")
)
"""What names of ours end in: being made; made; made to replace; replaced; held by a process."""

_LONGEST = 200  # bytes; file systems hold 255


def beside(path: Path, kind: str) -> Path:
    """The hidden name of ours beside a path."""
    name = path.name
    if len(os.fsencode(name)) > _LONGEST:
        name = hashlib.sha256(os.fsencode(name)).hexdigest()[:32]
    return path.with_name(f".{name}{kind}")


def final(path: Path) -> Path:
    """Where a path within what is being made will be: for links that are relative to it.

    >>> final(Path("/a/.out.labelaudit-part/out/images/1.jpg")).as_posix()
    '/a/out/images/1.jpg'
    """
    return Path(*(part for part in path.parts if not part.endswith(PART)))


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that takes the place of `path` in the end, at once; a link to one is followed.

    What is no file, as a pipe, is written as it is.

    Raises
    ------
    BusyError
        if another process is writing it.
    """
    refuse_mirrored(path)
    place = Path(os.path.realpath(path))
    if is_there(place) and not place.is_file():
        with place.open("wb") as pipe:
            yield pipe
        return
    part = beside(place, PART)
    if part.is_dir():  # of a folder that was to have this name
        for _ in _left(place):
            pass
    with os.fdopen(exclusive(part, path), "r+b") as file:
        try:
            file.truncate()
            yield file
            file.flush()
            os.fsync(file.fileno())
            if place.exists():
                keep_attributes(place, part)
            if os.name == "nt":
                file.close()  # Windows renames nothing that is open
            os.replace(part, place)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
    settle_folders([place.parent])


@contextmanager
def whole(target: Path, *, overwrite: bool = False) -> Iterator[Path]:
    """A place to make a file or folder in, which goes to `target` in the end, whole.

    What is put beside it goes beside `target`. If anything fails, nothing is left.

    Parameters
    ----------
    target:
        its path; the folder that it is in is made.
    overwrite:
        whether what is there by then is replaced.

    Raises
    ------
    FixError
        if something is there that is not to be replaced, or the system fails, as of a full disk.
    BusyError
        if another process is making it.
    """
    refuse_mirrored(target)
    made = _made_folders(target.parent)
    try:
        with locked(beside(target, LOCK), target):
            _cleared(target)
            if not overwrite:
                _check_free(target)
            with _making(target, SWAP if overwrite else WHOLE) as place:
                yield place / target.name
    except BaseException as error:
        _unmake(made)
        if isinstance(error, OSError) and not isinstance(error, BrokenPipeError):
            raise FixError(_failure(target, error)) from error
        raise


def _failure(target: Path, error: OSError) -> str:
    """What failed while something was made, and what has become of it."""
    said = error.strerror or str(error)
    if any(is_there(beside(target, kind)) for kind in (WHOLE, SWAP)):
        return f"{target}: {said}; it is made, and the next command puts it into its place"
    failing = final(Path(os.fsdecode(error.filename))) if error.filename else target
    what = said if failing == target else f"{failing}: {said}"
    return f"{target}: {what}; nothing was written"


@contextmanager
def _making(target: Path, kind: str) -> Iterator[Path]:
    """A folder of which all goes beside `target` in the end."""
    place, made = beside(target, PART), beside(target, kind)
    place.mkdir()
    try:
        yield place
        synchronise_tree(place)
        os.rename(place, made)  # from now on, whoever comes next ends it
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    _published(made, target)


def leftovers(folder: Path) -> Iterator[str]:
    """Remove, or put in their places, what killed processes left in a folder; a line for each.

    What a process is working on is left alone, and so is what may not be changed.
    """
    try:
        names = [name for name in os.listdir(folder) if ".labelaudit-" in name and name[0] == "."]
    except OSError:
        return
    for stem in sorted({name.rpartition(".labelaudit-")[0] for name in names}):
        target = folder / stem[1:]
        if any(is_there(beside(target, kind)) for kind in (PART, WHOLE, SWAP, GONE, LOCK)):
            try:
                yield from _left(target)
            except OSError:
                continue


def _left(target: Path) -> Iterator[str]:
    try:
        with locked(beside(target, LOCK), target):
            done = _cleared(target)
    except BusyError:
        return
    if done:
        yield f"{done}; what a stopped run left in {target.parent}"


def _cleared(target: Path) -> str:
    """Remove what was not whole, and put what was where it belongs; what was done."""
    done = ""
    part = beside(target, PART)
    if part.is_dir():
        shutil.rmtree(part)
        done = f"removed {part.name}"
    elif is_there(part):
        os.close(exclusive(part, target))
        part.unlink()
        done = f"removed {part.name}"
    for kind in (WHOLE, SWAP):
        if is_there(beside(target, kind)):
            _published(beside(target, kind), target)
            done = f"put {target.name} into its place"
    if is_there(beside(target, GONE)):
        shutil.rmtree(beside(target, GONE))
    return done


def _published(made: Path, target: Path) -> None:
    """Put all that is in a folder of ours beside it; what is there is replaced in a swap alone."""
    gone = beside(target, GONE)
    is_swap = made.name.endswith(SWAP)
    for name in sorted(os.listdir(made)):
        place = made.with_name(name)
        if place.exists() and place.samefile(made / name):
            (made / name).unlink()  # killed while one file had both names
            continue
        if is_there(place) and is_swap:
            gone.mkdir(exist_ok=True)
            os.replace(place, gone / name)
        try:
            moved(made / name, place)
        except FileExistsError as error:
            shutil.rmtree(made)
            raise FixError(f"{place}: made by somebody else meanwhile; not replaced") from error
    made.rmdir()
    settle_folders([made.parent])
    if is_there(gone):
        shutil.rmtree(gone)


def _check_free(target: Path) -> None:
    if is_there(target):
        raise FixError(f"{target}: exists; give the name of a new file or folder")


def _made_folders(folder: Path) -> list[Path]:
    """Make a folder, and those that it is in; those that were made, the innermost first."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    return missing


def _unmake(folders: list[Path]) -> None:
    """Remove folders that are empty still."""
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:
            return
