"""Images that cannot be shown are known before the page is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

import labelaudit
from labelaudit.images import shown_files
from labelaudit.review.web import unshown_images as module
from labelaudit.review.web.unshown_images import unshown_images
from tests.review.coco_files import coco_of


def dataset_of(folder: Path, names: list[str]) -> labelaudit.Dataset:
    return labelaudit.load(coco_of(folder, names, ["car"], pairs=1), images=[folder])


def test_nothing_is_said_where_all_images_can_be_shown(tmp_path):
    Image.new("RGB", (640, 480)).save(tmp_path / "a.jpg")
    assert unshown_images(dataset_of(tmp_path, ["a.jpg"])) == ""


def test_missing_broken_and_linked_images_are_told_with_their_names(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    Image.new("RGB", (640, 480)).save(data / "a.jpg")
    Image.new("RGB", (640, 480)).save(tmp_path / "secret.jpg")
    (data / "b.jpg").write_text("no image")
    (data / "c.jpg").symlink_to(tmp_path / "secret.jpg")
    told = unshown_images(dataset_of(data, ["a.jpg", "b.jpg", "c.jpg", *"12345"]))
    assert told.startswith("7 of 8 images cannot be shown: 5 not found (1, 2, 3, ...)")
    assert "1 no image, or broken (b.jpg)" in told
    assert "1 a link out of the image folders (c.jpg)" in told


@pytest.mark.parametrize(("most", "told"), [(640 * 480, False), (640 * 480 - 1, True)])
def test_an_image_of_too_many_pixels_is_told(tmp_path, monkeypatch, most, told):
    Image.new("RGB", (640, 480)).save(tmp_path / "a.jpg")
    dataset = dataset_of(tmp_path, ["a.jpg"])
    monkeypatch.setattr(module, "LARGEST_PIXELS", most)
    assert ("megapixels (a.jpg)" in unshown_images(dataset)) is told
    assert shown_files.LARGEST_PIXELS == 200_000_000
