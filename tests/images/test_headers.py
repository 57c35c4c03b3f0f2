from __future__ import annotations

import io
import os
import random
import struct
import subprocess
import sys
import threading
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, JpegImagePlugin, PngImagePlugin

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Headers
from labelaudit.images import cut_files, headers
from labelaudit.images.headers import KINDS, read_headers
from tests.noise_pictures import noise_picture

WRITTEN = [kind for kind in KINDS if kind not in ("HEIF", "DIB")]


def encoded(
    kind: str, size: tuple[int, int] = (30, 20), *, orientation: int | None = None
) -> bytes:
    """The bytes of a picture of noise."""
    options = {}
    if orientation is not None:
        options["exif"] = Image.Exif()
        options["exif"][0x0112] = orientation
    file = io.BytesIO()
    noise_picture(size, 50).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def header_of(folder: Path, data: bytes) -> Headers:
    path = folder / "picture"
    path.write_bytes(data)
    return read_headers(texts([str(path)]))


@pytest.mark.parametrize("kind", WRITTEN)
def test_every_kind_tells_its_size(tmp_path, kind):
    header = header_of(tmp_path, encoded(kind))
    assert header.size.tolist() == [[30, 20]]
    assert header.kind.tolist() == [kind]
    assert header.error.tolist() == [""]


def test_rows_are_in_the_order_of_paths_and_an_empty_path_is_an_empty_row(tmp_path):
    (tmp_path / "a.jpg").write_bytes(encoded("JPEG", (7, 5)))
    (tmp_path / "b.png").write_bytes(encoded("PNG", (3, 9)))
    header = read_headers(texts([str(tmp_path / "b.png"), "", str(tmp_path / "a.jpg")]))
    assert header.kind.tolist() == ["PNG", "", "JPEG"]
    assert header.error.tolist() == ["", "", ""]
    np.testing.assert_array_equal(header.size, [[3, 9], [np.nan, np.nan], [7, 5]])


def test_no_paths_give_no_rows():
    assert len(read_headers(texts([]))) == 0


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_size_is_as_stored_and_the_orientation_beside_it(tmp_path, kind):
    header = header_of(tmp_path, encoded(kind, (30, 20), orientation=6))
    assert header.size.tolist() == [[30, 20]]
    assert header.orientation.tolist() == [6]


@pytest.mark.parametrize(("stored", "read"), [(8, 8), (9, 1), (0, 1)])
def test_only_the_eight_orientations_count(tmp_path, stored, read):
    header = header_of(tmp_path, encoded("JPEG", orientation=stored))
    assert header.orientation.tolist() == [read]


def test_broken_metadata_leaves_the_image_readable(tmp_path):
    data = encoded("JPEG", orientation=6)
    start = data.index(b"Exif\0\0") + 6
    header = header_of(tmp_path, data[:start] + b"\xff" * 8 + data[start + 8 :])
    assert header.error.tolist() == [""]
    assert header.orientation.tolist() == [1]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"", "the file is empty"),
        (b"<html>404 Not Found</html>", "it is a web page, no image"),
        (b"\xff", "it is no image of a known kind"),
        (b"\0" * 1000, "it holds zeros, no image"),
    ],
)
def test_what_is_no_image_is_said(tmp_path, data, error):
    assert header_of(tmp_path, data).error.tolist() == [error]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_that_was_cut_off_is_an_error_with_a_size(tmp_path, kind):
    data = encoded(kind, (300, 200))
    header = header_of(tmp_path, data[:-20])
    assert header.error.tolist() == ["the file is cut off"]
    assert header.size.tolist() == [[300, 200]]


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
def test_an_image_with_something_appended_is_whole(tmp_path, kind, monkeypatch):
    data = encoded(kind, (300, 200)) + b"video" * 1000
    assert header_of(tmp_path, data).error.tolist() == [""]
    # The mark of the end may lie across two blocks of reading.
    for block in (2, 3, 5, 7):
        monkeypatch.setattr(cut_files, "BLOCK", block)
        assert header_of(tmp_path, data).error.tolist() == [""]


def test_a_thumbnail_does_not_make_a_cut_image_whole(tmp_path):
    thumbnail = encoded("JPEG", (8, 8))
    data = encoded("JPEG", (300, 200))
    segment = b"\xff\xe5" + struct.pack(">H", len(thumbnail) + 2) + thumbnail
    header = header_of(tmp_path, data[:2] + segment + data[2:-20])
    assert header.error.tolist() == ["the file is cut off"]


def test_a_header_that_is_cut_off_is_an_error(tmp_path):
    assert header_of(tmp_path, encoded("JPEG")[:30]).error.tolist() != [""]
    assert header_of(tmp_path, encoded("PNG")[:20]).error.tolist() != [""]


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "TIFF", "AVIF"])
def test_a_header_that_is_cut_off_anywhere_is_told_in_plain_words(tmp_path, kind):
    data = encoded(kind)
    said = {header_of(tmp_path, data[:count]).error.item() for count in range(2, 40)}
    assert "" not in said
    assert [one for one in said if "unpack" in one or "buffer" in one] == []


