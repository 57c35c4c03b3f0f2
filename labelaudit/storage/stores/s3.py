"""S3, and what speaks like it. Every read says which version of an object it is of (If-Match)."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
from fsspec.asyn import sync

from labelaudit.storage.failures import ChangedError, MissingError
from labelaudit.storage.objects import StoredObject
from labelaudit.storage.urls import StorageUrl

CONNECT_S, READ_S = 20, 60
"""Seconds after which a connection, and the next bytes of an answer, are waited for no longer."""


class S3Store:
    """Objects of S3, by s3fs: credentials and endpoint are those of the environment of AWS."""

    def __init__(self) -> None:
        self._files: Any = fsspec.filesystem(  # Any: fsspec declares no types
            "s3",
            skip_instance_cache=True,
            use_listings_cache=False,
            config_kwargs={
                "retries": {"max_attempts": 0},  # they are ours: `failures.tried`
                "connect_timeout": CONNECT_S,
                "read_timeout": READ_S,
                "max_pool_connections": 32,
            },
        )
        self._files.retries = 1

    def found(self, url: StorageUrl) -> StoredObject | None:
        """What a bucket says of an object; None for a folder."""
        if not url.key:
            self._files.call_s3("list_objects_v2", Bucket=url.root, MaxKeys=1)
            return None
        if url.is_folder:
            if not self._holds(url):
                raise MissingError("no object is below it")
            return None
        info = self._files.info(url.place, refresh=True)
        return None if info["type"] == "directory" else _described(url, info)

    def _holds(self, url: StorageUrl) -> bool:
        some = self._files.call_s3(
            "list_objects_v2", Bucket=url.root, Prefix=f"{url.key}/", MaxKeys=1
        )
        return bool(some.get("Contents"))

    def listed(self, folder: StorageUrl, most: int) -> Iterator[StoredObject]:
        """The objects below a folder, a thousand in an answer."""
        yield from sync(self._files.loop, self._listed, folder, most)

    async def _listed(self, folder: StorageUrl, most: int) -> list[StoredObject]:
        prefix, found = f"{folder.key}/" if folder.key else "", []
        pages = self._files._iterdir(folder.root, prefix=prefix, delimiter="")
        async for info in pages:
            name = info["name"][len(folder.root) + 1 + len(prefix) :]
            if name and not name.endswith("/"):  # else it stands for a folder
                found.append(_described(folder.below(name), info))
            if len(found) >= most:
                break
        return found

    def block(self, one: StoredObject, start: int, end: int) -> bytes:
        """Some bytes of an object.

        Parameters
        ----------
        one, start, end:
            see `ObjectStore.block`.
        """
        content: bytes = sync(self._files.loop, self._block, one, start, end)
        return content

    async def _block(self, one: StoredObject, start: int, end: int) -> bytes:
        part = {"Range": f"bytes={start}-{end - 1}"} if (start, end) != (0, one.size) else {}
        answer = await self._files._call_s3(
            "get_object", Bucket=one.url.root, Key=one.url.key, IfMatch=f'"{one.tag}"', **part
        )
        if answer.get("ETag", "").strip('"') != one.tag:  # not all that speak like S3 compare them
            answer["Body"].close()
            raise ChangedError("its tag")
        async with answer["Body"] as body:
            return bytes(await body.read())

    def whole(self, one: StoredObject, place: Path) -> None:
        """Write an object to a file from its beginning."""
        place.write_bytes(self.block(one, 0, one.size))

    def put(self, file: Path, url: StorageUrl) -> None:
        """Write an object: one request, or parts that become an object with the last of all."""
        self._files.put_file(str(file), url.place)

    def copied(self, source: StorageUrl, url: StorageUrl) -> bool:
        """Copy an object; its bytes stay where they are."""
        if not source.scheme.startswith("s3"):
            return False
        self._files.cp_file(source.place, url.place)
        return True

    def removed(self, url: StorageUrl) -> None:
        """Remove an object, if it is there."""
        self._files.call_s3("delete_object", Bucket=url.root, Key=url.key)


def _described(url: StorageUrl, info: dict[str, Any]) -> StoredObject:
    changed = info.get("LastModified")
    when = int(changed.timestamp()) * 10**9 if isinstance(changed, datetime.datetime) else 0
    return StoredObject(url, int(info["size"]), str(info["ETag"]).strip('"'), when)
