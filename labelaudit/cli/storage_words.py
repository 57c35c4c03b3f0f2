"""URLs of object storage among the words of a command line.

A command knows paths alone. So each URL that is read becomes the path of its mirror before the
command begins, and one that is written to a path of this process, of which what was made there is
uploaded once the command is through. What is printed has the URLs again.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from labelaudit.core.mirror_names import INSIDE, OUTPUTS, SCHEMES, with_urls
from labelaudit.core.text import counted
from labelaudit.errors import ObjectStorageError

if TYPE_CHECKING:
    from labelaudit.storage.urls import StorageUrl

Code = TypeVar("Code")

WRITTEN = ("--output", "-o", "--manifest", "--write-baseline", "--plot", "--consensus")
"""Options whose words are places that something is written to."""

LOCAL = ("--queue", "--cache")
"""Options of what is changed in place all the time: databases."""

TEXTS = ("--image-prefix", "--exclude")
"""Options whose words are no paths, whatever they look like."""

ALWAYS_REPLACED = ("--manifest", "--write-baseline", "--plot")
"""Options whose file is replaced without asking, here as on a disk."""

WRITTEN_LAST = "convert"
"""The command whose last word that is no option is written to."""

FLAGS = ("--allow-loss", "--copy-images", "--overwrite")
"""Options of that command behind which no value comes."""

IN_PLACE = {
    "--in-place": "objects are not changed where they are; --output names the place of a copy",
    "--watch": "is not watched; watch a copy on this machine",
}
"""Options of which nothing comes for what is in object storage, and why."""

_URL = re.compile(rf"(?:{'|'.join((*SCHEMES, 'file'))})://")
_WORD = re.compile(rf"(?P<before>(?:--?[a-z-]+=)?(?:\w+=)?)(?P<url>{_URL.pattern}.*)", re.DOTALL)


def has_urls(words: Iterable[str]) -> bool:
    """Whether any word is a URL, or one behind a `=`: all that a command line of paths pays."""
    return any("://" in word and _WORD.fullmatch(word) for word in words)


@dataclass
class StorageWords:
    """A command line whose URLs are paths now."""

    words: list[str] = field(default_factory=list)
    outputs: dict[Path, StorageUrl] = field(default_factory=dict)  # what is made, and its URL

    @classmethod
    def of(cls, words: Sequence[str]) -> StorageWords:
        """The same command line with paths in the place of URLs, which are there to be read.

        Raises
        ------
        ObjectStorageError
            if a URL cannot be read, or stands where none can.
        """
        # Only here: few commands name a URL.
        from labelaudit.storage.mirror import mirrored  # noqa: PLC0415
        from labelaudit.storage.urls import local_path, storage_url  # noqa: PLC0415

        done, read = cls(list(words)), {}
        for number, word in enumerate(words):
            match = _WORD.fullmatch(word) if "://" in word else None
            before, text = (match["before"], match["url"]) if match else ("", "")
            option = _option(words, number, before)
            if match is None or option in TEXTS:
                continue
            if local := local_path(text):
                done.words[number] = f"{before}{local}"
            elif option in WRITTEN:
                done.words[number] = f"{before}{done._output(storage_url(text), option, before)}"
            else:
                url = read[number] = storage_url(text)
                _check_read(url, option, words)
                done.words[number] = before
        urls = {url.name: url for url in read.values()}
        paths = dict(zip(urls, mirrored(list(urls.values())), strict=True)) if urls else {}
        for number, url in read.items():
            done.words[number] += str(paths[url.name])
        return done

    def _output(self, url: StorageUrl, option: str, before: str) -> Path:
        """Where what an option asks for is made."""
        from labelaudit.storage.mirror import output_path  # noqa: PLC0415  # as above
        from labelaudit.storage.upload import check_free_url  # noqa: PLC0415

        replaced = option in ALWAYS_REPLACED or _is_report(before) or "--overwrite" in self.words
        check_free_url(url, overwrite=replaced)
        path = output_path(url)
        self.outputs[path] = url
        return path

    def uploaded(self) -> Iterator[str]:
        """Upload what the command has made; a line for each place.

        Raises
        ------
        ObjectStorageError
            if that fails.
        """
        from labelaudit.storage.mirror import storage_root  # noqa: PLC0415  # as above
        from labelaudit.storage.upload import files_beside, upload  # noqa: PLC0415
        from labelaudit.storage.urls import StorageUrl  # noqa: PLC0415

        made = [path for path in self.outputs if os.path.lexists(path)]
        if not made:
            return
        folder = storage_root() / OUTPUTS / str(os.getpid()) / INSIDE
        for path in files_beside(made, folder):
            scheme, _, place = path.relative_to(folder).as_posix().partition("/")
            upload(path, StorageUrl(scheme, place))
        for path in made:
            done = upload(path, self.outputs[path])
            told = f"{counted(done.objects, 'object')}, {done.size:,} bytes"
            yield f"Uploaded {told}: {done.url.name}"

    def remove(self) -> None:
        """Remove what was made here."""
        if self.outputs:
            from labelaudit.storage.mirror import storage_root  # noqa: PLC0415  # as above

            shutil.rmtree(storage_root() / OUTPUTS / str(os.getpid()), ignore_errors=True)


def _check_read(url: StorageUrl, option: str, words: Sequence[str]) -> None:
    """Raises `ObjectStorageError` if a command asks of a URL what only a local path gives."""
    if option in LOCAL:
        raise ObjectStorageError(f"{option} {url.name}: is changed all the time; name a local one")
    for one, reason in IN_PLACE.items():
        if one in words:
            raise ObjectStorageError(f"{one} {url.name}: {reason}")


def _option(words: Sequence[str], number: int, before: str) -> str:
    """The option that a word belongs to, or would if it had a name; empty for none."""
    if words[0] == WRITTEN_LAST and number == _last_alone(words):
        return WRITTEN[0]
    if before.startswith("-"):
        return before.partition("=")[0]
    return words[number - 1] if number and words[number - 1].startswith("-") else ""


def _last_alone(words: Sequence[str]) -> int:
    """The number of the last word that is neither an option nor the value of one."""
    return max(
        number
        for number, (last, word) in enumerate(pairwise(("", *words)))
        if not word.startswith("-") and (not last.startswith("-") or last in FLAGS or "=" in last)
    )


def _is_report(before: str) -> bool:
    """Whether what stands before a URL names a report: json=s3://..., which replaces a file."""
    return bool(re.search(r"(?:^|=)\w+=$", before)) and not before.startswith("-")


@contextmanager
def shown_streams() -> Iterator[None]:
    """Within it, what is printed has URLs in the place of the files that stand for them."""
    import sys  # noqa: PLC0415  # replaced, not used

    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = map(with_urls, before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before


def ran(words: Sequence[str], run: Callable[[list[str]], Code]) -> Code:
    """What a command gives whose words may be URLs; what it has made is uploaded.

    Raises
    ------
    ObjectStorageError
        if something cannot be read or written.
    """
    from labelaudit.cli.notes import note  # noqa: PLC0415  # rich, which few commands do without

    known = StorageWords.of(words)
    try:
        with shown_streams():
            code = run(known.words)
            for line in known.uploaded():
                note(line)
        return code
    finally:
        known.remove()
