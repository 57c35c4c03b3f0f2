"""What counts as a changed record."""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.core.ids import Ids
from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Boxes, Dataset, Keypoints, LoadProblems, RecordType
from labelaudit.io.record_diff import changes
from labelaudit.testing import images, one_image


def with_boxes(dataset: Dataset, **columns: object) -> Dataset:
    return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, **columns))


def cars() -> Dataset:
    return one_image("car 0 0 9 9", "car 20 0 29 9", "bus 40 nan 49 9")


def test_a_dataset_does_not_differ_from_itself_even_where_it_is_not_a_number() -> None:
    assert changes(cars(), cars()) == []


def test_the_order_of_rows_does_not_count() -> None:
    turned = dataclasses.replace(cars(), boxes=cars().boxes.rows(np.array([2, 0, 1])))
    assert changes(cars(), turned) == []


def test_each_column_that_differs_is_named() -> None:
    before = cars()
    xyxy = before.boxes.xyxy + np.array([[0, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]])
    after = with_boxes(before, xyxy=xyxy, id=Ids.of([1, 2.0, 3]), label=np.array([0, 0, 0]))
    found = changes(before, after)
    assert [(one.part, one.before, one.fields) for one in found] == [
        (RecordType.BOX, 1, ("id", "xyxy")),
        (RecordType.BOX, 2, ("label",)),
    ]


def test_a_missing_row_is_gone_and_one_without_a_record_is_new() -> None:
    before = cars()
    new = Boxes.of(1, file=[0], image=[0], label=[0], xyxy=[[1, 2, 3, 4]])
    boxes = Boxes.concat([before.boxes.rows(np.array([0, 2])), new])
    found = changes(before, dataclasses.replace(before, boxes=boxes))
    assert [(one.before, one.after) for one in found] == [(1, MISSING), (MISSING, 2)]


def test_dropping_a_record_does_not_make_references_to_others_differ() -> None:
    before = cars()
    kept = all_but(len(before.categories), [0])
    after = with_boxes(before, label=np.array([1, 1, 1], np.int32)).keep(categories=kept)
    assert [(one.part, one.fields) for one in changes(before, after)] == [
        (RecordType.CATEGORY, ()),
        (RecordType.BOX, ("label",)),
        (RecordType.BOX, ("label",)),
    ]


def test_a_class_that_no_file_lists_is_its_name() -> None:
    before = cars()
    nowhere = np.full(2, MISSING, np.int32)
    categories = dataclasses.replace(before.categories, file=nowhere, record=nowhere)
    before = dataclasses.replace(before, categories=categories)
    renamed = dataclasses.replace(categories, name=np.array(["auto", "bus"], categories.name.dtype))
    found = changes(before, dataclasses.replace(before, categories=renamed))
    assert [(one.part, one.before, one.fields) for one in found] == [
        (RecordType.BOX, 0, ("label",)),
        (RecordType.BOX, 1, ("label",)),
    ]


def test_a_solved_problem_is_a_change_of_its_field() -> None:
    problem = LoadProblems.of(
        1, file=[0], part=["annotations"], record=[1], row=[1], kind=["wrong-type"], field=["bbox"]
    )
    before = dataclasses.replace(cars(), problems=problem)
    assert [(one.before, one.fields) for one in changes(before, cars())] == [(1, ("bbox",))]
    assert changes(before, before) == []


def test_a_new_count_of_keypoints_is_a_change() -> None:
    before = dataclasses.replace(cars(), keypoints=Keypoints.of(1, box=[1], stated=[3]))
    after = dataclasses.replace(cars(), keypoints=Keypoints.of(1, box=[1], stated=[4]))
    assert [(one.before, one.fields) for one in changes(before, after)] == [(1, ("num_keypoints",))]


def test_boxes_differ_with_the_id_of_their_image_or_class() -> None:
    before = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["car 0 0 9 9", "bus 0 0 9 9"]})
    pictures = dataclasses.replace(before.images, id=Ids.of([1, 7]))
    classes = dataclasses.replace(before.categories, id=Ids.of(["x", 2]))
    after = dataclasses.replace(before, images=pictures, categories=classes)
    assert [(one.part, one.before, one.fields) for one in changes(before, after)] == [
        (RecordType.IMAGE, 1, ("id",)),
        (RecordType.CATEGORY, 0, ("id",)),
        (RecordType.BOX, 0, ("label",)),
        (RecordType.BOX, 1, ("image", "label")),
        (RecordType.BOX, 2, ("image",)),
    ]
