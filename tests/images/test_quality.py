from __future__ import annotations

import numpy as np
from PIL import Image, ImageFilter

from labelaudit.core.columns import texts
from labelaudit.images.appearance import Appearance, appearances
from labelaudit.images.headers import read_headers
from labelaudit.images.quality import BLANK, Quality, quality
from tests.noise_pictures import noise_picture


def seen(folder, *pictures: Image.Image) -> tuple[Appearance, Quality]:
    paths = []
    for number, picture in enumerate(pictures):
        paths.append(str(folder / f"{number}.png"))
        picture.save(paths[-1])
    names = texts(paths)
    appearance = appearances(names, read_headers(names), cache=folder / "cache")
    return appearance, quality(appearance)


def halves(left: int, right: int) -> Image.Image:
    picture = Image.new("L", (256, 256), right)
    picture.paste(left, (0, 0, 128, 256))
    return picture


def patched(grey: int, patch: int, cells: int) -> Image.Image:
    """A picture of one grey but for a few of its 32 x 32 parts, and a little in its corners."""
    picture = Image.new("L", (256, 256), grey)
    picture.paste(patch, (128, 128, 136, 128 + 8 * cells))
    for corner in ((0, 0), (248, 248)):  # else what is around the patch is taken for its border
        picture.paste(patch, (*corner, corner[0] + 8, corner[1] + 8))
    return picture


def test_brightness_leaves_out_the_brightest_hundredth_and_the_darkest_twentieth(tmp_path):
    pictures = halves(51, 204), patched(51, 204, 6), patched(51, 204, 12), patched(204, 51, 12)
    _, found = seen(tmp_path, *pictures)
    np.testing.assert_allclose(found.brightest, [0.8, 0.2, 0.8, 0.8], atol=0.01)
    np.testing.assert_allclose(found.darkest, [0.2, 0.2, 0.2, 0.8], atol=0.01)


def test_a_blurred_picture_is_less_sharp_however_faint_it_is(tmp_path):
    noise = noise_picture((512, 512), 120)
    blurred = noise.filter(ImageFilter.GaussianBlur(12))
    faint = noise.point(lambda grey: 100 + grey // 8)
    appearance, found = seen(tmp_path, noise, blurred, faint)
    assert appearance.sharpness[2] < appearance.sharpness[0] / 10
    np.testing.assert_allclose(found.sharpness[2], found.sharpness[0], rtol=0.2)
    assert found.sharpness[1] < found.sharpness[0] / 20


def test_a_picture_of_one_colour_is_blank_and_divides_nothing_by_zero(tmp_path):
    noise = noise_picture((640, 480), 2)
    appearance, found = seen(tmp_path, Image.new("L", (64, 48), 9), noise, halves(100, 105))
    assert (appearance.contrast <= BLANK).tolist() == [True, True, False]
    assert np.isfinite(found.sharpness).all()


def test_what_was_not_decoded_is_unknown(tmp_path):
    assert len(quality(Appearance.of(0)).sharpness) == 0
    found = quality(Appearance.of(2))
    assert np.isnan([found.brightest, found.darkest, found.sharpness]).all()
