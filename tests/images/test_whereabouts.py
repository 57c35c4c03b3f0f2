from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset, Headers
from labelaudit.images.whereabouts import are_inside, whereabouts
from labelaudit.testing import images


def located(*paths: str, folders: tuple[Path, ...] = (Path("/d"),)) -> Dataset:
    """Images of which some were found, of labels in /d/labels."""
    dataset = images({f"{row}.jpg": [] for row in range(len(paths))})
    found = dataclasses.replace(dataset.images, path=texts(paths))
    root = Path("/d/labels")
    return dataclasses.replace(dataset, root=root, images=found, image_folders=folders)


def test_folders_come_as_seen_from_the_labels_the_fullest_first():
    where = whereabouts(located("/d/a/1.jpg", "/d/labels/b/2.jpg", "/d/labels/b/3.jpg", ""))
    assert (where.listed, where.found) == (4, 3)
    assert where.folders == ("b", "../a")
    assert where.looked_in == ("/d",)


def test_a_folder_far_away_keeps_its_path():
    assert whereabouts(located("/e/1.jpg")).folders == ("/e",)


def test_without_images_there_is_no_folder():
    where = whereabouts(located("", folders=()))
    assert (where.found, where.folders, where.looked_in) == (0, (), ())


@pytest.mark.parametrize(("kind", "folders", "inside"), [("PNG", (), True), ("", (), False)])
def test_images_inside_label_files_have_headers_and_no_folder(kind, folders, inside):
    dataset = dataclasses.replace(located("", folders=folders), headers=Headers.of(1, kind=[kind]))
    assert are_inside(dataset) is inside
    assert not are_inside(dataclasses.replace(dataset, image_folders=(Path("/d"),)))
