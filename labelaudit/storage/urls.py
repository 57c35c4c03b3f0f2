"""URLs of object storage, without what is secret in them."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from labelaudit.core.mirror_names import URL
from labelaudit.errors import ObjectStorageError

_FILE = re.compile(r"file://(?:localhost)?(?P<path>/.*)", re.DOTALL)

WEB = ("http", "https")
"""Schemes of servers, which list nothing."""


@dataclass(frozen=True)
class StorageUrl:
    """An object, or a folder of objects, by its name; what is secret of it is kept apart."""

    scheme: str
    place: str  # the bucket, container or host, a slash, and the key; no slash at its end
    is_folder: bool = False  # whether it was written with a slash at its end

    @property
    def name(self) -> str:
        """As it is shown to people."""
        return f"{self.scheme}://{self.place}"

    @property
    def root(self) -> str:
        """The bucket, container or host."""
        return self.place.partition("/")[0]

    @property
    def key(self) -> str:
        """What is behind the root; empty for a whole bucket."""
        return self.place.partition("/")[2]

    def below(self, name: str) -> StorageUrl:
        """An object in this folder."""
        return StorageUrl(self.scheme, f"{self.place}/{name}")


@dataclass(frozen=True)
class Secrets:
    """What a URL says that nobody is to see: of a signed one, all that is behind its `?`."""

    query: str = ""
    user: str = ""
    password: str = ""


_known: dict[str, Secrets] = {}  # by the name of the URL, in this process alone


def local_path(text: str) -> Path | None:
    """The path that a URL of this machine names; None for any other text.

    >>> local_path("file:///data/a%20b.json").as_posix()
    '/data/a b.json'
    """
    match = _FILE.fullmatch(text)
    return Path(unquote(match["path"])) if match else None


def storage_url(text: str | os.PathLike[str]) -> StorageUrl:
    """The URL that a text is, its secrets remembered for `secrets_of` in this process alone.

    >>> storage_url("https://me:word@host/labels.json?signature=1").name
    'https://host/labels.json'

    Raises
    ------
    ObjectStorageError
        if it is none, or names a place that no file can have.
    """
    match = URL.fullmatch(os.fspath(text))
    if match is None:
        raise ObjectStorageError("expected a URL of object storage, as s3://bucket/folder")
    scheme, rest = match["scheme"], match["rest"]
    secrets = Secrets()
    if scheme in WEB:
        parts = urlsplit(f"{scheme}://{rest}")
        rest = parts.netloc.rpartition("@")[2] + parts.path
        user, password = unquote(parts.username or ""), unquote(parts.password or "")
        secrets = Secrets(parts.query, user, password)
    elif ":" in rest.partition("/")[0].rpartition("@")[0]:
        raise ObjectStorageError(
            f"a URL of {scheme} with keys in it; put these into the environment of the command"
        )
    url = StorageUrl(scheme, rest.rstrip("/"), rest.endswith("/"))
    check_name(url, url.place)
    if secrets != Secrets():
        _known[url.name] = secrets
    return url


def secrets_of(url: StorageUrl) -> Secrets:
    """What was secret in a URL that this process was given."""
    return _known.get(url.name, Secrets())


def check_name(url: StorageUrl, name: str) -> None:
    """Refuse the name of an object that no file below a folder can have.

    Raises
    ------
    ObjectStorageError
        if a part of it is empty or leads elsewhere.
    """
    if "\0" in name or any(part in ("", ".", "..") for part in name.split("/")):
        raise ObjectStorageError(
            f"{url.name}: the key {name!r} cannot be the name of a file; rename it"
        )
