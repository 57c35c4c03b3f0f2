"""Images and classes by what other programs call them."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.lookup import ImageNames, named_classes
from labelaudit.testing import images


def named(*names: str) -> ImageNames:
    return ImageNames(DatasetColumns(images({name: [] for name in names})))


@pytest.mark.parametrize(
    "asked", ["day/one.jpg", "day\\one.jpg", "/data/day/one.jpg", "one.jpg", "one.png", "one"]
)
@pytest.mark.parametrize("name", ["day/one.jpg", "day\\one.jpg"])
def test_folders_and_endings_may_differ_and_slashes_lean_either_way(name: str, asked: str):
    assert named("other.jpg", name).row(asked) == 1


def test_a_name_without_an_ending_is_known_by_its_number_too():
    assert named("other", "day/000139").rows(["139", "000139", "139.jpg"]).tolist() == [1, 1, 1]


@pytest.mark.parametrize(("zeros", "row"), [(15, 1), (16, MISSING)])
def test_a_name_of_nineteen_digits_is_no_number(zeros: int, row: int):
    assert named("other", f"{'0' * zeros}139.jpg").row("139") == row


def test_an_image_without_a_name_is_not_found_by_none():
    assert named("", "a.jpg").row("") == MISSING


def test_rows_are_those_of_a_table():
    derived = DatasetColumns(images({"a.jpg": ["car 1 1 9 9"]}))
    assert ImageNames(derived).rows(["a", "b"]).dtype == np.int32
    classes = named_classes(derived, ["van", "car"])
    assert (classes.tolist(), classes.dtype) == ([MISSING, 0], np.int32)
