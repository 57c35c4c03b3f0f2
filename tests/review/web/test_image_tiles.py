"""Images as a browser shows them, and images that are not shown."""

from __future__ import annotations

import dataclasses
import io
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, Images
from labelaudit.images import shown_files
from labelaudit.images.links import put_image
from labelaudit.images.own_links import remember_links
from labelaudit.images.shown_files import NotShownError
from labelaudit.review.web.image_tiles import (
    SCREEN,
    TILE,
    EncodedImage,
    ImageTiles,
    Kept,
)
from tests.noise_pictures import noise_picture


def dataset_of(folder: Path, *paths: Path | str) -> Dataset:
    """A dataset whose images are these files."""
    images = Images.of(len(paths), path=texts(str(path) for path in paths))
    return Dataset("coco", folder, images=images, image_folders=(folder,))


def opened(image: EncodedImage) -> Image.Image:
    return Image.open(io.BytesIO(image.content))


def saved(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


MODES = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "LAB", "I", "F", "I;16"]


@pytest.mark.parametrize("mode", MODES)
def test_an_image_of_any_mode_is_shown(tmp_path, mode):
    path = saved(tmp_path / "a.tif", Image.new(mode, (40, 30)))
    shown = opened(ImageTiles(dataset_of(tmp_path, path)).whole(0))
    assert (shown.format, shown.mode, shown.size) == ("JPEG", "RGB", (40, 30))


def test_sixteen_bits_are_stretched_and_not_cut_off(tmp_path):
    values = np.array([[1000, 1000], [3000, 3000]], np.uint16).repeat(16, 0).repeat(16, 1)
    path = saved(tmp_path / "a.png", Image.fromarray(values))
    shown = np.asarray(opened(ImageTiles(dataset_of(tmp_path, path)).whole(0)))
    assert shown[2, 2].max() < 10
    assert shown[-2, 2].min() > 245


def test_a_float_image_with_not_a_number_in_it_is_shown(tmp_path):
    values = np.array([[np.nan, 0.5], [1.0, np.inf]], np.float32).repeat(8, 0).repeat(8, 1)
    path = saved(tmp_path / "a.tif", Image.fromarray(values))
    assert opened(ImageTiles(dataset_of(tmp_path, path)).whole(0)).size == (16, 16)


def test_pixels_are_shown_as_they_are_stored_because_boxes_are_in_that_frame(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (40, 20)), exif=exif)
    image = ImageTiles(dataset_of(tmp_path, path)).whole(0)
    assert opened(image).size == (40, 20)
    assert b"Exif" not in image.content


def test_a_large_image_is_first_shown_at_the_size_of_a_screen(tmp_path):
    path = saved(tmp_path / "a.jpg", Image.new("RGB", (4000, 2000)))
    shown = ImageTiles(dataset_of(tmp_path, path))
    assert opened(shown.whole(0)).size == (SCREEN, SCREEN // 2)
    assert shown.size(0) == (4000, 2000)


def test_tiles_put_together_are_the_image(tmp_path):
    rng = np.random.default_rng(1)
    small = Image.fromarray(rng.integers(0, 255, (9, 13, 3), np.uint8))
    image = small.resize((1300, 1100), Image.Resampling.BICUBIC)
    shown = ImageTiles(dataset_of(tmp_path, saved(tmp_path / "a.png", image)))
    whole = Image.new("RGB", image.size)
    for line in range(2):
        for column in range(2):
            tile = opened(shown.tile(0, shrink=1, column=column, line=line))
            whole.paste(tile, (column * TILE, line * TILE))
    apart = np.abs(np.asarray(whole, int) - np.asarray(image, int))
    assert apart.mean() < 3
    assert opened(shown.tile(0, shrink=2, column=0, line=0)).size == (650, 550)


def test_there_is_no_tile_beyond_the_image(tmp_path):
    shown = ImageTiles(
        dataset_of(tmp_path, saved(tmp_path / "a.png", Image.new("RGB", (TILE, 10))))
    )
    shown.tile(0, shrink=1, column=0, line=0)
    with pytest.raises(NotShownError, match="no such tile"):
        shown.tile(0, shrink=1, column=1, line=0)


def test_a_crop_shows_grey_where_it_leaves_the_image(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (100, 100), "red"))
    crop = np.asarray(
        opened(ImageTiles(dataset_of(tmp_path, path)).crop(0, (50, 0, 150, 100), 100))
    )
    assert crop.shape == (100, 100, 3)
    assert crop[50, 20, 0] > 240
    assert abs(int(crop[50, 80, 0]) - 128) < 8


@pytest.mark.parametrize("extent", [(0, 0, 0, 10), (10, 10, 5, 20)])
def test_a_crop_without_inside_is_refused(tmp_path, extent):
    path = saved(tmp_path / "a.png", Image.new("RGB", (100, 100)))
    with pytest.raises(NotShownError):
        ImageTiles(dataset_of(tmp_path, path)).crop(0, extent, 64)


def test_a_crop_a_million_pixels_wide_is_as_small_as_asked_for(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (100, 100)))
    shown = ImageTiles(dataset_of(tmp_path, path))
    assert opened(shown.crop(0, (-1_000_000, -5, 1_000_000, 5), 160)).size == (160, 1)


