from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.io.load import load
from labelaudit.testing import draw, images, with_image_files
from tests.io.formats.voc_files import annotation, put


def told(folder: Path, listed: int, more: int, **settings: float) -> Findings:
    names = [f"{number}.jpg" for number in range(listed)]
    dataset = with_image_files(images({name: [] for name in names}), folder / "images")
    for number in range(more):
        draw(folder / "images" / f"more{number}.jpg", (64, 48))
    dataset = dataclasses.replace(dataset, root=folder)
    return audit(dataset, select=["IMG018"], settings={"unlisted-images": settings})


def test_images_that_no_label_names_are_one_finding_a_folder(tmp_path):
    findings = told(tmp_path, 6, 4)
    assert findings.message.tolist() == [
        f"4 of 10 image files in {tmp_path}/images are named by no label file: more0.jpg, "
        "more1.jpg, more2.jpg, ..."
    ]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.file.tolist() == [0]


def test_a_folder_of_what_is_listed_is_no_finding(tmp_path):
    assert len(told(tmp_path, 6, 0)) == 0


@pytest.mark.parametrize(("more", "count"), [(6, 1), (7, 0)])
def test_labels_of_a_sample_of_a_folder_are_no_finding(tmp_path, more, count):
    assert len(told(tmp_path, 6, more)) == count


def test_the_share_that_has_to_be_listed_is_a_setting(tmp_path):
    assert len(told(tmp_path, 2, 8, **{"min-listed": 0.2})) == 1
    assert len(told(tmp_path, 2, 8, **{"min-listed": 0.21})) == 0


def test_images_of_another_split_in_one_folder_are_no_finding(tmp_path):
    (tmp_path / "val.json").write_text('{"images": [{"file_name": "more0.jpg"}]}')
    assert len(told(tmp_path, 6, 4)) == 0


def test_an_image_without_its_label_file_among_others_is_found(tmp_path):
    for name in "abc":
        put(tmp_path / "Annotations" / f"{name}.xml", annotation(filename=f"{name}.jpg"))
        draw(tmp_path / "JPEGImages" / f"{name}.jpg", (500, 375))
    draw(tmp_path / "JPEGImages" / "d.jpg", (500, 375))
    assert audit(load(tmp_path), select=["IMG018"]).message.tolist() == [
        f"1 of 4 image files in {tmp_path}/JPEGImages is named by no label file: d.jpg"
    ]
