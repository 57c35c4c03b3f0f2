from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.images import cut_files
from labelaudit.images.cut_files import CUT, ZEROED, ZEROS
from labelaudit.images.headers import read_headers
from tests.noise_pictures import noise_picture

Options = dict[str, Any]

WRITTEN: list[tuple[str, Options]] = [
    ("JPEG", {}),
    ("JPEG", {"progressive": True}),
    ("PNG", {}),
    ("WEBP", {}),
    ("WEBP", {"lossless": True}),
    ("BMP", {}),
    ("GIF", {}),
    ("TIFF", {}),
    ("TIFF", {"compression": "tiff_lzw"}),
    ("TIFF", {"compression": "jpeg"}),
    ("TIFF", {"compression": "tiff_adobe_deflate", "big_tiff": False}),
    ("JPEG2000", {}),
    ("PPM", {}),
    ("AVIF", {}),
]


def picture(size: tuple[int, int] = (300, 200), seed: int = 0) -> Image.Image:
    """Noise, so that no kind makes it small."""
    return noise_picture(size, 80, seed).convert("RGB")


def encoded(kind: str, options: Options, image: Image.Image | None = None) -> bytes:
    file = io.BytesIO()
    (image or picture()).save(file, kind, **options)
    return file.getvalue()


def error_of(folder: Path, data: bytes) -> str:
    path = folder / "picture"
    path.write_bytes(data)
    return str(read_headers(texts([str(path)])).error[0])


def is_decoded(data: bytes) -> bool:
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except (OSError, SyntaxError):
        return False
    return True


@pytest.mark.parametrize(("kind", "options"), WRITTEN, ids=str)
def test_a_file_is_cut_off_where_it_ends_early_and_whole_where_it_does_not(tmp_path, kind, options):
    data = encoded(kind, options)
    assert error_of(tmp_path, data) == ""
    for share in (0.3, 0.6, 0.95):
        assert error_of(tmp_path, data[: int(len(data) * share)]) == CUT


@pytest.mark.parametrize(
    ("kind", "mode"),
    [*((kind, mode) for kind in ("BMP", "PPM") for mode in ("1", "L", "RGB")), ("PPM", "I;16")],
)
def test_plain_pixels_are_whole_to_the_last_byte(tmp_path, kind, mode):
    # Rows of 32 pixels have no padding in any kind: the last byte is one of a pixel.
    data = encoded(kind, {}, Image.new(mode, (32, 3)))
    assert error_of(tmp_path, data) == ""
    assert is_decoded(data)
    assert error_of(tmp_path, data[:-1]) == CUT
    assert not is_decoded(data[:-1])


def test_whatever_pillow_writes_in_any_mode_is_whole(tmp_path):
    modes = ["1", "L", "P", "LA", "RGB", "RGBA", "CMYK", "I;16", "I", "F", "YCbCr", "LAB"]
    kinds = ["PNG", "TIFF", "BMP", "GIF", "PPM", "WEBP", "JPEG", "JPEG2000", "AVIF", "DIB", "MPO"]
    tried = 0
    for mode in modes:
        for kind in kinds:
            for size in ((1, 1), (7, 5), (64, 33)):
                try:
                    data = encoded(kind, {}, Image.new(mode, size))
                except (OSError, ValueError, KeyError):
                    continue
                tried += 1
                assert error_of(tmp_path, data) == "", (kind, mode, size)
    assert tried > 150


