"""Saving: a cleaned dataset differs from the original only where it was changed; and undoing it.

What is written is the original's bytes with edits, never a dataset written anew; see
`labelaudit.io.patch_file` for the file that says what was replaced, and undoes it.
"""

from __future__ import annotations

import difflib
import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.images.files import is_image, listed
from labelaudit.io.archives import is_archive, is_unpacked
from labelaudit.io.edits import Edit, edited, sorted_edits
from labelaudit.io.formats import FORMATS, patcher
from labelaudit.io.load import file_stamp, load
from labelaudit.io.patch_file import PATCH, PatchedFile, read_patch, restored, write_patch
from labelaudit.io.record_diff import changes

BACKUP = ".orig"
"""What the name of a backup ends in."""


@dataclass(frozen=True)
class Saved:
    """What was written."""

    path: Path  # the cleaned file or folder
    patch: Path | None  # the patch beside or in it; None if nothing differs
    records: int  # records that differ
    backups: tuple[Path, ...] = ()  # the originals, where files were changed in place


def save(dataset: Dataset, path: str | os.PathLike[str]) -> Saved:
    """Write a cleaned copy of the dataset that `dataset` was loaded from.

    Only records that differ from the files on disk are changed; without changes every file is
    copied byte for byte. A dataset of one file becomes a file, any other a folder; of a folder
    dataset the files that are neither labels nor images are copied, and images are linked to, not
    copied.

    Parameters
    ----------
    dataset:
        from `labelaudit.load`, with any changes to its columns.
    path:
        a file or folder that does not exist yet.

    Raises
    ------
    FixError
        if `path` exists, a source file was changed since it was loaded, or the format cannot hold
        a change.
    """
    target = Path(path)
    if target.exists():
        raise FixError(f"{target}: exists; give the name of a new file or folder")
    pending = Pending.of(dataset)
    one = len(dataset.files) == 1 and not FORMATS[dataset.format].folder
    target.parent.mkdir(parents=True, exist_ok=True)
    if one:
        written = [pending.write(0, target)]
        patch = target.with_name(target.name + PATCH)
        return _saved(target, patch, written, pending)
    target.mkdir()
    if FORMATS[dataset.format].folder:
        _copy_siblings(dataset, target)
    written = []
    for file, name in pending.copied:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        written.append(pending.write(file, target / name))
    return _saved(target, target / f"labelaudit{PATCH}", written, pending)


def save_in_place(dataset: Dataset) -> Saved:
    """Change the source files themselves, each kept as a backup beside it (`labels.json.orig`).

    Raises
    ------
    FixError
        if a source is an archive, a source file was changed since it was loaded, the format cannot
        hold a change, or a backup from an earlier time stands in the way.
    """
    for source in filter(is_archive, dataset.sources):
        raise FixError(
            f"{source}: an archive is not changed in place; write a folder with --output"
        )
    pending = Pending.of(dataset)
    names = dataset.files.path.tolist()
    touched = [file for file in sorted(pending.edits) if pending.edits[file]]
    paths = [dataset.root / names[file] for file in touched]
    backups = [path.with_name(path.name + BACKUP) for path in paths if path.exists()]
    for backup in backups:
        if backup.exists():
            raise FixError(f"{backup}: a backup from an earlier time; move it away first")
    for backup in backups:
        shutil.copy2(backup.with_name(backup.name.removesuffix(BACKUP)), backup)
    written = [pending.write(file, path) for file, path in zip(touched, paths, strict=True)]
    folder = FORMATS[dataset.format].folder or len(dataset.files) > 1
    root = dataset.root / "labelaudit" if folder else dataset.root / names[0]
    patch = root.with_name(root.name + PATCH)
    saved = _saved(dataset.root if folder else root, patch, written, pending)
    return Saved(saved.path, saved.patch, saved.records, tuple(backups))


def preview(dataset: Dataset) -> Iterator[str]:
    """What saving would change, as lines of a diff: one hunk a record, nothing written."""
    pending = Pending.of(dataset)
    for file, edits in sorted(pending.edits.items()):
        if not edits:
            continue
        name = str(dataset.files.path[file])
        yield f"--- {name}"
        yield f"+++ {name}"
        path = dataset.root / name
        with path.open("rb") if path.exists() else io.BytesIO() as source:
            content = Window(source)
            for hunk in _hunks(edits):
                yield from content.diff(hunk)


def undo(path: str | os.PathLike[str]) -> list[Path]:
    """Make the files that a patch changed what they were before, byte for byte.

    Parameters
    ----------
    path:
        a cleaned file or folder, or the patch itself.

    Returns
    -------
    The files restored. The patch, and backups that are then the same as their file, are removed.

    Raises
    ------
    FixError
        if there is no patch, or a file was changed after the patch was written.
    """
    patch = _patch_of(Path(path))
    files = read_patch(patch)
    paths = [patch.parent / file.path for file in files]
    for file, target in zip(files, paths, strict=True):
        file.check(target)
    for file, target in zip(files, paths, strict=True):
        if file.new:
            target.unlink()
            continue
        with target.open("rb") as source:
            _replace(target, restored(source, file))
        backup = target.with_name(target.name + BACKUP)
        if backup.exists() and backup.read_bytes() == target.read_bytes():
            backup.unlink()
    patch.unlink()
    return paths


