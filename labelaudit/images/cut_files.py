"""Whether a file ends before its image does, as after a broken download: no pixel is decoded.

What stands in the file says where it should end: a mark of the end (JPEG, PNG, JPEG 2000), its own
length (WebP) or those of its parts (AVIF, HEIF), the places of its parts (TIFF, GIF), or as many
bytes as rows of that width take (BMP, portable pixmaps, plain TIFF).

Source: ITU-T T.81 (EOI), T.800 (EOC); PNG 1.2, section 11; RIFF; GIF89a; TIFF 6.0; ISO/IEC
14496-12, section 4.2 (boxes of a file).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from PIL.ImageFile import ImageFile

BLOCK = 1 << 20

CUT = "the file is cut off"

ZEROED = "its data end in zeros, as after a copy that did not finish"

ZEROS = 4096
"""Bytes of nothing at the end of a compressed image that are no image; a choice: a disk's block."""

NEEDED_BOXES = (b"ftyp", b"meta", b"moov", b"mdat")
"""Boxes of AVIF and HEIF without which there is no image; what follows others is anybody's."""

LARGEST_GIF = 1 << 26
"""Bytes of a GIF file that are walked over, at most; a choice."""

_STRIPS, _TILES = (273, 279), (324, 325)  # tags of TIFF: where each part begins, and its length
_BANDS = {"L": 8, "LA": 16, "RGB": 24, "BGR": 24, "RGBA": 32, "RGBX": 32, "BGRX": 32, "CMYK": 32}
_BANDS |= {"I;16": 16, "I;16B": 16, "I;32": 32, "F;32F": 32}


def cut_by_its_length(prefix: bytes, count: int) -> bool:
    """Whether the first 16 bytes of a file state more bytes than its `count`.

    Pillow refuses such files when it opens them, without a word of why.
    """
    if prefix[:4] == b"RIFF" and prefix[8:12] == b"WEBP":
        return int.from_bytes(prefix[4:8], "little") + 8 > count
    if prefix[:4] == b"II*\0":
        return int.from_bytes(prefix[4:8], "little") > count
    return prefix[:4] == b"MM\0*" and int.from_bytes(prefix[4:8], "big") > count


def cut_off(image: ImageFile, file: BinaryIO) -> str:
    """Why an image that was just opened has not all of its data; empty if it has, or nobody knows.

    Parameters
    ----------
    image:
        of which the header was read.
    file:
        that it is in; its place is where Pillow left it.
    """
    kind, header_end = image.format or "", file.tell()
    count = file.seek(0, os.SEEK_END)
    if kind in ("AVIF", "HEIF") and boxes_are_cut(file, count):
        return CUT
    if kind in ("WEBP", "AVIF") and count > ZEROS and not _tail(file, ZEROS).strip(b"\0"):
        return ZEROED
    if kind in ("JPEG", "MPO", "JPEG2000"):
        start = 0 if kind == "JPEG2000" else header_end
        is_cut = _tail(file, 2) != b"\xff\xd9" and not _holds(file, start, b"\xff\xd9")
    elif kind == "PNG":
        is_cut = _tail(file, 8)[:4] != b"IEND" and not _holds(file, header_end, b"IEND")
    elif kind == "GIF":
        is_cut = _first_picture_is_cut(file)
    elif kind in ("TIFF", "BMP", "DIB", "PPM"):
        is_cut = max(_ends(image), default=0) > count
    else:
        return ""
    return CUT if is_cut else ""


def boxes_are_cut(file: BinaryIO, count: int) -> bool:
    """Whether a file of `count` bytes ends inside one of the boxes that AVIF and HEIF are made of.

    False of a file of another kind, and where a video or anything else follows the image.
    """
    place = 0
    while place < count:
        file.seek(place)
        head = file.read(16)
        kind, length = head[4:8], int.from_bytes(head[:4], "big")
        if kind not in NEEDED_BOXES or (kind == b"ftyp") != (place == 0):
            return False
        if length == 1:  # it stands behind the kind, in 8 bytes
            length = int.from_bytes(head[8:16], "big")
        if length == 0:  # the last one goes on to the end
            return False
        place += length
    return place > count


def _ends(image: ImageFile) -> list[int]:
    """Where each part of an image ends, in bytes of its file; nothing of parts nobody knows."""
    ends = [
        _raw_end(box, offset, args) for codec, box, offset, args in image.tile if codec == "raw"
    ]
    tags = getattr(image, "tag_v2", {})
    for places, lengths in (_STRIPS, _TILES):
        if not ends and places in tags and lengths in tags:
            both = zip(_numbers(tags[places]), _numbers(tags[lengths]), strict=False)
            return [place + length for place, length in both]
    return ends


def _numbers(value: int | Sequence[int]) -> Sequence[int]:
    return [value] if isinstance(value, int) else value


def _raw_end(box: Sequence[int] | None, offset: int, args: object) -> int:
    """Where rows of plain pixels end, at least: padding after the last row counts for nothing."""
    mode, step, *_ = (*args, 0) if isinstance(args, tuple) else (args, 0)
    if box is None or not isinstance(mode, str) or not isinstance(step, int):
        return 0
    width, height = box[2] - box[0], box[3] - box[1]
    row = (width * _BANDS.get(mode, 1) + 7) // 8
    return offset + max(step, row) * (height - 1) + row


def _first_picture_is_cut(file: BinaryIO) -> bool:
    """Whether a GIF file ends inside its first picture, which is the one that trainers see."""
    file.seek(0)
    data = file.read(LARGEST_GIF)
    place = 13 + _colours(data, 10)
    while place < len(data):
        mark, place = data[place], place + 1
        if mark == 0x2C:  # a picture: its place and size, colours, the width of its codes, its data
            place += 9
            place += _colours(data, place - 1) + 1
            return _after_blocks(data, place) > len(data) and len(data) < LARGEST_GIF
        if mark != 0x21:
            return False
        place = _after_blocks(data, place + 1)
    return len(data) < LARGEST_GIF


def _colours(data: bytes, flags: int) -> int:
    """The bytes of the table of colours that a byte of flags announces."""
    packed = data[flags] if flags < len(data) else 0
    return 3 << ((packed & 7) + 1) if packed & 0x80 else 0


def _after_blocks(data: bytes, place: int) -> int:
    """Where a row of blocks ends, each of which begins with its length; beyond the data if cut."""
    while place < len(data) and data[place]:
        place += data[place] + 1
    return place + 1


def _tail(file: BinaryIO, count: int) -> bytes:
    file.seek(max(0, file.seek(0, os.SEEK_END) - count))
    return file.read()


def _holds(file: BinaryIO, start: int, mark: bytes) -> bool:
    """Whether a mark stands anywhere after `start`: some cameras append a video to the image."""
    file.seek(start)
    seen = b""
    while block := file.read(BLOCK):
        seen = seen[1 - len(mark) :] + block  # the mark may lie across two blocks
        if mark in seen:
            return True
    return False
