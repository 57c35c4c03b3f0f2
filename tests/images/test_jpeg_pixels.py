from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.images import jpeg_pixels
from labelaudit.images.appearance import appearances
from labelaudit.images.headers import read_headers
from labelaudit.images.jpeg_pixels import STRAY, grey_jpeg, harm
from tests.noise_pictures import noise_picture

pytest.importorskip("simplejpeg")

Options = dict[str, Any]

WRITTEN: list[Options] = [
    {},
    {"quality": 95},
    {"progressive": True},
    {"subsampling": 0, "restart_marker_blocks": 8},
]


def picture(size: tuple[int, int] = (320, 240)) -> Image.Image:
    return noise_picture(size, 40).convert("RGB")


def encoded(image: Image.Image, **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, "JPEG", **options)
    return file.getvalue()


def broken(data: bytes, share: float, count: int) -> bytes:
    """The same with so many bytes set to nothing, from a share of it on."""
    place = int(len(data) * share)
    return data[:place] + bytes(count) + data[place + count :]


@pytest.mark.parametrize("options", WRITTEN, ids=str)
def test_a_whole_file_is_decoded_as_pillow_does_and_nothing_is_wrong_with_it(options):
    data = encoded(picture(), **options)
    pixels, damage = grey_jpeg(data, 1000) or pytest.fail("it was left to Pillow")
    assert damage == ""
    grey = np.asarray(Image.open(io.BytesIO(data)).convert("L"), float)
    assert np.abs(pixels - grey).mean() < 1


@pytest.mark.parametrize("options", WRITTEN, ids=str)
def test_data_that_were_lost_are_damage_where_pillow_says_nothing(options):
    data = encoded(picture(), **options)
    half = len(data) // 2
    for bad in (data[:half] + b"\xff\xd9", data[:half] + data[half + 2000 :]):
        Image.open(io.BytesIO(bad)).load()
        pixels, damage = grey_jpeg(bad, 1000) or pytest.fail("it was left to Pillow")
        assert damage != ""
        assert pixels.shape == (240, 320)


def test_most_data_that_were_overwritten_are_damage():
    data = encoded(picture())
    noise = np.random.default_rng(0).integers(0, 255, (20, 512), np.uint8)  # 255 would be a mark
    told = 0
    for number, some in enumerate(noise):
        place = len(data) * (number + 5) // 30
        bad = data[:place] + some.tobytes() + data[place + 512 :]
        _, damage = grey_jpeg(bad, 1000) or pytest.fail("it was left to Pillow")
        told += damage != ""
    assert told > 15


@pytest.mark.parametrize("padding", [b"\0", b"\x11"])
def test_padding_before_the_end_does_no_harm(padding):
    data = encoded(picture())
    for count in (1, 8, 500):
        padded = data[:-2] + padding * count + data[-2:]
        assert (grey_jpeg(padded, 1000) or pytest.fail("left to Pillow"))[1] == ""


def test_a_few_stray_bytes_before_the_end_do_no_harm_and_more_are_left_over():
    data = encoded(picture())
    stray = data[:-2] + bytes(range(200)) + data[-2:]
    assert "left over" in (grey_jpeg(stray, 1000) or pytest.fail("left to Pillow"))[1]
    words = "Corrupt JPEG data: {} extraneous bytes before marker 0xd9"
    assert harm(words.format(STRAY), stray) == ""
    assert harm(words.format(STRAY + 1), stray) == f"{STRAY + 1} bytes of its data are left over"


def test_what_libjpeg_says_of_other_things_is_no_damage():
    assert harm("Warning: unknown JFIF revision number 2.01") == ""
    assert harm("Corrupt JPEG data: 3 extraneous bytes before marker 0xd3") != ""
    assert harm("Corrupt JPEG data: bad Huffman code") == "its data are no pixels"
    assert harm("Corrupt JPEG data: found marker 0xd2 instead of RST7") == "its data are no pixels"


def test_other_colours_other_kinds_and_nonsense_are_left_to_pillow(monkeypatch):
    assert grey_jpeg(encoded(picture().convert("CMYK")), 128) is None
    assert grey_jpeg(encoded(picture(), keep_rgb=True), 128) is None
    assert grey_jpeg(b"\x89PNG", 128) is None
    assert grey_jpeg(b"\xff\xd8\xff\xe0", 128) is None
    data = encoded(picture())
    monkeypatch.setattr(jpeg_pixels, "MOST_PIXELS", 320 * 240 - 1)
    assert grey_jpeg(data, 128) is None
    monkeypatch.setattr(jpeg_pixels, "MOST_PIXELS", 320 * 240)
    assert grey_jpeg(data, 128) is not None
    monkeypatch.setattr(jpeg_pixels, "can_tell_damage", lambda: False)
    assert grey_jpeg(data, 128) is None


def test_it_is_scaled_down_to_no_less_than_asked_for():
    pixels, _ = grey_jpeg(encoded(picture((1600, 1200))), 128) or pytest.fail("left to Pillow")
    assert 128 <= pixels.shape[0] < 300
    small, _ = grey_jpeg(encoded(picture((16, 16))), 128) or pytest.fail("left to Pillow")
    assert small.shape == (16, 16)


def test_a_damaged_picture_is_seen_and_its_damage_is_remembered(tmp_path):
    data = encoded(picture())
    whole, bad = tmp_path / "a.jpg", tmp_path / "b.jpg"
    whole.write_bytes(data)
    bad.write_bytes(broken(data, 0.5, 600))
    paths = texts([str(whole), str(bad)])
    for _ in range(2):
        seen = appearances(paths, read_headers(paths), cache=tmp_path / "cache")
        assert seen.seen.tolist() == [True, True]
        assert seen.error.tolist() == ["", ""]
        assert (seen.damage != "").tolist() == [False, True]
