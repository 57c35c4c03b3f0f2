"""What images look like, from one decoding of each, scaled while it is decoded.

Pixels stay as they are stored: EXIF does not turn an image, because boxes are in what is stored.
"""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import TEXT, Bools, Floats, Texts, texts
from labelaudit.core.content_cache import ContentCache, Stamp, content_key, stamp
from labelaudit.core.parallel import cores, map_groups
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.table import Table, column
from labelaudit.dataset.tables import Headers
from labelaudit.images.borders import inner_parts
from labelaudit.images.headers import READ, REFUSALS
from labelaudit.images.jpeg_pixels import decoder, grey_jpeg
from labelaudit.images.png_checks import wrong_checksum
from labelaudit.storage.at_hand import at_hand

SIDE = 32
"""Rows and columns of the small picture of an image, whatever its shape; a choice."""

LOOKED_AT = 128
"""Rows and columns at which an image is looked at; JPEG files are scaled to no less by decoding."""

CHUNK = 8
"""Images that a thread takes at a time, whose files are in memory; a choice."""

STAGE = "looking at images"
"""What the progress says while images are decoded."""

VERSION = 4
"""Of what is remembered: another one, and images are decoded anew."""

SAVED = 512
"""Images after which what was seen is written to the cache; a choice."""

LARGEST = 1 << 30
"""Bytes of a file that is read, of which several are in memory at a time; a choice: hardly any
image that Pillow agrees to open has more."""

Small: TypeAlias = NDArray[np.uint8]

Looks: TypeAlias = NDArray[np.void]

LOOK = np.dtype(
    [
        ("content", np.uint64, 2),
        ("inner", np.float64, 4),
        ("mean", np.float64),
        ("contrast", np.float64),
        ("sharpness", np.float64),
        ("small", np.uint8, (SIDE, SIDE)),
        ("error", "S120"),
        ("damage", "S120"),
    ]
)
"""What is remembered of an image: a row of `Appearance`, its words cut to 120 bytes of UTF-8."""

_WORDS = ("error", "damage")


@dataclass(frozen=True, eq=False, repr=False)
class Appearance(Table):
    """What each image looks like; one row per image."""

    error: Texts = column(TEXT, fill="")  # (n,) why its pixels cannot be decoded; empty if they can
    # (n,) what is wrong with pixels that were decoded all the same; empty if nothing is known to be
    damage: Texts = column(TEXT, fill="")
    # (n, SIDE, SIDE) grey values of what is inside of its border, squeezed to a square
    small: Small = column(np.uint8, SIDE, SIDE, fill=0)
    # (n, 4) left, top, right, bottom of what is inside of a border of one colour, in fractions
    inner: Floats = column(np.float64, 4, fill=np.nan)
    mean: Floats = column(np.float64, fill=np.nan)  # (n,) grey value in 0..255
    contrast: Floats = column(np.float64, fill=np.nan)  # (n,) standard deviation of grey values
    # (n,) variance of the Laplacian of grey values at LOOKED_AT x LOOKED_AT pixels
    sharpness: Floats = column(np.float64, fill=np.nan)
    content: NDArray[np.uint64] = column(np.uint64, 2, fill=0)  # (n, 2) digest of the file's bytes

    @property
    def seen(self) -> Bools:
        """Which images were decoded, (n,)."""
        return np.isfinite(self.mean)


