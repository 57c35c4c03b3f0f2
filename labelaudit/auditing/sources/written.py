"""Whether files of labels name a field at all, by a sample: to read them again takes long."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable
from pathlib import Path

from labelaudit.dataset.tables import Dataset

_SAMPLED_FILES = 20
_PIECES = 4  # of a file that are looked through
_PIECE = 1 << 16


def naming(names: Iterable[str]) -> re.Pattern[bytes]:
    """What matches where one of some names stands as that of a field, in whatever letter case."""
    any_of = "|".join(map(re.escape, names)).encode()
    return re.compile(
        rb"(?i)(?<![a-z0-9])(?:" + any_of + rb")(?![a-z0-9])(?:[\"'>,;\t\r\n:.=]|\\\")"
    )


def is_written(field: re.Pattern[bytes], dataset: Dataset) -> bool:
    """Whether a field (see `naming`) stands in a sample of the files of a dataset."""
    if dataset.attributes is None:
        return False
    if not dataset.sources:
        return True
    paths = dataset.files.path.tolist()
    step = max(1, len(paths) // _SAMPLED_FILES)
    return any(field.search(_sample(dataset.root / path)) for path in paths[::step])


def _sample(path: Path) -> bytes:
    """Some pieces of a file, from its beginning to its end; the names alone of a table of columns.

    Columns of Parquet are in its end, as they are written.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for
            return b""
        size = status.st_size
        with path.open("rb") as file:
            pieces = []
            for number in range(_PIECES if size > _PIECE else 1):
                file.seek(number * max(0, size - _PIECE) // max(1, _PIECES - 1))
                pieces.append(file.read(_PIECE))
            return b"\n".join(pieces) + b"\n"
    except OSError:
        return b""
