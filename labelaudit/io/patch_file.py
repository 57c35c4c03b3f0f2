"""Patch files: what was replaced where, for people to read and for `undo` to take back.

JSON Lines. The first line is a header with the schema version and, for each file, its path relative
to the patch and the SHA-256 of its bytes before and after. Every other line is one replaced byte
range. A line ends in a line feed and in nothing else: text may hold what Unicode calls the end of a
line (U+0085, U+2028, U+2029), and JSON does not escape that.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from labelaudit.errors import FixError
from labelaudit.io.edits import Edit, edited, sorted_edits

SCHEMA_VERSION = 1

NOTHING = hashlib.sha256().hexdigest()
"""SHA-256 of no bytes: what a file held that was not there."""

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
    backup: str = ""  # the name of the original beside it, if it is kept

    @classmethod
    def of(cls, source: Path, edits: Sequence[Edit], path: str) -> PatchedFile:
        """A file as it is before its edits are done, and what they make of it.

        Parameters
        ----------
        source:
            the file; there may be none.
        edits:
            what is to be done to it; at least one.
        path:
            where it will be, as seen from the patch.
        """
        ordered = tuple(sorted_edits(edits))
        if not source.exists():
            texts = [edit.text for edit in ordered]
            return cls(path, True, NOTHING, digest(texts), ordered, tuple(b"" for _ in ordered))
        with source.open("rb") as file:
            originals = []
            for edit in ordered:
                file.seek(edit.start)
                originals.append(file.read(edit.end - edit.start))
            before, after = digest(edited(file, [])), digest(edited(file, ordered))
        return cls(path, False, before, after, ordered, tuple(originals))

    def done(self, source: BinaryIO) -> Iterator[bytes]:
        """The bytes of a file after its patch, in blocks, from those before.

        Raises
        ------
        FixError
            at the end, if they are not those that the patch promises.
        """
        yield from _promised(edited(source, self.edits), self.after, self.path)

    def undone(self, source: BinaryIO) -> Iterator[bytes]:
        """The bytes of a file before its patch, in blocks, from those after; raises as `done`."""
        moved = 0
        back = []
        for edit, original in zip(self.edits, self.originals, strict=True):
            start = edit.start + moved
            back.append(Edit(start, start + len(edit.text), original, edit.place))
            moved += len(edit.text) - len(original)
        yield from _promised(edited(source, back), self.before, self.path)

    def check(self, target: Path) -> None:
        """Raise `FixError` if the file is not as the patch left it."""
        if not target.is_file():
            raise FixError(f"{target}: not there; the patch cannot be undone")
        if file_digest(target) != self.after:
            raise FixError(f"{target}: changed after the patch was written; nothing was undone")


def _promised(blocks: Iterable[bytes], promised: str, path: str) -> Iterator[bytes]:
    state = hashlib.sha256()
    for block in blocks:
        state.update(block)
        yield block
    if state.hexdigest() != promised:
        raise FixError(f"{path}: the patch does not fit its file, which is left as it is")


def write_patch(
    out: BinaryIO, files: Sequence[PatchedFile], format_name: str, more: Mapping[str, str]
) -> None:
    """Write the patch of some files.

    Parameters
    ----------
    out:
        where it goes.
    files:
        what was changed in which files.
    format_name:
        the format of the dataset.
    more:
        what else the header says.
    """
    header = {
        "schema_version": SCHEMA_VERSION,
        "format": format_name,
        "files": [_described(file) for file in files],
    }
    out.write(_line({**header, **more}))
    for file in files:
        for edit, original in zip(file.edits, file.originals, strict=True):
            entry = {"file": file.path, "start": edit.start, "record": edit.place}
            entry |= _encoded("before", original) | _encoded("after", edit.text)
            out.write(_line(entry))


def _described(file: PatchedFile) -> dict[str, Any]:
    """A file in the header."""
    told = {"path": file.path, "new": file.new, "before": file.before, "after": file.after}
    return told | ({"backup": file.backup} if file.backup else {})


def _line(entry: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(entry, ensure_ascii=False).encode() + b"\n"
    except UnicodeEncodeError:  # the name of a file that is no UTF-8, which JSON can only escape
        return json.dumps(entry).encode() + b"\n"


@dataclass(frozen=True)
class PatchRead:
    """What a patch says."""

    files: tuple[PatchedFile, ...]
    format: str
    more: Mapping[str, Any]  # what else the header says


def read_patch(path: Path) -> PatchRead:
    """What a patch says.

    Raises
    ------
    FixError
        if it is no patch, of a later version, or damaged.
    """
    try:
        lines = path.read_bytes().split(b"\n")
        header, *entries = [json.loads(line) for line in lines if line.strip()]
        if header["schema_version"] != SCHEMA_VERSION:
            raise FixError(f"{path}: schema version {header['schema_version']} is not known here")
        grouped: dict[str, list[dict[str, Any]]] = {file["path"]: [] for file in header["files"]}
        for entry in entries:
            if entry["file"] in grouped:
                grouped[entry["file"]].append(entry)
        files = tuple(_read_file(file, grouped[file["path"]]) for file in header["files"])
        return PatchRead(files, str(header.get("format", "")), header)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise FixError(f"{path}: not a patch of labelaudit, or damaged: {error}") from error


def read_names(path: Path) -> list[tuple[str, str]]:
    """The files that a patch is about and their backups, of its first line; none if it is none."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return [(str(one["path"]), str(one.get("backup", ""))) for one in header["files"]]
    except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return []


def _read_file(file: dict[str, Any], mine: Sequence[dict[str, Any]]) -> PatchedFile:
    backup = file.get("backup", "")
    if Path(file["path"]).is_absolute() or ".." in Path(file["path"]).parts:
        raise ValueError(f"{file['path']} is not below the patch")
    if backup != Path(backup).name:
        raise ValueError(f"{backup} is no name")
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
    before, after = file["before"], file["after"]
    return PatchedFile(file["path"], file["new"], before, after, edits, originals, backup)


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


def file_digest(path: Path) -> str:
    """SHA-256 of the bytes of a file; empty if there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def digest(blocks: Iterable[bytes]) -> str:
    """SHA-256 of some bytes."""
    state = hashlib.sha256()
    for block in blocks:
        state.update(block)
    return state.hexdigest()