def appearances(
    paths: Texts,
    headers: Headers,
    *,
    workers: int | None = None,
    cache: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> Appearance:
    """What the image at each path looks like, one row each; empty paths give empty rows.

    An image whose header cannot be read has that error and is not decoded. A file that was looked
    at before, and has not changed since, is not decoded again, whatever it is called now.

    Parameters
    ----------
    paths:
        (n,) absolute; a path may stand several times.
    headers:
        (n,) of these files.
    workers:
        threads that decode; one a core if absent.
    cache:
        the folder of the cache; the user's own if absent.
    progress:
        told how many images are done.
    """
    error = headers.error.tolist()
    rows: dict[str, list[int]] = {}
    for row, path in enumerate(paths.tolist()):
        if path and not (error[row] and np.isnan(headers.size[row, 0])):
            rows.setdefault(path, []).append(row)
    at_hand(rows)
    looks = np.zeros(len(paths), LOOK)
    looks["mean"] = looks["contrast"] = looks["sharpness"] = looks["inner"] = np.nan
    for row, said in enumerate(error):
        looks["error"][row] = _short(said) if said else b""
    with ContentCache(cache) as known:
        for names, some in _looked_at(list(rows), known, workers or cores(), progress):
            for name, look in zip(names, some, strict=True):
                looks[rows[name]] = look
    return _table(looks)


def _table(looks: Looks) -> Appearance:
    numbers = [name for name in LOOK.names or () if name not in _WORDS]
    # Any: arrays of any type
    columns: dict[str, Any] = {name: np.ascontiguousarray(looks[name]) for name in numbers}
    for name in _WORDS:
        columns[name] = texts(said.decode("utf-8", "replace") for said in looks[name].tolist())
    return Appearance(**columns)


def _looked_at(
    paths: Sequence[str], known: ContentCache, workers: int, progress: StageProgress
) -> Iterator[tuple[Sequence[str], Looks]]:
    """What each file looks like, some at a time: first those that were looked at before.

    Parameters
    ----------
    paths:
        of regular files, each once.
    known:
        what was seen before.
    workers, progress:
        see `appearances`.
    """
    import PIL  # noqa: PLC0415  # only where there are images

    way = ("appearance", VERSION, PIL.__version__, decoder())
    contents = known.unchanged(paths)
    keys = {path: content_key(content, way) for path, content in contents.items()}
    values = known.values(keys.values())
    remembered = [path for path, key in keys.items() if len(values.get(key, b"")) == LOOK.itemsize]
    known.remember({}, used=[keys[path] for path in remembered])
    yield remembered, np.frombuffer(b"".join(values[keys[one]] for one in remembered), LOOK)
    seen = set(remembered)
    left = [path for path in paths if path not in seen]
    chunks = [left[start : start + CHUNK] for start in range(0, len(left), CHUNK)]
    fresh: dict[bytes, bytes] = {}
    files: dict[str, tuple[Stamp, bytes]] = {}
    done = len(remembered)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about odd metadata
        look = partial(_looks_of, known, way)
        for chunk, new in map_groups(look, [[chunk] for chunk in chunks], workers):
            done += len(chunk)
            progress(STAGE, done, len(paths))
            fresh |= new.values
            files |= new.files
            if len(files) >= SAVED or done == len(paths):
                known.remember(fresh, files)
                fresh, files = {}, {}
            yield chunk, new.looks


@dataclass(frozen=True, eq=False)
class _NewLooks:
    """What was seen of some files."""

    looks: Looks
    values: Mapping[bytes, bytes]  # what is to be remembered, by key
    files: Mapping[str, tuple[Stamp, bytes]]  # the stamps and digests of the files, by path


def _looks_of(known: ContentCache, way: tuple[object, ...], paths: Sequence[str]) -> _NewLooks:
    """What some files look like; those of bytes that were seen before are not decoded.

    Parameters
    ----------
    known, way:
        what was seen before, and how.
    paths:
        of the files.
    """
    looks = np.zeros(len(paths), LOOK)
    small = np.zeros((len(paths), LOOKED_AT, LOOKED_AT), np.float32)
    files: dict[str, tuple[Stamp, bytes]] = {}
    read = [_read(path) for path in paths]
    keys = [content_key(one.content, way) if one.data else b"" for one in read]
    before = known.values(filter(None, keys))
    damage: dict[int, str] = {}
    for row, (path, one, key) in enumerate(zip(paths, read, keys, strict=True)):
        if one.stamp and one.content:
            files[path] = (one.stamp, one.content)
        if len(before.get(key, b"")) == LOOK.itemsize:
            looks[row] = np.frombuffer(before[key], LOOK)[0]
            continue
        looks[row]["content"] = np.frombuffer(one.content or bytes(16), np.uint64)
        try:
            if one.error:
                raise OSError(one.error)
            small[row], damage[row] = _decoded(one.data)
        except (*REFUSALS, MemoryError) as error:
            looks[row]["error"] = _short(str(error) or type(error).__name__)
            looks[row]["inner"] = looks[row]["mean"] = looks[row]["contrast"] = np.nan
            looks[row]["sharpness"] = np.nan
    new = list(damage)
    looks[new] = _seen(small[new], looks["content"][new])
    looks["damage"][new] = list(map(_short, damage.values()))
    values = {keys[row]: looks[row].tobytes() for row in range(len(paths)) if keys[row]}
    return _NewLooks(looks, values, files)


@dataclass(frozen=True)
class _Bytes:
    """What is in a file."""

    data: bytes = b""
    content: bytes = b""  # the digest of it
    stamp: Stamp | None = None  # None: it changed while it was read
    error: str = ""


def _read(path: str) -> _Bytes:
    try:
        handle = os.open(path, READ)
        with open(handle, "rb", buffering=0) as file:
            before = os.fstat(handle)
            if not stat.S_ISREG(before.st_mode):
                return _Bytes(error="it is not a file")
            if before.st_size > LARGEST:
                return _Bytes(error=f"it has {before.st_size:,} bytes, too many to be read")
            data = file.read()
            unchanged = stamp(before) == stamp(os.fstat(handle))
    except (OSError, ValueError, MemoryError) as error:
        said = error.strerror if isinstance(error, OSError) else None
        return _Bytes(error=said or str(error) or type(error).__name__)
    if not data:
        return _Bytes(error="the file is empty")
    content = hashlib.blake2b(data, digest_size=16).digest()
    return _Bytes(data, content, stamp(before) if unchanged else None)


def _decoded(data: bytes) -> tuple[NDArray[np.float32], str]:
    """Grey values of an image, `LOOKED_AT` x `LOOKED_AT`, and what is wrong with its data.

    Raises what `headers.REFUSALS` lists.
    """
    from PIL import Image  # noqa: PLC0415  # 60 ms that a scan which looks at no pixel does without

    from labelaudit.images.decoding import rgb_for_people  # noqa: PLC0415  # it imports Pillow

    size, way = (LOOKED_AT, LOOKED_AT), Image.Resampling.BOX
    if jpeg := grey_jpeg(data, LOOKED_AT):
        pixels, damage = jpeg
        return np.asarray(Image.fromarray(pixels).resize(size, way), np.float32), damage
    try:
        with Image.open(BytesIO(data)) as picture:
            picture.draft("L", size)
            picture.load()
            grey = picture if picture.mode == "L" else rgb_for_people(picture).convert("L")
            return np.asarray(grey.resize(size, way), np.float32), wrong_checksum(data)
    except Image.DecompressionBombError as error:
        raise ValueError("it is larger than Pillow agrees to open") from error


def _seen(pictures: NDArray[np.float32], content: NDArray[np.uint64]) -> Looks:
    """What pictures, (n, LOOKED_AT, LOOKED_AT), of files with these digests look like."""
    looks = np.zeros(len(pictures), LOOK)
    looks["content"] = content
    looks["inner"] = inner_parts(pictures)
    looks["small"] = np.rint(_small(pictures, looks["inner"]))
    looks["mean"] = pictures.mean(axis=(1, 2))
    looks["contrast"] = pictures.std(axis=(1, 2))
    around = pictures[:, :-2, 1:-1] + pictures[:, 2:, 1:-1]
    around += pictures[:, 1:-1, :-2] + pictures[:, 1:-1, 2:]
    looks["sharpness"] = (around - 4 * pictures[:, 1:-1, 1:-1]).var(axis=(1, 2))
    return looks


def _small(pictures: NDArray[np.float32], inner: Floats) -> Floats:
    """What is inside of the borders of pictures, as `SIDE` x `SIDE` means of grey values."""
    side = LOOKED_AT // SIDE
    small: Floats = pictures.reshape(-1, SIDE, side, SIDE, side).mean(axis=(2, 4), dtype=np.float64)
    for row in np.flatnonzero((inner != [0, 0, 1, 1]).any(axis=1)).tolist():
        left, top, right, bottom = inner[row].tolist()
        small[row] = _means(top, bottom) @ pictures[row] @ _means(left, right).T
    return small


def _means(start: float, stop: float) -> Floats:
    """The weights that give the means of `SIDE` equal parts of a stretch, (SIDE, LOOKED_AT).

    The stretch is in fractions of `LOOKED_AT` values.
    """
    edges = np.linspace(start, stop, SIDE + 1) * LOOKED_AT
    pixel = np.arange(LOOKED_AT)
    overlap = np.minimum(edges[1:, None], pixel + 1) - np.maximum(edges[:-1, None], pixel)
    overlap = np.clip(overlap, 0, None)
    weights: Floats = overlap / overlap.sum(axis=1, keepdims=True)
    return weights


def _short(words: str) -> bytes:
    """As much of a text as is remembered, in UTF-8."""
    return " ".join(words.split()).encode("utf-8", "replace")[:120]
