from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.preprocess import (
    GREY,
    choose_input_size,
    fitting_scale,
    fitting_scales,
    preprocess,
)
from labelaudit.testing import images, with_columns

INPUT_SIZE = (64, 96)


def shown(image: Image.Image, path: Path, **options: object) -> np.ndarray:
    image.save(path, **options)
    found = preprocess(str(path), INPUT_SIZE)
    assert found.error == ""
    assert found.size == image.size
    return found.pixels


def test_an_image_keeps_its_aspect_in_the_top_left_corner(tmp_path: Path):
    pixels = shown(Image.new("RGB", (100, 200), (255, 0, 0)), tmp_path / "a.png")
    assert pixels.shape == (3, 64, 96)
    assert (pixels[0, :, :32] == 255).all()
    assert (pixels[:, :, 32:] == GREY).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_a_white_image_of_any_mode_is_white(mode: str, tmp_path: Path):
    white = {"I;16": 65535, "I": 65535, "F": 1.0}
    if mode in white:
        image = Image.fromarray(
            np.full(
                (64, 96), white[mode], {"I;16": np.uint16, "I": np.int32, "F": np.float32}[mode]
            )
        )
    else:
        image = Image.new("RGB", (96, 64), "white").convert(mode)
    path = tmp_path / ("a.png" if mode in {"P", "LA"} else "a.tif")
    try:
        image.save(path)
        Image.open(path).load()
    except OSError:
        pytest.skip(f"this Pillow does not read the {mode} that it wrote")
    assert shown(image, path).min() >= 254


def test_twelve_bits_in_sixteen_are_not_black(tmp_path: Path):
    ramp = np.linspace(0, 4095, 96 * 64).reshape(64, 96).astype(np.uint16)
    pixels = shown(Image.fromarray(ramp), tmp_path / "a.png")
    assert pixels.max() == 255
    assert abs(float(pixels.mean()) - 127) < 2


def test_exif_does_not_turn_a_picture(tmp_path: Path):
    image = Image.new("RGB", (96, 64), (0, 0, 255))
    exif = image.getexif()
    exif[0x0112] = 6
    pixels = shown(image, tmp_path / "a.jpg", exif=exif)
    assert (pixels[2] > 200).all()


def test_a_small_image_is_enlarged_twice_at_most(tmp_path: Path):
    pixels = shown(Image.new("RGB", (10, 10), "white"), tmp_path / "a.png")
    assert (pixels[:, :20, :20] == 255).all()
    assert (pixels[:, 20:] == GREY).all()


# Pillow warns of 89 megapixels; `look` knows and goes on.
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_a_giant_image_and_a_line_fit(tmp_path: Path):
    assert (
        shown(Image.new("L", (12_000, 9_000), 255), tmp_path / "a.jpg")[:, :64, :80] == 255
    ).all()
    assert shown(Image.new("L", (5_000, 1), 255), tmp_path / "b.png")[0, 0, 95] == 255


@pytest.mark.parametrize("content", [b"", b"no image", b"\xff\xd8\xff\xe0 cut off"])
def test_a_broken_image_is_grey_and_says_why(content: bytes, tmp_path: Path):
    (tmp_path / "a.jpg").write_bytes(content)
    found = preprocess(str(tmp_path / "a.jpg"), INPUT_SIZE)
    assert found.error
    assert (found.pixels == GREY).all()
    assert preprocess("", INPUT_SIZE).error == "not found on disk"


def test_scales_of_many_images_are_those_of_each():
    size = np.array([[640.0, 480], [30, 30], [4000, 10]])
    expected = [fitting_scale((w, h), INPUT_SIZE) for w, h in size.tolist()]
    assert fitting_scales(size, INPUT_SIZE).tolist() == expected
    assert np.isnan(fitting_scales(np.array([[np.nan, np.nan]]), INPUT_SIZE)).all()


def audit_of(side: float, size: tuple[float, float]) -> DatasetColumns:
    dataset = images({"a.jpg": [f"car 0 0 {side} {side}"] * 5}, size=size)
    return DatasetColumns(with_columns(dataset, "images", path=texts(["a.jpg"])))


def test_blood_cells_are_seen_at_288_by_384():
    assert choose_input_size(audit_of(74, (640, 480))) == (288, 384)


def test_small_boxes_ask_for_a_larger_image_up_to_a_limit():
    height, width = choose_input_size(audit_of(20, (640, 480)))
    assert 288 * 384 < height * width <= 1.1 * 512 * 640
    assert 20 * width / 640 > 13
    assert choose_input_size(audit_of(2, (640, 480))) == (480, 672)


def test_small_images_are_not_enlarged_more_than_twice():
    assert choose_input_size(audit_of(10, (64, 64))) == (128, 128)


def test_an_odd_aspect_gives_an_odd_input_within_reason():
    height, width = choose_input_size(audit_of(400, (480, 2000)))
    assert height > 2 * width
    assert choose_input_size(audit_of(100, (200_000, 100)))[0] >= 96


def test_a_dataset_without_boxes_or_images_has_a_size_too():
    assert choose_input_size(DatasetColumns(images({}))) == (288, 384)
    assert choose_input_size(DatasetColumns(images({"a.jpg": []}))) == (288, 384)
