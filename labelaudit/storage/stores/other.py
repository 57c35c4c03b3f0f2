"""Storages that fsspec knows: Google's, Azure's, and memory for tests.

They have no word for "only if it is still the same": an object is looked at once more after a read.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import fsspec

from labelaudit.storage.failures import ChangedError
from labelaudit.storage.objects import StoredObject
from labelaudit.storage.urls import StorageUrl

_TAGS = ("etag", "ETag", "md5Hash", "content_md5", "generation")
_TIMES = ("last_modified", "LastModified", "updated", "mtime", "created")


class OtherStore:
    """Objects of any storage that fsspec knows."""

    def __init__(self, protocol: str) -> None:
        self._files: Any = fsspec.filesystem(protocol)  # Any: fsspec declares no types

    def found(self, url: StorageUrl) -> StoredObject | None:
        """What a storage says of an object; None for a folder."""
        self._files.invalidate_cache()
        info = self._files.info(self._path(url))
        if url.is_folder and info["type"] != "directory":
            raise FileNotFoundError
        return None if info["type"] == "directory" else _described(url, info)

    def listed(self, folder: StorageUrl, most: int) -> Iterator[StoredObject]:
        """The objects below a folder, folder by folder."""
        start = len(self._path(folder).strip("/")) + 1
        self._files.invalidate_cache()
        for _, _, files in self._files.walk(self._path(folder), detail=True, on_error="raise"):
            for info in files.values():
                name = info["name"].lstrip("/")[start:]
                if most <= 0:
                    return
                if name and not name.endswith("/"):
                    most -= 1
                    yield _described(folder.below(name), info)

    def block(self, one: StoredObject, start: int, end: int) -> bytes:
        """Some bytes of an object.

        Parameters
        ----------
        one, start, end:
            see `ObjectStore.block`.
        """
        content: bytes = self._files.cat_file(self._path(one.url), start, end)
        self._check_same(one)
        return content

    def whole(self, one: StoredObject, place: Path) -> None:
        """Write an object to a file from its beginning."""
        self._files.get_file(self._path(one.url), str(place))
        self._check_same(one)

    def put(self, file: Path, url: StorageUrl) -> None:
        """Write an object."""
        self._files.put_file(str(file), self._path(url))

    def copied(self, source: StorageUrl, url: StorageUrl) -> bool:
        """Copy an object; its bytes stay where they are."""
        if source.scheme != url.scheme:
            return False
        self._files.cp_file(self._path(source), self._path(url))
        return True

    def removed(self, url: StorageUrl) -> None:
        """Remove an object, if it is there."""
        if self._files.exists(self._path(url)):
            self._files.rm_file(self._path(url))

    def _path(self, url: StorageUrl) -> str:
        path: str = self._files._strip_protocol(url.name)
        return path

    def _check_same(self, one: StoredObject) -> None:
        self._files.invalidate_cache()
        now = _described(one.url, self._files.info(self._path(one.url)))
        if (now.size, now.tag) != (one.size, one.tag):
            raise ChangedError("its tag")


def _described(url: StorageUrl, info: Mapping[str, Any]) -> StoredObject:
    when = next((info[name] for name in _TIMES if info.get(name)), 0)
    if isinstance(when, str):
        when = datetime.datetime.fromisoformat(when)
    # The same time is a number in a list and an object of its own where one file is looked at.
    seconds = when.timestamp() if isinstance(when, datetime.datetime) else float(when)
    named = next((str(info[name]) for name in _TAGS if info.get(name)), "")
    tag = named.strip('"') or (f"{seconds:.6f}" if when else "")
    return StoredObject(url, int(info["size"]), tag, int(seconds) * 10**9)
