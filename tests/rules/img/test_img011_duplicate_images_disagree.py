from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.core.ids import Ids
from labelaudit.dataset.class_hierarchy import ClassHierarchy
from labelaudit.dataset.merge import merged
from labelaudit.dataset.tables import Dataset, SplitMembership
from labelaudit.testing import images, with_columns
from tests.rules.img.twin_images import with_twins

CAR, BUS = "car 10 10 90 90", "bus 200 20 300 90"
SAME = "are the same picture, byte for byte, and their labels differ: "


def told(dataset: Dataset, **settings: object) -> list[str]:
    own = {"settings": {"IMG011": settings}} if settings else {}
    return audit(dataset, select=["IMG010", "IMG011"], **own).message.tolist()


def pair(folder: Path, one: list[str], other: list[str], **settings: object) -> list[str]:
    """What is said of two images with the same file and these boxes; beside them is a third."""
    dataset = images({"a.jpg": one, "b.jpg": other, "c.jpg": [BUS]})
    return [
        message.partition("differ: ")[2] or message
        for message in told(with_twins(dataset, folder, (0, 1)), **settings)
    ]


AGREED = ["2 images (a.jpg, b.jpg) are the same picture, byte for byte"]


def test_a_labelled_and_an_unlabelled_twin_are_one_finding_at_the_one_without_labels(tmp_path):
    dataset = with_twins(images({"a.jpg": [], "b.jpg": [CAR, BUS], "c.jpg": []}), tmp_path, (0, 1))
    findings = audit(dataset, select=["IMG"])
    assert findings.name.tolist() == ["duplicate-images-disagree"]
    assert findings.image.tolist() == [0]
    assert findings.message.tolist() == [
        f"2 images (a.jpg, b.jpg) {SAME}b.jpg has 2 boxes, a.jpg none"
    ]


def test_twins_with_the_same_labels_do_not_disagree(tmp_path):
    assert pair(tmp_path, [CAR, BUS], [BUS, CAR]) == AGREED
    assert pair(tmp_path, [], []) == AGREED


def test_another_class_in_one_place_is_named_with_both(tmp_path):
    assert pair(tmp_path, [CAR, BUS], ["van 11 10 90 90", BUS]) == [
        "1 box of another class (at 10, 10: car in a.jpg, van in b.jpg)"
    ]


def test_boxes_that_only_one_has_are_counted_for_each(tmp_path):
    assert pair(tmp_path, [CAR, BUS, "van 400 10 450 50"], [BUS, "van 500 10 600 200"]) == [
        "2 boxes only in a.jpg, 1 box only in b.jpg"
    ]


@pytest.mark.parametrize(("right", "agrees"), [(50, True), (49, False)])
def test_boxes_are_of_one_object_from_an_overlap_of_one_half_on(tmp_path, right, agrees):
    one, other = ["car 0 0 100 100"], [f"car 0 0 {right} 100"]
    assert (pair(tmp_path, one, other) == AGREED) is agrees
    assert (pair(tmp_path, one, other, min_overlap=0.49) == AGREED) is True
    assert (pair(tmp_path, one, other, min_overlap=0.51) == AGREED) is False


def test_of_two_boxes_in_one_place_each_finds_that_of_its_class(tmp_path):
    person, rider = "person 10 10 90 90", "rider 11 10 90 90"
    assert pair(tmp_path, [person, rider], ["rider 10 10 90 90", "person 11 10 90 90"]) == AGREED


@pytest.mark.parametrize("kind", ["crowd", "difficult"])
def test_crowds_and_difficult_objects_need_no_partner(tmp_path, kind):
    other = f"van 200 20 300 90 {kind}"
    assert pair(tmp_path, [CAR], [CAR, f"{BUS} {kind}"]) == AGREED
    assert pair(tmp_path, [CAR, BUS], [CAR, other]) == AGREED
    assert pair(tmp_path, [CAR, other], [CAR, BUS]) == AGREED
    assert pair(tmp_path, [CAR, f"van 1 1 9 9 {kind}"], [CAR, f"van 50 1 99 9 {kind}"]) == AGREED


