"""What killed runs left near a dataset: taken back, finished or removed before it is read.

Only a run that no process holds any more counts as killed. Labels that a living process is changing
are not read: they would be of two datasets.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.core.disk import is_there
from labelaudit.core.locks import locked
from labelaudit.core.whole_files import leftovers
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.patch_names import FOLDER, UNFINISHED, PatchNames, is_about

if TYPE_CHECKING:
    from labelaudit.io.in_place import Run


@dataclass(frozen=True)
class Recovery:
    """What was done about a run that was killed."""

    line: str  # for people
    run: Run | None = None  # the run, if it was one in place

    @property
    def undone(self) -> Run | None:
        """The run, if with its end the last change is undone: a fix midway, or an undo done."""
        run = self.run
        return run if run and (run.is_done or not run.undoes) else None


def recover(path: Path) -> list[Recovery]:
    """What was done about killed runs on a file or folder, in it, or on what it is in.

    What they were making is looked for where outputs usually are, and elsewhere left to the next
    command that writes there.

    Raises
    ------
    BusyError
        if a run on it has not ended.
    FixError
        if what a killed one left cannot be taken back.
    """
    names = PatchNames.of(path)
    done = [Recovery(line) for folder in _near(path, names) for line in leftovers(folder)]
    for unfinished in unfinished_patches(path, names):
        done += _taken_back(PatchNames.of_patch(unfinished))
    return done


def recover_within(dataset: Dataset) -> list[Recovery]:
    """The same of runs on folders, or files, that a dataset was put together from."""
    root = Path(os.path.abspath(dataset.root))
    inside = {name.rpartition("/")[0] for name in dataset.files.path.tolist()}
    folders = {root / name for name in inside}
    folders |= {above for folder in folders for above in folder.parents if root in above.parents}
    found = [unfinished for folder in sorted(folders) for unfinished in _in(folder)]
    return [one for path in found for one in _taken_back(PatchNames.of_patch(path))]


def _near(path: Path, names: PatchNames) -> list[Path]:
    """Folders where outputs of runs on a path may lie: it, those above it, and the current one."""
    above = list(path.absolute().parents)[:LEVELS]
    near = [*([path] if path.is_dir() else []), names.folder, *above, Path()]
    return list({os.path.realpath(folder): folder for folder in near}.values())


LEVELS = 2
"""Folders above a dataset that are looked at; a choice: `convert ds/annotations/train.json out`."""


def unfinished_patches(path: Path, names: PatchNames) -> Iterator[Path]:
    """Unfinished patches of a path, in it, and of the folders that it is in."""
    if path.is_dir():
        yield from _in(path)
    elif is_there(names.unfinished):
        yield names.unfinished
    for above in Path(os.path.realpath(path)).parents:
        unfinished = above / f"{FOLDER}{UNFINISHED}"
        if is_there(unfinished) and is_about(unfinished, path):
            yield unfinished


def _in(folder: Path) -> Iterator[Path]:
    try:
        names = os.listdir(folder)
    except OSError:
        return
    yield from (folder / name for name in names if name.endswith(UNFINISHED))


def _taken_back(names: PatchNames) -> Iterator[Recovery]:
    from labelaudit.io.in_place import recovered  # noqa: PLC0415  # most paths have no killed runs

    try:
        with locked(names.lock, names.folder):
            yield from (Recovery(line, run) for line, run in recovered(names))
    except OSError as error:
        raise FixError(
            f"{names.unfinished}: a run that was stopped has to be taken back before anything "
            f"else, which fails: {error.strerror or error}"
        ) from error
