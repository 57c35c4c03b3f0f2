"""How files of object storage are called on this machine, and by which URL people know them.

An object lies in a *mirror*, a folder of the cache: what is below `mirror/of/s3/BUCKET/KEY` is
`s3://BUCKET/KEY`. So the one follows from the other by its text alone, and whatever names a path to
a person passes it through `shown`. A process in which no URL was named pays a look into the
environment.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cache
from typing import TextIO, cast

from labelaudit.errors import ObjectStorageError

USED = "LABELAUDIT_STORAGE_IN_USE"
"""Set by who names a URL, for itself and the processes that it starts: the folder of mirrors."""

TREES, OUTPUTS, INSIDE = "trees", "outputs", "mirror/of"
"""Folders of mirrors of what is read, of what is to be uploaded, and where URLs begin in each."""

SCHEMES = ("s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "http", "https", "memory")
"""Beginnings of URLs of object storage."""

_SCHEME = "|".join(sorted(SCHEMES, key=len, reverse=True))


# A path of Python has one slash where the URL had two.
URL = re.compile(rf"(?P<scheme>{_SCHEME}):/{{1,2}}(?P<rest>[^/].*)", re.DOTALL)
"""A URL of object storage, also after it was taken for a path."""


def is_url(text: str | os.PathLike[str]) -> bool:
    """Whether a text, or a path, is a URL of object storage.

    >>> is_url("s3://bucket/labels.json"), is_url("labels.json"), is_url("C:/labels.json")
    (True, False, False)
    """
    words = os.fspath(text)
    return ":/" in words and URL.fullmatch(words) is not None


def shown(text: object) -> str:
    """A text, or a path, with URLs in the place of the files that stand for them.

    >>> shown("labels.json")
    'labels.json'
    """
    root = os.environ.get(USED)
    words = str(text)
    return _named(root).sub(r"\1://", words) if root and root in words else words


def is_mirrored(path: object) -> bool:
    """Whether a path stands for an object that was read."""
    root = os.environ.get(USED)
    return bool(root) and str(path).startswith(f"{root}{os.sep}{TREES}{os.sep}")


def is_output(path: object) -> bool:
    """Whether a path stands for what will be uploaded."""
    root = os.environ.get(USED)
    return bool(root) and os.path.abspath(str(path)).startswith(f"{root}{os.sep}{OUTPUTS}{os.sep}")


def refuse_mirrored(path: object) -> None:
    """Refuse to write what stands for an object that was read.

    Raises
    ------
    ObjectStorageError
        which says how to write there.
    """
    if os.environ.get(USED) and is_mirrored(os.path.abspath(str(path))):
        raise ObjectStorageError(
            f"{shown(os.path.abspath(str(path)))}: objects are not changed where they are; write a "
            "copy: --output with a URL or a local path"
        )


@cache
def _named(root: str) -> re.Pattern[str]:
    folders = rf"(?:{TREES}|{OUTPUTS})/[^/]+/{INSIDE}"
    return re.compile(rf"{re.escape(root)}/{folders}/({_SCHEME})(?![a-z0-9])/?")


class ShownStream:
    """A stream that writes URLs in the place of the files that stand for them."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, with its URLs."""
        self._stream.write(shown(text))
        return len(text)

    def writelines(self, lines: Iterable[str]) -> None:
        """Write texts, with their URLs."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)


def with_urls(stream: TextIO) -> TextIO:
    """A stream to which URLs go in the place of the files that stand for them."""
    if not os.environ.get(USED):
        return stream
    return cast("TextIO", ShownStream(stream))
