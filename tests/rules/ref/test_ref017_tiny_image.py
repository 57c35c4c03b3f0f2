from __future__ import annotations

import dataclasses

import pytest

from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import draw, images, one_image, with_columns


def found(dataset: Dataset) -> list[int]:
    rows: list[int] = audit(dataset, select=["REF017"]).image.tolist()
    return rows


@pytest.mark.parametrize(("side", "rows"), [(9, [0]), (10, [])])
def test_an_image_is_tiny_below_ten_pixels_of_either_side(side, rows):
    assert found(one_image(size=(side, 480))) == rows
    assert found(one_image(size=(640, side))) == rows


def test_the_least_side_is_a_setting():
    settings = {"tiny-image": {"min-side": 32}}
    dataset = one_image(size=(31, 480))
    assert audit(dataset, select=["REF017"], settings=settings).image.tolist() == [0]


def test_the_size_of_the_file_counts_where_it_is_at_hand(tmp_path):
    draw(tmp_path / "image.jpg", (9, 9))
    dataset = with_columns(one_image(), "images", path=[str(tmp_path / "image.jpg")])
    assert found(dataclasses.replace(dataset, image_folders=(tmp_path,))) == [0]


def test_sizes_that_are_none_or_only_assumed_are_another_matter():
    assert found(one_image(size=(0, 480))) == []
    assert found(with_columns(one_image(size=(1, 1)), "images", assumed=[True])) == []


def test_the_fix_drops_the_record_where_there_are_others_and_is_unsafe():
    dataset = with_columns(images({"a": [], "b": []}), "images", size=[[9, 9], [90, 90]])
    (fix,) = audit(dataset, select=["REF017"]).fix
    assert (fix.kind, str(fix.safety)) == ("drop", "unsafe")
