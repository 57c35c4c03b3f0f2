"""Saving: a cleaned dataset differs from the original only where it was changed; and undoing it.

What is written is the original's bytes with edits, never a dataset written anew; see
`labelaudit.io.patch_file` for the file that says what was replaced, and undoes it.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from labelaudit.core.disk import file_stamp, is_there
from labelaudit.core.locks import locked
from labelaudit.core.mirror_names import refuse_mirrored
from labelaudit.core.whole_files import whole
from labelaudit.dataset.arguments import check_dataset
from labelaudit.dataset.part import part_of
from labelaudit.dataset.tables import Dataset, DatasetPart
from labelaudit.errors import FixError
from labelaudit.images.own_links import remember_links
from labelaudit.io.archive_names import is_archive
from labelaudit.io.copies import (
    PutImages,
    beside_file,
    image_folder,
    not_found,
    put_images,
    put_siblings,
)
from labelaudit.io.edits import Edit, edited, edits_after
from labelaudit.io.formats import FORMATS, patcher
from labelaudit.io.formats.copy_plan import CopyPlan
from labelaudit.io.in_place import Run
from labelaudit.io.load import load, one_path
from labelaudit.io.patch_file import PatchedFile, read_patch, write_patch
from labelaudit.io.patch_names import FOLDER, PATCH, PatchNames, free_backup, newest_patch
from labelaudit.io.record_diff import changes
from labelaudit.io.recovery import recover
from labelaudit.io.targets import check_apart
from labelaudit.io.undo_place import undo_place


@dataclass(frozen=True)
class Saved:
    """What was written."""

    path: Path  # the cleaned file or folder
    patch: Path | None  # the patch beside or in it; None if nothing differs
    records: int  # records that differ
    backups: tuple[Path, ...] = ()  # the originals, where files were changed in place
    notes: tuple[str, ...] = ()  # what else was done, a line each, for people


def save(
    dataset: Dataset,
    path: str | os.PathLike[str],
    *,
    copy_images: bool = False,
    overwrite: bool = False,
) -> Saved:
    """Write a cleaned copy of the dataset that `dataset` was loaded from.

    Only records that differ from the files on disk are changed, and what would lead out of the
    copy; all else is copied byte for byte. A dataset of one file becomes a file if the path ends as
    its name does, any other a folder; of a folder dataset the files that are neither labels nor
    images are copied, too. Images are linked to, by relative links.

    Parameters
    ----------
    dataset:
        from `labelaudit.load`, with any changes to its columns.
    path:
        a file or folder that does not exist yet.
    copy_images:
        whether images are copied instead of linked to, so that the copy stands alone.
    overwrite:
        whether what is at the path is replaced.

    Raises
    ------
    FixError
        if `path` exists, a source file was changed since it was loaded, or the format cannot hold
        a change.
    """
    check_dataset(dataset, "save()")
    target = one_path(path, "save() takes a path after the dataset")
    if is_there(target) and not overwrite:
        raise FixError(f"{target}: exists; give the name of a new file or folder")
    check_apart(target, dataset)
    _check_archives(dataset)
    pending = Pending.of(dataset)
    plan = FORMATS[dataset.format].copy_plan(pending.original)
    with whole(target, overwrite=overwrite) as place:
        written = _save_file if is_file(dataset, target) else _save_folder
        patch, put = written(pending, plan, target, place, copied=copy_images)
    own = [*(str(dataset.files.path[file]) for file in plan.edits), *plan.written]
    notes = [
        *([f"{', '.join(own)}: written anew to name what is in the copy"] if own else []),
        *put.notes,
        *(not_found(dataset) if copy_images else ()),
    ]
    return Saved(target, patch, pending.records if patch else 0, notes=tuple(notes))


def _save_file(
    pending: Pending, plan: CopyPlan, target: Path, place: Path, *, copied: bool
) -> tuple[Path | None, PutImages]:
    """Write a copy that is one file to `place`, its images beside it; its patch, if it has one."""
    shown = pending.original if pending.dataset.part != DatasetPart() else pending.dataset
    images = beside_file(target, shown, plan, copied=copied)
    patch = PatchNames.of(target).next
    files = pending.write([(0, place)], plan)
    put = put_images(images, place.parent, copied=copied)
    remember_links(place.with_name(image_folder(target)))
    pending.write_patch(place.with_name(patch.name), files)
    return patch if files else None, put


def _save_folder(
    pending: Pending, plan: CopyPlan, target: Path, place: Path, *, copied: bool
) -> tuple[Path | None, PutImages]:
    """Write a copy that is a folder to `place`, with its images; its patch, if it has one."""
    place.mkdir()
    put = PutImages()
    if FORMATS[pending.dataset.format].folder:
        put = put_siblings(pending.dataset, plan, place, copied=copied)
    put += put_images(plan.images, place, copied=copied)
    remember_links(place)
    files = pending.write(
        [(file, place / plan.files[file]) for file in pending.copied], plan, place
    )
    patch = f"{FOLDER}{PATCH}"
    pending.write_patch(place / patch, files)
    return target / patch if files else None, put


def _check_archives(dataset: Dataset) -> None:
    """Raise `FixError` if several archives were put together: their folder holds everything."""
    archives = list(filter(is_archive, dataset.sources))
    if archives and len(dataset.sources) > 1:
        raise FixError(f"{archives[0]}: one of several datasets; clean an archive alone")


def save_in_place(dataset: Dataset) -> Saved:
    """Change the source files themselves, each kept as a backup beside it (`labels.json.orig`).

    All of them are changed or none, whenever the process ends; several such runs stack, and `undo`
    takes them back one by one.

    Raises
    ------
    FixError
        if a source is an archive, a source file was changed since it was loaded, the format cannot
        hold a change, or the disk is full; nothing is changed then.
    BusyError
        if another process is changing the files.
    """
    for source in filter(is_archive, dataset.sources):
        raise FixError(
            f"{source}: an archive is not changed in place; write a folder with --output"
        )
    path = dataset.root
    if len(dataset.files) == 1 and not FORMATS[dataset.format].folder:
        path /= str(dataset.files.path[0])
    names = PatchNames.of(path)
    with failing_clearly(path, names), locked(names.lock, path):
        if is_there(names.unfinished):
            raise FixError(f"{path}: a run that was stopped is not taken back yet; scan it again")
        pending = Pending.of(dataset)
        touched = [file for file in sorted(pending.edits) if pending.edits[file]]
        if not touched:
            return Saved(path, None, 0)
        files = [pending.patched(file, one=names.folder != path) for file in touched]
        stamps = pending.original.files.stamp[touched].tolist()
        run = Run.begun(names, files, dataset.format)
        patch = run.carry_out(stamps)
    backups = [change.old for change in run.changes if change.file.backup]
    return Saved(path, patch, pending.records, tuple(backups))


def undo(path: str | os.PathLike[str]) -> list[Path]:
    """Make the files that the last patch changed what they were before, byte for byte.

    Called again, it takes back the patch before that. A run in place that was killed midway is
    taken back as any command does, and is then what this was called for; so is an undo that was
    killed when all was done.

    Parameters
    ----------
    path:
        a cleaned file or folder, a file that describes it (`data.yaml`), or the patch itself.

    Returns
    -------
    The files restored. The patch, and backups that are then the same as their file, are removed.

    Raises
    ------
    FixError
        if there is no patch, or a file was changed after the patch was written; nothing is changed
        then.
    BusyError
        if another process is changing the files.
    """
    path = undo_place(one_path(path, "undo() takes the path of a cleaned file or folder"))
    stopped = [one.undone for one in recover(path) if one.undone]
    if stopped:
        return [change.place for run in stopped for change in run.changes]
    patch = newest_patch(path)
    if patch is None:
        wanted = path.name if path.name.endswith(PATCH) else PatchNames.of(path).next.name
        raise FixError(f"{path}: nothing to undo: no patch {wanted} is there")
    names = PatchNames.of_patch(patch)
    with failing_clearly(path, names), locked(names.lock, path):
        read = read_patch(patch)
        run = Run.begun(names, read.files, read.format, undoes=patch.name)
        stamps = [file_stamp(change.place) for change in run.changes]
        for change in run.changes:
            change.file.check(change.place)
        run.carry_out(stamps)
    return [names.folder / file.path for file in read.files]


@contextmanager
def failing_clearly(path: Path, names: PatchNames) -> Iterator[None]:
    """An error of the system as one that names what it is about and says what has become of it."""
    refuse_mirrored(path)
    try:
        yield
    except OSError as error:
        left = is_there(names.unfinished)
        done = "the next command takes back what was begun" if left else "nothing was changed"
        raise FixError(f"{path}: {error.strerror or error}; {done}") from error


@dataclass(frozen=True)
class Pending:
    """The edits that would make the files on disk hold a dataset."""

    dataset: Dataset
    original: Dataset  # as it is on disk, also beyond the part that the dataset is
    edits: dict[int, list[Edit]]  # by row in Files
    records: int

    @classmethod
    def of(cls, dataset: Dataset) -> Pending:
        """Read the source again and compare, record by record."""
        original = reloaded(dataset)
        before = part_of(original, dataset.part)
        differing = changes(before, dataset)
        edits = {}
        if differing:
            edits = patcher(FORMATS[dataset.format], dataset)(before, dataset, differing)
        return cls(dataset, original, edits, len(differing))

    @property
    def copied(self) -> list[int]:
        """The row of each file that a copy holds."""
        return [
            file
            for file, name in enumerate(self.dataset.files.path.tolist())
            if self.edits.get(file) or os.path.isfile(self.dataset.root / name)
        ]

    def patched(self, file: int, *, one: bool) -> PatchedFile:
        """A file, and what becomes of it in its place; `one`, if it is the whole dataset."""
        root, name = self.dataset.root, str(self.dataset.files.path[file])
        if _is_outside(name):
            raise FixError(f"{root / name}: not in {root}; scan its own folder, or write a copy")
        place = Path(os.path.realpath(root / name))
        described = PatchedFile.of(place, self.edits[file], place.name if one else name)
        return described if described.new else replace(described, backup=free_backup(place))

    def write(
        self, copies: Sequence[tuple[int, Path]], plan: CopyPlan, folder: Path | None = None
    ) -> list[PatchedFile]:
        """Write copies of files with their edits done; what a patch says of those that have any.

        What makes a file refer to the copy is no part of the patch: taken back, the copy would
        lead to the original.

        Parameters
        ----------
        copies:
            row and place of each.
        plan:
            what makes files refer to the copy.
        folder:
            that they are in; that of each if absent.
        """
        files = []
        for file, target in copies:
            source = self.dataset.root / str(self.dataset.files.path[file])
            edits, own = self.edits.get(file, []), plan.edits.get(file, ())
            base = target.with_name(f"{target.name}.own") if own else source
            target.parent.mkdir(parents=True, exist_ok=True)
            if own:
                edits = edits_after(edits, own)
                _write_edited(source, own, base)
            if edits:
                path = target.relative_to(folder or target.parent).as_posix()
                files.append(PatchedFile.of(base, edits, path))
            if not source.exists():
                target.write_bytes(b"".join(edit.text for edit in edits))
                continue
            _write_edited(base, edits, target)
            if own:
                base.unlink()
            shutil.copymode(source, target)
        return files

    def write_patch(self, path: Path, files: Sequence[PatchedFile]) -> None:
        """Write the patch of files, if there are any."""
        if files:
            with path.open("xb") as out:
                write_patch(out, files, self.dataset.format, {})


def is_file(dataset: Dataset, target: Path) -> bool:
    """Whether a copy of a dataset is one file: it is in one, whose name ends as the target's."""
    if len(dataset.files) != 1 or FORMATS[dataset.format].folder:
        return False
    return target.suffix.lower() == Path(str(dataset.files.path[0])).suffix.lower()


def _is_outside(name: str) -> bool:
    """Whether a file is not below the folder that its path is relative to."""
    return name.startswith(("../", "/"))


def reloaded(dataset: Dataset) -> Dataset:
    """The dataset as it is on disk now, whole, also where `dataset` is a part.

    Raises
    ------
    FixError
        if a file was changed since it was loaded: what was found no longer holds.
    """
    check_unchanged(dataset)
    # Not in all folders where images were found: another file's may have images of the same names.
    sources, given = dataset.sources, dataset.given_folders
    return load(sources, images=given, format=dataset.format, polygon_validity=False)


def check_unchanged(dataset: Dataset) -> None:
    """Raise `FixError` if a file was changed since it was loaded."""
    for name, stamp in zip(dataset.files.path.tolist(), dataset.files.stamp.tolist(), strict=True):
        if stamp[0] >= 0 and stamp != file_stamp(dataset.root / name):
            raise FixError(f"{dataset.root / name}: changed since it was read; scan it again")


def _write_edited(source: Path, edits: Sequence[Edit], target: Path) -> None:
    """Write a new file that is another with edits."""
    with source.open("rb") as stream, target.open("xb") as out:
        out.writelines(edited(stream, edits))
