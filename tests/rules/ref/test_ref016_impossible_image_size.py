from __future__ import annotations

import dataclasses

import pytest

from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import draw, images, one_image, with_columns


def found(dataset: Dataset) -> list[str]:
    return [str(message) for message in audit(dataset, select=["REF016"]).message]


@pytest.mark.parametrize("size", [(100, 0), (0, 100), (0, 0), (-100, 100)])
def test_a_side_that_is_not_above_zero_is_an_error_that_says_who_divides_by_it(size):
    (message,) = found(one_image("car 1 1 9 9", size=size))
    assert message.startswith(f"image.jpg: the labels state {size[0]} x {size[1]} px; ")
    assert "torchvision's grouping by aspect ratio" in message
    assert "mmdetection drops" in message


@pytest.mark.parametrize(("side", "count"), [(65_535, 0), (65_536, 1)])
def test_the_longest_side_of_a_jpeg_is_the_longest(side, count):
    assert len(found(one_image(size=(side, 480)))) == count
    assert len(found(one_image(size=(480, side)))) == count


def test_one_pixel_is_a_size_and_an_unknown_one_is_another_matter():
    assert found(one_image(size=(1, 1))) == []
    unknown = with_columns(images({"a": [], "b": []}), "images", size=[[float("nan")] * 2, [9, 9]])
    assert found(unknown) == []


def test_images_of_one_size_are_one_finding_and_those_of_another_a_second():
    dataset = images({"a": [], "b": [], "c": []})
    dataset = with_columns(dataset, "images", size=[[0, 0], [-1, 5], [0, 0]])
    findings = audit(dataset, select=["REF016"])
    assert [message.partition(":")[0] for message in findings.message.tolist()] == [
        "2 images (a, c)",
        "b",
    ] or [message.partition(":")[0] for message in findings.message.tolist()] == [
        "b",
        "2 images (a, c)",
    ]
    assert sorted(findings.image.tolist()) == [MISSING, 1]
    assert findings.file.tolist() == [0, 0]


def test_images_of_several_files_are_in_no_single_one():
    dataset = images({"a": [], "b": []}, size=(0, 0))
    dataset = dataclasses.replace(dataset, files=Files.of(2, path=["a.xml", "b.xml"]))
    assert audit(dataset, select=["REF016"]).file.tolist() == [MISSING]


def test_where_the_image_is_at_hand_its_true_size_is_the_fix_of_size_mismatch(tmp_path):
    dataset = one_image(size=(0, 0))
    draw(tmp_path / "image.jpg", (64, 48))
    dataset = with_columns(dataset, "images", path=[str(tmp_path / "image.jpg")])
    dataset = dataclasses.replace(dataset, image_folders=(tmp_path,))
    assert audit(dataset, select=["IMG003", "REF016"]).code.tolist() == ["IMG003"]
