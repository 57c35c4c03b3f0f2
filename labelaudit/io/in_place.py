"""Changing files in their places, all of them or none, whenever the process ends.

Before a file is touched, the patch is on the disk under the name of one that is unfinished: it says
what every file held. New contents are written beside the files and synchronised; then each file
gets a second name (its backup) and the new one its first, which is one step of the file system
each. When the patch has its own name, the run has happened. Whoever finds an unfinished one that no
process holds takes it back. Undoing is the same the other way round; it has happened when the patch
that it undoes is gone.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from labelaudit.core.disk import (
    COPY,
    file_stamp,
    is_there,
    keep_attributes,
    linked,
    moved,
    settle_folders,
    synchronise,
    synchronise_folders,
)
from labelaudit.core.whole_files import replacing
from labelaudit.errors import FixError
from labelaudit.io.patch_file import PatchedFile, digest, file_digest, read_patch, write_patch
from labelaudit.io.patch_names import PatchNames, free_backup

NEW, OLD = ".labelaudit-new", ".labelaudit-old"
"""What names end in of what a file is to hold, and of what it held, while a run is unfinished."""


@dataclass(frozen=True)
class Run:
    """Files that are changed together, or that were and are changed back."""

    names: PatchNames
    files: tuple[PatchedFile, ...]
    format: str
    id: str  # in the names of its files
    undoes: str = ""  # the name of the patch that is undone; empty if one is done

    @classmethod
    def begun(
        cls, names: PatchNames, files: Sequence[PatchedFile], format_name: str, undoes: str = ""
    ) -> Run:
        """A run that begins now.

        Its name follows from what it does, so that patches can be compared, but is never that of
        files which something else left.

        Parameters
        ----------
        names:
            of the patch and its backups.
        files:
            that change, each with its edits.
        format_name:
            the format of the labels.
        undoes:
            the name of the patch that is undone; empty if one is done.
        """
        described = [undoes, *(f"{file.path}\0{file.before}{file.after}" for file in files)]
        while True:
            name = digest(text.encode("utf-8", "surrogateescape") for text in described)[:8]
            run = cls(names, tuple(files), format_name, name, undoes)
            if not any(is_there(c.new) or is_there(c.old) for c in run.changes):
                return run
            described.append(name)

    @classmethod
    def stopped(cls, unfinished: Path) -> Run:
        """The run that left an unfinished patch."""
        read = read_patch(unfinished)
        names = PatchNames.of_patch(unfinished)
        more = read.more
        return cls(names, read.files, read.format, str(more["run"]), str(more.get("undoes", "")))

    @cached_property
    def changes(self) -> list[FileChange]:
        """What becomes of each file."""
        return [self._change(number, file) for number, file in enumerate(self.files)]

    def _change(self, number: int, file: PatchedFile) -> FileChange:
        place = self.names.folder / file.path
        if place.is_symlink():
            place = Path(os.path.realpath(place))
        return FileChange(file, place, place.with_name(f".{self.id}-{number}"), bool(self.undoes))

    @property
    def folders(self) -> set[Path]:
        """The folders of the files."""
        return {change.place.parent for change in self.changes}

    def carry_out(self, stamps: Sequence[Sequence[int]]) -> Path | None:
        """Change all files or, if anything goes wrong, none; the patch that then is there.

        Parameters
        ----------
        stamps:
            what `file_stamp` said of each file when it was read.

        Raises
        ------
        FixError
            if a file was changed since, or two of them are one; nothing was changed then.
        """
        try:
            self._prepare()
            for change, stamp in zip(self.changes, stamps, strict=True):
                change.switch(stamp)
            synchronise_folders(self.folders)
            patch = self._commit()
        except BaseException:
            self.end()
            raise
        settle_folders([self.names.folder])
        with contextlib.suppress(OSError):  # it has happened; the next command clears up
            self.clear()
        return patch

    def _prepare(self) -> None:
        """Write what is to be known and to be held, before any file is touched."""
        places = [change.place for change in self.changes]
        if len(set(places)) < len(places):
            twice = next(place for place in places if places.count(place) > 1)
            raise FixError(f"{twice}: several label files are links to this one; nothing was done")
        with replacing(self.names.unfinished) as out:
            more = {"run": self.id} | ({"undoes": self.undoes} if self.undoes else {})
            write_patch(out, self.files, self.format, more)
        written = [change.new for change in self.changes if change.prepare()]
        synchronise(written)

    def _commit(self) -> Path | None:
        """The one step after which the run has happened."""
        if self.undoes:
            (self.names.folder / self.undoes).unlink()
            return None
        patch = self.names.next
        os.rename(self.names.unfinished, patch)
        return patch

    @property
    def is_done(self) -> bool:
        """Whether all that is left to do is to clear up: what was to be undone is undone."""
        return bool(self.undoes) and not is_there(self.names.folder / self.undoes)

    def end(self) -> list[Path]:
        """Take the run back, or clear up if it has happened; files that somebody else changed.

        These, and what they held, stay as they are.
        """
        if is_there(self.names.unfinished):
            if not self.is_done:
                return self._take_back()
            self.clear()
        return []

    def _take_back(self) -> list[Path]:
        kept = [change.place for change in self.changes if not change.take_back()]
        settle_folders(folder for folder in self.folders if folder.is_dir())
        self.names.unfinished.unlink(missing_ok=True)
        settle_folders([self.names.folder])
        return kept

    def clear(self) -> None:
        """Remove what nobody needs any more once the run has happened."""
        if not self.undoes:
            return
        for change in self.changes:
            change.new.unlink(missing_ok=True)
            change.old.unlink(missing_ok=True)
            change.drop_backup()
        self.names.unfinished.unlink(missing_ok=True)


@dataclass(frozen=True)
class FileChange:
    """What becomes of one file: of what it held before its patch, or back to that."""

    file: PatchedFile
    place: Path
    own: Path  # beside it; what names of its run begin with
    back: bool

    @cached_property
    def new(self) -> Path:
        """What it is to hold, until it does."""
        return self.own.with_name(self.own.name + NEW)

    @cached_property
    def old(self) -> Path:
        """What it held."""
        return (not self.back and self.backup) or self.own.with_name(self.own.name + OLD)

    @cached_property
    def held(self) -> str:
        """SHA-256 of what it held before this; empty if there was no file."""
        if self.back:
            return self.file.after
        return "" if self.file.new else self.file.before

    @cached_property
    def holds(self) -> str:
        """SHA-256 of what it holds after this; empty if there is to be no file."""
        if not self.back:
            return self.file.after
        return "" if self.file.new else self.file.before

    @cached_property
    def backup(self) -> Path | None:
        """The original of a file that was changed."""
        return self.place.with_name(self.file.backup) if self.file.backup else None

    def prepare(self) -> bool:
        """Make the new file, if there is to be one; whether it is still to be synchronised."""
        if not self.holds:
            return False
        if self.back and self.backup and file_digest(self.backup) == self.holds:
            linked(self.backup, self.new)  # it is on the disk since
            return False
        self.new.parent.mkdir(parents=True, exist_ok=True)
        with self.new.open("xb") as out:
            if self.held:
                with self.place.open("rb") as source:
                    out.writelines(
                        self.file.undone(source) if self.back else self.file.done(source)
                    )
            else:
                out.writelines(edit.text for edit in self.file.edits)
        if self.held:
            keep_attributes(self.place, self.new)
        return True

    def switch(self, stamp: Sequence[int]) -> None:
        """Put the new file into its place, and what was there beside it."""
        if not self.held:
            moved(self.new, self.place)
            return
        linked(self.place, self.old)
        if file_stamp(self.old) != list(stamp):
            raise FixError(f"{self.place}: changed since it was read; scan it again")
        if self.holds:
            os.replace(self.new, self.place)
        else:
            self.place.unlink()

    def take_back(self) -> bool:
        """Make the file what it was; whether that could be done.

        Judged by what files hold, so that it can be done again if it is interrupted itself.
        """
        for left in (self.new, self.old.with_name(self.old.name + COPY)):
            left.unlink(missing_ok=True)
        if is_there(self.old) and self.place.exists() and self.place.samefile(self.old):
            self.old.unlink()  # nothing else has its first name yet
        now, old = file_digest(self.place), file_digest(self.old)
        if now == self.held:
            if now and old == now:
                self.old.unlink()
        elif now != self.holds:  # neither is what somebody else wrote
            return self._left_aside()
        elif not self.held:
            self.place.unlink()
        elif old == self.held:
            os.replace(self.old, self.place)
        else:
            self._written_back()
        return True

    def _left_aside(self) -> bool:
        """Keep what the file held under a name that people see; never what it was."""
        if self.old.name.endswith(OLD) and is_there(self.old):
            moved(self.old, self.place.with_name(free_backup(self.place)))
        return False

    def _written_back(self) -> None:
        """Make the file what it was from the patch alone."""
        with self.place.open("rb") as source, replacing(self.place) as out:
            out.writelines(self.file.done(source) if self.back else self.file.undone(source))

    def drop_backup(self) -> None:
        """Remove the backup if the file is the same again."""
        if self.backup and file_digest(self.backup) == self.holds:
            self.backup.unlink()


def recovered(names: PatchNames) -> Iterator[tuple[str, Run]]:
    """End the run that left an unfinished patch, if there is one; what was done, in a line.

    The lock of these names is the caller's.
    """
    if not is_there(names.unfinished):
        return
    run = Run.stopped(names.unfinished)
    what = "an undo" if run.undoes else "a fix"
    if run.is_done:
        run.end()
        yield f"{names.folder}: {what} was stopped when all was done; cleared up after it", run
        return
    kept = run.end()
    line = f"{names.folder}: {what} was stopped midway and has been taken back"
    if kept:
        line += f", but for what was changed since: {', '.join(map(str, kept))}"
    yield line, run
