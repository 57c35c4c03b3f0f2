"""Files of mirrors, fetched when something is about to open them.

Whoever opens files by path asks first. A process in which no URL was named pays a look into the
environment.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from labelaudit.core.mirror_names import INSIDE, USED, is_mirrored

if TYPE_CHECKING:
    from labelaudit.storage.objects import StoredObject


def at_hand(paths: Iterable[str | os.PathLike[str]]) -> None:
    """Return when files can be opened: those that are known by their names alone are fetched.

    Raises
    ------
    ObjectStorageError
        if one cannot be had.
    ConfigError
        if there is no room for them.
    """
    if not os.environ.get(USED):
        return
    names = dict.fromkeys(os.fspath(path) for path in paths)
    missing = [name for name in names if is_remote(name)]
    if missing:
        # Only here: packages of storages take a second to load.
        from labelaudit.storage.fetch import fetched  # noqa: PLC0415

        fetched([linked_object(name) for name in missing], Path(os.environ[USED]))


def is_remote(path: str) -> bool:
    """Whether a path names an object that has not been fetched."""
    return is_mirrored(path) and os.path.islink(path) and not os.path.exists(path)


def remote_size(path: str) -> int | None:
    """The bytes of an object that has not been fetched; None for any other path."""
    if not os.environ.get(USED) or not is_remote(path):
        return None
    from labelaudit.storage.objects import LinkedObject  # noqa: PLC0415  # as above

    linked = LinkedObject.of(path)
    return linked.size if linked else None


def linked_object(path: str) -> StoredObject:
    """The object that a path of a mirror stands for.

    Raises
    ------
    ObjectStorageError
        if it is another than when it was listed, as far as that is known.
    """
    from labelaudit.storage.connect import store_of  # noqa: PLC0415  # as above
    from labelaudit.storage.failures import ChangedError, told, tried  # noqa: PLC0415
    from labelaudit.storage.objects import LinkedObject, StoredObject  # noqa: PLC0415
    from labelaudit.storage.urls import StorageUrl  # noqa: PLC0415

    scheme, _, place = path.partition(f"/{INSIDE}/")[2].partition("/")
    url, linked = StorageUrl(scheme, place), LinkedObject.of(path)
    if linked is not None and linked.tag is not None:
        return StoredObject(url, linked.size, linked.tag, linked.changed_ns)
    store = store_of(url)
    found = tried(url, lambda: store.found(url))
    if found is None or found.file_name != os.path.basename(os.readlink(path)):
        raise told(url, ChangedError())
    return found
