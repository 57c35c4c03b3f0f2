from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageOps

from labelaudit.io.load import load
from labelaudit.testing import draw, one_image, with_image_files
from labelaudit.torch.dataset import DetectionDataset
from labelaudit.torch.image_files import ImageReadError, image_files, picture

ALL = range(1, 9)


def halves(path: Path, orientation: int) -> None:
    """A JPEG of 40 x 20 px, stored, whose corners differ."""
    pixels = np.zeros((20, 40, 3), np.uint8)
    pixels[:10, :20], pixels[10:, 20:], pixels[:10, 20:] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    image, exif = Image.fromarray(pixels), Image.Exif()
    exif[0x0112] = orientation
    image.save(path, quality=95, exif=exif)


@pytest.mark.parametrize("orientation", ALL)
def test_a_picture_is_turned_as_pillow_turns_it(tmp_path: Path, orientation):
    halves(tmp_path / "a.jpg", orientation)
    with Image.open(tmp_path / "a.jpg") as image:
        expected = ImageOps.exif_transpose(image).convert("RGB")
    assert picture(str(tmp_path / "a.jpg"), orientation).tobytes() == expected.tobytes()


@pytest.mark.parametrize("orientation", ALL)
def test_a_picture_whose_stored_size_is_stated_stays_as_it_is_stored(tmp_path: Path, orientation):
    labels = one_image("car 2 2 18 9", size=(40, 20))
    dataset = with_image_files(labels, tmp_path, orientation=orientation)
    files = image_files(dataset)
    assert files.turn.tolist() == [1]
    assert files.size.tolist() == [[40, 20]]
    image, target = DetectionDataset(dataset)[0]
    assert image.size == (40, 20)
    assert target["boxes"].canvas_size == (20, 40)


@pytest.mark.parametrize("orientation", ALL)
def test_a_picture_whose_shown_size_is_stated_is_turned(tmp_path: Path, orientation):
    on_its_side = orientation >= 5
    halves(tmp_path / "image.jpg", orientation)
    shown = (20, 40) if on_its_side else (40, 20)
    labels = one_image("car 2 2 9 18", size=shown)
    dataset = dataclasses.replace(
        labels,
        images=labels.images.replaced(path=np.array([str(tmp_path / "image.jpg")], "T")),
        image_folders=(tmp_path,),
    )
    files = image_files(dataset)
    assert files.turn.tolist() == [orientation if on_its_side else 1]
    image, target = DetectionDataset(dataset)[0]
    assert image.size == shown
    assert target["boxes"].tolist() == [[2, 2, 9, 18]]


@pytest.mark.parametrize("orientation", ALL)
def test_fractions_of_a_picture_are_of_what_is_shown(tmp_path: Path, orientation):
    (tmp_path / "images").mkdir()
    (tmp_path / "labels").mkdir()
    halves(tmp_path / "images" / "a.jpg", orientation)
    (tmp_path / "labels" / "a.txt").write_text("0 0.5 0.5 0.5 0.25\n")
    (tmp_path / "data.yaml").write_text("path: .\ntrain: images\nnames: [car]\n")
    dataset = load(tmp_path)
    assert image_files(dataset).turn.tolist() == [orientation]
    image, target = DetectionDataset(dataset)[0]
    width, height = image.size
    assert (width, height) == ((20, 40) if orientation >= 5 else (40, 20))
    left, top, right, bottom = target["boxes"][0].tolist()
    assert ((right - left) / width, (bottom - top) / height) == pytest.approx((0.5, 0.25))


def test_what_is_missing_has_a_reason(tmp_path: Path):
    dataset = with_image_files(one_image("car 2 2 18 9", size=(40, 20)), tmp_path)
    assert image_files(dataset).error.tolist() == [""]
    (tmp_path / "image.jpg").write_bytes(b"")
    assert image_files(dataset).error.tolist() == ["the file is empty"]
    lost = dataclasses.replace(dataset, images=dataset.images.replaced(path=np.array([""], "T")))
    assert image_files(lost).error.tolist() == ["it was not found on disk"]


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path):
    draw(tmp_path / "a.png", (64, 48))
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:60])
    with pytest.raises(ImageReadError, match=r"a\.png: the image cannot be read while training: "):
        picture(str(tmp_path / "a.png"), 1)
    with pytest.raises(ImageReadError, match=r"gone\.png.*No such file"):
        picture(str(tmp_path / "gone.png"), 1)
