from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageOps

from labelaudit.images.duplicates.check import (
    FRAME,
    LEAST_DETAIL,
    MOST_NOISE,
    MOVED,
    SIDE,
    STANDS_OUT,
    Compared,
    compared,
    pixel_digest,
    same_pixels,
    seen,
    turned,
)
from tests.images.pictures import saved, scene

WHOLE = np.array([0, 0, 1, 1.0])


@pytest.fixture
def as_seen(tmp_path):
    def look(picture, quality=90):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.jpg"
        return seen(saved(picture, path, quality), WHOLE)

    return look


def with_patch(seed: int, lighter: int):
    """A scene, and the same with a small square that is a little lighter."""
    picture, other = scene(seed), scene(seed)
    piece = other.crop((150, 100, 170, 115)).point(lambda value: value + lighter)
    other.paste(piece, (150, 100))
    return picture, other


@pytest.mark.parametrize("quality", [15, 30, 85])
def test_noise_of_saving_lies_everywhere_and_stands_out_nowhere(as_seen, quality):
    found = compared(as_seen(scene(1)), as_seen(scene(1), quality), WHOLE)
    assert found.noise <= MOST_NOISE
    assert found.noise < MOVED or found.stands_out <= STANDS_OUT / 2
    assert found.detail >= LEAST_DETAIL
    assert not found.lit


def test_what_moved_in_one_place_stands_out_though_it_differs_little(as_seen):
    found = compared(*map(as_seen, with_patch(2, 6)), WHOLE)
    assert MOVED <= found.noise <= MOST_NOISE
    assert found.stands_out > 2 * STANDS_OUT


def test_what_moved_and_differs_much_is_more_than_noise(as_seen):
    assert compared(*map(as_seen, with_patch(2, 60)), WHOLE).noise > 2 * MOST_NOISE


def test_a_part_lies_where_it_was_cut_out(as_seen):
    part = scene(3).crop((16, 12, 304, 228))
    about = np.array([0.03, 0.06, 0.94, 0.97])
    found = compared(as_seen(scene(3)), as_seen(part), about)
    assert found.window == pytest.approx([0.05, 0.05, 0.95, 0.95], abs=0.004)
    assert found.noise < MOST_NOISE


def test_the_difference_of_brightness_is_told_with_its_sign(as_seen):
    darker = scene(4).point(lambda value: value * 0.8)
    one, other = as_seen(scene(4)), as_seen(darker)
    found, back = compared(one, other, WHOLE), compared(other, one, WHOLE)
    assert found.lit
    assert found.brighter == pytest.approx(-back.brighter, abs=0.5)
    assert found.brighter < -10
    assert isinstance(found, Compared)


def test_a_turned_picture_is_turned_back(as_seen):
    picture = scene(5, (200, 200))
    mirrored = as_seen(picture.transpose(0))  # left and right exchanged
    found = compared(as_seen(picture), turned(mirrored, 2), WHOLE)
    assert found.noise < MOVED
    assert compared(as_seen(picture), mirrored, WHOLE).noise > MOST_NOISE


def test_only_what_is_inside_of_a_border_is_seen(tmp_path):
    picture = scene(6)
    path = saved(ImageOps.expand(picture, (0, 60), fill="black"), tmp_path / "a.png")
    inside = seen(path, np.array([0, 60 / 360, 1, 300 / 360]))
    plain = seen(saved(picture, tmp_path / "b.png"), WHOLE)
    assert inside.grey.shape == (SIDE, SIDE)
    assert np.abs(inside.grey - plain.grey)[FRAME:-FRAME, FRAME:-FRAME].max() < 4


def test_what_cannot_be_read_is_not_seen(tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8 and no more")
    assert seen(str(tmp_path / "a.jpg"), WHOLE) is None
    assert seen(str(tmp_path / "none.jpg"), WHOLE) is None


def test_one_pixel_tells_two_pictures_apart(tmp_path):
    picture = scene(7)
    one, other = saved(picture, tmp_path / "a.png"), saved(picture, tmp_path / "b.bmp")
    assert same_pixels(one, other)
    picture.putpixel((5, 5), (1, 2, 3))
    assert not same_pixels(one, saved(picture, tmp_path / "c.png"))
    assert not same_pixels(one, saved(scene(7, (320, 239)), tmp_path / "d.png"))
    assert not same_pixels(one, str(tmp_path / "none.png"))


def test_digests_of_pixels_are_equal_where_all_pixels_are(tmp_path):
    picture = scene(7)
    changed = picture.copy()
    changed.putpixel((5, 5), (1, 2, 3))
    paths = [
        saved(picture, tmp_path / "a.png"),
        saved(picture, tmp_path / "b.bmp"),
        saved(changed, tmp_path / "c.png"),
        saved(scene(7, (240, 320)), tmp_path / "d.png"),
        saved(picture.convert("P"), tmp_path / "e.png"),
        saved(picture, tmp_path / "f.jpg"),
    ]
    for one in paths:
        for other in paths:
            digests = pixel_digest(one), pixel_digest(other)
            if digests[0].mode == digests[1].mode:
                assert (digests[0] == digests[1]) is same_pixels(one, other)
    assert pixel_digest(str(tmp_path / "none.png")) is None
