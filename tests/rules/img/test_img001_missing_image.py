from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import Dataset, Files, RecordType
from labelaudit.testing import images


def located(*paths: str, folder: str = "photos") -> Dataset:
    """Images a.jpg, b.jpg, ..., of which some were found."""
    names = [f"{letter}.jpg" for letter in "abcdefgh"[: len(paths)]]
    dataset = images({name: ["car 10 10 40 40"] for name in names})
    found = dataclasses.replace(dataset.images, path=texts(paths))
    return dataclasses.replace(dataset, images=found, image_folders=(Path(folder),))


def in_files(dataset: Dataset, file: list[int]) -> Dataset:
    count = max(file) + 1
    return dataclasses.replace(
        dataset,
        files=Files.of(count, path=texts(map(str, range(count)))),
        images=dataclasses.replace(dataset.images, file=np.array(file, np.int32)),
    )


def test_an_image_that_was_not_found_is_reported_and_its_neighbour_is_not():
    findings = audit(located("/photos/a.jpg", ""), select=["IMG001"])
    assert findings.image.tolist() == [1]
    assert findings.file.tolist() == [0]
    assert findings.message.tolist() == ["image b.jpg was not found in photos"]


def test_dropping_its_record_is_proposed_to_a_person():
    findings = audit(located("/photos/a.jpg", ""), select=["IMG001"])
    assert findings.fix[0] == Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 1)


def test_nothing_is_missed_where_no_images_are_at_hand():
    dataset = dataclasses.replace(located("", ""), image_folders=())
    assert len(audit(dataset, select=["IMG001"])) == 0


def test_images_that_are_all_missing_are_one_finding():
    findings = audit(located("", "", ""), select=["IMG001"])
    assert findings.image.tolist() == [MISSING]
    assert findings.message.tolist() == ["none of its 3 images was found in photos"]
    assert findings.fix.tolist() == [None]


def test_a_single_missing_image_is_a_finding_at_that_image():
    assert audit(located(""), select=["IMG001"]).image.tolist() == [0]


def test_a_file_without_any_of_its_images_is_one_finding_and_others_are_seen_one_by_one():
    dataset = in_files(located("", "", "/photos/c.jpg", ""), [0, 0, 1, 1])
    findings = audit(dataset, select=["IMG001"])
    assert sorted(zip(findings.file.tolist(), findings.image.tolist(), strict=True)) == [
        (0, MISSING),
        (1, 3),
    ]


def test_of_files_with_one_image_each_those_without_it_are_seen_one_by_one():
    dataset = in_files(located("", "/photos/b.jpg", ""), [0, 1, 2])
    findings = audit(dataset, select=["IMG001"])
    assert findings.image.tolist() == [0, 2]
    assert findings.fix.tolist() == [None, None]


def test_when_files_with_one_image_each_all_miss_it_that_is_one_finding():
    dataset = in_files(located("", "", ""), [0, 1, 2])
    assert audit(dataset, select=["IMG001"]).image.tolist() == [MISSING]


@pytest.mark.parametrize("count", [1, 2])
def test_images_that_no_file_lists_are_missed_too(count):
    dataset = located(*[""] * count)
    nowhere = dataclasses.replace(dataset.images, file=np.full(count, MISSING, np.int32))
    assert len(audit(dataclasses.replace(dataset, images=nowhere), select=["IMG001"])) == 1


@pytest.mark.parametrize(("missing", "expected"), [(5, 5), (6, 1)])
def test_up_to_five_are_seen_one_by_one_even_where_they_are_most(missing, expected):
    assert len(audit(located("/photos/a.jpg", *[""] * missing), select=["IMG001"])) == expected
