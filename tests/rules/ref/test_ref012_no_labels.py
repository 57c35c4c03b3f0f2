from __future__ import annotations

import dataclasses

from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import images, one_image, with_columns

WITHOUT = images({"a.jpg": [], "b.jpg": []})


def test_a_dataset_of_images_without_any_box_is_not_clean():
    findings = audit(WITHOUT)
    assert findings.code.tolist() == ["REF012"]
    assert findings.message[0].startswith("none of 2 images has a box")


def test_one_box_in_one_image_is_enough():
    assert not len(audit(images({"a.jpg": [], "b.jpg": ["car 10 10 40 40"]}), select=["REF012"]))


def test_it_is_about_the_file_if_there_is_one():
    assert audit(WITHOUT, select=["REF012"]).file.tolist() == [0]
    several = dataclasses.replace(WITHOUT, files=Files.of(2, path=["a.txt", "b.txt"]))
    assert audit(several, select=["REF012"]).file.tolist() == [MISSING]


def test_nothing_at_all_is_another_matter(tmp_path):
    assert not len(audit(Dataset("coco", tmp_path), select=["REF012"]))


def test_a_list_of_annotations_that_is_missing_is_said_once():
    columns = {"part": ["file"], "kind": ["missing-field"], "field": ["annotations"]}
    missing = with_columns(WITHOUT, "problems", file=[0], **columns)
    assert audit(missing).code.tolist() == ["REF009"]


def test_a_mere_image_is_counted_in_words():
    empty = one_image()
    assert audit(empty, select=["REF012"]).message[0].startswith("the only image has no box")
