from __future__ import annotations

import dataclasses
from collections import Counter

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images, one_image, with_image_files


def test_a_file_that_is_no_image_is_reported_and_its_neighbour_is_not(tmp_path):
    dataset = with_image_files(images({"a.png": [], "b.png": []}), tmp_path)
    (tmp_path / "b.png").write_bytes(b"<html>404 Not Found</html>")
    findings = audit(dataset, select=["IMG002"])
    assert findings.image.tolist() == [1]
    assert findings.message.tolist() == ["image b.png cannot be read: it is a web page, no image"]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 1)]


def test_an_image_that_was_cut_off_is_reported(tmp_path):
    dataset = with_image_files(one_image("car 10 10 40 40"), tmp_path)
    path = tmp_path / "image.jpg"
    path.write_bytes(path.read_bytes()[:-2])
    findings = audit(dataset, select=["IMG002"])
    assert findings.message.tolist() == ["image image.jpg cannot be read: the file is cut off"]


@pytest.mark.parametrize("beginning", [b"", b"\xff\xd8\xff\xe0"])
def test_a_thousand_files_of_random_bytes_are_a_thousand_findings(tmp_path, beginning):
    random = np.random.default_rng(0)
    paths = [tmp_path / f"{number}.jpg" for number in range(1000)]
    for path, size in zip(paths, random.integers(1, 20_000, 1000), strict=True):
        path.write_bytes(beginning + random.bytes(size))
    dataset = images({path.name: ["car 10 10 40 40"] for path in paths})
    located = dataclasses.replace(dataset.images, path=texts(map(str, paths)))
    dataset = dataclasses.replace(dataset, images=located, image_folders=(tmp_path,))
    findings = audit(dataset, select=["IMG"])
    assert Counter(findings.name.tolist()) == {"unreadable-image": 1000}
    assert sorted(findings.image.tolist()) == list(range(1000))


def test_the_only_image_of_its_file_has_no_record_to_drop(tmp_path):
    dataset = with_image_files(one_image(), tmp_path)
    (tmp_path / "image.jpg").write_bytes(b"")
    assert audit(dataset, select=["IMG002"]).fix.tolist() == [None]


def test_a_missing_image_is_not_also_unreadable(tmp_path):
    dataset = with_image_files(one_image(), tmp_path)
    dataset = dataclasses.replace(
        dataset, images=dataclasses.replace(dataset.images, path=texts([""]))
    )
    assert len(audit(dataset, select=["IMG002"])) == 0


def test_no_image_is_opened_where_none_was_found():
    assert len(audit(one_image(), select=["IMG002"])) == 0