def test_a_link_out_of_the_image_folders_is_not_followed(tmp_path):
    secret = saved(tmp_path / "secret.png", Image.new("RGB", (8, 8)))
    folder = tmp_path / "images"
    folder.mkdir()
    link = folder / "a.png"
    link.symlink_to(secret)
    with pytest.raises(NotShownError, match="--images"):
        ImageTiles(dataset_of(folder, link)).whole(0)


def test_a_link_that_labelaudit_made_is_followed(tmp_path, monkeypatch):
    monkeypatch.setenv("LABELAUDIT_CACHE", str(tmp_path / "cache"))
    outside, folder = tmp_path / "original", tmp_path / "copy"
    outside.mkdir()
    link = folder / "a.png"
    put_image(str(saved(outside / "a.png", Image.new("RGB", (8, 8)))), link)
    with pytest.raises(NotShownError, match="--images"):
        ImageTiles(dataset_of(folder, link)).whole(0)
    remember_links(folder)
    assert opened(ImageTiles(dataset_of(folder, link)).whole(0)).size == (8, 8)


def test_a_link_within_the_image_folders_is_followed(tmp_path):
    real = saved(tmp_path / "b.png", Image.new("RGB", (8, 8)))
    link = tmp_path / "a.png"
    link.symlink_to(real)
    assert opened(ImageTiles(dataset_of(tmp_path, link)).whole(0)).size == (8, 8)


def test_a_link_is_followed_into_a_folder_that_the_user_named(tmp_path):
    outside = tmp_path / "elsewhere"
    folder = tmp_path / "images"
    outside.mkdir()
    folder.mkdir()
    link = folder / "a.png"
    link.symlink_to(saved(outside / "a.png", Image.new("RGB", (8, 8))))
    dataset = dataclasses.replace(dataset_of(folder, link), image_folders=(folder, outside))
    assert opened(ImageTiles(dataset).whole(0)).size == (8, 8)


@pytest.mark.parametrize("path", ["", "../../etc/passwd", "/etc/passwd", "no such.png", "a\0b"])
def test_a_path_that_leads_elsewhere_or_nowhere_is_not_shown(tmp_path, path):
    with pytest.raises(NotShownError):
        ImageTiles(dataset_of(tmp_path, path)).whole(0)


@pytest.mark.parametrize("row", [-1, 1, 2**31])
def test_a_row_that_is_not_there_is_not_shown(tmp_path, row):
    with pytest.raises(NotShownError, match="no such image"):
        ImageTiles(dataset_of(tmp_path, "a.png")).path(row)


def test_what_is_no_image_is_not_shown(tmp_path):
    (tmp_path / "a.png").write_bytes(b"no image")
    (tmp_path / "empty.png").touch()
    (tmp_path / "folder.png").mkdir()
    os.mkfifo(tmp_path / "pipe.png")
    names = ("a.png", "empty.png", "folder.png", "pipe.png")
    shown = ImageTiles(dataset_of(tmp_path, *(tmp_path / name for name in names)))
    for row in range(4):
        with pytest.raises(NotShownError):
            shown.whole(row)


def test_an_image_that_was_cut_off_is_not_shown(tmp_path):
    path = saved(tmp_path / "a.png", noise_picture((200, 200), 50))
    path.write_bytes(path.read_bytes()[:5000])
    shown = ImageTiles(dataset_of(tmp_path, path))
    with pytest.raises(NotShownError, match="broken"):
        shown.whole(0)


def test_an_image_of_too_many_pixels_is_not_decoded(tmp_path, monkeypatch):
    monkeypatch.setattr(shown_files, "LARGEST_PIXELS", 99)
    path = saved(tmp_path / "a.png", Image.new("RGB", (10, 10)))
    with pytest.raises(NotShownError, match="10 x 10 px are too many"):
        ImageTiles(dataset_of(tmp_path, path)).whole(0)


def test_a_changed_file_is_shown_anew_under_another_tag(tmp_path):
    path = saved(tmp_path / "a.png", Image.new("RGB", (10, 10), "red"))
    shown = ImageTiles(dataset_of(tmp_path, path))
    before = shown.whole(0)
    saved(path, Image.new("RGB", (12, 10), "blue"))
    assert shown.whole(0).tag != before.tag


def test_no_more_bytes_are_kept_than_allowed_but_always_the_last():
    kept = Kept[bytes](10, len)
    made = []

    def make(key: str, size: int) -> bytes:
        made.append(key)
        return key.encode() * size

    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: make(key, 4))
    assert made == ["a", "b", "c", "b"]
    kept.get("large", lambda: make("x", 99))
    kept.get("large", lambda: make("x", 99))
    assert made[-1] == "x"
    assert made.count("x") == 1


def test_what_could_not_be_made_is_tried_again():
    kept = Kept[bytes](10, len)

    def fail() -> bytes:
        raise NotShownError("not now")

    with pytest.raises(NotShownError):
        kept.get("a", fail)
    assert kept.get("a", lambda: b"x") == b"x"