def test_a_box_that_is_written_twice_is_one(tmp_path):
    assert pair(tmp_path, [CAR, CAR], [CAR]) == AGREED


def test_boxes_that_nobody_can_read_are_not_compared(tmp_path):
    assert pair(tmp_path, [CAR], ["car nan 1 2 3"]) == AGREED
    assert pair(tmp_path, [CAR], ["car 1 1 1 5"]) == AGREED


def test_images_that_share_an_id_are_not_compared(tmp_path):
    dataset = images({"a.jpg": [CAR], "b.jpg": [], "c.jpg": []})
    dataset = with_twins(dataset, tmp_path, (0, 1))
    assert told(dataset) != AGREED
    assert told(with_columns(dataset, "images", id=Ids.of([1, 2, 2]))) == AGREED


def test_of_many_twins_each_is_compared_with_the_one_that_has_most(tmp_path):
    boxes = [[CAR], [], [CAR, BUS], [], [CAR, "van 200 20 300 90"], ["van 1 1 9 9"]]
    dataset = images({f"{n}.jpg": some for n, some in enumerate(boxes)})
    assert told(with_twins(dataset, tmp_path, range(6))) == [
        f"6 images (0.jpg, 1.jpg, 2.jpg, ...) {SAME}2.jpg has 2 boxes; 2 of them have none; "
        "1 box only in 2.jpg, and 2 more differ"
    ]


def test_an_image_in_a_split_without_any_labels_is_not_unlabelled(tmp_path):
    train, test = images({"a.jpg": [CAR]}), images({"b.jpg": [], "c.jpg": []})
    dataset = with_twins(merged([train, test], ["train", "test"]), tmp_path, (0, 1))
    assert len(told(dataset)) == 1
    assert "differ" not in told(dataset)[0]
    labelled = merged([train, images({"b.jpg": [], "c.jpg": [CAR]})], ["train", "test"])
    (message,) = told(with_twins(labelled, tmp_path, (0, 1)))
    assert message.endswith("differ: a.jpg (train) has 1 box, b.jpg (test) none")


def test_an_image_in_no_split_is_compared(tmp_path):
    dataset = with_twins(images({"a.jpg": [CAR], "b.jpg": [], "c.jpg": []}), tmp_path, (0, 1))
    member = SplitMembership.of(1, split=[0], image=[2])
    dataset = dataclasses.replace(dataset, splits=("test",), split_members=member)
    assert "differ" in told(dataset)[0]


def test_groups_that_agree_are_told_as_duplicates_beside_those_that_do_not(tmp_path):
    dataset = images(
        {
            "a.jpg": [CAR],
            "b.jpg": [],
            "c.jpg": [BUS],
            "d.jpg": [BUS],
            "e.jpg": [CAR],
            "f.jpg": [BUS],
        }
    )
    dataset = with_twins(dataset, tmp_path, (0, 1), (2, 3), (4, 5))
    codes = audit(dataset, select=["IMG010", "IMG011"]).code.tolist()
    assert codes == ["IMG010", "IMG011", "IMG011"]


def completed(folder: Path, *labels: list[str]) -> list[list[list[float]]]:
    """The boxes of images of one file after all fixes, image by image."""
    dataset = images({f"{n}.jpg": boxes for n, boxes in enumerate(labels)})
    dataset = with_twins(dataset, folder, range(len(labels)))
    boxes = fixed(scan(dataset, Options(select=("IMG011",))), unsafe=True).dataset.boxes
    return [sorted(boxes.xyxy[boxes.image == row].tolist()) for row in range(len(labels))]


def test_images_of_one_file_get_the_boxes_that_others_of_them_have(tmp_path):
    car, bus, van = [10, 10, 90, 90], [200, 20, 300, 90], [400, 10, 450, 50]
    assert completed(tmp_path, [CAR, BUS], []) == [[car, bus]] * 2
    assert completed(tmp_path, [CAR], [BUS]) == [[car, bus]] * 2
    several = completed(tmp_path, [CAR], [BUS], [], [BUS], ["van 400 10 450 50", CAR])
    assert several == [[car, bus, van]] * 5


