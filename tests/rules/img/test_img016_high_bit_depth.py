from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import audit
from labelaudit.testing import images, with_image_files
from tests.noise_pictures import noise_picture


def told(folder: Path, *pictures: tuple[Image.Image, str]) -> Findings:
    """What is said of pictures that are saved as files of a kind."""
    dataset = with_image_files(images({f"{n}.png": [] for n in range(len(pictures))}), folder)
    for path, (picture, kind) in zip(dataset.images.path.tolist(), pictures, strict=True):
        picture.save(path, kind)
    return audit(dataset, select=["IMG016"])


def twelve_bits() -> Image.Image:
    return Image.fromarray((np.arange(40 * 30).reshape(30, 40) * 3).astype(np.uint16))


def fractions() -> Image.Image:
    return Image.fromarray(np.linspace(0, 1, 1200, dtype=np.float32).reshape(30, 40))


def test_images_of_one_depth_are_one_finding_and_others_are_none(tmp_path):
    usual = noise_picture((40, 30), 50)
    findings = told(
        tmp_path,
        (twelve_bits(), "PNG"),
        (usual, "PNG"),
        (twelve_bits(), "TIFF"),
        (fractions(), "TIFF"),
    )
    assert findings.image.tolist() == [0, 3]
    assert findings.message.tolist() == [
        "2 images (0.png, 2.png) have grey values of 16 bits: Pillow's convert('RGB') makes all "
        "above 255 white; OpenCV divides by 256",
        "3.png has grey values with fractions: Pillow's convert('RGB') cuts fractions off, so that "
        "0..1 is black, and OpenCV fails",
    ]


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGB", "RGBA"])
def test_modes_that_every_reader_turns_into_the_same_picture_are_no_finding(tmp_path, mode):
    picture = noise_picture((40, 30), 50).convert("RGB").convert(mode)
    assert len(told(tmp_path, (picture, "PNG"))) == 0


@pytest.mark.parametrize("mode", ["CMYK", "YCbCr", "LAB"])
def test_other_colours_of_8_bits_are_no_finding(tmp_path, mode):
    picture = noise_picture((40, 30), 50).convert("RGB").convert(mode)
    assert len(told(tmp_path, (picture, "TIFF"))) == 0


def reopened(picture: Image.Image, kind: str) -> Image.Image:
    file = io.BytesIO()
    picture.save(file, kind)
    return Image.open(file).convert("RGB")


def test_pillow_does_what_is_said_of_it():
    sixteen = np.asarray(reopened(twelve_bits(), "PNG"))
    assert (sixteen == 255).mean() > 0.9
    assert np.asarray(reopened(fractions(), "TIFF")).max() <= 1
