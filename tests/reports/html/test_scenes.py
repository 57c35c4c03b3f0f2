"""What is drawn of findings, before and after their fixes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.reports.html.scenes import FindingScene, FindingScenes
from labelaudit.testing import images, one_image, with_columns


def scene_of(
    dataset: Dataset, *, image: int = 0, box: int = -1, other: int = -1, fix: Fix | None = None
) -> FindingScene | None:
    fixes = np.empty(1, object)
    fixes[0] = fix
    findings = Findings.of(1, image=[image], box=[box], other=[other], fix=fixes)
    return FindingScenes(findings, dataset).of(0)


def fix_of(kind: str, row: int, **values: Any) -> Fix:
    return Fix(kind, Safety.UNSAFE, RecordType.BOX, row, values)


def roles(shapes: Sequence[Any]) -> list[tuple[str, float, float, float, float]]:
    return [(one.role, one.left, one.top, one.width, one.height) for one in shapes]


TWO = one_image("car 100 100 160 140", "bus 110 100 160 140")
BOX, OTHER = ("box", 110, 100, 50, 40), ("other", 100, 100, 60, 40)


def test_a_finding_without_a_fix_has_its_box_and_the_one_it_is_compared_with():
    scene = scene_of(TWO, box=1, other=0)
    assert roles(scene.before) == [OTHER, BOX]
    assert scene.after is None
    assert scene.said_before == "as it is: bus"


def test_a_box_that_would_be_removed_is_crossed_out():
    scene = scene_of(TWO, box=1, other=0, fix=fix_of("drop", 1))
    assert roles(scene.after) == [OTHER, ("gone", *BOX[1:])]
    assert scene.said_after == "proposed: removed"


def test_if_the_other_box_would_be_removed_it_is_that_which_is_crossed_out():
    scene = scene_of(TWO, box=1, other=0, fix=fix_of("drop", 0))
    assert roles(scene.after) == [("gone", *OTHER[1:]), BOX]


def test_a_box_that_would_be_moved_is_drawn_where_it_would_be():
    scene = scene_of(TWO, box=1, fix=fix_of("move", 1, xyxy=[90.0, 80, 150, 130]))
    assert roles(scene.after) == [("fix", 90, 80, 60, 50)]
    assert scene.said_after == "proposed: 60 x 50 px at 90, 80"


def test_another_class_is_in_the_words():
    scene = scene_of(TWO, box=1, fix=fix_of("relabel", 1, label=0))
    assert roles(scene.after) == [("fix", *BOX[1:])]
    assert scene.said_after == "proposed: car"


def test_an_object_without_a_label_is_seen_without_a_box_and_with_one():
    values = {"image": 0, "label": 1, "xyxy": [9, 9, 50, 60]}
    fix = Fix("add", Safety.UNSAFE, RecordType.IMAGE, 0, values)
    scene = scene_of(TWO, fix=fix)
    assert scene.before == ()
    assert roles(scene.after) == [("fix", 9, 9, 41, 51)]
    assert scene.said_before == "as it is: without a label here"
    assert scene.said_after == "proposed: a new box of bus"


def test_a_fix_of_something_else_than_boxes_is_not_drawn():
    fix = Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 0)
    assert scene_of(TWO, fix=fix).after is None
    assert scene_of(TWO, fix=fix).scene.extent is None  # the whole image


def test_a_finding_about_no_image_has_no_scene():
    assert scene_of(TWO, image=-1) is None


@pytest.mark.parametrize("corner", [np.nan, np.inf, 2e6])
def test_a_box_that_is_nowhere_has_no_scene(corner):
    corners = TWO.boxes.xyxy.copy()
    corners[1, 2] = corner
    dataset = dataclasses.replace(TWO, boxes=TWO.boxes.replaced(xyxy=corners))
    assert scene_of(dataset, box=1) is None
    assert scene_of(dataset, box=0) is not None


def test_a_box_of_another_image_is_not_drawn():
    dataset = images({"a.jpg": ["car 10 10 60 60"], "b.jpg": ["car 10 10 60 60"]})
    assert [one.role for one in scene_of(dataset, box=0, other=1).before] == ["box"]


def test_the_box_of_another_record_of_the_same_file_is_drawn_as_well():
    """As of two people whose labels are in a file each."""
    dataset = images({"a.jpg": ["car 10 10 60 60"], "b.jpg": ["bus 12 10 60 60"]})
    twice = with_columns(dataset, "images", name=["a.jpg", "a.jpg"])
    assert [one.role for one in scene_of(twice, box=0, other=1).before] == ["other", "box"]
    found = with_columns(dataset, "images", path=["/d/a.jpg", "/d/a.jpg"])
    assert [one.role for one in scene_of(found, box=0, other=1).before] == ["other", "box"]
    apart = with_columns(twice, "images", path=["/d/a.jpg", "/e/a.jpg"])
    assert [one.role for one in scene_of(apart, box=0, other=1).before] == ["box"]


@pytest.mark.parametrize("box", ["car 300 200 340 230", "car 0 0 30 40", "car 600 470 640 480"])
def test_a_scene_is_four_to_three_and_inside_of_the_image_where_there_is_room(box):
    left, top, right, bottom = scene_of(one_image(box), box=0).scene.extent
    assert (right - left) / (bottom - top) == pytest.approx(4 / 3, rel=0.06)
    assert left >= 0
    assert top >= 0
    assert right <= 640
    assert bottom <= 480


@pytest.mark.parametrize("box", ["car 650 100 700 140", "car -90 -80 -20 -30", "car 10 10 630 20"])
def test_a_box_is_whole_in_its_scene_wherever_it_lies(box):
    dataset = one_image(box)
    left, top, right, bottom = scene_of(dataset, box=0).scene.extent
    x, y, x_end, y_end = dataset.boxes.xyxy[0]
    assert left <= x < x_end <= right
    assert top <= y < y_end <= bottom


def test_other_boxes_in_sight_are_drawn_and_far_ones_are_not():
    near, far = "car 150 110 180 150", "car 500 400 560 450"
    path = scene_of(one_image("car 100 100 140 140", near, far), box=0).neighbours
    assert path == "M150 110H180V150H150z"


def test_of_very_many_neighbours_some_are_drawn():
    crowd = [f"car {100 + at} 100 {140 + at} 140" for at in range(26)]
    path = scene_of(one_image(*crowd), box=0).neighbours
    assert path.count("M") == 24


def test_corners_in_any_order_are_drawn():
    assert roles(scene_of(one_image("car 60 70 10 20"), box=0).before) == [("box", 10, 20, 50, 50)]


def test_a_flat_box_has_an_outline():
    (shape,) = scene_of(one_image("car 10 20 60 20"), box=0).before
    assert shape.outline == "M10 20h50v0h-50z"
