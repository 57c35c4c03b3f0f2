"""The storage of a URL, opened once a process, by the package that its extra installs."""

from __future__ import annotations

import os
import threading

from labelaudit.core.extras import check_installed
from labelaudit.errors import ObjectStorageError
from labelaudit.storage.stores.store import ObjectStore
from labelaudit.storage.urls import StorageUrl

_open: dict[tuple[int, str], ObjectStore] = {}  # by process, because connections are not inherited
_lock = threading.Lock()


def store_of(url: StorageUrl) -> ObjectStore:
    """The storage that a URL is in.

    Raises
    ------
    ConfigError
        if its package is not installed; the message names the extra.
    ObjectStorageError
        if it cannot be opened.
    """
    key = (os.getpid(), url.scheme)
    with _lock:
        if key not in _open:
            try:
                _open[key] = _opened(url)
            except ValueError as error:  # a package that lacks an account, say
                raise ObjectStorageError(f"{url.name}: {type(error).__name__}: {error}") from None
        return _open[key]


def _opened(url: StorageUrl) -> ObjectStore:
    if url.scheme in ("s3", "s3a"):
        check_installed(["s3fs"], url.name, "s3")
        from labelaudit.storage.stores.s3 import S3Store  # noqa: PLC0415  # a second, see above

        return S3Store()
    if url.scheme in ("http", "https"):
        check_installed(["fsspec", "aiohttp"], url.name, "http")
        from labelaudit.storage.stores.web import WebStore  # noqa: PLC0415

        return WebStore()
    if url.scheme in ("gs", "gcs"):
        check_installed(["gcsfs"], url.name, "gcs")
    elif url.scheme != "memory":
        check_installed(["adlfs"], url.name, "azure")
    check_installed(["fsspec"], url.name, "http")
    from labelaudit.storage.stores.other import OtherStore  # noqa: PLC0415

    return OtherStore(url.scheme)
