"""What is asked of every kind of storage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from labelaudit.storage.objects import StoredObject
from labelaudit.storage.urls import StorageUrl


class ObjectStore(Protocol):
    """A kind of storage; what it raises is judged by `failures.judged`, and nothing is repeated."""

    def found(self, url: StorageUrl) -> StoredObject | None:
        """The object of this name; None for a folder of objects.

        Raises
        ------
        MissingError
            if it is neither.
        """
        ...

    def listed(self, folder: StorageUrl, most: int) -> Iterator[StoredObject]:
        """The objects below a folder, no more than `most`."""
        ...

    def block(self, one: StoredObject, start: int, end: int) -> bytes:
        """Some bytes of an object.

        Parameters
        ----------
        one:
            the object.
        start, end:
            the first byte, and the one behind the last.

        Raises
        ------
        ChangedError
            if it is another by now, where the storage can tell.
        """
        ...

    def whole(self, one: StoredObject, place: Path) -> None:
        """Write an object to a file from its beginning: one that gives no ranges."""
        ...

    def put(self, file: Path, url: StorageUrl) -> None:
        """Write an object, whole or not at all."""
        ...

    def copied(self, source: StorageUrl, url: StorageUrl) -> bool:
        """Copy an object within the storage; False if that cannot be done there."""
        ...

    def removed(self, url: StorageUrl) -> None:
        """Remove an object, if it is there."""
        ...
