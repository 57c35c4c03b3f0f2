from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.needs import Need
from labelaudit.auditing.run import audit
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.dataset.tables import Dataset, Images
from labelaudit.io.load import load
from labelaudit.testing import drawn_by

CAR, BUS, BIKE = "car 10 10 50 50", "bus 10 10 50 50", "bike 10 10 50 50"
AWAY, FAR = "car 90 90 140 140", "bus 200 90 240 140"
AGREED = [f"truck {90 * n} 300 {90 * n + 40} 340" for n in range(3)]
"""What all drew, by which they are known to have looked, and to label each by themselves."""

SHARED = {"s.jpg": [CAR, AWAY, FAR]}


def people(**drawn: list[str]) -> Dataset:
    """People who all label `a.jpg`, and agree about what is at its bottom."""
    return drawn_by({who: {"a.jpg": [*boxes, *AGREED]} for who, boxes in drawn.items()})


def found(dataset: Dataset, **settings: float) -> Findings:
    return audit(dataset, select="SRC005", settings={"annotators-disagree": settings})


def corners(dataset: Dataset, rows: np.ndarray) -> list[list[float]]:
    return dataset.boxes.xyxy[rows].tolist()


def test_who_gives_another_class_than_most_is_told_beside_a_box_of_theirs():
    dataset = people(ann=[CAR], bob=[BUS], cem=["car 12 10 52 50"])
    told = found(dataset)
    words = "annotator bob says bus, ann and cem car: the boxes overlap by 1.00"
    assert told.message.tolist() == [words]
    assert dataset.class_names[dataset.boxes.label[told.box[0]]] == "bus"
    assert dataset.class_names[dataset.boxes.label[told.other[0]]] == "car"
    assert told.doubt.tolist() == pytest.approx([2 / 3])
    fixed = apply(dataset, told).dataset
    assert "bus" not in {fixed.class_names[row] for row in fixed.boxes.label.tolist()}
    assert len(found(fixed)) == 0


def test_of_two_nobody_knows_who_is_right():
    told = found(people(ann=[CAR], bob=[BUS]))
    words = ["annotator bob drew bus here, ann car: the boxes overlap by 1.00"]
    assert told.message.tolist() == words
    assert told.doubt.tolist() == [0.5]
    assert told.fix.tolist() == [None]
    assert (told.box != told.other).all()


def test_what_most_drew_is_told_of_who_did_not_and_what_one_alone_drew_of_them():
    dataset = people(ann=[CAR, AWAY], bob=[CAR], cem=[CAR], dan=[])
    told = found(dataset)
    assert sorted(told.message.tolist()) == [
        "annotator ann drew car here, where bob, cem and dan drew nothing",
        "annotator dan drew nothing where ann, bob and cem drew car",
    ]
    assert corners(dataset, told.box[told.box >= 0]) == [[90, 90, 140, 140]]
    assert told.doubt.tolist() == [0.75, 0.75]
    assert sorted(fix is None for fix in told.fix) == [False, True]  # dan has no file of his own


def test_more_people_than_a_message_names_are_counted():
    told = found(people(ann=[], bob=[CAR], cem=[CAR], dan=[CAR], eve=[CAR], fin=[CAR]))
    (words,) = told.message.tolist()
    assert words == "annotator ann drew nothing where bob, cem, dan and 2 more drew car"


def test_half_of_four_are_no_majority():
    told = found(people(ann=[CAR], bob=[CAR], cem=[], dan=[]))
    words = ["annotator ann and bob drew car here, cem and dan nothing"]
    assert told.message.tolist() == words
    assert (told.fix.tolist(), told.doubt.tolist()) == ([None], [0.5])


def test_boxes_of_one_class_in_different_places_are_one_disagreement():
    dataset = people(ann=[CAR], bob=["car 30 10 70 50"])
    told = found(dataset)
    assert told.message.tolist() == [
        "annotator ann and bob drew car here, but the boxes overlap by 0.33 alone"
    ]
    assert sorted(corners(dataset, np.array([told.box[0], told.other[0]]))) == [
        [10, 10, 50, 50],
        [30, 10, 70, 50],
    ]
    assert told.doubt.tolist() == pytest.approx([0.5 * 2 / 3])
    assert told.fix.tolist() == [None]


@pytest.mark.parametrize(("x", "count"), [(80, 1), (84, 2)])
def test_boxes_of_one_class_that_overlap_by_a_tenth_are_of_one_object(x, count):
    """Boxes of 100 px overlap by .11 or by .09."""
    told = found(people(ann=["car 0 0 100 100"], bob=[f"car {x} 0 {x + 100} 100"]))
    assert len(told) == count


def test_boxes_of_two_classes_in_different_places_are_two_objects():
    told = found(people(ann=[CAR], bob=["bus 30 10 70 50"]))
    assert len(told) == 2
    assert (told.other == -1).all()


@pytest.mark.parametrize(("right", "count"), [(20, 0), (21, 1)])
def test_boxes_are_of_one_object_from_the_least_overlap_on(right, count):
    told = found(people(ann=["car 0 0 10 10"], bob=[f"car 0 0 {right} 10"]), max_shift=0.0)
    assert len(told) == count


