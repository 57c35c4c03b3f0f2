"""The bytes of label files."""

from __future__ import annotations

import codecs
import dataclasses
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import ProblemKind
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.small_files import contents
from labelaudit.io.formats.text_lines import LARGEST

# The longer mark first: that of UTF-32 begins like that of UTF-16.
_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_BEGINNINGS = (codecs.BOM_UTF8, *(mark for mark, _ in _MARKS))

# Opening a pipe without it waits for somebody to write.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class Content:
    """What a label file holds, as UTF-8 without a byte order mark."""

    text: bytes = b""
    exists: bool = True
    stamp: tuple[int, int] = (MISSING, MISSING)  # see `core.disk.file_stamp`
    problems: list[FieldProblem] = field(default_factory=list)


def plain_labels(paths: Sequence[str]) -> Iterator[tuple[list[bytes | None], Ints]]:
    """The contents of label files, some at once, with their stamps, (n, 2).

    None for those of which there is more to say than what they hold: `read_labels` says it.
    """
    for some, stamps in contents(paths, LARGEST):
        yield [data if data is not None and _is_plain(data) else None for data in some], stamps


def _is_plain(data: bytes) -> bool:
    return b"\0" not in data and not data.startswith(_BEGINNINGS)


def read_labels(path: str) -> Content:
    """The content of a label file; an image without one is an image without labels."""
    try:
        data, stamp = _bytes(path)
    except (FileNotFoundError, NotADirectoryError):
        return Content(exists=False)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return Content(problems=[FieldProblem(ProblemKind.UNREADABLE, "", reason)])
    if data.startswith(_BEGINNINGS):
        return dataclasses.replace(_marked(data), stamp=stamp)
    if b"\0" in data:
        problem = FieldProblem(ProblemKind.UNREADABLE, "", "binary data")
        return Content(stamp=stamp, problems=[problem])
    return Content(data, stamp=stamp)


def _bytes(path: str) -> tuple[bytes, tuple[int, int]]:
    """All that a file holds, and its stamp."""
    # Half as many calls to the system as `open` makes, which is felt with 100,000 small files.
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(0, "it is not a file")
        if status.st_size > LARGEST:
            raise OSError(0, f"too large for labels of an image: {status.st_size:,} bytes")
        data = os.read(handle, status.st_size)
        while len(data) < status.st_size and (more := os.read(handle, status.st_size - len(data))):
            data += more
        return data, (status.st_size, status.st_mtime_ns)
    finally:
        os.close(handle)


def _marked(data: bytes) -> Content:
    """The content of a file with a byte order mark, at which trainers that read UTF-8 stop."""
    if data.startswith(codecs.BOM_UTF8):
        problem = FieldProblem(ProblemKind.WRONG_TYPE, "encoding", "UTF-8 with a byte order mark")
        return Content(data[3:], problems=[problem])
    encoding = next(name for mark, name in _MARKS if data.startswith(mark))
    text = data.decode(encoding, "replace").encode()
    return Content(
        text, problems=[FieldProblem(ProblemKind.WRONG_TYPE, "encoding", encoding.upper())]
    )
