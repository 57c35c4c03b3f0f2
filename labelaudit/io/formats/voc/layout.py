"""Where the annotations of a Pascal VOC dataset are on disk."""

from __future__ import annotations

import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.images.files import entries_in
from labelaudit.io.formats import small_files
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.listing import SKIPPED, is_copy, versions_in
from labelaudit.io.formats.text_lines import LARGEST
from labelaudit.io.formats.unread import unread_format
from labelaudit.io.formats.versions import usual_names

ANNOTATIONS, IMAGES = "Annotations", "JPEGImages"
"""The folders of label files and of images, as in the VOC challenge."""

Stamp = tuple[int, int]
"""Size and time of the last change of a file; see `core.disk.file_stamp`."""

_LISTS = "ImageSets/Main"
_EMPTY = "the folders of a Pascal VOC dataset, without an annotation"

_HEAD = 1 << 16  # bytes in which the root element of an annotation begins
_ROOT = re.compile(rb"<annotation[\s/>]", re.IGNORECASE)
_LIST = re.compile(rb"<annotations[\s>]")  # one file for all images, of another tool

# Opening a pipe without O_NONBLOCK waits for somebody to write; Windows has its own flag for bytes.
_READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)


@dataclass(frozen=True)
class VocLayout:
    """The files of a dataset."""

    root: str  # the folder that paths in the dataset are relative to; all paths here are absolute
    files: list[str] = field(default_factory=list)  # the XML files, in order
    closed: dict[str, str] = field(default_factory=dict)  # folders that cannot be listed: why


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being an annotation, or a folder with some.

    XML files in a folder `Annotations` are taken for annotations, however broken they are, unless
    all are known to be of another format. Without one, the folders that the VOC challenge has are a
    dataset of nothing.
    """
    names = sample.ending(".xml")
    if not names and not sample.is_file and is_empty(sample.path) and _lists_alone(sample.files):
        return sample.judged([], bool, _EMPTY, declared=True)
    inside = [name for name in names if name.startswith(f"{ANNOTATIONS}/")]

    def is_known(name: str) -> bool:
        head = sample.head(name)
        return unread_format(name, head) is not None or _LIST.search(head) is not None

    def fits(name: str) -> bool:
        return begins_as_annotation(sample.head(name)) and not is_known(name)

    declared = bool(inside) and not all(map(is_known, sample.spread(inside)))
    why = "XML files with an <annotation>"
    return sample.judged(inside or names, fits, why, declared=declared)


def is_empty(path: Path) -> bool:
    """Whether a folder has the folders of the VOC challenge, and that of annotations is empty."""
    folder = path / ANNOTATIONS
    try:
        return (path / _LISTS).is_dir() and folder.is_dir() and not any(folder.iterdir())
    except OSError:
        return False


def _lists_alone(names: Sequence[str]) -> bool:
    return all(name.startswith("ImageSets/") for name in names)


def is_annotation(path: str) -> bool:
    """Whether a file begins as an annotation does."""
    try:
        return begins_as_annotation(contents(path, _HEAD))
    except OSError:
        return False


def begins_as_annotation(head: bytes) -> bool:
    """Whether the first bytes of a file hold the root of an annotation."""
    return _ROOT.search(head.replace(b"\0", b"")) is not None  # UTF-16 has zeros in between


def layout(path: Path) -> VocLayout:
    """The files of the dataset at a path.

    What has a folder `Annotations` is one dataset of the VOC challenge, and only what is in there
    belongs to it. Of any other folder every XML file belongs to it, at any depth: `VOC2007` and
    `VOC2012` in a `VOCdevkit`, or `train` and `test` with the images beside the annotations.

    Raises
    ------
    FormatError
        if there is no such path, no XML file in it, or it is a file and no annotation; not if the
        folders of the challenge are there, and empty.
    """
    if path.is_file():
        if not is_annotation(str(path)):
            raise FormatError(f"{path}: not a Pascal VOC annotation: it has no <annotation>")
        file = os.path.abspath(path)
        return VocLayout(os.path.dirname(file), [file])
    if not path.is_dir():
        raise FormatError(f"{path}: no such file or folder")
    start = _start(path)
    root = os.path.abspath(path.parent if path.name == ANNOTATIONS else path)
    closed: dict[str, str] = {}
    files = _without_versions(start, sorted(_annotations(os.path.abspath(start), closed)))
    if not files and not is_empty(path):
        raise FormatError("; ".join([f"{start}: no XML file found in it", *closed.values()]))
    return VocLayout(root, files, closed)


def _without_versions(start: Path, files: list[str]) -> list[str]:
    """The files that are in no other version of a folder of labels: no `xmls_old` beside `xmls`."""
    names = {name for folder in set(map(os.path.dirname, files)) for name in folder.split(os.sep)}
    if not any(map(usual_names, names)):
        return files
    home = os.path.join(os.path.abspath(start), "")
    versions = tuple(home + one.replace("/", os.sep) for one in versions_in(start))
    return [file for file in files if not file.startswith(versions)] if versions else files


def annotation_folder(folder: str) -> str:
    """The folder `Annotations` that a folder is or is in; the folder itself if there is none.

    >>> annotation_folder("VOC2007/Annotations/day/one"), annotation_folder("cards/train")
    ('VOC2007/Annotations', 'cards/train')
    """
    above = folder
    while os.path.basename(above) not in (ANNOTATIONS, ""):
        above = os.path.dirname(above)
    return above if os.path.basename(above) else folder


def contents(path: str, limit: int | None = None) -> bytes:
    """The bytes of a file, or its first `limit` bytes.

    Raises
    ------
    OSError
        if it cannot be read, or is no file: a pipe would never end.
    """
    return stamped_contents(path, limit)[0]


def stamped_contents(path: str, limit: int | None = None) -> tuple[bytes, Stamp]:
    """The same, and the file's stamp; see `core.disk.file_stamp`."""
    # `open` asks the system twice as much, which is felt with 100,000 small files.
    handle = os.open(path, _READ)
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise OSError("not a regular file")
        if limit is None and status.st_size > LARGEST:
            raise OSError(f"too large for the labels of an image: {status.st_size:,} bytes")
        size = status.st_size if limit is None else min(limit, status.st_size)
        raw = os.read(handle, size)
        while len(raw) < size and (more := os.read(handle, size - len(raw))):
            raw += more
        return raw, (status.st_size, status.st_mtime_ns)
    finally:
        os.close(handle)