def test_only_the_first_picture_of_an_animation_counts(tmp_path):
    more = [picture((60, 40), seed) for seed in (1, 2, 3)]
    data = encoded("GIF", {"save_all": True, "append_images": more}, picture((60, 40)))
    assert error_of(tmp_path, data) == ""
    assert error_of(tmp_path, data[: len(data) * 3 // 4]) == ""
    assert error_of(tmp_path, data[: len(data) // 8]) == CUT


def test_a_gif_without_its_last_byte_is_whole_as_its_picture_is(tmp_path):
    data = encoded("GIF", {})
    assert data.endswith(b"\0;")
    assert error_of(tmp_path, data[:-1]) == ""
    assert error_of(tmp_path, data[:-3]) == CUT
    assert not is_decoded(data[:-40])


def test_no_more_of_a_gif_is_walked_over_than_agreed(tmp_path, monkeypatch):
    data = encoded("GIF", {})[:-40]
    monkeypatch.setattr(cut_files, "LARGEST_GIF", len(data))
    assert error_of(tmp_path, data) == ""
    monkeypatch.setattr(cut_files, "LARGEST_GIF", len(data) + 1)
    assert error_of(tmp_path, data) == CUT


@pytest.mark.parametrize("kind", ["WEBP", "AVIF"])
def test_a_file_whose_end_is_zeros_was_not_copied_to_its_end(tmp_path, kind):
    data = encoded(kind, {})
    assert len(data) > 3 * ZEROS
    for zeros, error in ((ZEROS - 1, ""), (ZEROS, ZEROED), (len(data) // 2, ZEROED)):
        assert error_of(tmp_path, data[:-zeros] + bytes(zeros)) == error


def test_a_picture_of_nothing_but_one_colour_is_whole(tmp_path):
    black = Image.new("RGB", (4000, 3000))
    for kind, options in WRITTEN:
        assert error_of(tmp_path, encoded(kind, options, black)) == "", kind


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "GIF", "BMP", "PPM", "TIFF"])
def test_what_follows_the_image_does_no_harm(tmp_path, kind):
    assert error_of(tmp_path, encoded(kind, {}) + b"more" * 3000) == ""


@pytest.mark.filterwarnings("ignore")  # Pillow's, about tags that are cut off
def test_nothing_is_called_cut_that_pillow_decodes(tmp_path):
    random.seed(2)
    small = picture((40, 30))
    for kind, options in WRITTEN:
        data = encoded(kind, options, small)
        for _ in range(15):
            part = data[: random.randrange(len(data) // 2, len(data) + 1)]
            if error_of(tmp_path, part) == CUT and is_decoded(part):
                # The mark of the end alone is missing, at which other readers than Pillow stop.
                assert kind == "PNG"


def boxes(*parts: tuple[bytes, int, bytes]) -> bytes:
    """Boxes of kinds, with lengths that they state (0: their own), of contents."""
    return b"".join(
        (length or 8 + len(inside)).to_bytes(4, "big") + kind + inside
        for kind, length, inside in parts
    )


FILE = (b"ftyp", 0, b"avif" * 3)


@pytest.mark.parametrize(
    ("parts", "is_cut"),
    [
        ([FILE, (b"meta", 0, bytes(20)), (b"mdat", 0, bytes(40))], False),
        ([FILE, (b"meta", 0, bytes(20)), (b"mdat", 48, bytes(40))], False),
        ([FILE, (b"meta", 0, bytes(20)), (b"mdat", 49, bytes(40))], True),
        ([FILE, (b"meta", 40, bytes(20))], True),
        ([FILE, (b"mdat", 1, (48).to_bytes(8, "big") + bytes(32))], False),
        ([FILE, (b"mdat", 1, (49).to_bytes(8, "big") + bytes(32))], True),
        ([FILE, (b"mdat", 0, b""), (b"mdat", 1 << 31, b"")], True),
        # Something of another program, or another file, behind the image.
        ([FILE, (b"mdat", 0, bytes(8)), (b"SEFT", 1 << 31, b"")], False),
        ([FILE, (b"mdat", 0, bytes(8)), FILE, (b"mdat", 1 << 31, b"")], False),
        ([(b"IHDR", 1 << 31, b"")], False),
        ([(b"mdat", 1 << 31, b"")], False),
    ],
)
def test_a_box_that_an_image_needs_ends_within_its_file(parts, is_cut):
    data = boxes(*parts)
    assert cut_files.boxes_are_cut(io.BytesIO(data), len(data)) is is_cut


def test_a_last_box_without_a_length_goes_on_to_the_end():
    data = boxes(FILE) + bytes(4) + b"mdat" + bytes(9)
    assert not cut_files.boxes_are_cut(io.BytesIO(data), len(data))


def test_an_avif_that_pillow_opens_and_cannot_decode_is_cut_off(tmp_path):
    data = encoded("AVIF", {})[:-40]
    with Image.open(io.BytesIO(data)) as image:
        assert image.size == picture().size
    assert not is_decoded(data)
    assert error_of(tmp_path, data) == CUT


def test_an_avif_with_something_appended_is_whole(tmp_path):
    assert error_of(tmp_path, encoded("AVIF", {}) + b"video" * 1000) == ""
