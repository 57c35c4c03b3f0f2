from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, with_image_files
from tests.noise_pictures import noise_picture
from tests.rules.img.test_img014_huge_image import png_of


def encoded(kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    # Whether data packed by LZW show their damage depends on the pixels: of these they do.
    noise_picture((640, 480), 60, seed=2).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def told(folder: Path, data: bytes, *select: str) -> Findings:
    dataset = with_image_files(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []}), folder)
    (folder / "a.jpg").write_bytes(data)
    return audit(dataset, select=list(select or ["IMG002", "IMG013", "IMG017"]))


@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("PNG", {}),
        ("GIF", {}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("TIFF", {"compression": "tiff_adobe_deflate"}),
    ],
    ids=str,
)
def test_damaged_data_are_found_and_whole_ones_are_not(tmp_path, kind, options):
    data = encoded(kind, **options)
    assert len(told(tmp_path, data)) == 0
    half = len(data) // 2
    findings = told(
        tmp_path, data[:half] + bytes(b ^ 0x55 for b in data[half:][:64]) + data[half + 64 :]
    )
    assert findings.name.tolist() == ["corrupt-image"]
    assert findings.image.tolist() == [0]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 0)]


def test_a_wrong_checksum_of_png_is_found(tmp_path):
    data = encoded("PNG")
    place = data.rindex(b"IDAT") - 8  # of the chunk before
    bad = data[:place] + bytes(4) + data[place + 4 :]
    findings = told(tmp_path, bad)
    assert findings.name.tolist() == ["corrupt-image"]
    assert "checksum" in findings.message[0]
    with Image.open(io.BytesIO(bad)) as image:
        image.load()
    with Image.open(io.BytesIO(bad)) as image, pytest.raises(SyntaxError):
        image.verify()


def test_what_cannot_be_opened_is_unreadable_alone(tmp_path):
    assert told(tmp_path, b"no image").name.tolist() == ["unreadable-image"]
    assert told(tmp_path, encoded("PNG")[:-9000]).name.tolist() == ["unreadable-image"]


def test_a_bomb_is_huge_and_not_corrupt(tmp_path):
    dataset = with_image_files(images({"a.png": [], "b.png": []}), tmp_path)
    png_of(tmp_path / "a.png", 30_000, 20_000)
    findings = audit(dataset, select=["IMG"], ignore=["IMG003"])
    assert findings.name.tolist() == ["huge-image"]


def test_nothing_is_decoded_where_nobody_wants_it(tmp_path):
    data = encoded("PNG")
    dataset = with_image_files(images({"a.jpg": [], "b.jpg": []}), tmp_path)
    (tmp_path / "a.jpg").write_bytes(data[:50_000] + bytes(90) + data[50_090:])
    assert len(audit(dataset, select=["IMG013"])) == 1
    assert len(audit(dataset, select=["IMG013"], pixels=PixelPolicy.NEVER)) == 0
