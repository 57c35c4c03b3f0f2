"""What the headers of image files say: size, kind and orientation, without decoding a pixel."""

from __future__ import annotations

import logging
import os
import re
import stat
import struct
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from labelaudit.core.columns import MISSING, TEXT, Texts, texts
from labelaudit.core.mirror_names import USED
from labelaudit.core.parallel import mapped
from labelaudit.dataset.tables import Dataset, Headers
from labelaudit.images.cut_files import CUT, boxes_are_cut, cut_by_its_length, cut_off
from labelaudit.images.foreign_files import HEAD as FIRST
from labelaudit.images.foreign_files import what_it_is
from labelaudit.images.plain_jpegs import ENDED, HEAD, plain_heads, plain_size
from labelaudit.storage.at_hand import is_remote

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

WORKERS = 16
CHUNK = 256  # images per task of a worker

# Opening a pipe without O_NONBLOCK waits for somebody to write; Windows has its own flag for bytes.
READ = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
"""How a file of somebody is opened, to read its bytes."""

KINDS = ("JPEG", "PNG", "WEBP", "BMP", "GIF", "TIFF", "JPEG2000", "AVIF", "PPM", "DIB", "HEIF")
"""Kinds of images that are opened, by Pillow's names; HEIF where a plugin for it is at hand."""

USUAL = ("L", "RGB")
"""How pixels are stored mostly: grey or colours of 8 bits."""

ORIENTATION = 0x0112  # the EXIF tag

# Fuzzing all `KINDS` raises the first six; `Image.open` itself is prepared for the others.
REFUSALS = (
    *(OSError, ValueError, SyntaxError, EOFError, RuntimeError, struct.error),
    *(TypeError, LookupError, ArithmeticError),
)

# A byte of a name that is no text is written as `texts` writes it, under which there is no file.
_NO_UTF8 = re.compile(r"\\udc[89a-f][0-9a-f]")

# What is wrong with an image becomes a finding; without a handler, Pillow writes to stderr as well.
logging.getLogger("PIL").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Header:
    """The header of one image."""

    size: tuple[float, float] = (float("nan"), float("nan"))
    kind: str = ""
    orientation: int = 1
    error: str = ""
    mode: str = ""


def headers_of(dataset: Dataset) -> Headers:
    """The header of each image of a dataset that was found on disk, one row per image.

    Those that were read while it was loaded, else read now.
    """
    return dataset.headers if len(dataset.headers) else read_headers(dataset.images.path)


