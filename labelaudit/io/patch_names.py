"""How the patches of a dataset, and what belongs to them, are called.

All stands beside the file that is changed, or in the folder that is: `labels.json.patch.jsonl`,
`labelaudit.patch.jsonl`. A later one has a number, so that none is ever written over.
"""

from __future__ import annotations

import os
import posixpath
import re
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.disk import is_there
from labelaudit.core.whole_files import LOCK, beside

FOLDER = "labelaudit"
"""What patches of a folder are called by."""

PATCH = ".patch.jsonl"
"""What the name of a patch ends in."""

UNFINISHED = ".patch.unfinished"
"""What the name of the patch of a run that has not ended yet ends in."""

BACKUP = ".orig"
"""What the name of a backup ends in."""


@dataclass(frozen=True)
class PatchNames:
    """The names of all patches of one file or folder."""

    folder: Path  # where they are; paths in patches are relative to it
    stem: str

    @classmethod
    def of(cls, path: Path) -> PatchNames:
        """Those of a file or folder; of a link, those of what it leads to."""
        if path.is_dir():
            return cls(path, FOLDER)
        real = Path(os.path.realpath(path)) if path.is_symlink() else path
        return cls(real.parent, real.name)

    @classmethod
    def of_patch(cls, patch: Path) -> PatchNames:
        """Those that a patch, finished or not, is one of."""
        name = patch.name.removesuffix(UNFINISHED).removesuffix(PATCH)
        stem, dot, number = name.rpartition(".")
        if dot and number.isdecimal() and not is_there(patch.with_name(name)):
            name = stem
        return cls(patch.parent, name)

    @property
    def unfinished(self) -> Path:
        """The patch of a run that has not ended yet."""
        return self.folder / f"{self.stem}{UNFINISHED}"

    @property
    def lock(self) -> Path:
        """What a run holds as long as it writes."""
        return beside(self.folder / self.stem, LOCK)

    @property
    def patches(self) -> list[Path]:
        """The patches, the oldest first."""
        return [path for _, path in self._numbered()]

    @property
    def next(self) -> Path:
        """The name of the patch that comes after all that are there."""
        number = 1 + max((number for number, _ in self._numbered()), default=0)
        while is_there(path := self._called(number)):
            number += 1
        return path

    def _numbered(self) -> list[tuple[int, Path]]:
        pattern = re.compile(rf"{re.escape(self.stem)}(?:\.([0-9]+))?{re.escape(PATCH)}")
        found = []
        for name in os.listdir(self.folder) if self.folder.is_dir() else ():
            match = pattern.fullmatch(name)
            # labels.json.2.patch.jsonl may be the first patch of labels.json.2
            if match and not (match[1] and is_there(self.folder / f"{self.stem}.{match[1]}")):
                found.append((int(match[1] or 1), self.folder / name))
        return sorted(found)

    def _called(self, number: int) -> Path:
        more = f".{number}" if number > 1 else ""
        return self.folder / f"{self.stem}{more}{PATCH}"


def newest_patch(path: Path) -> Path | None:
    """The last patch that changed a file or folder, or the folder that it is in; None for none."""
    if path.name.endswith(PATCH):
        return path if path.is_file() else None
    own = PatchNames.of(path).patches
    if own:
        return own[-1]
    for above in Path(os.path.realpath(path)).parents:
        patches = PatchNames(above, FOLDER).patches
        if patches:
            return patches[-1] if is_about(patches[-1], path) else None
    return None


def is_about(patch: Path, path: Path) -> bool:
    """Whether a patch changes a file, or one in a folder."""
    from labelaudit.io.patch_file import read_names  # noqa: PLC0415  # most files have no patch

    real = os.path.realpath(path)
    files = (os.path.realpath(patch.parent / name) for name, _ in read_names(patch))
    return any(file == real or file.startswith(real + os.sep) for file in files)


def own_files(folder: Path) -> set[str]:
    """Patches of a folder and the backups that they tell of, as paths relative to it."""
    from labelaudit.io.patch_file import read_names  # noqa: PLC0415  # as above

    own = set()
    for patch in PatchNames(folder, FOLDER).patches:
        own.add(patch.name)
        own |= {
            posixpath.join(posixpath.dirname(name), backup)
            for name, backup in read_names(patch)
            if backup
        }
    return own


def free_backup(path: Path) -> str:
    """A name for a backup of a file, beside it, that nothing has."""
    number = 1
    while is_there(path.with_name(name := f"{path.name}{BACKUP}{number if number > 1 else ''}")):
        number += 1
    return name
