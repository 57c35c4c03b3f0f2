from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.images.thumbnails import SIDE, thumbnail


@pytest.mark.parametrize("ending", ["jpg", "png", "bmp", "webp"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_picture_is_squeezed_to_a_square_of_grey_values(ending: str, mode: str, tmp_path: Path):
    grey = np.zeros((300, 900), np.uint8)
    grey[:150, 450:] = 200
    Image.fromarray(grey).convert(mode).save(tmp_path / f"a.{ending}")
    small = thumbnail(str(tmp_path / f"a.{ending}"))
    assert small is not None
    assert small.shape == (SIDE, SIDE)
    expected = np.zeros((SIDE, SIDE))
    expected[: SIDE // 2, SIDE // 2 :] = 200
    assert np.abs(small - expected).mean() < 4


def test_more_than_8_bits_are_stretched(tmp_path: Path):
    grey = np.full((64, 64), 1000, np.uint16)
    grey[:32] = 3000
    Image.fromarray(grey).save(tmp_path / "a.png")
    small = thumbnail(str(tmp_path / "a.png"))
    assert small is not None
    assert np.unique(small).tolist() == [0, 255]


def test_exif_turns_nothing(tmp_path: Path):
    grey = np.zeros((100, 200), np.uint8)
    grey[:50] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(grey).save(tmp_path / "a.jpg", exif=exif)
    small = thumbnail(str(tmp_path / "a.jpg"))
    assert small is not None
    assert small[:50].mean() > 250
    assert small[-50:].mean() < 5


def test_what_is_no_picture_is_none(tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff none")
    assert thumbnail(str(tmp_path / "a.jpg")) is None
    assert thumbnail(str(tmp_path / "none.jpg")) is None
    assert thumbnail(str(tmp_path)) is None
    assert thumbnail("") is None
