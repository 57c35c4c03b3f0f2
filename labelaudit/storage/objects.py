"""What a storage says of its objects, and the names of the files that hold them.

A file of an object is called by its URL, size, time and tag: another content has another name, and
a file that is there under its name is whole. `mirror/of/s3/BUCKET/KEY` is a link to such a file,
which leads nowhere until the object has been fetched: that is how images are known by their names
alone.
"""

from __future__ import annotations

import hashlib
import os
import posixpath
import re
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from labelaudit.storage.urls import StorageUrl

LONGEST_TAG = 100
"""Letters of a tag that are part of a name; of a longer one it is a digest. A choice."""

_DIGEST = "digest-"

_UNSAID = f"unsaid-{time.time_ns()}"
"""The tag of objects of which no version is said: no later process may take them for the same."""

_NAME = re.compile(r"(?P<url>[0-9a-f]{32})_(?P<size>\d+)_(?P<changed>\d+)_(?P<tag>[^_]*)_.*")


@dataclass(frozen=True)
class StoredObject:
    """An object as a storage describes it."""

    url: StorageUrl
    size: int  # bytes; -1 if it is not said
    tag: str  # what changes with its content: an ETag, or a time; empty if nothing is said
    changed_ns: int = 0  # time of its last change; 0 if it is not said
    in_ranges: bool = True  # whether parts of it can be asked for

    @property
    def file_name(self) -> str:
        """The name of the file that holds it, with the ending of the object."""
        tag = quote(self.tag or _UNSAID, safe="").replace("_", "%5F").replace(".", "%2E")
        if len(tag) > LONGEST_TAG or tag.startswith(_DIGEST):
            tag = _DIGEST + hashlib.sha256(self.tag.encode()).hexdigest()[:32]
        url = hashlib.sha256(self.url.name.encode("utf-8", "surrogatepass")).hexdigest()[:32]
        ending = posixpath.splitext(self.url.place)[1]
        ending = ending if re.fullmatch(r"\.[A-Za-z0-9]{1,12}", ending) else ""
        size = self.size if self.size >= 0 else "unsaid"
        return f"{url}_{size}_{self.changed_ns}_{tag}_{ending}"

    def file(self, root: Path) -> Path:
        """The file that holds it, in the folder of mirrors."""
        name = self.file_name
        return root / "objects" / name[:2] / name


def is_whole(file: Path, size: int) -> bool:
    """Whether the file of an object is there; one that a power cut emptied is not."""
    try:
        there = file.stat().st_size
    except OSError:
        return False
    return size in (there, -1)


@dataclass(frozen=True)
class LinkedObject:
    """What a link in a mirror says of its object."""

    size: int
    changed_ns: int
    tag: str | None  # None: it was too long to be kept

    @classmethod
    def of(cls, path: str) -> LinkedObject | None:
        """What a link says; None for what is no link of a mirror."""
        try:
            target = os.readlink(path)
        except (OSError, ValueError):
            return None
        match = _NAME.fullmatch(os.path.basename(target))
        if match is None:
            return None
        tag = None if match["tag"].startswith(_DIGEST) else unquote(match["tag"])
        return cls(int(match["size"]), int(match["changed"]), tag)
