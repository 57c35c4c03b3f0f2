"""What a file is that is no image of a known kind, by its first bytes."""

from __future__ import annotations

from collections.abc import Callable

HEAD = 512
"""Bytes of a file that are looked at."""

UNKNOWN = "it is no image of a known kind"

_HEIF = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1")

_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"version https://git-lfs", "it is a pointer of Git LFS: git lfs pull fetches the image"),
    (b"/annex/objects/", "it is a pointer of git-annex: git annex get fetches the image"),
    (b"\0\x05\x16\x07", "it is a file that macOS keeps beside others, no image"),
    (b"%PDF", "it is a PDF file"),
    (b"PK\x03\x04", "it is a zip archive"),
    (b"\x1f\x8b", "it is a gzip archive"),
    (b"8BPS", "it is a Photoshop file"),
    (b"\x89HDF", "it is an HDF5 file"),
    (b"\x93NUMPY", "it is an array of NumPy"),
    (b"\x1aE\xdf\xa3", "it is a Matroska or WebM video"),
)

_WEB_PAGES = (b"<!doctype html", b"<html")


def what_it_is(head: bytes) -> str:
    r"""What a file is that no reader of images knows, in words, from its first `HEAD` bytes.

    >>> what_it_is(b"<!DOCTYPE html><html>"), what_it_is(b"\x12\x34")
    ('it is a web page, no image', 'it is no image of a known kind')
    """
    for beginning, words in _BEGINNINGS:
        if head.startswith(beginning):
            return words
    return next((words for holds, words in _SIGNS if holds(head)), UNKNOWN)


def _is_web_page(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith(_WEB_PAGES)


def _is_svg(head: bytes) -> bool:
    return b"<svg" in head and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")


def _is_heif(head: bytes) -> bool:
    return head[4:8] == b"ftyp" and head[8:12] in _HEIF


def _is_avi(head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"AVI "


_SIGNS: tuple[tuple[Callable[[bytes], bool], str], ...] = (
    (_is_web_page, "it is a web page, no image"),
    (_is_svg, "it is a drawing in SVG, which has no pixels"),
    (_is_heif, "it is a HEIF image, which Pillow opens with pillow-heif alone"),
    (lambda head: head[4:8] == b"ftyp", "it is an MP4 or QuickTime video"),
    (_is_avi, "it is an AVI video"),
    (lambda head: not head.strip(b"\0"), "it holds zeros, no image"),
)
