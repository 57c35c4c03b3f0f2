"""Columns as fixes set them: what follows a new value, and what is left alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.fixes.columns import (
    with_areas_of_boxes,
    with_field,
    without_solved_problems,
)
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, Keypoints, LoadProblems, ProblemKind, RecordType
from labelaudit.errors import FixError
from labelaudit.testing import one_image, with_columns, with_polygons

FIRST: Ints = np.array([0])


@pytest.fixture
def two() -> Dataset:
    return one_image("car 0 0 10 20", "bus 20 0 30 20")


def moved(dataset: Dataset) -> Dataset:
    """Each box one pixel wider."""
    return with_columns(dataset, "boxes", xyxy=dataset.boxes.xyxy + np.array([0, 0, 1, 0]))


def test_width_and_height_are_the_two_sides_of_an_images_size(two: Dataset):
    wide = with_field(two, RecordType.IMAGE, "width", FIRST, [100.0])
    assert wide.images.size.tolist() == [[100, 480]]
    high = with_field(wide, RecordType.IMAGE, "height", FIRST, [50.0])
    assert high.images.size.tolist() == [[100, 50]]
    assert two.images.size.tolist() == [[640, 480]]


@pytest.mark.parametrize("name", ["name", "file_name", "filename"])
def test_the_name_of_an_image_is_set_by_what_any_format_calls_it(two: Dataset, name: str):
    assert with_field(two, RecordType.IMAGE, name, FIRST, ["b.jpg"]).images.name[0] == "b.jpg"


def test_an_id_of_any_kind_can_be_set(two: Dataset):
    rows = np.array([0, 1])
    assert with_field(two, RecordType.BOX, "id", rows, ["a", None]).boxes.id.values() == ["a", None]


def test_a_field_that_no_column_holds_is_left(two: Dataset):
    assert with_field(two, RecordType.BOX, "licence", FIRST, [3]) is two


def test_the_fields_of_a_whole_file_cannot_be_set(two: Dataset):
    with pytest.raises(FixError, match="the fields of a file cannot be set"):
        with_field(two, RecordType.FILE, "path", FIRST, ["b.json"])


def test_a_count_of_keypoints_is_set_for_its_box_alone(two: Dataset):
    keypoints = Keypoints.of(2, box=[0, 1], stated=[5, 6])
    dataset = dataclasses.replace(two, keypoints=keypoints)
    after = with_field(dataset, RecordType.BOX, "num_keypoints", np.array([1]), [2])
    assert after.keypoints.stated.tolist() == [5, 2]
    assert dataset.keypoints.stated.tolist() == [5, 6]


def test_a_moved_box_has_the_area_of_its_new_place(two: Dataset):
    before = with_columns(two, "boxes", area=[200.0, 200.0])
    assert with_areas_of_boxes(moved(before), before).boxes.area.tolist() == [220, 220]


@pytest.mark.parametrize(("area", "after"), [(200.0001, 220), (200.001, 200.001)])
def test_an_area_that_was_not_that_of_the_box_stays(two: Dataset, area: float, after: float):
    before = with_columns(two, "boxes", area=[area, np.nan])
    found = with_areas_of_boxes(moved(before), before).boxes.area
    assert found[0] == after
    assert np.isnan(found[1])


def test_the_area_of_a_mask_stays_that_of_the_mask(two: Dataset):
    square = [[0.0, 0, 10, 0, 10, 20, 0, 20]]
    before = with_columns(with_polygons(two, square, None), "boxes", area=[200.0, 200.0])
    assert with_areas_of_boxes(moved(before), before).boxes.area.tolist() == [200, 220]


def test_an_area_that_was_set_itself_stays_and_so_does_that_of_a_box_that_did_not_move(
    two: Dataset,
):
    before = with_columns(two, "boxes", area=[200.0, 200.0])
    after = with_columns(moved(before), "boxes", area=[7.0, 200.0])
    assert with_areas_of_boxes(after, before).boxes.area.tolist() == [7, 220]
    assert with_areas_of_boxes(before, before) is before


def test_a_box_of_no_size_in_numbers_takes_no_area(two: Dataset):
    before = with_columns(two, "boxes", area=[200.0, 200.0])
    huge = with_columns(before, "boxes", xyxy=[[0, 0, 1e300, 1e300], [20, 0, 30, 20]])
    assert with_areas_of_boxes(huge, before).boxes.area.tolist() == [200, 200]


@pytest.mark.parametrize("kind", list(ProblemKind))
@pytest.mark.parametrize(
    ("place", "same"),
    [
        ((RecordType.BOX, 0, "area"), True),
        ((RecordType.BOX, 1, "area"), False),
        ((RecordType.BOX, 0, "bbox"), False),
        ((RecordType.IMAGE, 0, "area"), False),
    ],
)
def test_of_the_problems_of_a_field_that_is_written_anew_those_are_solved_that_it_can_mend(
    two: Dataset, kind: ProblemKind, place: tuple[RecordType, int, str], same: bool
):
    part, row, field = place
    problems = LoadProblems.of(
        1, part=[part.value], row=[row], record=[row], kind=[kind.value], field=[field]
    )
    dataset = dataclasses.replace(two, problems=problems)
    left = without_solved_problems(dataset, RecordType.BOX, "area", FIRST).problems
    mendable = kind.value in (
        "wrong-type",
        "duplicate-key",
        "missing-field",
        "unreadable-field",
        "left-over",
    )
    assert len(left) == (not (same and mendable))


def test_a_problem_of_no_row_is_not_solved(two: Dataset):
    problems = LoadProblems.of(1, part=["annotations"], row=[MISSING], field=["area"])
    dataset = dataclasses.replace(two, problems=problems)
    assert len(without_solved_problems(dataset, RecordType.BOX, "area", FIRST).problems) == 1
