"""A COCO dictionary is loaded, saved and looked at again like a file, which goes when it does."""

from __future__ import annotations

import copy
import gc
import os
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.errors import FormatError
from labelaudit.io.dictionary_folder import _removed_by

LABELS = {
    "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
    "annotations": [
        {"id": 1, "image_id": 1, "category_id": 1, "bbox": np.array([10.0, 10, 0, 30])},
        {"id": 2, "image_id": np.int64(1), "category_id": 1, "bbox": [50, 50, 30, 30]},
    ],
    "categories": [{"id": 1, "name": "car"}],
}


def test_a_dictionary_is_a_dataset_and_stays_what_it_was():
    before = copy.deepcopy(LABELS)
    dataset = labelaudit.load(LABELS)
    assert repr(dataset) == "<Dataset coco: 1 images, 2 boxes, 1 classes>"
    assert [one.code for one in labelaudit.audit(dataset, select="GEO001")] == ["GEO001"]
    assert str(before) == str(LABELS)


def test_a_dictionary_is_fixed_and_saved_and_loaded_with_images(tmp_path):
    dataset = labelaudit.load(LABELS, images=tmp_path)
    fixed = labelaudit.apply(dataset, labelaudit.audit(dataset, select="GEO001")).dataset
    del dataset  # its file is still there
    gc.collect()
    saved = labelaudit.save(fixed, tmp_path / "clean.json")
    assert saved.records == 1
    assert repr(labelaudit.load(tmp_path / "clean.json")).startswith("<Dataset coco: 1 images, 1 b")


def test_the_file_goes_with_the_last_dataset_that_is_read_from_it():
    dataset = labelaudit.load(LABELS)
    file, again = dataset.sources[0], dataset.keep(boxes=np.array([True, False]))
    del dataset
    gc.collect()
    assert file.is_file()
    del again
    gc.collect()
    assert not file.parent.exists()


def test_a_fork_does_not_remove_the_file_of_its_parent(tmp_path):
    folder = tmp_path / "x"
    folder.mkdir()
    _removed_by(os.getpid() + 1, str(folder))
    assert folder.is_dir()
    _removed_by(os.getpid(), str(folder))
    assert not folder.exists()


@pytest.mark.parametrize(
    ("source", "options", "problem"),
    [
        ({"images": []}, {}, "a dictionary without annotations is not what a COCO file holds"),
        ({}, {}, "found nothing"),
        ({**LABELS, "info": object()}, {}, "a COCO dictionary that no JSON file could hold"),
        (LABELS, {"images": Path("nowhere")}, "nowhere: not a folder of images"),
    ],
)
def test_what_is_no_such_dictionary_is_refused(source, options, problem):
    with pytest.raises(FormatError, match=problem):
        labelaudit.load(source, **options)


def test_several_paths_are_given_in_any_way(tmp_path):
    for name in ("a", "b"):
        labelaudit.save(labelaudit.load(LABELS), tmp_path / f"{name}.json")
    paths = [tmp_path / "a.json", str(tmp_path / "b.json")]
    for given in (paths, tuple(paths), iter(paths)):
        assert len(labelaudit.load(given)) == 2
