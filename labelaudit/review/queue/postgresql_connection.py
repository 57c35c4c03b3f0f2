"""A connection to the database of a queue: its address, its texts, what errors of it say."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlencode

import psycopg
from psycopg.abc import Buffer
from psycopg.adapt import Dumper, Loader

from labelaudit.review.queue.places import SCHEMES, QueueUrl, secrets
from labelaudit.review.queue.schema import QueueError, StorageError

SCHEMA = "labelaudit"
"""Where the tables are if the URL does not say."""

_SCHEMA_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}", re.ASCII)

GONE_S = 30
"""Seconds without an answer from the other machine after which it is taken for gone, unless the
URL says otherwise."""

_DEFAULTS = {
    "application_name": "labelaudit",
    "connect_timeout": "10",
    "keepalives_idle": str(GONE_S),
    "tcp_user_timeout": str(1000 * GONE_S),
}


def understood(url: QueueUrl) -> tuple[str, str]:
    """What libpq is to be given of a URL, and the name of the schema; `QueueError` if it is bad."""
    if url.scheme not in SCHEMES:
        raise QueueError(
            f"{url}: a review queue is a file or in PostgreSQL: postgresql://USER@HOST/DATABASE"
        )
    before, _, query = url.given.rpartition("?")
    if not before or "@" in query.partition("=")[0]:
        before, query = url.given, ""
    words = dict(parse_qsl(query, keep_blank_values=True))
    schema = words.pop("schema", SCHEMA)
    if not _SCHEMA_NAME.fullmatch(schema):
        raise QueueError(
            f"{url}: a schema is named by letters, digits and _ and begins with no digit, "
            f"found {schema!r}"
        )
    return f"{before}?{urlencode(_DEFAULTS | words)}", schema


def opened(url: QueueUrl) -> psycopg.Connection[Any]:
    """A connection without transactions of its own; `StorageError` if there is none."""
    conninfo, _ = understood(url)
    try:
        made: psycopg.Connection[Any] = psycopg.connect(
            conninfo, autocommit=True, prepare_threshold=None, client_encoding="utf8"
        )
    except psycopg.Error as error:
        said = _scrubbed(line(error), url)
        raise StorageError(f"{url}: {said}{_help(said)}") from None  # the cause may have secrets
    made.adapters.register_dumper(str, _TextIn)
    made.adapters.register_loader("text", _TextOut)
    return made


def line(error: psycopg.Error) -> str:
    """What an error says, in a line."""
    text = error.diag.message_primary or str(error)
    return "; ".join(filter(None, (part.strip() for part in text.splitlines())))


def _scrubbed(text: str, url: QueueUrl) -> str:
    """What libpq says of a connection; it repeats parts of a URL that it does not understand."""
    for secret in secrets(url.given):
        text = text.replace(secret, "***")
    return text


def _help(said: str) -> str:
    if "password" not in said and "authentication" not in said:
        return ""
    return (
        "; a password is given by the variable PGPASSWORD, the file ~/.pgpass or a service file "
        "(postgresql:///?service=NAME)"
    )


_ESCAPE, _NUL, _SELF = "\ue000", "\ue000\ue001", "\ue000\ue002"
"""A character for private use; how NUL, and how it itself, is written."""


class _TextIn(Dumper):
    """Text, also with NUL, which names in labels may hold and PostgreSQL's text does not."""

    def dump(self, obj: str) -> Buffer:
        """As it is sent."""
        text = str(obj)
        if "\x00" in text or _ESCAPE in text:
            text = text.replace(_ESCAPE, _SELF).replace("\x00", _NUL)
        return text.encode()


class _TextOut(Loader):
    """As `_TextIn`, back."""

    def load(self, data: Buffer) -> str:
        """As it was."""
        text = bytes(data).decode()
        if _ESCAPE in text:
            text = text.replace(_NUL, "\x00").replace(_SELF, _ESCAPE)
        return text
