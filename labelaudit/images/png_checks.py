"""Checksums of PNG files, which libpng, and with it OpenCV, stops at, and Pillow passes over.

Source: PNG specification 1.2, section 3 (chunks) and 5.4 (critical ones are in capitals).
"""

from __future__ import annotations

import zlib

SIGNATURE = b"\x89PNG\r\n\x1a\n"

WRONG = "the checksum of its pixels is wrong, at which OpenCV stops; Pillow does not look at it"


def wrong_checksum(data: bytes) -> str:
    """What is wrong with the checksums of a PNG in memory; empty if nothing, or it is none.

    Those of chunks that no picture needs (texts, times) do not count, nor what follows the end.
    """
    if not data.startswith(SIGNATURE):
        return ""
    view, place = memoryview(data), len(SIGNATURE)
    while place + 12 <= len(data):
        stop = place + 8 + int.from_bytes(view[place : place + 4], "big")
        name = bytes(view[place + 4 : place + 8])
        stated = int.from_bytes(view[stop : stop + 4], "big")
        if name[:1].isupper() and zlib.crc32(view[place + 4 : stop]) != stated:
            return WRONG
        if name == b"IEND":
            break
        place = stop + 4
    return ""
