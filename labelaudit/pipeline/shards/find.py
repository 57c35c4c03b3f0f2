"""The shards that were named: files and folders, or those that lie in one folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.io.archive_names import is_archive

ENDINGS = (".json", ".jsonl", ".ndjson", ".parquet", ".csv", ".xml", ".txt")
"""What names of files of labels end in, each of which can hold many images."""


def shards_in(paths: Sequence[Path]) -> list[Path]:
    """The shards that paths stand for: themselves, or what is in the only one, if that is a folder.

    There, files of labels and archives are shards, ordered by name; where there is none, each
    folder is one. Hidden ones are left out.

    Raises
    ------
    FormatError
        if a path does not exist, or a folder holds no shard.
    """
    for path in paths:
        if not path.exists():
            raise FormatError(f"{path}: no such file or folder")
    if len(paths) != 1 or not paths[0].is_dir():
        return list(paths)
    inside = sorted(one for one in paths[0].iterdir() if not one.name.startswith("."))
    files = [one for one in inside if one.is_file() and _holds_labels(one)]
    found = files or [one for one in inside if one.is_dir()]
    if not found:
        raise FormatError(
            f"{paths[0]}: no shard is in it, neither files of labels ({', '.join(ENDINGS)}) nor "
            "folders; leave out --shards, or name the files"
        )
    return found


def _holds_labels(path: Path) -> bool:
    return path.suffix.lower() in ENDINGS or is_archive(path)
