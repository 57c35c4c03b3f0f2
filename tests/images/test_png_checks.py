from __future__ import annotations

import io

import pytest
from PIL import PngImagePlugin

from labelaudit.images.png_checks import WRONG, wrong_checksum
from tests.noise_pictures import noise_picture


def encoded(mode: str = "RGB") -> bytes:
    file, words = io.BytesIO(), PngImagePlugin.PngInfo()
    words.add_text("Comment", "a text")
    noise_picture((200, 100), 60).convert("RGB").convert(mode).save(file, "PNG", pnginfo=words)
    return file.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "P", "L", "RGBA"])
def test_a_file_as_it_was_written_is_right_and_with_one_other_byte_wrong(mode):
    data = encoded(mode)
    assert wrong_checksum(data) == ""
    assert wrong_checksum(data + b"more") == ""
    for name in (b"IHDR", b"IDAT") + ((b"PLTE",) if mode == "P" else ()):
        place = data.index(name) + 6
        assert wrong_checksum(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :]) == WRONG


def test_chunks_that_no_picture_needs_do_not_count():
    data = encoded()
    place = data.index(b"a text")
    assert wrong_checksum(data[:place] + b"b" + data[place + 1 :]) == ""


def test_other_files_and_pieces_of_files_are_no_crash():
    data = encoded()
    assert wrong_checksum(b"\xff\xd8\xff") == ""
    for count in range(60):
        assert wrong_checksum(data[:count]) in ("", WRONG)
