"""Images of the dataset as a browser shows them: the whole at a screen's size, tiles, crops.

Images are asked for by their row in the dataset, never by a path. What is served is a new JPEG of
the pixels as they are stored, which is the frame that boxes are in: no metadata, no orientation.
"""

from __future__ import annotations

import hashlib
import io
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeAlias, TypeVar

from PIL import Image

from labelaudit.dataset.tables import Dataset
from labelaudit.images.decoding import rgb_for_people
from labelaudit.images.shown_files import NotShownError, ShownFiles, opened

T = TypeVar("T")

Extent: TypeAlias = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""

SCREEN = 1600
"""Pixels of the longer side of a whole image as it is first shown."""

TILE = 1024
"""Pixels of the side of a tile."""

DECODED_BYTES = 96 << 20  # the last image is kept however large it is
ENCODED_BYTES = 64 << 20
"""What is kept of decoded and of encoded images."""

DECODERS = 2
"""How many images are decoded at the same time: each is in memory whole."""

QUALITY = 88


@dataclass(frozen=True)
class EncodedImage:
    """An encoded image."""

    content: bytes
    tag: str  # changes when the content does

    @classmethod
    def of(cls, image: Image.Image) -> EncodedImage:
        """A JPEG of an RGB image."""
        out = io.BytesIO()
        image.save(out, "JPEG", quality=QUALITY)
        content = out.getvalue()
        return cls(content, hashlib.blake2b(content, digest_size=12).hexdigest())


class Kept(Generic[T]):
    """The results of the last calls, up to so many bytes; two calls for one key wait for one."""

    def __init__(self, limit: int, size: Callable[[T], int]) -> None:
        self._limit = limit
        self._size = size
        self._held = 0
        self._items: OrderedDict[object, T] = OrderedDict()
        self._lock = threading.Lock()
        self._making: dict[object, threading.Lock] = {}

    def get(self, key: object, make: Callable[[], T]) -> T:
        """What is kept under `key`, made if it is not."""
        with self._lock:
            making = self._making.setdefault(key, threading.Lock())
        with making:
            with self._lock:
                if key in self._items:
                    self._items.move_to_end(key)
                    return self._items[key]
            try:
                item = make()
            finally:
                with self._lock:
                    self._making.pop(key, None)
            self._keep(key, item)
            return item

    def _keep(self, key: object, item: T) -> None:
        """Keep an item, whatever its size, and let go of those not asked for longest."""
        with self._lock:
            if key not in self._items:
                self._items[key] = item
                self._held += self._size(item)
            while self._held > self._limit and len(self._items) > 1:
                _, old = self._items.popitem(last=False)
                self._held -= self._size(old)


class ImageTiles:
    """The images of a dataset, by row."""

    def __init__(self, dataset: Dataset) -> None:
        self.path = ShownFiles(dataset).path  # the file of an image that may be shown, by row
        self._decoded: Kept[Image.Image] = Kept(DECODED_BYTES, _decoded_bytes)
        self._encoded: Kept[EncodedImage] = Kept(ENCODED_BYTES, lambda image: len(image.content))
        self._decoding = threading.BoundedSemaphore(DECODERS)
        self._sizes: Kept[tuple[int, int]] = Kept(1 << 20, lambda _: 64)

    def size(self, row: int) -> tuple[int, int]:
        """Width and height in stored pixels."""
        path = self.path(row)

        def read() -> tuple[int, int]:
            with opened(path) as image:
                return image.size

        return self._sizes.get(_key(path), read)

    def whole(self, row: int) -> EncodedImage:
        """The whole image, its longer side at most `SCREEN` pixels."""
        path = self.path(row)

        def shrink() -> EncodedImage:
            with self._decoding:
                return EncodedImage.of(_thumbnail(path))

        return self._encoded.get((_key(path), "whole"), shrink)

    def tile(self, row: int, *, shrink: int, column: int, line: int) -> EncodedImage:
        """`TILE` pixels square of the image at 1/`shrink` of its size; smaller at its edges.

        Parameters
        ----------
        row:
            of the image in Images.
        shrink:
            by how much the image is smaller: 1, 2, 4, ...
        column, line:
            which tile, from 0.
        """
        path = self.path(row)
        side = TILE * shrink

        def cut() -> EncodedImage:
            image = self._full(path)
            left, top = column * side, line * side
            right, bottom = min(left + side, image.width), min(top + side, image.height)
            if right <= left or bottom <= top:
                raise NotShownError("there is no such tile")
            part = image.crop((left, top, right, bottom))
            size = (math.ceil(part.width / shrink), math.ceil(part.height / shrink))
            return EncodedImage.of(part if shrink == 1 else part.resize(size, Image.Resampling.BOX))

        return self._encoded.get((_key(path), shrink, column, line), cut)

    def crop(self, row: int, extent: Extent, side: int) -> EncodedImage:
        """The part of an image within `extent`, its longer side at most `side` pixels.

        What of the extent lies outside of the image is grey.

        Parameters
        ----------
        row:
            of the image in Images.
        extent:
            left, top, right, bottom in pixels of the image.
        side:
            pixels of the longer side, at most.
        """
        path = self.path(row)
        width, height = extent[2] - extent[0], extent[3] - extent[1]
        if width < 1 or height < 1:
            raise NotShownError("the part has no inside")
        scale = min(1.0, side / max(width, height))

        def cut() -> EncodedImage:
            image = self._full(path)
            left, top = max(0, extent[0]), max(0, extent[1])
            right, bottom = min(image.width, extent[2]), min(image.height, extent[3])
            size = (max(1, round(width * scale)), max(1, round(height * scale)))
            canvas = Image.new("RGB", size, "grey")
            if right > left and bottom > top:
                part = image.crop((left, top, right, bottom))
                part.thumbnail(size, Image.Resampling.BILINEAR, reducing_gap=2.0)
                place = (round((left - extent[0]) * scale), round((top - extent[1]) * scale))
                canvas.paste(part, place)
            return EncodedImage.of(canvas)

        return self._encoded.get((_key(path), extent, side), cut)

    def _full(self, path: Path) -> Image.Image:
        """All pixels of an image, RGB."""

        def decode() -> Image.Image:
            with self._decoding, opened(path) as image:
                return rgb_for_people(image)

        return self._decoded.get(_key(path), decode)


def _decoded_bytes(image: Image.Image) -> int:
    return image.width * image.height * 4  # Pillow keeps RGB in four bytes


def _key(path: Path) -> tuple[str, int, int]:
    try:
        status = path.stat()
    except OSError as error:
        raise NotShownError("the file is gone") from error
    return str(path), status.st_size, status.st_mtime_ns


def _thumbnail(path: Path) -> Image.Image:
    with opened(path) as image:
        # A JPEG is decoded at half, a quarter or an eighth of its size right away.
        image.draft("RGB", (SCREEN, SCREEN))
        small = rgb_for_people(image)
    small.thumbnail((SCREEN, SCREEN), Image.Resampling.BILINEAR, reducing_gap=2.0)
    return small