def test_what_is_not_there_or_is_no_file_is_an_error(tmp_path):
    (tmp_path / "folder.jpg").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")  # opening it would wait for ever
    names = ["none.jpg", "folder.jpg", "pipe.jpg"]
    header = read_headers(texts(str(tmp_path / name) for name in names))
    assert header.error.tolist() == [
        "No such file or directory",
        "it is not a file",
        "it is not a file",
    ]


def test_a_link_of_a_copy_that_was_moved_is_told_from_a_file_that_is_not_there(tmp_path):
    (tmp_path / "moved.jpg").symlink_to("../originals/a.jpg")
    (tmp_path / "a.jpg").write_bytes(encoded("PNG"))
    (tmp_path / "whole.jpg").symlink_to("a.jpg")
    names = ["moved.jpg", "whole.jpg", "none.jpg"]
    header = read_headers(texts(str(tmp_path / name) for name in names))
    assert header.error.tolist() == [headers.LOST, "", "No such file or directory"]


@pytest.mark.parametrize("path", ["a\0b.jpg", "a" * 10_000, "\\ud800.jpg"])
def test_a_path_that_cannot_be_is_an_error(path):
    assert read_headers(texts([path])).error.tolist() != [""]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path):
    path = tmp_path / "a.jpg"
    path.write_bytes(encoded("JPEG"))
    path.chmod(0)
    assert read_headers(texts([str(path)])).error.tolist() == ["Permission denied"]


def test_an_image_of_a_hundred_gigapixels_is_read_like_any_other(tmp_path):
    body = b"IHDR" + struct.pack(">IIBBBBB", 400_000, 300_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))
    data = encoded("PNG")
    header = header_of(tmp_path, data[:8] + chunk + data[33:])
    assert header.size.tolist() == [[400_000, 300_000]]
    assert header.error.tolist() == [""]
    assert Image.MAX_IMAGE_PIXELS is not None  # the guard of the process is as it was


def test_no_pixel_is_decoded(tmp_path, monkeypatch):
    decoded = []

    def load(image: Image.Image) -> None:
        decoded.append(image)

    for plugin in (PngImagePlugin.PngImageFile, JpegImagePlugin.JpegImageFile):
        monkeypatch.setattr(plugin, "load", load)
    for kind in ("PNG", "JPEG"):
        assert header_of(tmp_path, encoded(kind)).error.tolist() == [""]
    assert decoded == []


def test_a_broken_image_is_not_talked_about_on_stderr(tmp_path):
    data = bytearray(encoded("TIFF"))
    samples = data.index(struct.pack("<HH", 277, 3))  # the tag for samples per pixel
    data[samples + 8 : samples + 10] = b"\xff\xff"
    (tmp_path / "a.tif").write_bytes(data)
    program = (
        "import sys; from labelaudit.images.headers import read_headers; "
        "from labelaudit.core.columns import texts; "
        "print(read_headers(texts(sys.argv[1:])).error[0])"
    )
    # In a process of its own, because pytest handles all logging in this one.
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "a.tif")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() != ""
    assert done.stderr == ""


def test_no_bytes_make_it_fail(tmp_path, capfd):
    random.seed(0)
    whole = [encoded(kind) for kind in WRITTEN]
    paths = []
    for number in range(300):
        data = bytearray(random.choice(whole))
        for _ in range(random.choice([1, 5, 20])):
            data[random.randrange(2, min(len(data), 400))] = random.choice([0, 127, 255])
        paths.append(tmp_path / str(number))
        paths[-1].write_bytes(data[: random.choice([len(data), random.randrange(2, len(data))])])
    header = read_headers(texts(map(str, paths)))
    assert len(header) == 300
    assert (header.error != "").any()
    assert (np.isfinite(header.size).all(axis=1) | (header.error != "")).all()
    assert capfd.readouterr() == ("", "")


def test_a_slow_disk_is_read_by_several_threads_in_order(tmp_path, monkeypatch):
    for number in range(1, 9):
        (tmp_path / f"{number}.png").write_bytes(encoded("PNG", (number, 1)))
    seen = set()
    read = headers._header

    def slow(path):
        seen.add(threading.get_ident())
        threading.Event().wait(0.05)
        return read(path)

    monkeypatch.setattr(headers, "CHUNK", 1)
    monkeypatch.setattr(headers, "_header", slow)
    header = read_headers(texts(str(tmp_path / f"{number}.png") for number in range(1, 9)))
    assert header.size[:, 0].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert len(seen) > 2