def stamped_at_once(paths: Sequence[str]) -> Iterator[tuple[list[bytes | None], list[Stamp]]]:
    """The same of many files, some at a time.

    None and MISSING for each that `stamped_contents` has to open.
    """
    for some, stamps in small_files.contents(paths, LARGEST):
        sizes, times = stamps.T.tolist()
        yield some, list(zip(sizes, times, strict=True))


def _start(path: Path) -> Path:
    return path / ANNOTATIONS if (path / ANNOTATIONS).is_dir() else path


def _annotations(start: str, closed: dict[str, str]) -> Iterator[str]:
    """The XML files at any depth, folder by folder; `closed` takes what cannot be listed.

    Names that begin with a dot are passed over: they are what systems and editors leave behind.
    Links to folders are followed after all else, and a folder is entered once, however many links
    lead there.
    """
    entered: set[tuple[int, int]] = set()
    waiting = deque([start])
    while waiting:
        folder = waiting.popleft()
        try:
            found = entries_in(folder)
        except OSError as error:
            closed[folder] = f"{folder}: {error.strerror}"
            continue
        if found.identity in entered:
            continue
        entered.add(found.identity)
        start, every = os.path.join(folder, ""), set(found.every if found.folders else ())
        for name, is_link in found.folders:
            put = waiting.append if is_link else waiting.appendleft
            if _is_shown(name) and not is_copy(name, every):
                put(start + name)
        yield from [start + name for name in found.by_ending.get(".xml", ()) if _is_shown(name)]


def _is_shown(name: str) -> bool:
    return name[0] != "." and name not in SKIPPED
