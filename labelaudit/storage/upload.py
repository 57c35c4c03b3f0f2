"""Copies that were made here go to object storage: object by object, and their list last.

Each object is there as a whole or not at all, as storages promise. An image that was never fetched
is copied there within the storage where it can be.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from labelaudit.core.parallel import map_groups
from labelaudit.errors import ObjectStorageError
from labelaudit.storage.at_hand import at_hand, is_remote, linked_object
from labelaudit.storage.connect import store_of
from labelaudit.storage.failures import ChangedError, told, tried
from labelaudit.storage.fetch import THREADS
from labelaudit.storage.stores.store import ObjectStore
from labelaudit.storage.uploaded import MANIFEST, UNFINISHED, is_own, manifest_bytes
from labelaudit.storage.urls import WEB, StorageUrl

_PIECE = 1 << 20


@dataclass(frozen=True)
class Uploaded:
    """What went to a URL."""

    url: StorageUrl
    objects: int
    size: int  # bytes


def check_free_url(url: StorageUrl, *, overwrite: bool) -> None:
    """Refuse a place that is taken, before any work is done.

    Parameters
    ----------
    url:
        of an object or a folder to be written.
    overwrite:
        whether what is there is replaced, if labelaudit wrote it.

    Raises
    ------
    ObjectStorageError
        which says what to do.
    """
    if url.scheme in WEB:
        raise ObjectStorageError(f"{url.name}: a web server takes no files; name a bucket")
    if not url.key and url.scheme != "memory":
        raise ObjectStorageError(f"{url.name}: a whole bucket; name a folder in it")
    names = _names_at(url)
    if not names:
        return
    if not overwrite:
        raise ObjectStorageError(
            f"{url.name}: exists; name another place, or replace it by --overwrite"
        )
    if "" not in names and not any(is_own(name) for name in names):
        raise ObjectStorageError(
            f"{url.name}: holds objects that labelaudit did not write, which are not replaced; "
            "name another place"
        )


def _names_at(url: StorageUrl) -> list[str]:
    """What is at a URL: the names below it, and an empty one for an object of this very name."""
    store, folder = store_of(url), StorageUrl(url.scheme, url.place, is_folder=True)

    def work() -> list[str]:
        try:
            some = ["" for one in [store.found(url)] if one is not None]
        except FileNotFoundError:
            return []
        below = (one.url.place[len(url.place) + 1 :] for one in store.listed(folder, 1_000_000))
        return some + list(below)

    try:
        return tried(url, work)
    except ObjectStorageError as error:
        if str(error).endswith("no such object or folder"):
            return []
        raise


def upload(made: Path, url: StorageUrl) -> Uploaded:
    """Write what was made here to a URL: a file and what lies beside it, or a folder.

    Parameters
    ----------
    made:
        the file or folder, as `mirror.output_path` says.
    url:
        where it goes.

    Raises
    ------
    ObjectStorageError
        if an object cannot be written; what lacks its list is then marked as unfinished.
    """
    if made.is_dir():
        return _folder(made, url)
    return Uploaded(url, 1, _put(made, url)[0])


def _folder(made: Path, url: StorageUrl) -> Uploaded:
    names = sorted(
        (Path(inside) / name).relative_to(made).as_posix()
        for inside, _, files in os.walk(made)
        for name in files
        if ".labelaudit-" not in name
    )
    before = set(_names_at(url))
    store = store_of(url)
    with tempfile.TemporaryDirectory() as folder:
        mark = Path(folder) / UNFINISHED
        mark.write_bytes(b"")
        _sent(store, mark, url.below(UNFINISHED))
        done = dict(
            map_groups(
                lambda name: _put(made / name, url.below(name)), [[one] for one in names], THREADS
            )
        )
        for name in sorted(before - {*names, MANIFEST, UNFINISHED, ""}):
            _removed(store, url.below(name))
        manifest = Path(folder) / MANIFEST
        manifest.write_bytes(manifest_bytes(done))
        _sent(store, manifest, url.below(MANIFEST))
        _removed(store, url.below(UNFINISHED))
    return Uploaded(url, len(done), sum(size for size, _ in done.values()))


def _removed(store: ObjectStore, url: StorageUrl) -> None:
    tried(url, lambda: store.removed(url))


def _sent(store: ObjectStore, file: Path, url: StorageUrl) -> None:
    tried(url, lambda: store.put(file, url))


def _put(file: Path, url: StorageUrl) -> tuple[int, str]:
    """Write a file as an object; its size, and its digest, empty for what was never here."""
    store = store_of(url)
    source = os.readlink(file) if file.is_symlink() else ""
    if source and is_remote(source):
        one = linked_object(source)
        if tried(url, lambda: store.copied(one.url, url)):
            _check_size(store, url, one.size)
            return one.size, ""
        at_hand([source])
    size = file.stat().st_size
    _sent(store, file, url)
    _check_size(store, url, size)
    return size, _digest(file)


def _check_size(store: ObjectStore, url: StorageUrl, size: int) -> None:
    """Raises `ObjectStorageError` unless an object is there as it was written."""
    try:
        found = tried(url, lambda: store.found(url))
    except ChangedError as error:
        raise told(url, error) from None
    if found is None or found.size != size:
        raise ObjectStorageError(f"{url.name}: is not there as it was written; write it again")


def _digest(file: Path) -> str:
    state = hashlib.sha256()
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            state.update(piece)
    return state.hexdigest()


def files_beside(made: Sequence[Path], folder: Path) -> list[Path]:
    """Files in a folder of outputs that are in none of those that were asked for.

    A cleaned file has a patch beside it, and images in a folder of their own.

    Parameters
    ----------
    made:
        what was asked for, files and folders.
    folder:
        that all of them are in.
    """
    found = []
    for inside, _, names in os.walk(folder):
        for name in names:
            path = Path(inside) / name
            if ".labelaudit-" not in name and not any(
                one == path or one in path.parents for one in made
            ):
                found.append(path)
    return sorted(found)
