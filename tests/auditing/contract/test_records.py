from __future__ import annotations

import json

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import images, one_image, with_columns
from tests.auditing.contract.holding import only, outcome, told

STREET = images(
    {
        "a.jpg": ["car 0 0 10 40", "car 100 0 140 40", "bus 200 0 300 90"],
        "b.jpg": ["car 0 0 4 4"],
        "c.jpg": [],
        "d.jpg": [],
    }
)
NOTHING = images({})
BARE = images({"a.jpg": []})


def test_classes_that_may_occur():
    assert told(STREET, {"classes": ["car", "bus", "van"]})[0] == "passed"
    failed = only(STREET, {"classes": ["car", "buss"]})
    assert (failed.status, failed.found) == ("failed", "also bus")
    assert failed.worst.message.tolist() == ["bus is not allowed; did you mean 'buss'? (1 box)"]
    assert failed.worst.category.tolist() == [1]
    assert told(BARE, {"classes": ["car"]}) == ("not evaluated", "the labels name no class")


def test_a_class_without_a_box_must_be_allowed_as_well():
    unused = with_columns(STREET, "categories", name=["car", "van"])
    unused = with_columns(unused, "boxes", label=[0, 0, 0, 0])
    assert told(unused, {"classes": ["car"]}) == ("failed", "also van")


def test_classes_that_must_have_boxes():
    assert told(STREET, {"required-classes": ["car", "bus"]})[0] == "passed"
    found = told(STREET, {"required-classes": ["van", "car", "cow"]})
    assert found == ("failed", "none of van, cow")
    unused = with_columns(STREET, "boxes", label=[0, 0, 0, 0])
    assert told(unused, {"required-classes": ["bus"]}) == ("failed", "none of bus")


def test_names_of_a_hierarchy_that_no_class_has_are_told():
    assert outcome(STREET, {"hierarchy": {"car": ["bus"]}}).requirements == ()
    found = only(STREET, {"hierarchy": {"car": ["buss"]}})
    assert (found.status, found.found) == (
        "not evaluated",
        "no class is called 'buss'; did you mean 'bus'?",
    )
    assert only(STREET, {"hierarchy": {"carr": ["bus"]}}).expected == "carr is a class"


@pytest.mark.parametrize(
    ("bounds", "status", "found"),
    [
        ({"min": 4}, "passed", "none of 4 boxes outside"),
        ({"min": 4.5}, "failed", "25 % (1 of 4 boxes) outside"),
        ({"min": 4.5, "max-share": 0.25}, "passed", "25 % (1 of 4 boxes) outside"),
        ({"min": 11, "max-share": 0.25}, "failed", "50 % (2 of 4 boxes) outside"),
        ({"max": 90}, "passed", "none of 4 boxes outside"),
        ({"max": 89}, "failed", "25 % (1 of 4 boxes) outside"),
        ({"min": 5, "max": 89}, "failed", "50 % (2 of 4 boxes) outside"),
    ],
)
def test_the_shorter_side_of_boxes(bounds, status, found):
    assert told(STREET, {"box-side": bounds}) == (status, found)


def test_the_smallest_box_is_named_first():
    worst = only(STREET, {"box-side": {"min": 41}}).worst
    assert worst.box.tolist() == [3, 0, 1]
    assert worst.image.tolist() == [1, 0, 0]
    assert worst.message.tolist()[0] == "car is 4 x 4 px"


@pytest.mark.parametrize(("train_size", "status"), [(640, "passed"), (320, "failed")])
def test_boxes_are_measured_at_the_training_size(train_size, status):
    bounds = {"min": 4, "train-size": train_size}
    assert told(STREET, {"box-side": bounds})[0] == status


def test_sides_that_nobody_knows_are_not_evaluated():
    bounds = {"box-side": {"min": 4}}
    trained = {"box-side": {"min": 4, "train-size": 320}}
    assert told(BARE, bounds) == ("not evaluated", "there are no boxes")
    sizeless = with_columns(STREET, "images", size=np.full((4, 2), np.nan))
    assert told(sizeless, bounds)[0] == "passed"
    assert told(sizeless, trained) == ("not evaluated", "no size of an image is known")
    assumed = with_columns(STREET, "images", assumed=[True] * 4)
    found = ("not evaluated", "boxes are fractions of images of unknown sizes")
    assert told(assumed, bounds) == found
    partly = with_columns(STREET, "images", assumed=[False, True, False, False])
    found = ("not evaluated", "the sides of 1 box are not known; none of 3 boxes outside")
    assert told(partly, {"box-side": {"min": 9}}) == found
    elsewhere = with_columns(STREET, "images", assumed=[True, True, False, False])
    found = ("not evaluated", "the sides of 4 boxes are not known; none of 0 boxes outside")
    assert told(elsewhere, {"box-side": {"min": 9}}) == found


@pytest.mark.parametrize(
    ("bounds", "status"),
    [
        ({"min": 9, "max-share": 0.25}, "passed"),  # even if the fourth is smaller
        ({"min": 9, "max-share": 0.24}, "not evaluated"),
        ({"min": 11, "max-share": 0.5}, "passed"),
        ({"min": 11, "max-share": 0.49}, "not evaluated"),
        ({"min": 11, "max-share": 0.25}, "not evaluated"),
        ({"min": 11, "max-share": 0.24}, "failed"),  # even if the fourth is larger
    ],
)
def test_what_nobody_could_measure_decides_where_it_matters(bounds, status):
    partly = with_columns(STREET, "images", assumed=[False, True, False, False])
    assert told(partly, {"box-side": bounds})[0] == status


