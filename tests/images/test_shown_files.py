"""Which files of a dataset are shown to people."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, Images
from labelaudit.images.shown_files import NotShownError, ShownFiles, opened


def shown(folder: Path, *paths: Path) -> ShownFiles:
    images = Images.of(len(paths), path=texts(map(str, paths)))
    return ShownFiles(Dataset("coco", folder, images=images, image_folders=(folder,)))


def test_a_file_in_an_image_folder_is_shown_and_one_beside_it_is_not(tmp_path):
    inside, outside = tmp_path / "in" / "a.png", tmp_path / "out" / "b.png"
    for path in (inside, outside):
        path.parent.mkdir()
        Image.new("RGB", (4, 3)).save(path)
    files = shown(tmp_path / "in", inside, outside)
    with opened(files.path(0)) as image:
        assert image.size == (4, 3)
    with pytest.raises(NotShownError, match="leads out of the image folders"):
        files.path(1)


def test_what_is_no_image_or_no_file_is_said(tmp_path):
    text, pipe = tmp_path / "a.jpg", tmp_path / "b.jpg"
    text.write_text("hello")
    os.mkfifo(pipe)
    for path, words in ((text, "no image of a known kind"), (pipe, "not a file")):
        with pytest.raises(NotShownError, match=words), opened(path):
            pass
