"""Where a review queue is: a file, or tables of a PostgreSQL database, which a URL names.

No password is ever shown: what is printed of a URL has none, in whatever way it was given.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote

SCHEMES = ("postgresql", "postgres")
"""What URLs of databases begin with that can hold a queue; libpq takes both."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://", re.ASCII)
_SECRET = re.compile(r"(?<=[?&])[a-z]*password=[^&]*&?", re.IGNORECASE)


class QueueUrl:
    """The address of a queue in a database, as it was given; as text it has no password."""

    def __init__(self, given: str) -> None:
        self.given = given
        self._shown = shown(given)

    @property
    def scheme(self) -> str:
        """What it begins with, in small letters."""
        return self.given.partition("://")[0].lower()

    @property
    def has_password(self) -> bool:
        """Whether something of it is not shown."""
        return self._shown != self.given

    def __str__(self) -> str:
        return self._shown

    def __repr__(self) -> str:
        return f"QueueUrl({self._shown!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, QueueUrl) and other.given == self.given

    def __hash__(self) -> int:
        return hash(self.given)


QueuePlace: TypeAlias = Path | QueueUrl
"""A file, or tables of a database."""


def place_of(given: str | os.PathLike[str]) -> QueuePlace:
    """What was given as the place of a queue: a URL if it looks like one, else a file.

    >>> place_of("postgresql://ann:secret@db.example/labels?schema=street")
    QueueUrl('postgresql://ann@db.example/labels?schema=street')
    >>> place_of("q.sqlite").name
    'q.sqlite'
    """
    if isinstance(given, str) and _URL.match(given):
        return QueueUrl(given)
    return Path(given)


def shown(url: str) -> str:
    """A URL without its passwords, also where it is not written as it must be.

    >>> shown("postgresql://ann:p@ss/w?rd@db/labels?password=x&schema=s&sslpassword=y")
    'postgresql://ann@db/labels?schema=s'
    """
    scheme, _, rest = _SECRET.sub("", url).partition("://")
    who, at, where = rest.rpartition("@")  # a password may have an @ that nobody escaped
    user = re.split("[:/?]", who, maxsplit=1)[0]
    return f"{scheme}://{user}{at}{where}".rstrip("?&")


def secrets(url: str) -> list[str]:
    """What of a URL may be a password, as it is written and as it is meant; longest first."""
    who = url.partition("://")[2].rpartition("@")[0]
    found = [who.partition(":")[2]]
    found += [one.rstrip("&").partition("=")[2] for one in _SECRET.findall(url)]
    return sorted({*found, *map(unquote, found)} - {""}, key=len, reverse=True)
