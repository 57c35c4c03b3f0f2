from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.rules.img import img014_huge_image
from labelaudit.testing import images, one_image, with_image_files
from tests.noise_pictures import noise_picture


def png_of(path: Path, width: int, height: int, *, level: int = 9) -> None:
    """A real PNG of one bit a pixel, written row by row: a bomb of a few kilobytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(name + body))
        return struct.pack(">I", len(body)) + name + body + check

    packer, row = zlib.compressobj(level), bytes(1 + (width + 7) // 8)
    body = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + parts)


def told(folder: Path, width: int, height: int) -> Findings:
    dataset = with_image_files(images({"a.png": ["car 10 10 40 40"], "b.png": []}), folder)
    png_of(folder / "a.png", width, height)
    return audit(dataset, select=["IMG014"])


def test_an_image_that_pillow_refuses_is_an_error_and_its_neighbour_is_not(tmp_path):
    findings = told(tmp_path, 30_000, 20_000)
    assert findings.image.tolist() == [0]
    assert findings.severity.tolist() == [Severity.ERROR]
    size = (tmp_path / "a.png").stat().st_size / 1e3
    assert findings.message.tolist() == [
        f"image a.png is 30,000 x 20,000 px, 600 million pixels in {size:.0f} kB: Pillow takes it "
        "for a decompression bomb and stops"
    ]


@pytest.mark.parametrize(
    ("height", "severities"),
    [(8_947, []), (8_948, [Severity.INFO]), (17_895, [Severity.INFO]), (17_896, [Severity.ERROR])],
)
def test_what_pillow_does_is_what_is_said(tmp_path, height, severities):
    findings = told(tmp_path, 10_000, height)
    assert findings.severity.tolist() == severities
    if severities == [Severity.ERROR]:
        with pytest.raises(Image.DecompressionBombError):
            Image.open(tmp_path / "a.png")
    elif severities:
        with pytest.warns(Image.DecompressionBombWarning):
            Image.open(tmp_path / "a.png").close()
    else:
        Image.open(tmp_path / "a.png").close()


@pytest.mark.parametrize(
    ("width", "who"), [(32_768, "Pillow takes"), (32_769, "Pillow and OpenCV")]
)
def test_above_two_to_the_thirtieth_opencv_refuses_it_too(tmp_path, width, who):
    (message,) = told(tmp_path, width, 32_768).message.tolist()
    assert f": {who}" in message


def test_a_large_file_is_told_in_megabytes(tmp_path):
    dataset = with_image_files(one_image(), tmp_path)
    path = tmp_path / "image.jpg"
    noise_picture((4000, 3000), 80).save(path, quality=95)
    settings = {"huge-image": {"many-pixels": 1_000_000}}
    (message,) = audit(dataset, select=["IMG014"], settings=settings).message.tolist()
    assert f" in {path.stat().st_size / 1e6:.0f} MB: Pillow warns" in message
    assert img014_huge_image._in_a_file(str(tmp_path / "none.jpg")) == ""
