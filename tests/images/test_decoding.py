"""Pixels of any kind of image, for people and for networks."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from labelaudit.images.decoding import rgb_for_networks, rgb_for_people

Decode = Callable[[Image.Image], Image.Image]
BOTH = pytest.mark.parametrize("decode", [rgb_for_people, rgb_for_networks])
MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"]


def grey(values: np.ndarray, decode: Decode) -> list[int]:
    """Grey values of more than 8 bits, as they are decoded."""
    decoded = np.asarray(decode(Image.fromarray(values[None])))
    assert (decoded == decoded[:, :, :1]).all()
    return decoded[0, :, 0].tolist()


@BOTH
@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_any_mode_is_rgb_of_its_size(mode: str, decode: Decode) -> None:
    decoded = decode(Image.new(mode, (5, 3)))
    assert (decoded.mode, decoded.size) == ("RGB", (5, 3))


@BOTH
def test_the_image_that_was_given_stays_as_it_is(decode: Decode) -> None:
    image = Image.new("RGB", (5, 3), (1, 2, 3))
    decoded = decode(image)
    assert np.array_equal(np.asarray(decoded), np.asarray(image))
    assert image.mode == "RGB"


def test_people_see_from_the_darkest_to_the_brightest_pixel() -> None:
    assert grey(np.array([1000, 2000, 3000], np.uint16), rgb_for_people) == [0, 127, 255]
    assert grey(np.array([-1.0, 0.0, 1.0], np.float32), rgb_for_people) == [0, 127, 255]
    assert grey(np.array([7, 7], np.uint16), rgb_for_people) == [0, 0]


def test_networks_see_the_same_value_as_the_same_grey_whatever_else_is_in_the_image() -> None:
    assert grey(np.array([2047, 4095], np.uint16), rgb_for_networks) == [127, 255]
    assert grey(np.array([2047, 2100], np.uint16), rgb_for_networks)[0] == 127
    assert grey(np.array([100, 255], np.uint16), rgb_for_networks) == [100, 255]
    assert grey(np.array([0.0, 0.5, 1.0], np.float32), rgb_for_networks) == [0, 127, 255]


@BOTH
def test_what_is_not_finite_does_not_spoil_the_rest(decode: Decode) -> None:
    values = np.array([0.0, 1.0, np.nan, np.inf, -np.inf], np.float32)
    assert grey(values, decode) == [0, 255, 0, 0, 0]


def test_people_see_grey_through_what_is_transparent_and_networks_its_colour() -> None:
    clear = Image.new("RGBA", (1, 1), (255, 0, 0, 0))
    assert rgb_for_people(clear).getpixel((0, 0)) == (128, 128, 128)
    assert rgb_for_networks(clear).getpixel((0, 0)) == (255, 0, 0)


@BOTH
def test_a_palette_with_a_transparent_colour_is_decoded_without_a_warning(decode: Decode) -> None:
    image = Image.new("RGB", (2, 2), "white").convert("P")
    image.info["transparency"] = b"\x00" * 10
    assert decode(image).mode == "RGB"
