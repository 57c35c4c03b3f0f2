"""An object whose label is there and broken is not reported as missing."""

from __future__ import annotations

import pytest

from labelaudit.auditing.run import audit
from labelaudit.rules.mod.mod001_missing_box import missing_box
from labelaudit.testing import images, with_label_issues

PLACE = "missing 0.9 0 car 10 10 50 50"
WHOLE = "car 300 300 340 340"


def places(*labels: str, more: tuple[str, ...] = ()) -> list[float]:
    """The left edges of the places that are reported, in an image with these labels."""
    dataset = images({"a.jpg": [WHOLE, "bus 400 300 440 340", *labels], "b.jpg": [WHOLE]})
    found = missing_box(with_label_issues(dataset, PLACE, *more))
    return sorted(fix.values["xyxy"][0] for fix in found.fix)


@pytest.mark.parametrize(
    "label",
    [
        "car 10 10 10 50",  # without an inside
        "car 50 50 10 10",  # inverted
        "car 700 10 740 50",  # outside of its image
        "car nan 10 50 50",
    ],
)
def test_the_object_of_a_broken_label_is_not_missing(label):
    assert places(label) == []


@pytest.mark.parametrize(
    "label",
    [
        "bus 10 10 10 50",  # of another class
        "car 200 200 200 250",  # elsewhere
        "car 10 10 10 50 crowd",
        "car 700 10 740 50 difficult",
        "car 600 10 700 50",  # in the image in part
    ],
)
def test_any_other_object_is_missing_all_the_same(label):
    assert places(label) == [10]


def test_a_label_that_is_nowhere_stands_for_the_most_probable_place_alone():
    less = ("missing 0.8 0 car 100 100 150 150", "missing 0.95 0 bus 200 200 250 250")
    assert places(more=less) == [10, 100, 200]
    assert places("car 700 10 740 50", more=less) == [100, 200]
    assert places("car 700 10 740 50", "car nan 1 2 3", more=less) == [200]


def test_a_place_with_a_broken_label_of_its_own_is_not_taken_for_that_of_another():
    less = ("missing 0.8 0 car 100 100 150 150",)
    assert places("car 10 10 10 50", "car 700 10 740 50", more=less) == []


def test_labels_of_other_images_are_no_matter():
    dataset = images({"a.jpg": [WHOLE], "b.jpg": [WHOLE, "car 10 10 10 50", "car 700 1 740 9"]})
    assert len(missing_box(with_label_issues(dataset, PLACE))) == 1


def test_a_label_outside_of_its_image_is_one_finding():
    dataset = images({"a.jpg": [WHOLE, "car 700 10 740 50"]})
    judged = with_label_issues(dataset, "1 spurious 0.9", "0 spurious 0.9", PLACE)
    found = audit(dataset, label_issues=judged.label_issues, select=["MOD", "GEO004"])
    assert sorted(zip(found.code.tolist(), found.box.tolist(), strict=True)) == [
        ("GEO004", 1),
        ("MOD004", 0),
    ]
