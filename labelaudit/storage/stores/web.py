"""Web servers: files are read in ranges where the server gives any; nothing is listed or written.

A range of one byte is asked for instead of a HEAD, which signed URLs refuse.
"""

from __future__ import annotations

import base64
import email.utils
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import fsspec
from fsspec.asyn import sync

from labelaudit.errors import ObjectStorageError
from labelaudit.storage.failures import ChangedError, TransientError, by_status
from labelaudit.storage.objects import StoredObject
from labelaudit.storage.urls import StorageUrl, secrets_of

CONNECT_S, READ_S = 20, 60
"""Seconds after which a connection, and the next bytes of an answer, are waited for no longer."""

PIECE = 1 << 20
"""Bytes of an answer that are in memory at a time where it is written as it comes."""

_RANGE = re.compile(r"bytes (?:(?P<start>\d+)-\d+|\*)/(?P<size>\d+)")


class WebStore:
    """Files of web servers."""

    def __init__(self) -> None:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S, sock_read=READ_S)
        self._files: Any = fsspec.filesystem(  # Any: fsspec declares no types
            "http",
            skip_instance_cache=True,
            client_kwargs={"timeout": timeout, "trust_env": True},
            encoded=True,
        )

    def found(self, url: StorageUrl) -> StoredObject | None:
        """What a server says of a file."""
        if url.is_folder:
            raise ObjectStorageError(
                f"{url.name}/: a web server lists no folder; give the URL of a file, "
                "or of an archive of the folder"
            )
        found: StoredObject = sync(self._files.loop, self._found, url)
        return found

    async def _found(self, url: StorageUrl) -> StoredObject:
        async with await self._asked(url, {"Range": "bytes=0-0"}, taken=(200, 206, 416)) as answer:
            headers: Mapping[str, str] = answer.headers
            tag = headers.get("ETag", "") or headers.get("Last-Modified", "")
            changed = _time_ns(headers.get("Last-Modified", ""))
            match = _RANGE.fullmatch(headers.get("Content-Range", ""))
            if answer.status != 200 and match:
                return StoredObject(url, int(match["size"]), tag, changed)
            if answer.status == 416:
                raise by_status(416)
            if answer.status == 206 or "Content-Encoding" in headers:
                return StoredObject(url, -1, tag, changed, in_ranges=False)
            size = int(headers.get("Content-Length", -1))
            answer.close()  # the rest of it need not come
            return StoredObject(url, size, tag, changed, in_ranges=False)

    def listed(self, folder: StorageUrl, most: int) -> Iterator[StoredObject]:
        """Nothing: `found` has refused every folder."""
        del folder, most
        return iter(())

    def block(self, one: StoredObject, start: int, end: int) -> bytes:
        """Some bytes of a file.

        Parameters
        ----------
        one, start, end:
            see `ObjectStore.block`.
        """
        content: bytes = sync(self._files.loop, self._block, one, start, end)
        return content

    async def _block(self, one: StoredObject, start: int, end: int) -> bytes:
        wanted = {"Range": f"bytes={start}-{end - 1}"}
        async with await self._asked(one.url, wanted, taken=(200, 206)) as answer:
            _check_same(one, answer.headers)
            match = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
            if answer.status == 206 and match and match["start"]:
                if int(match["size"]) != one.size or int(match["start"]) != start:
                    raise ChangedError("its size")
                return bytes(await answer.read())
            if start == 0 and end == one.size:
                return bytes(await answer.read())
            answer.close()
            raise TransientError("the server gave no range")

    def whole(self, one: StoredObject, place: Path) -> None:
        """Write a file from its beginning."""
        sync(self._files.loop, self._whole, one, place)

    async def _whole(self, one: StoredObject, place: Path) -> None:
        async with await self._asked(one.url, {}, taken=(200,)) as answer:
            _check_same(one, answer.headers)
            with place.open("wb") as file:
                async for piece in answer.content.iter_chunked(PIECE):
                    file.write(piece)

    def put(self, file: Path, url: StorageUrl) -> None:
        """Nothing is written to web servers."""
        raise ObjectStorageError(
            f"{url.name}: a web server takes no files; name a bucket for {file.name}"
        )

    def copied(self, source: StorageUrl, url: StorageUrl) -> bool:
        """Nothing is written to web servers."""
        del source, url
        return False

    def removed(self, url: StorageUrl) -> None:
        """Nothing is written to web servers."""
        raise ObjectStorageError(f"{url.name}: nothing is removed from a web server")

    async def _asked(
        self, url: StorageUrl, headers: Mapping[str, str], taken: tuple[int, ...]
    ) -> Any:  # Any: a response of aiohttp, to be closed
        """The answer of a server, whose code is one of those that are taken."""
        session = await self._files.set_session()
        kept = secrets_of(url)
        whole = f"{url.name}?{kept.query}" if kept.query else url.name
        sent = {"Accept-Encoding": "identity", **headers}
        if kept.user:
            login = base64.b64encode(f"{kept.user}:{kept.password}".encode())
            sent["Authorization"] = f"Basic {login.decode()}"
        answer = await session.get(self._files.encode_url(whole), headers=sent)
        if answer.status not in taken:
            answer.close()
            raise by_status(answer.status)
        return answer


def _check_same(one: StoredObject, headers: Mapping[str, str]) -> None:
    """Raises `ChangedError` if an answer is of another version of a file."""
    tag = headers.get("ETag", "") or headers.get("Last-Modified", "")
    if tag != one.tag:
        raise ChangedError("its tag")


def _time_ns(text: str) -> int:
    """A time of HTTP in nanoseconds since 1970; 0 for none."""
    try:
        return int(email.utils.parsedate_to_datetime(text).timestamp()) * 10**9
    except (ValueError, TypeError):
        return 0
