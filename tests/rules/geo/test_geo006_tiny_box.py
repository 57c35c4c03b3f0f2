from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.network.settings import network_settings
from labelaudit.testing import as_format, one_image, with_columns


def test_a_box_of_one_pixel_is_found_and_its_neighbour_is_not():
    findings = audit(one_image("cell 10 10 40 40", "cell 50 20 51 21"), select=["GEO006"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.WARNING]
    assert findings.message.tolist() == ["cell is 1 x 1 px: too small to be seen"]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.BOX, 1)]


def test_two_pixels_are_enough():
    boxes = one_image("cell 10 10 12 90", "cell 10 10 11.9 90", "cell 10 10 90 11.9")
    assert audit(boxes, select=["GEO006"]).box.tolist() == [1, 2]


def test_what_is_below_a_pixel_at_the_training_size_is_worth_knowing():
    dataset = one_image("cell 10 10 90 13.8", "cell 10 10 90 14", size=(2560, 1920))
    findings = audit(dataset, select=["GEO006"])
    assert findings.box.tolist() == [0]
    assert findings.severity.tolist() == [Severity.INFO]
    words = "cell is 80 x 3.8 px, 0.95 px at training size 640: too small to be seen"
    assert findings.message.tolist() == [words]


def test_the_training_size_is_a_setting():
    settings = {"tiny-box": {"training-size": 320}}
    dataset = one_image("cell 10 10 90 14", size=(2560, 1920))
    assert len(audit(dataset, select=["GEO006"], settings=settings)) == 1


def test_where_a_network_is_named_its_size_counts():
    dataset = one_image("cell 10 10 90 14", "cell 10 40 90 47")
    network = network_settings(train_size=160, name="mobilenet_v2")
    named = audit(dataset, select=["GEO006"], network=network)
    assert len(named) == len(audit(dataset, select=["GEO006"])) == 0
    smaller = audit(dataset, select=["GEO006"], network=network.resized(120))
    assert smaller.message.tolist() == [
        "cell is 80 x 4 px, 0.75 px at training size 120: too small to be seen"
    ]


def test_an_image_that_a_network_stretches_is_judged_by_width_and_height_apart():
    dataset = one_image("cell 10 10 13 300", "cell 10 10 300 13")
    network = network_settings(train_size=(480, 200), fit="stretch")
    assert audit(dataset, select=["GEO006"], network=network).box.tolist() == [0]


def test_a_small_image_is_made_larger_for_training_but_its_boxes_stay_tiny():
    assert len(audit(one_image("cell 10 10 11 11", size=(64, 64)), select=["GEO006"])) == 1


@pytest.mark.parametrize(
    "box", ["cell 9 9 10 10 crowd", "cell 9 9 10 10 difficult", "cell 9 9 9 10", "cell 9 9 8 8"]
)
def test_crowds_difficult_flat_and_inverted_boxes_are_left_alone(box):
    assert len(audit(one_image(box), select=["GEO006"])) == 0


def test_a_box_wholly_outside_is_left_to_its_own_rule():
    assert len(audit(one_image("cell 700 9 701 10"), select=["GEO006"])) == 0


def test_without_a_size_of_the_image_the_pixels_of_the_box_still_count():
    dataset = one_image("cell 10 10 11 11", "cell 10 10 90 13.9", size=(np.nan, np.nan))
    assert audit(dataset, select=["GEO006"]).box.tolist() == [0]


def test_pixels_of_an_assumed_size_are_no_pixels():
    dataset = with_columns(one_image("cell 10 10 11 11"), "images", assumed=[True])
    assert len(audit(dataset, select=["GEO006"])) == 0


def test_of_one_pixel_in_voc_it_says_who_stops_as_both_corners_are_the_same():
    dataset = as_format(one_image("cell 10 10 11 40", "cell 50 50 51.5 90"), "voc")
    first, second = audit(dataset, select=["GEO006"]).message.tolist()
    assert first.endswith("so who subtracts corners gets 0, at which torchvision stops")
    assert second.endswith("too small to be seen")
