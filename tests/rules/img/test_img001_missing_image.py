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


def in_folders(folder: Path, *files: str, names: str = "ab") -> Dataset:
    """Images a.jpg, b.jpg, ..., none of which is found in a folder with such files."""
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).touch()
    return located(*[""] * len(names), folder=str(folder))


def test_a_name_that_several_files_bear_is_told_and_its_record_is_not_dropped(tmp_path: Path):
    dataset = in_folders(tmp_path, "day/a.jpg", "night/a.jpg", "day/b.jpg")
    found = dataclasses.replace(dataset.images, path=texts(["", "/photos/b.jpg"]))
    findings = audit(dataclasses.replace(dataset, images=found), select=["IMG001"])
    words = f"2 files in {tmp_path} are called a.jpg, and which is meant is not said"
    assert findings.message.tolist() == [words]
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["day/c.jpg"], ""),
        (
            ["day/a.jpg", "night/a.jpg", "day/b.jpg"],
            "; the name of one is that of several files there, and which is meant is not said",
        ),
        (
            ["day/a.jpg", "night/a.jpg", "day/b.jpg", "night/b.jpg"],
            "; names of 2 are those of several files there, and which is meant is not said",
        ),
    ],
)
def test_of_a_file_without_its_images_it_is_said_how_many_names_several_bear(
    files: list[str], words: str, tmp_path: Path
):
    findings = audit(in_folders(tmp_path, *files), select=["IMG001"])
    assert findings.message.tolist() == [f"none of its 2 images was found in {tmp_path}{words}"]
