"""What a copy in object storage holds beside its objects: their list, or a mark that some lack.

A bucket has no step in which many objects appear at once. So a mark lies in a copy from before its
first object until after its last, and the list of its objects comes last of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from labelaudit.errors import ObjectStorageError
from labelaudit.storage.objects import StoredObject
from labelaudit.storage.urls import StorageUrl

MANIFEST = ".labelaudit-objects.json"
"""The list of the objects of a copy, beside them; written last."""

UNFINISHED = ".labelaudit-unfinished"
"""The mark of a copy that is being written, or of which the writing was interrupted."""

VERSION = 1


class UploadedObject(msgspec.Struct, frozen=True):
    """An object of a copy."""

    name: str  # from the folder of the copy
    size: int  # bytes
    sha256: str


class ObjectManifest(msgspec.Struct, frozen=True):
    """What a copy consists of."""

    version: int
    objects: tuple[UploadedObject, ...]


def manifest_bytes(objects: Mapping[str, tuple[int, str]]) -> bytes:
    """The manifest of objects with these sizes and digests, by their names."""
    some = tuple(UploadedObject(name, *objects[name]) for name in sorted(objects))
    return msgspec.json.format(msgspec.json.encode(ObjectManifest(VERSION, some)), indent=1)


def is_own(name: str) -> bool:
    """Whether an object is one of these two."""
    return name.rpartition("/")[2] in (MANIFEST, UNFINISHED)


def check_finished(folder: StorageUrl, objects: Sequence[StoredObject]) -> None:
    """Refuse a folder in which a copy lies that is not whole.

    Raises
    ------
    ObjectStorageError
        which says what to do about it.
    """
    for one in objects:
        place, _, name = one.url.place.rpartition("/")
        if name == UNFINISHED:
            raise ObjectStorageError(
                f"{folder.scheme}://{place}: an unfinished copy: writing it was interrupted, or is "
                f"still going on; write it again with --overwrite, or remove {UNFINISHED} there to "
                "read it as it is"
            )