def test_one_fix_completes_two_images_of_one_file(tmp_path):
    dataset = with_twins(images({"a.jpg": [CAR], "b.jpg": [BUS]}), tmp_path, (0, 1))
    cleaned = apply(dataset, audit(dataset, select=["IMG011"])).dataset
    assert told(cleaned) == AGREED


def test_where_a_class_differs_nothing_is_carried(tmp_path):
    dataset = images({"a.jpg": [CAR, BUS], "b.jpg": ["bus 10 10 90 90"], "c.jpg": []})
    findings = audit(with_twins(dataset, tmp_path, (0, 1, 2)), select=["IMG011"])
    assert findings.fix.tolist() == [None]


def classes_of(folder: Path, *labels: list[str]) -> list[list[str]] | None:
    """The classes of identical images after the fix, image by image; None if there is none."""
    dataset = images({f"{row}.jpg": boxes for row, boxes in enumerate(labels)})
    before = with_twins(dataset, folder, tuple(range(len(labels))))
    findings = audit(before, select=["IMG011"])
    if findings.fix.tolist() == [None]:
        return None
    after = apply(before, findings).dataset
    assert not len(audit(after, select=["IMG011"]))
    names = [after.categories.name[label] for label in after.boxes.label.tolist()]
    of_image = after.boxes.image.tolist()
    return [
        sorted(name for name, image in zip(names, of_image, strict=True) if image == row)
        for row in range(len(labels))
    ]


def test_boxes_get_the_class_that_most_of_the_images_give_an_object(tmp_path):
    van = "van 11 10 90 90"
    assert classes_of(tmp_path / "a", [CAR], [van], [CAR]) == [["car"]] * 3
    assert classes_of(tmp_path / "b", [CAR], [van], [van]) == [["van"]] * 3
    assert classes_of(tmp_path / "c", [CAR, BUS], [van], [van, BUS]) == [["bus", "van"]] * 3
    assert classes_of(tmp_path / "d", [CAR, BUS], [van, BUS], [van], []) == [["bus", "van"]] * 4


def test_no_class_is_chosen_that_not_more_than_half_of_the_images_with_the_object_give_it(tmp_path):
    van, bus = "van 11 10 90 90", "bus 11 10 90 90"
    assert classes_of(tmp_path / "a", [CAR], [van]) is None
    assert classes_of(tmp_path / "b", [CAR], [van], [bus]) is None
    assert classes_of(tmp_path / "c", [CAR], [CAR], [van], [van]) is None
    assert classes_of(tmp_path / "d", [CAR], [CAR], [van], [bus]) is None
    assert classes_of(tmp_path / "e", [CAR, BUS], [van], [BUS]) is None  # one has no such box


def test_the_class_may_be_of_another_file(tmp_path):
    labels = ([CAR], ["van 11 10 90 90"], ["van 10 10 90 90"])
    parts = [images({f"{row}.jpg": boxes}) for row, boxes in enumerate(labels)]
    dataset = with_twins(merged(parts, ["x", "y", "z"]), tmp_path, (0, 1, 2))
    after = apply(dataset, audit(dataset, select=["IMG011"])).dataset
    assert after.categories.name[after.boxes.label].tolist() == ["van"] * 3


@pytest.mark.parametrize(("other", "differs"), [("animal", False), ("dog", True)])
def test_a_kind_of_a_class_on_the_same_object_is_no_difference(tmp_path, other, differs):
    animals = ClassHierarchy({"animal": ("cat", "dog")})
    dataset = images({"a.jpg": ["cat 10 10 90 90"], "b.jpg": [f"{other} 10 10 90 90"]})
    dataset = with_twins(dataset, tmp_path, (0, 1))
    assert len(audit(dataset, select=["IMG011"])) == 1
    assert len(audit(dataset, select=["IMG011"], hierarchy=animals)) == differs
