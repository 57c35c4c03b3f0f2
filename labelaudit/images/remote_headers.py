"""Headers of images in object storage, of which only the pieces come that a header is read from.

What was read is remembered by the version of the object, so that the next scan asks for none.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Sequence
from typing import BinaryIO, TypeVar, cast

import msgspec

from labelaudit.core.content_cache import ContentCache, content_key
from labelaudit.core.parallel import map_groups
from labelaudit.storage.at_hand import linked_object
from labelaudit.storage.fetch import THREADS
from labelaudit.storage.remote_file import RemoteFile

VERSION = 2
"""Of what is remembered."""

Read = TypeVar("Read")


def remote_headers(
    paths: Sequence[str], read: Callable[[BinaryIO, int], Read], kind: type[Read]
) -> dict[str, Read]:
    """The header of each image that has not been fetched, by its path.

    Parameters
    ----------
    paths:
        of such images, each once.
    read:
        reads a header from an open file of so many bytes.
    kind:
        of what it gives.

    Raises
    ------
    ObjectStorageError
        if an image cannot be had.
    """
    keys = {path: _key(path) for path in paths}
    with ContentCache() as known:
        values = known.values(keys.values())
        found = {
            path: msgspec.msgpack.decode(values[key], type=kind)
            for path, key in keys.items()
            if key in values
        }

        def work(path: str) -> Read:
            one = linked_object(path)
            return read(cast("BinaryIO", io.BufferedReader(RemoteFile(one))), one.size)

        left = [[path] for path in paths if path not in found]
        new = dict(map_groups(work, left, THREADS))
        known.remember(
            {keys[path]: msgspec.msgpack.encode(header) for path, header in new.items()},
            used=[keys[path] for path in found],
        )
    return found | new


def _key(path: str) -> bytes:
    """The name of what is remembered of an image: the version that its link leads to."""
    return content_key(os.fsencode(os.path.basename(os.readlink(path))), "header", VERSION)
