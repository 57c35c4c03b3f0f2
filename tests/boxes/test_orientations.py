from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageOps

from labelaudit.boxes.orientations import shown_from_stored, stored_from_shown
from labelaudit.images.headers import ORIENTATION

SIZE = np.array([20.0, 10.0])
BOX = np.array([[3.0, 1, 8, 4]])


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_box_stays_on_its_object_when_pillow_turns_the_picture(orientation):
    picture = Image.new("L", (20, 10))
    picture.paste(255, tuple(BOX[0].astype(int)))
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    picture.info["exif"] = exif.tobytes()
    shown = ImageOps.exif_transpose(picture)
    assert shown_from_stored(BOX, SIZE, orientation).tolist() == [list(shown.getbbox())]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_back_on_the_stored_picture_a_box_is_where_it_was(orientation):
    shown = shown_from_stored(BOX, SIZE, orientation)
    assert stored_from_shown(shown, SIZE, orientation).tolist() == BOX.tolist()


def test_no_boxes_are_no_boxes():
    assert shown_from_stored(np.empty((0, 4)), SIZE, 6).shape == (0, 4)