def _patch_of(path: Path) -> Path:
    candidates = (
        [path / f"labelaudit{PATCH}"] if path.is_dir() else [path.with_name(path.name + PATCH)]
    )
    if path.name.endswith(PATCH):
        candidates = [path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FixError(f"{path}: nothing to undo: there is no patch {candidates[0].name} beside it")


@dataclass(frozen=True)
class Pending:
    """The edits that would make the files on disk hold a dataset."""

    dataset: Dataset
    edits: dict[int, list[Edit]]  # by row in Files
    records: int

    @classmethod
    def of(cls, dataset: Dataset) -> Pending:
        """Read the source again and compare, record by record."""
        original = reloaded(dataset)
        differing = changes(original, dataset)
        edits = {}
        if differing:
            edits = patcher(FORMATS[dataset.format], dataset)(original, dataset, differing)
        for file, name in enumerate(dataset.files.path.tolist()):
            if edits.get(file) and _is_outside(name):
                raise FixError(f"{dataset.root / name}: not in {dataset.root}; scan its own folder")
        return cls(dataset, edits, len(differing))

    @property
    def copied(self) -> list[tuple[int, str]]:
        """Row and path of each file that a copy holds: not those outside of the dataset."""
        return [
            (file, name)
            for file, name in enumerate(self.dataset.files.path.tolist())
            if self.edits.get(file)
            or (not _is_outside(name) and os.path.isfile(self.dataset.root / name))
        ]

    def write(self, file: int, target: Path) -> PatchedFile:
        """Write one file with its edits done."""
        source = self.dataset.root / str(self.dataset.files.path[file])
        edits = self.edits.get(file, [])
        patched = PatchedFile.of(source, edits)
        if not source.exists():
            _replace(target, [edit.text for edit in edits])
        else:
            with source.open("rb") as stream:
                _replace(target, edited(stream, edits))
            shutil.copymode(source, target)
        return patched.written(target)


def _is_outside(name: str) -> bool:
    """Whether a file is not below the folder that its path is relative to."""
    return name.startswith(("../", "/"))


def reloaded(dataset: Dataset) -> Dataset:
    """The dataset as it is on disk now.

    Raises
    ------
    FixError
        if a file was changed since it was loaded: what was found no longer holds.
    """
    for name, stamp in zip(dataset.files.path.tolist(), dataset.files.stamp.tolist(), strict=True):
        if stamp[0] >= 0 and stamp != file_stamp(dataset.root / name):
            raise FixError(f"{dataset.root / name}: changed since it was read; scan it again")
    sources, folders = dataset.sources, dataset.image_folders
    return load(sources, images=folders, format=dataset.format, polygon_validity=False)


def _saved(path: Path, patch: Path, written: Sequence[PatchedFile], pending: Pending) -> Saved:
    touched = [file for file in written if file.edits]
    if not touched:
        return Saved(path, None, 0)
    write_patch(patch, touched, pending.dataset.format)
    return Saved(path, patch, pending.records)


def _copy_siblings(dataset: Dataset, target: Path) -> None:
    """Copy what is neither label nor image, and link to the images."""
    labels = set(dataset.files.path.tolist())
    for name in list(listed(dataset.root)):
        source, copy = dataset.root / name, target / name
        if name in labels or target.absolute() in source.absolute().parents:
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        if is_image(name):
            _link(source.absolute(), copy)
        elif os.path.isfile(source):  # a pipe would never end, and a link may lead nowhere
            shutil.copy2(source, copy)


def _link(source: Path, link: Path) -> None:
    """A symbolic link; a copy where the system allows none, or the source is not there for long."""
    if is_unpacked(source):
        shutil.copy2(source, link)
        return
    try:
        link.symlink_to(source)
    except OSError:
        shutil.copy2(source, link)


def _replace(target: Path, blocks: Iterable[bytes]) -> None:
    """Write a file under another name beside its place, and rename it there at once."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            for block in blocks:
                file.write(block)
            file.flush()
            os.fsync(file.fileno())
        mode = target.stat().st_mode & 0o777 if target.exists() else 0o666 & ~_umask()
        os.chmod(name, mode)  # mkstemp gives a name
        os.replace(name, target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


CONTEXT = 60
"""Bytes shown around a change in a line too long to be shown whole."""


def _hunks(edits: Sequence[Edit]) -> Iterator[list[Edit]]:
    """Edits of one record together."""
    hunk: list[Edit] = []
    for edit in sorted_edits(edits):
        if hunk and edit.place != hunk[0].place:
            yield hunk
            hunk = []
        hunk.append(edit)
    if hunk:
        yield hunk


@dataclass(frozen=True)
class Window:
    """A file of which only what surrounds a change is read."""

    source: BinaryIO

    def diff(self, hunk: Sequence[Edit]) -> Iterator[str]:
        """The lines that a hunk changes, before and after, without those that stay."""
        start, end = self._around(hunk[0].start, hunk[-1].end)
        self.source.seek(start)
        before = self.source.read(end - start)
        shifted = [Edit(s.start - start, s.end - start, s.text) for s in hunk]
        after = b"".join(edited(io.BytesIO(before), shifted))
        yield f"@@ {hunk[0].place} @@"
        old, new = (text.decode("utf-8", "replace").splitlines() for text in (before, after))
        for line in difflib.ndiff(old, new, charjunk=None):
            if line[0] in "-+":
                yield f"{line[0]}{line[2:]}"

    def _around(self, start: int, end: int) -> tuple[int, int]:
        """From the line's start to its end, but no more than `CONTEXT` bytes on either side."""
        low = max(0, start - CONTEXT)
        self.source.seek(low)
        before = self.source.read(start - low)
        self.source.seek(end)
        after = self.source.read(CONTEXT)
        newline = after.find(b"\n")
        return low + before.rfind(b"\n") + 1, end + (len(after) if newline < 0 else newline)
