"""What a format that is not read is known by, and the way to one that is."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass

HEAD = 1 << 14
"""Bytes of a file in which the keys are looked for; a record of any tool begins within them."""

EXPORT = "export them from there as COCO or YOLO"
JSON = (".json", ".jsonl", ".ndjson", ".manifest")


@dataclass(frozen=True)
class UnreadFormat:
    """A format that is not read."""

    name: str
    keys: tuple[str, ...]  # expressions that are all found in the beginning of a file of it
    way: str = EXPORT  # how to get to a format that is read; {file} is a file of it
    endings: tuple[str, ...] = JSON
    path: str = ""  # an expression that is found in the path of a file of it
    is_task: bool = False  # labels of another task than detection, so that it is no format

    def holds(self, name: str, head: bytes) -> bool:
        """Whether a file is of the format.

        Parameters
        ----------
        name:
            the path of the file.
        head:
            its beginning.

        >>> UnreadFormat("Kili", ('"jsonResponse"',)).holds("a.json", b'[{"jsonResponse": {}}]')
        True
        """
        if self.endings and posixpath.splitext(name)[1].lower() not in self.endings:
            return False
        if self.path and not re.search(self.path, name, re.IGNORECASE):
            return False
        flags = re.IGNORECASE if self.is_task else 0
        return all(re.search(key.encode("latin-1"), head[:HEAD], flags) for key in self.keys)
