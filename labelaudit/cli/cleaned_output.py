"""Writing a cleaned dataset, or showing what would be written."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.cli.notes import note, print_lines
from labelaudit.cli.parameters import Target
from labelaudit.core.shell import command
from labelaudit.core.text import counted
from labelaudit.dataset.merge import split_names
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.io.archive_names import is_archive, without_ending
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.listing import CLEANED
from labelaudit.io.targets import check_free

if TYPE_CHECKING:
    from labelaudit.auditing.scan import Scan
    from labelaudit.io.save import Saved

MOST_LETTERS = 60
"""Letters of the name of a copy of several files; a choice."""

STYLES = {"@@": "cyan", "--": "bold", "++": "bold", "-": "red", "+": "green"}


def check_target(dataset: Dataset, target: Target, *, wanted: bool) -> None:
    """Refuse a place that the cleaned dataset cannot go to, before anybody waits for checks.

    Parameters
    ----------
    dataset:
        as it was loaded.
    target:
        where it goes.
    wanted:
        whether anybody asks for a cleaned dataset.
    """
    if not wanted:
        return
    if target.in_place and target.place:
        raise FixError("--in-place and --output exclude each other")
    if target.in_place and (target.copy_images or target.overwrite):
        raise FixError("--copy-images and --overwrite are about a copy, not --in-place")
    if not target.in_place and not target.diff:
        check_free(target.place or cleaned_path(dataset), overwrite=target.overwrite)


def written(dataset: Dataset, target: Target) -> Saved:
    """Write the cleaned dataset where `target` says."""
    # A scan that writes no dataset does without what it takes, here and below.
    from labelaudit.io.save import save, save_in_place  # noqa: PLC0415

    if target.in_place:
        return save_in_place(dataset)
    return save(
        dataset,
        target.place or cleaned_path(dataset),
        copy_images=target.copy_images,
        overwrite=target.overwrite,
    )


def cleaned_path(dataset: Dataset) -> Path:
    """Where a cleaned dataset goes if nobody says: beside what was given, under a like name.

    Beside an archive it is a file or folder called as the archive is.
    """
    sources, lone = dataset.sources, not FORMATS[dataset.format].folder
    archive = next(filter(is_archive, sources), None)
    if len(dataset.files) == 1 and lone:
        path = dataset.root / str(dataset.files.path[0])
        stem = Path(without_ending(archive.name)).stem if archive else path.stem
        return (archive or path).with_name(f"{stem}{CLEANED}{path.suffix}")
    if lone and not archive and len(sources) > 1 and all(source.is_file() for source in sources):
        folder = Path(os.path.commonpath([source.absolute().parent for source in sources]))
        return folder / f"{'-'.join(split_names(sources))[:MOST_LETTERS]}{CLEANED}"
    root = archive.with_name(without_ending(archive.name)) if archive else dataset.root.absolute()
    return root.with_name(f"{root.name}{CLEANED}")


def show_written(saved: Saved | None) -> None:
    """Say what was written and how to take it back, on standard error; None: nothing to fix."""
    if saved is None:
        note("Nothing to fix: nothing was written.")
        return
    if saved.patch is None:
        note(f"Nothing to change: {saved.path} holds the original.")
        return
    note(f"Wrote {saved.path}: {counted(saved.records, 'record')} changed, listed in {saved.patch}")
    for line in saved.notes:
        note(line)
    note(f"to take it back: {command('undo', saved.path)}")


def show_diff(dataset: Dataset) -> None:
    """Print what saving would change."""
    from labelaudit.io.preview import preview  # noqa: PLC0415

    lines = [(line, STYLES.get(line[:2]) or STYLES.get(line[:1], "")) for line in preview(dataset)]
    print_lines(sys.stdout, lines)
    if not lines:
        note("Nothing would change.")


def tell_unsafe(left: Scan, shows: str) -> None:
    """Say how many fixes are left because they are unsafe, and the command that shows these."""
    if not left.unsafe:
        return
    told = counted(left.unsafe, "finding has an unsafe fix", "findings have an unsafe fix")
    note(f"{told}, which --unsafe-fixes applies; to see what would change: {shows}")


def tried(dataset: Dataset) -> None:
    """Nothing, if the dataset could be written.

    Raises
    ------
    FixError
        if not.
    """
    from labelaudit.io.save import Pending  # noqa: PLC0415

    Pending.of(dataset)
