from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import scan
from labelaudit.network.settings import NetworkSettings, network_settings
from labelaudit.testing import images, one_image

NETWORK = network_settings(train_size=640, strides=[16], anchor_scales=[4])
POLES = [f"pole {x} 0 {x + 20} 400" for x in range(0, 600, 50)]
CARS = [f"car {x} 100 {x + 64} 164" for x in range(8, 568, 32)]


def told(*boxes: str, network: NetworkSettings = NETWORK, **settings: float) -> list[str]:
    findings = audit(
        one_image(*boxes), select=["NET002"], network=network, settings={"NET002": settings}
    )
    return findings.message.tolist()


def test_a_class_whose_boxes_no_anchor_overlaps_is_told_with_better_anchors():
    first = told(*POLES)[0]
    assert first.startswith("pole: 12 of 12 boxes (100 %) overlap no anchor by .5, 12 none by .4; ")
    assert "20x400 leaves" in first


def test_boxes_that_fit_are_not_told():
    assert told(*CARS) == []


def test_an_anchor_that_fits_no_better_is_not_offered():
    first = told(*POLES, *CARS * 3)
    assert len(first) == 1
    assert "leave" not in first[0]


@pytest.mark.parametrize(("least", "count"), [(12, 1), (13, 0)])
def test_so_many_boxes_are_wanted(least: int, count: int):
    assert len(told(*POLES, min_count=least)) == count


def test_a_share_of_the_class_is_wanted():
    boxes = [*POLES, *(box.replace("car", "pole") for box in CARS[:12])]
    assert len(told(*boxes, min_share=0.5)) == 1
    assert len(told(*boxes, min_share=0.51)) == 0


def test_it_is_worth_knowing_and_never_more():
    found = audit(one_image(*POLES), select=["NET002"], network=NETWORK)
    assert found.severity.tolist() == [Severity.INFO]


def test_a_network_that_matches_by_sides_says_so():
    yolo = network_settings(name="yolov5", train_size=640)
    thin = [f"wire {x} 0 {x + 2} 400" for x in range(0, 600, 50)]
    assert told(*thin, network=yolo)[0].startswith(
        "wire: 12 of 12 boxes (100 %) are 4 times off all anchors, 12 none by .4"
    )
    assert told(*POLES[:2], *CARS, network=yolo) == []


def test_a_network_without_anchors_is_not_checked_and_that_is_said():
    network = network_settings(train_size=640, name="yolov8")
    result = scan(one_image(*POLES), Options(network=network))
    assert result.not_checked["NET002"] == "yolov8 has no anchors, or none were given"
    assert "NET001" not in result.not_checked


def test_without_a_network_the_reason_names_the_option():
    result = scan(one_image(*POLES))
    reasons = {result.not_checked[f"NET00{number}"] for number in (1, 2, 3, 4)}
    assert reasons == {"no network was named; --train-size 320 does"}


@pytest.mark.parametrize(("count", "expected"), [(10, 1), (9, 0)])
def test_ten_boxes_are_wanted(count: int, expected: int):
    assert len(told(*POLES[:count])) == expected


@pytest.mark.parametrize(("fitting", "expected"), [(48, 1), (49, 0)])
def test_a_fifth_of_the_class_is_wanted(fitting: int, expected: int):
    cars = [f"pole {x} {y} {x + 64} {y + 64}" for y in (104, 200, 296) for x in range(8, 568, 32)]
    assert len(told(*POLES, *cars[:fitting])) == expected


@pytest.mark.parametrize(("classes", "more"), [(10, False), (11, True)])
def test_ten_classes_are_told(classes: int, more: bool):
    poles = {f"{n}.jpg": [box.replace("pole", f"p{n}") for box in POLES] for n in range(classes)}
    messages = audit(images(poles), select=["NET002"], network=NETWORK).message.tolist()
    assert len(messages) == 10
    assert messages[0].endswith("; so it is with 1 more class") == more
