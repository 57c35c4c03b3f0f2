"""How well a path fits a format, from a sample of all files that could be label files of it.

One walk of a folder and the beginnings of some files serve all formats that look; no format decides
by the first file that it meets.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from labelaudit.images.files import by_ending
from labelaudit.io.formats.listing import shown_but_images, without_copies

SAMPLED = 48
"""Files of an ending whose beginnings are read, spread evenly over all of them; not measured."""

HEAD = 1 << 16
"""Bytes of a file that are its beginning: a list of shapes or of images starts within them."""


@dataclass(frozen=True)
class FormatEvidence:
    """What speaks for a path being in a format."""

    fitting: tuple[str, ...]  # files of the sample that fit, relative to the path
    sampled: int  # candidates that were looked at
    candidates: int  # files that could be label files of the format, by their names
    why: str  # in words: what the fitting files have
    declared: bool = False  # a file says that it describes a dataset of this format
    bytes_fitting: int = 0  # of label files that fit, estimated from the sample
    strays: tuple[str, ...] = field(default=())  # candidates of the sample that do not fit
    weak: bool = False  # it is read so only if nothing else is known that it could be
    refusal: str = ""  # why it is not read although it is known, and the way to what is read

    @property
    def share(self) -> float:
        """Which part of the candidates fits, 0 to 1."""
        return len(self.fitting) / self.sampled if self.sampled else float(self.declared)

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, int]:
        """By what the better of two is told.

        One that is declared goes first, then one that fits well, then one that is read, then one
        that most candidates fit, then the one of which there are more bytes.
        """
        fits_well, is_read = not self.weak, not self.refusal
        return (self.declared, fits_well, is_read, self.share >= MOST, self.bytes_fitting)


MOST = 0.8
"""The share of candidates from which on a folder is mostly of a format; not measured."""


class PathSample:
    """The files at a path, a file or a folder, and the beginnings of some of them.

    Parameters
    ----------
    path:
        of an existing file or folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_file = path.is_file()
        self._heads: dict[str, bytes] = {}

    @cached_property
    def files(self) -> list[str]:
        """All files but images, relative to the path, in order; a file's own name if it is one.

        Those in hidden folders, hidden files and cleaned copies are left out.
        """
        return self._listing[0]

    @property
    def copies(self) -> list[str]:
        """The cleaned copies of files and folders at the path, which are left out."""
        return self._listing[1]

    @cached_property
    def _listing(self) -> tuple[list[str], list[str]]:
        if self.is_file:
            return [self.path.name], []
        return without_copies(shown_but_images(self.path))

    @cached_property
    def _by_ending(self) -> dict[str, list[str]]:
        if self.is_file:  # which may be hidden
            return {_ending(name): [name] for name in self.files}
        groups = by_ending(self.files)
        without = [ending for ending in groups if ending[:1] != "." or "/" in ending]
        rest = sorted(name for ending in without for name in groups.pop(ending))
        return groups | ({"": rest} if rest else {})

    @property
    def endings(self) -> list[str]:
        """What the names of the files end in, in lower case, each once."""
        return list(self._by_ending)

    def ending(self, *endings: str) -> list[str]:
        """The files whose names end so, in lower case with the dot; in order."""
        if len(endings) == 1:
            return self._by_ending.get(endings[0], [])
        return sorted(name for ending in endings for name in self._by_ending.get(ending, []))

    def spread(self, names: list[str], count: int = SAMPLED) -> list[str]:
        """At most `count` of some names, evenly over all of them, the first and the last too."""
        if len(names) <= count:
            return names
        last = len(names) - 1
        return [names[round(place * last / (count - 1))] for place in range(count)]

    def full_path(self, name: str) -> Path:
        """Where a file of the sample is."""
        return self.path if self.is_file else self.path / name

    def head(self, name: str, count: int = HEAD) -> bytes:
        """The first bytes of a file; none of what cannot be read. A pipe is not opened."""
        known = self._heads.get(name)
        if known is None or (len(known) < count and len(known) >= HEAD):
            known = self._heads[name] = first_bytes(self.full_path(name), max(count, HEAD))
        return known[:count]

    def size(self, name: str) -> int:
        """The bytes of a file; 0 for what is not there."""
        try:
            return self.full_path(name).stat().st_size
        except OSError:
            return 0

    def judged(
        self,
        names: Iterable[str],
        fits: Callable[[str], bool],
        why: str,
        *,
        declared: bool = False,
    ) -> FormatEvidence | None:
        """The evidence of files that could be a format's; None if none of the sample fits.

        Parameters
        ----------
        names:
            the candidates, by what they are called.
        fits:
            whether a file is of the format, from its beginning (`head`).
        why:
            what those that fit have, in words.
        declared:
            see `FormatEvidence`.
        """
        candidates = list(names)
        sampled = self.spread(candidates)
        fitting = tuple(name for name in sampled if fits(name))
        if not fitting and not declared:
            return None
        scale = len(candidates) / len(sampled) if sampled else 1.0
        return FormatEvidence(
            fitting,
            len(sampled),
            len(candidates),
            why,
            declared,
            round(sum(map(self.size, fitting)) * scale),
            tuple(name for name in sampled if name not in set(fitting)),
        )


def first_bytes(path: Path, count: int = HEAD) -> bytes:
    """The beginning of a file; nothing of what cannot be read, and of what is none."""
    try:
        if not path.is_file():  # opening a pipe would wait for ever
            return b""
        with path.open("rb") as file:
            return file.read(count)
    except OSError:
        return b""


def _ending(name: str) -> str:
    """What a name ends in from its last dot on, in lower case; `os.path.splitext` is slower.

    >>> _ending("a.b/c.TXT"), _ending("a.b/c"), _ending(".hidden")
    ('.txt', '', '')
    """
    last = name.rfind(".")
    if last > 0 and name[last - 1] not in "./" and "/" not in name[last:]:  # the usual case
        return name[last:].lower()
    stem, dot, ending = name.rpartition(".")
    if not dot or "/" in ending or not stem.rpartition("/")[2].strip("."):
        return ""
    return dot + ending.lower()