@pytest.mark.parametrize(("shift", "count"), [(4, 0), (5, 1)])
def test_a_few_pixels_are_no_other_place(shift, count):
    dataset = people(ann=["car 10 10 20 20"], bob=[f"car {10 + shift} {10 + shift} 20 20"])
    assert len(found(dataset)) == count


@pytest.mark.parametrize(("alone", "count"), [(3, 6), (4, 0)])
def test_people_who_add_to_each_others_work_do_not_disagree(alone, count):
    """Three of six boxes that each drew are of one object, or three of seven."""
    cells = [f"car {60 * n} 300 {60 * n + 40} 340" for n in range(8)]
    first = {"a.jpg": [*cells[:alone], *SHARED["s.jpg"]]}
    second = {"a.jpg": [*cells[alone : 2 * alone], *SHARED["s.jpg"]]}
    told = found(drawn_by({"ann": first, "bob": second}))
    assert len(told) == count


def test_who_did_not_label_an_image_says_nothing_of_it():
    both = {"a.jpg": [CAR], **SHARED}
    assert len(found(drawn_by({"ann": both, "bob": SHARED}))) == 0


def test_a_crowd_or_a_difficult_box_may_hold_what_is_missing():
    hidden = people(ann=[CAR], bob=["car 0 0 100 100 crowd"], cem=["car 0 0 99 99 difficult"])
    assert len(found(hidden)) == 0
    assert len(found(people(ann=[CAR], bob=["car 0 0 100 100"], cem=[]))) > 0


def test_a_kind_of_a_class_is_no_other_class():
    dataset = people(ann=[CAR], bob=[BIKE], cem=[BIKE])
    assert len(found(dataset)) == 1
    hierarchy = ClassHierarchy({"car": ("bike",)})
    assert len(audit(dataset, select="SRC005", hierarchy=hierarchy)) == 0


def test_what_two_people_say_of_one_object_is_not_told_as_a_conflict_of_one_dataset_again():
    dataset = people(ann=[CAR], bob=["bus 11 10 50 50"])
    assert "DUP003" in audit(dataset, select="DUP").code
    told = audit(dataset, select=["DUP", "SRC005"])
    assert "SRC005" in told.code
    assert "DUP003" not in told.code


def test_one_annotator_or_none_is_not_checked_and_told_why():
    alone = drawn_by({"ann": {"a.jpg": [CAR]}, "bob": {"b.jpg": [CAR]}})
    assert "labelled by two" in AuditContext(alone).lacking[Need.RATERS]
    nobody = dataclasses.replace(alone, attributes=None)
    assert "--by FIELD" in AuditContext(nobody).lacking[Need.RATERS]


def test_an_image_that_may_be_two_is_not_compared():
    dataset = people(ann=[CAR], bob=[BUS])
    assert len(found(dataset)) == 1
    twice = people(ann=[CAR], bob=[BUS])
    images = Images.concat([twice.images, twice.images])
    assert len(found(dataclasses.replace(twice, images=images))) == 0


def file_of(folder, name: str, *boxes: tuple[str, str, int]) -> str:
    """A COCO file of two images, with cars and buses at places of them."""
    names = ["a.jpg", "b.jpg"]
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}]
    content = {
        "images": [
            {"id": n + 1, "file_name": one, "width": 640, "height": 480}
            for n, one in enumerate(names)
        ],
        "categories": categories,
        "annotations": [
            {
                "id": number + 1,
                "image_id": names.index(image) + 1,
                "category_id": 1 + (label == "bus"),
                "bbox": [left, 10, 40, 40],
                "area": 1600,
                "iscrowd": 0,
            }
            for number, (image, label, left) in enumerate(boxes)
        ],
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return str(path)


def test_files_of_several_people_are_compared_where_the_user_says_so(tmp_path):
    agreed = [("a.jpg", "car", 100), ("a.jpg", "bus", 200)]
    paths = [
        file_of(tmp_path, "ann", *agreed, ("b.jpg", "car", 10)),
        file_of(tmp_path, "bob", *agreed, ("b.jpg", "car", 10)),
        file_of(tmp_path, "cem", *agreed),
    ]
    dataset = load(paths)
    assert len(audit(dataset, select="SRC005")) == 0  # they may as well be splits
    told = audit(dataset, select="SRC005", by="file")
    assert told.message.tolist() == ["file cem drew nothing where ann and bob drew car"]
    assert dataset.files.path[told.file[0]] == "cem.json"
    fixed = apply(dataset, told).dataset
    assert len(fixed.boxes) == len(dataset.boxes) + 1
    assert len(audit(fixed, select="SRC005", by="file")) == 0


def test_the_same_numbers_come_of_any_number_of_people_who_label_elsewhere():
    some = {"ann": {"a.jpg": [CAR], **SHARED}, "bob": {"a.jpg": [BUS], **SHARED}}
    others = {f"p{n}": {f"{n}.jpg": [CAR]} for n in range(40)}
    one, other = found(drawn_by(some)), found(drawn_by({**others, **some}))
    assert one.message.tolist() == other.message.tolist()
