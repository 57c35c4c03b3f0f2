from __future__ import annotations

import io
from pathlib import Path

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.needs import NO_STRICT_JPEG
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import audit
from labelaudit.images import jpeg_pixels
from labelaudit.testing import images, with_image_files
from tests.noise_pictures import noise_picture

pytest.importorskip("simplejpeg")


def photograph() -> bytes:
    file = io.BytesIO()
    noise_picture((640, 480), 60).convert("RGB").save(file, "JPEG")
    return file.getvalue()


def told(folder: Path, data: bytes) -> Findings:
    dataset = with_image_files(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []}), folder)
    (folder / "a.jpg").write_bytes(data)
    return audit(dataset, select=["IMG002", "IMG013", "IMG017"])


def test_a_jpeg_that_lost_its_middle_is_found_and_a_whole_one_is_not(tmp_path):
    data = photograph()
    assert len(told(tmp_path, data)) == 0
    findings = told(tmp_path, data[:30_000] + data[50_000:])
    assert findings.name.tolist() == ["damaged-jpeg"]
    assert findings.image.tolist() == [0]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert "its data end before the picture does" in findings.message[0]


def test_a_jpeg_that_was_cut_and_ended_again_is_found(tmp_path):
    findings = told(tmp_path, photograph()[:30_000] + b"\xff\xd9")
    assert findings.name.tolist() == ["damaged-jpeg"]


def test_a_jpeg_that_was_cut_is_unreadable_alone(tmp_path):
    assert told(tmp_path, photograph()[:30_000]).name.tolist() == ["unreadable-image"]


def test_padding_of_a_camera_is_no_damage(tmp_path):
    data = photograph()
    assert len(told(tmp_path, data[:-2] + bytes(300) + data[-2:])) == 0
    assert len(told(tmp_path, data + b"video" * 900)) == 0


def test_without_what_notices_damage_it_is_said_to_be_unchecked(tmp_path, monkeypatch):
    dataset = with_image_files(images({"a.jpg": []}), tmp_path)
    assert RULES["IMG017"].lacks(AuditContext(dataset)) == ""
    monkeypatch.setattr("labelaudit.auditing.needs.can_tell_damage", lambda: False)
    assert RULES["IMG017"].lacks(AuditContext(dataset)) == NO_STRICT_JPEG
    assert "pip install 'labelaudit[images]'" in NO_STRICT_JPEG
    assert jpeg_pixels.EXTRA == "images"
