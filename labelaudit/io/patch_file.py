"""Patch files: what was replaced where, for people to read and for `undo` to take back.

JSON Lines. The first line is a header with the schema version and, for each file, its path relative
to the patch and the SHA-256 of its bytes before and after. Every other line is one replaced byte
range.
"""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from labelaudit.errors import FixError
from labelaudit.io.edits import Edit, edited, sorted_edits

PATCH = ".patch.jsonl"
"""What the name of a patch ends in."""

SCHEMA_VERSION = 1

_NO_OFFSET = 2**62
"""More bytes than any file has; systems refuse to look so far."""


@dataclass(frozen=True)
class PatchedFile:
    """One file that a patch changes."""

    path: str  # relative to the patch, with forward slashes
    new: bool  # there was no such file
    before: str  # SHA-256 of its bytes
    after: str
    edits: tuple[Edit, ...]  # in the original
    originals: tuple[bytes, ...]  # what stood there

    @classmethod
    def of(cls, source: Path, edits: Sequence[Edit]) -> PatchedFile:
        """A file as it is before its edits are done."""
        ordered = sorted_edits(edits)
        if not source.exists():
            return cls("", True, _digest([]), "", tuple(ordered), tuple(b"" for _ in ordered))
        with source.open("rb") as file:
            originals = []
            for edit in ordered:
                file.seek(edit.start)
                originals.append(file.read(edit.end - edit.start))
            digest = _digest(edited(file, [])) if ordered else ""
        return cls(source.name, False, digest, "", tuple(ordered), tuple(originals))

    def written(self, target: Path) -> PatchedFile:
        """The same with where it was written, and what its bytes are there."""
        digest = ""
        if self.edits:
            with target.open("rb") as file:
                digest = _digest(edited(file, []))
        return dataclasses.replace(self, path=str(target), after=digest)

    def check(self, target: Path) -> None:
        """Raise `FixError` if the file is not as the patch left it."""
        if not target.is_file():
            raise FixError(f"{target}: not there; the patch cannot be undone")
        with target.open("rb") as file:
            if _digest(edited(file, [])) != self.after:
                raise FixError(f"{target}: changed after the patch was written; nothing was undone")


def restored(source: BinaryIO, file: PatchedFile) -> Iterator[bytes]:
    """The bytes of a file before its patch, in blocks.

    Raises
    ------
    FixError
        at the end, if they are not the bytes that the patch was made from.
    """
    moved = 0
    back = []
    for edit, original in zip(file.edits, file.originals, strict=True):
        start = edit.start + moved
        back.append(Edit(start, start + len(edit.text), original, edit.place))
        moved += len(edit.text) - len(original)
    digest = hashlib.sha256()
    for block in edited(source, back):
        digest.update(block)
        yield block
    if digest.hexdigest() != file.before:
        raise FixError(
            f"{file.path}: the patch does not give its original back; it is left as it is"
        )


def write_patch(path: Path, files: Sequence[PatchedFile], format_name: str) -> None:
    """Write the patch of some files to a path.

    Parameters
    ----------
    path:
        where it goes.
    files:
        what was changed in which files, as paths below the folder of `path`.
    format_name:
        the format of the dataset.
    """
    folder = path.parent
    names = [Path(file.path).relative_to(folder).as_posix() for file in files]
    header = {
        "schema_version": SCHEMA_VERSION,
        "format": format_name,
        "files": [
            {"path": name, "new": file.new, "before": file.before, "after": file.after}
            for name, file in zip(names, files, strict=True)
        ],
    }
    with path.open("w", encoding="utf-8") as out:
        out.write(json.dumps(header) + "\n")
        for name, file in zip(names, files, strict=True):
            for edit, original in zip(file.edits, file.originals, strict=True):
                entry = {"file": name, "start": edit.start, "record": edit.place}
                entry |= _encoded("before", original) | _encoded("after", edit.text)
                out.write(json.dumps(entry, ensure_ascii=False) + "\n")


def read_patch(path: Path) -> list[PatchedFile]:
    """The files that a patch changed.

    Raises
    ------
    FixError
        if it is no patch, of a later version, or damaged.
    """
    try:
        header, *entries = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
        if header["schema_version"] != SCHEMA_VERSION:
            raise FixError(f"{path}: schema version {header['schema_version']} is not known here")
        return [_read_file(file, entries) for file in header["files"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise FixError(f"{path}: not a patch of labelaudit, or damaged: {error}") from error


def _read_file(file: dict[str, Any], entries: Sequence[dict[str, Any]]) -> PatchedFile:
    mine = [entry for entry in entries if entry["file"] == file["path"]]
    if Path(file["path"]).is_absolute() or ".." in Path(file["path"]).parts:
        raise ValueError(f"{file['path']} is not below the patch")
    if not all(0 <= entry["start"] < _NO_OFFSET for entry in mine):
        raise ValueError(f"it changes bytes that {file['path']} cannot have")
    originals = tuple(_decoded("before", entry) for entry in mine)
    edits = tuple(
        Edit(
            entry["start"],
            entry["start"] + len(original),
            _decoded("after", entry),
            entry["record"],
        )
        for entry, original in zip(mine, originals, strict=True)
    )
    return PatchedFile(file["path"], file["new"], file["before"], file["after"], edits, originals)


def _encoded(key: str, data: bytes) -> dict[str, str]:
    try:
        return {key: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{key}_base64": base64.b64encode(data).decode("ascii")}


def _decoded(key: str, entry: dict[str, Any]) -> bytes:
    if key in entry:
        text: str = entry[key]
        return text.encode("utf-8")
    return base64.b64decode(entry[f"{key}_base64"])


def _digest(blocks: Iterator[bytes] | Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
