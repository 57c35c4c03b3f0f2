"""Sizes that labels lack are those of the image files."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import draw
from tests.io.formats.coco_files import coco
from tests.io.formats.voc_files import annotation, described, put

OUTSIDE = described("dog", (11, 21, 90, 60))


def voc(folder: Path, *headers: str | None) -> Dataset:
    """Images of 64 x 48 pixels, and a file for each with this in place of its size."""
    for letter, header in zip("abc", headers, strict=False):
        content = annotation(OUTSIDE, filename=f"{letter}.jpg", header=header)
        put(folder / "Annotations" / f"{letter}.xml", content)
        draw(folder / "JPEGImages" / f"{letter}.jpg", (64, 48))
    return load(folder)


def size(width: int, height: int | str) -> str:
    tag = f"<height>{height}</height>" if height else ""
    return f"<size><width>{width}</width>{tag}</size>"


def test_boxes_are_judged_in_images_whose_sizes_only_the_files_say(tmp_path):
    dataset = voc(tmp_path, "", "")
    assert dataset.images.size.tolist() == [[64, 48], [64, 48]]
    found = audit(dataset)
    assert found.name.tolist().count("out-of-bounds") == 2
    assert "missing-field" in found.name
    assert not len(audit(dataset, select=["size-mismatch"]))
    assert len(dataset.headers) == 2


def test_a_stated_size_is_as_it_is_stated_and_compared(tmp_path):
    dataset = voc(tmp_path, size(100, 80), "")
    assert dataset.images.size.tolist() == [[100, 80], [64, 48]]
    assert audit(dataset, select=["size-mismatch"]).image.tolist() == [0]
    assert not len(dataset.headers)


@pytest.mark.parametrize(("width", "known"), [(64, True), (48, False)])
def test_a_width_alone_has_to_be_that_of_the_file(tmp_path, width, known):
    dataset = voc(tmp_path, size(width, ""))
    assert np.isfinite(dataset.images.size).all() == known
    assert dataset.images.size[0, 0] == width


def test_an_image_on_its_side_has_the_size_in_which_it_is_shown(tmp_path):
    put(tmp_path / "Annotations/a.xml", annotation(OUTSIDE, header=""))
    draw(tmp_path / "JPEGImages/a.jpg", (64, 48), orientation=6)
    assert load(tmp_path).images.size.tolist() == [[48, 64]]


def test_images_that_were_not_found_or_cannot_be_read_have_none(tmp_path):
    dataset = voc(tmp_path, "", "")
    (tmp_path / "JPEGImages/a.jpg").unlink()
    (tmp_path / "JPEGImages/b.jpg").write_bytes(b"no image")
    assert np.isnan(load(tmp_path).images.size).all()
    assert len(dataset.images) == 2


def test_coco_has_them_too(tmp_path):
    images = [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "b.jpg", "width": 5}]
    (tmp_path / "labels.json").write_text(json.dumps(coco(images=images)))
    draw(tmp_path / "a.jpg", (64, 48))
    assert load(tmp_path).images.size[0].tolist() == [64, 48]
