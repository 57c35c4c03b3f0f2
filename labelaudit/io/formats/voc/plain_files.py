"""Annotations that are plain text and nothing odd, read without building elements.

A walk over the bytes in C (`_annotations.c`) reads whatever has elements and plain ASCII alone.
What it gives up on, and all files where nothing is compiled, are read by what was learnt of others:
most files of a dataset have the same tags in the same order, and differ in their texts alone. The
first file of a layout teaches where its texts go: its elements are built once with the number of
each text in its place, and what is made of them (`Texts.add`) is remembered. Files that are more
than tags and plain ASCII, and layouts that have anything to be noted, are read in the usual way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from types import ModuleType

from labelaudit.core.columns import MISSING
from labelaudit.core.later import later
from labelaudit.io.formats.voc.xml_texts import Texts

_annotations: ModuleType | None
try:
    from labelaudit.io.formats.voc import _annotations
except ImportError:  # no C compiler where it was installed: the same, slower
    _annotations = None

COMPILED = _annotations is not None

_parsed = later("labelaudit.io.formats.voc.markup", "parsed")

LARGEST = 1 << 20
"""Bytes of a file that is read so; a choice: a file of 1,000 objects has .3 MB."""

LEARNT_AT_ONCE = 64
"""Layouts that are learnt before one was met again; a choice. Later, as many as were met again."""

_NUMBERS = 10_000
"""Whole numbers from 0 whose texts are remembered by what they are, as `_annotations` wants it."""

_MARKS = b"<>"
_NO_MARKS = bytes(set(range(256)) - set(_MARKS))
# Entities, what is no ASCII, and control characters, of which XML takes three.
_ODD = bytes({ord("&"), *range(32), *range(127, 256)} - set(b"\t\n"))

_TAG = re.compile(r"/?[A-Za-z_][\w.-]*(?:\s[^&]*)?/?", re.ASCII)
# Encodings in which ASCII means itself.
_DECLARATION = re.compile(
    r"\?xml\s+version=([\"'])1\.0\1(?:\s+encoding=([\"'])(?:utf-8|us-ascii|iso-8859-1)\2)?\s*\?",
    re.IGNORECASE,
)
_ABSENT, _EMPTY = -2, -1  # behind the texts of a file stand None and ""


@dataclass(frozen=True)
class Layout:
    """Where in the parts of a file (tags at odd places, texts at even ones) its fields are."""

    values: Callable[[Sequence[str | None]], tuple[str | None, ...]]  # see `Texts.add_plain`
    outside: int  # place of the text in front of the root


@dataclass
class PlainFiles:
    """What was met so far."""

    layouts: dict[str, Layout | None] = field(default_factory=dict)  # by tags; None: not read so
    known: int = 0  # files whose layout had been met
    numbers: list[str | None] = field(default_factory=lambda: [None] * _NUMBERS)  # as texts
    words: dict[str, str] = field(default_factory=dict)  # other texts of fields

    def add(self, texts: Texts, file: int, raw: bytes) -> int:
        """Take in a file, and return the row of its image; MISSING if it is not read so.

        Parameters
        ----------
        texts:
            take in what the file says.
        file:
            row in Files.
        raw:
            the bytes of the file.
        """
        row = len(texts.image_file)
        return row if self.add_many(texts, file, [raw]) else self.add_known(texts, file, raw)

    def add_many(
        self, texts: Texts, file: int, contents: list[bytes | None], first: int = 0
    ) -> int:
        """Take in files until one cannot be read in C, and return how many were.

        Parameters
        ----------
        texts:
            take in what the files say.
        file:
            row in Files of the first of them; the others follow.
        contents:
            the bytes of files; None for one that was not opened.
        first:
            the place of the first of them among the contents.
        """
        if _annotations is None:
            return 0
        counts = _annotations.add(contents, first, texts.columns, self.numbers, self.words)
        texts.added(file, counts)
        return len(counts)

    def add_known(self, texts: Texts, file: int, raw: bytes) -> int:
        """The same, by the layout of the file, if that was met before.

        Parameters
        ----------
        texts, file, raw:
            see `add`.
        """
        parts = _parts(raw)
        if len(parts) < 3:
            return MISSING
        tags = "<".join(parts[1::2])
        if tags in self.layouts:
            self.known += 1
            layout = self.layouts[tags]
        elif len(self.layouts) < LEARNT_AT_ONCE + self.known:
            layout = self.layouts[tags] = _learnt(parts)
        else:
            return MISSING
        if layout is None or parts[-1].strip() or parts[layout.outside].strip():
            return MISSING
        return texts.add_plain(file, layout.values([*parts, None, ""]))


def _parts(raw: bytes) -> list[str]:
    """Tags and the texts between them, in turn; nothing of a file that is more than these."""
    if len(raw) > LARGEST or not raw.startswith(b"<"):
        return []
    if b"\r" in raw:
        raw = raw.replace(b"\r\n", b"\n")
    marks = raw.translate(None, _NO_MARKS)
    if marks != _MARKS * (len(marks) // 2) or len(raw.translate(None, _ODD)) < len(raw):
        return []
    # XML has no `]]>` in texts, but without `>` in any there can be none.
    return raw.decode("ascii").replace("<", ">").split(">")


def _learnt(parts: Sequence[str]) -> Layout | None:
    """The layout of a file; None if there is anything to note about such a file."""
    tags = parts[1::2]
    declared = tags[0].startswith("?")
    if declared and not _DECLARATION.fullmatch(tags[0]):
        return None
    if not all(map(_TAG.fullmatch, tags[declared:])):
        return None
    outside = 2 if declared else 0
    numbered = [
        f"<{part}>" if place % 2 else str(place) if outside < place < len(parts) - 1 else ""
        for place, part in enumerate(parts)
    ]
    texts = Texts()
    row = texts.add(0, _parsed("".join(numbered).encode()))
    if row == MISSING or texts.problems.problems:
        return None
    places = [
        _ABSENT if text is None else int(text) if text else _EMPTY for text in texts.plain_values()
    ]
    return Layout(itemgetter(*places), outside)
