from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from labelaudit.images.duplicates.cosines import EACH_WAY, coefficients, turned_pictures

SMALL = np.random.default_rng(0).integers(0, 256, (20, 32, 32)).astype(np.uint8)

# What Pillow calls the way in which a picture is shown, by EXIF's orientation.
SHOWN = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_are_turned_as_pillow_turns_them(orientation):
    expected = Image.fromarray(SMALL[0])
    if orientation > 1:
        expected = expected.transpose(SHOWN[orientation])
    assert np.array_equal(turned_pictures(SMALL[:1], orientation)[0], np.asarray(expected))


def test_coefficients_are_those_of_scipy_without_the_mean():
    from scipy.fft import dctn

    expected = dctn(SMALL.astype(float), axes=(1, 2), norm="ortho")[:, :EACH_WAY, :EACH_WAY]
    found = coefficients(SMALL)
    assert found[:, 1:, 1:] == pytest.approx(expected[:, 1:, 1:], abs=0.01)
    assert not found[:, 0, 0].any()