def test_images_of_unknown_sizes_let_no_requirement_of_sizes_pass():
    size = [[640, 480], [640, 480], [640, 480], [np.nan, np.nan]]
    partly = with_columns(STREET, "images", size=size)
    found = ("not evaluated", "the sizes of 1 image are not known; none of 3 images outside")
    assert told(partly, {"image-sizes": [[640, 480]]}) == found
    assert told(partly, {"image-side": {"min": 480}}) == found
    assert told(partly, {"image-side": {"min": 480, "max-share": 0.25}})[0] == "passed"
    assert told(partly, {"image-sizes": [[480, 480]]})[0] == "failed"


def test_a_region_of_many_objects_has_no_least_side():
    assert told(one_image("car 0 0 9 9", "car 0 0 1 1 crowd"), {"box-side": {"min": 9}}) == (
        "passed",
        "none of 1 box outside",
    )


@pytest.mark.parametrize(
    ("bounds", "status", "rows"),
    [
        ({"max": 3}, "passed", []),
        ({"max": 2}, "failed", [0]),
        ({"min": 1}, "failed", [2, 3]),
        ({"min": 1, "max-share": 0.5}, "passed", []),
        ({"min": 1, "max-share": 0.49}, "failed", [2, 3]),
    ],
)
def test_boxes_per_image(bounds, status, rows):
    found = only(STREET, {"boxes-per-image": bounds})
    assert (found.status, found.worst.image.tolist()) == (status, rows)


def test_nothing_is_known_of_no_images():
    for key in ("boxes-per-image", "images-without-boxes"):
        assert told(NOTHING, {key: {"max": 1}}) == ("not evaluated", "there are no images")
    for contract in ({"image-side": {"min": 1}}, {"image-sizes": [[640, 480]]}):
        assert told(NOTHING, contract) == ("not evaluated", "no size of an image is known")


@pytest.mark.parametrize(
    ("bounds", "status"),
    [
        ({"min": 0.5}, "passed"),
        ({"min": 0.51}, "failed"),
        ({"max": 0.5}, "passed"),
        ({"max": 0.49}, "failed"),
    ],
)
def test_the_share_of_images_without_boxes(bounds, status):
    found = told(STREET, {"images-without-boxes": bounds})
    assert found == (status, "50 % (2 of 4 images) without a box")


@pytest.mark.parametrize(
    ("bounds", "status"),
    [
        ({"min": 480}, "passed"),
        ({"min": 481}, "failed"),
        ({"max": 640}, "passed"),
        ({"max": 639}, "failed"),
        ({"max": 639, "max-share": 1.0}, "passed"),
    ],
)
def test_sides_of_images(bounds, status):
    assert told(STREET, {"image-side": bounds})[0] == status


def test_sizes_of_images():
    mixed = with_columns(STREET, "images", size=[[640, 480], [480, 640], [640, 480], [640, 480]])
    assert told(mixed, {"image-sizes": [[640, 480], [480, 640]]})[0] == "passed"
    failed = only(mixed, {"image-sizes": [[640, 480]]})
    assert (failed.status, failed.found) == ("failed", "25 % (1 of 4 images) outside")
    assert failed.worst.message.tolist() == ["480 x 640 px"]
    unknown = with_columns(STREET, "images", assumed=[True] * 4)
    assert told(unknown, {"image-sizes": [[1, 1]]})[0] == "not evaluated"


@pytest.fixture
def occluded(tmp_path) -> Dataset:
    """Boxes of which the first two say whether they are occluded."""
    box = {"image_id": 1, "category_id": 1, "area": 100, "iscrowd": 0}
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 64, "height": 64}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [
            {**box, "id": 1, "bbox": [0, 0, 10, 10], "attributes": {"occluded": False}},
            {**box, "id": 2, "bbox": [20, 0, 10, 10], "attributes": {"occluded": True}},
            {**box, "id": 3, "bbox": [40, 0, 10, 10], "attributes": {}},
        ],
    }
    path = tmp_path / "labels.json"
    path.write_text(json.dumps(labels))
    return load(path)


def test_attributes_that_each_box_must_have(occluded):
    failed = only(occluded, {"required-attributes": ["occluded"]})
    assert (failed.status, failed.found) == ("failed", "33.3 % (1 of 3 boxes) say none")
    assert failed.worst.box.tolist() == [2]
    some = occluded.keep(boxes=np.array([True, True, False]))
    assert told(some, {"required-attributes": ["occluded"]}) == ("passed", "each of 2 boxes")


def test_an_attribute_that_nothing_has_is_not_evaluated(occluded):
    status, why = told(occluded, {"required-attributes": ["ocluded"]})
    assert status == "not evaluated"
    assert "no field is called 'ocluded'; did you mean" in why
    none = occluded.keep(boxes=np.zeros(3, bool))
    assert told(none, {"required-attributes": ["class"]}) == (
        "not evaluated",
        "there are no boxes",
    )
