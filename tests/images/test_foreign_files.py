from __future__ import annotations

import gzip
import io
import zipfile

import numpy as np
import pytest

from labelaudit.images.foreign_files import HEAD, UNKNOWN, what_it_is


def array() -> bytes:
    file = io.BytesIO()
    np.save(file, np.zeros(300))
    return file.getvalue()


def archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as written:
        written.writestr("a.txt", "a")
    return file.getvalue()


LFS = b"version https://git-lfs.example/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (LFS, "Git LFS"),
        (b"/annex/objects/SHA256E-s12--ab.jpg\n", "git-annex"),
        (b"\0\x05\x16\x07\0\x02\0\0Mac OS X        ", "macOS"),
        (b"%PDF-1.7\n", "PDF"),
        (archive(), "zip"),
        (gzip.compress(b"a", mtime=0), "gzip"),
        (array(), "NumPy"),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><html>", "web page"),
        (b"<HTML><body>404", "web page"),
        (b'<?xml version="1.0"?>\n<svg xmlns="a">', "SVG"),
        (b"\0\0\0\x18ftypheic\0\0\0\0", "pillow-heif"),
        (b"\0\0\0\x18ftypisom\0\0\0\0", "MP4"),
        (b"RIFF\0\0\0\0AVI LIST", "AVI"),
        (b"\0" * HEAD, "zeros"),
    ],
)
def test_what_is_no_image_is_told_by_its_first_bytes(data, words):
    assert words in what_it_is(data[:HEAD])


@pytest.mark.parametrize(
    "data", [b"\x12\x34", b"x<html>", b"<annotation>", b"\0" * 100 + b"\1", b"RIFF\0\0\0\0WAVE"]
)
def test_what_nobody_knows_is_said_to_be_unknown(data):
    assert what_it_is(data) == UNKNOWN