def read_headers(paths: Texts) -> Headers:
    """The header of each file in `paths`, (n,), in order; empty paths give empty rows.

    What cannot be read has an `error`: a file that does not exist or may not be opened, that is no
    image, or an image that was cut off. No pixel is decoded, so images may be of any size.
    """
    names = paths.tolist()
    remote = _remote(names)
    names = ["" if name in remote else name for name in names] if remote else names
    size, mark = plain_heads(names)
    kind, mode, error = np.full((3, len(names)), "", TEXT)
    orientation = np.ones(len(names), np.int64)
    kind[~np.isnan(size[:, 0])] = "JPEG"
    rows = [row for row in np.flatnonzero(np.isnan(size[:, 0])).tolist() if names[row]]
    chunks = [rows[start : start + CHUNK] for start in range(0, len(rows), CHUNK)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        found = mapped(lambda chunk: [_header(names[row]) for row in chunk], chunks, WORKERS)
        others = list(chain.from_iterable(found))
    if remote:
        mark[:] = MISSING  # some have one and others none, which would tell them apart
        away = [row for row, path in enumerate(paths.tolist()) if path in remote]
        others += [remote[paths[row]] for row in away]
        rows += away
    if rows:
        size[rows] = [header.size for header in others]
        orientation[rows] = [header.orientation for header in others]
        kind[rows] = texts(header.kind for header in others)
        mode[rows] = texts(header.mode for header in others)
        error[rows] = texts(header.error for header in others)
    return Headers.of(
        len(names),
        size=size,
        kind=kind,
        mode=mode,
        orientation=orientation,
        error=error,
        mark=mark,
    )


def _remote(paths: Sequence[str]) -> dict[str, Header]:
    """The headers of images in object storage that have not been fetched, by path."""
    if not os.environ.get(USED):
        return {}
    away = [path for path in dict.fromkeys(paths) if is_remote(path)]
    if not away:
        return {}
    # Only here: packages of storages take a second to load.
    from labelaudit.images.remote_headers import remote_headers  # noqa: PLC0415

    return remote_headers(away, _sized_header_in, Header)


def _sized_header_in(file: BinaryIO, size: int) -> Header:
    return header_in(file) if size else Header(error="the file is empty")


def _header(path: str) -> Header:
    try:
        handle = os.open(path, READ)
        try:
            status = os.fstat(handle)
            if not stat.S_ISREG(status.st_mode):
                return Header(error="it is not a file")
            if not status.st_size:
                return Header(error="the file is empty")
            size = _plain_size(handle, status.st_size)
        finally:
            os.close(handle)
        if size:
            return Header(size, "JPEG")
        with open(path, "rb") as file:
            return header_in(file, path)
    except (OSError, ValueError) as error:  # a path with a NUL in it
        lost = isinstance(error, FileNotFoundError)
        if lost and _NO_UTF8.search(path):
            return Header(error="its name is no UTF-8")
        return Header(error=LOST if lost and os.path.islink(path) else _reason(error))


LOST = "it is a link that leads nowhere: what it led to was moved, or the link was"
"""What is said of the links of a copy that was moved away from its originals."""


def _plain_size(handle: int, count: int) -> tuple[int, int] | None:
    """Width and height of a plain JPEG file of `count` bytes that ends as one should; else None."""
    head = os.read(handle, HEAD)
    size = plain_size(head)
    if size is None:
        return None
    if count > len(head):
        os.lseek(handle, count - len(ENDED), os.SEEK_SET)
        head = os.read(handle, len(ENDED))
    return size if head.endswith(ENDED) else None


def header_in(file: BinaryIO, path: str = "") -> Header:
    """The header of an image that is open or in memory; `path` is where it is, if anywhere."""
    try:
        image = _opened(file, path)
        if image is None:
            file.seek(0)
            return Header(error=what_it_is(file.read(FIRST)))
        error, mode = cut_off(image, file), "" if image.mode in USUAL else image.mode
        return Header(image.size, image.format or "", _orientation(image), error, mode)
    except REFUSALS as refusal:
        return Header(error=_why(refusal, file))


def _why(refusal: Exception, file: BinaryIO) -> str:
    """Why an image was refused, in words: that it was cut off, where it says so itself."""
    try:
        count = file.seek(0, os.SEEK_END)
        file.seek(0)
        is_cut = cut_by_its_length(file.read(16), count) or boxes_are_cut(file, count)
        if is_cut:
            return CUT
        return DAMAGED if isinstance(refusal.__cause__ or refusal, INNER) else _reason(refusal)
    except OSError:  # the disk itself
        return _reason(refusal)


INNER = (LookupError, TypeError, EOFError, struct.error)
"""What parsers run into where bytes are missing or make no sense, in words that help nobody."""

DAMAGED = "its header is damaged or cut off"


def _reason(error: Exception) -> str:
    said = error.strerror if isinstance(error, OSError) else None
    return said or str(error) or type(error).__name__


def _opened(file: BinaryIO, path: str) -> ImageFile | None:
    """The image in a file, only its header read; None if it is of no known kind.

    `Image.open` would refuse an image of 180 million pixels, and change its mind only for the whole
    process.
    """
    from PIL import Image  # noqa: PLC0415  # 60 ms that a scan of labels alone need not wait for

    prefix = file.read(16).ljust(16, b"\0")
    for register in (Image.preinit, Image.init):
        register()
        for kind in KINDS:
            factory, accepts = Image.OPEN.get(kind, (None, None))
            if factory and accepts and accepts(prefix) is True:
                return _parsed(factory, file, path)
    return None


def _parsed(factory: Callable[[BinaryIO, str], ImageFile], file: BinaryIO, path: str) -> ImageFile:
    from PIL.Image import DecompressionBombError  # noqa: PLC0415  # see _opened

    file.seek(0)
    try:
        return factory(file, path)
    except DecompressionBombError as error:  # the library that reads WebP decodes at once
        raise ValueError("it is larger than Pillow agrees to open") from error


def _orientation(image: ImageFile) -> int:
    if "exif" not in image.info:  # without it, Pillow would decode a PNG to look for more
        return 1
    try:
        orientation = image.getexif().get(ORIENTATION)
    except REFUSALS:
        return 1
    return orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1
