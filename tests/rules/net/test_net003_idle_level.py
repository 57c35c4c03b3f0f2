from __future__ import annotations

import pytest

from labelaudit.auditing.run import audit
from labelaudit.network.settings import network_settings
from labelaudit.testing import one_image

NETWORK = network_settings(train_size=640, strides=[8, 16, 32], anchor_scales=[4])


def cars(side: int, count: int, label: str = "car") -> list[str]:
    return [f"{label} {x} {x / 2} {x + side} {x / 2 + side}" for x in range(count)]


def told(*boxes: str, **settings: float) -> list[str]:
    findings = audit(
        one_image(*boxes), select=["NET003"], network=NETWORK, settings={"NET003": settings}
    )
    return findings.message.tolist()


def test_levels_that_no_box_needs_are_one_finding():
    assert told(*cars(64, 100)) == [
        "stride 8 has 76 % of the places and none of 100 boxes: without it, 0 boxes are lost; "
        "stride 32 has 5 % of the places and none of 100 boxes: without it, 0 boxes are lost"
    ]


def test_levels_that_boxes_are_at_are_not_told():
    assert told(*cars(32, 60), *cars(64, 60), *cars(128, 60)) == []


@pytest.mark.parametrize(("other", "count"), [(1, 1), (2, 0)])
def test_a_hundredth_of_the_boxes_may_be_lost(other: int, count: int):
    boxes = [*cars(64, 60), *cars(128, 60), *cars(32, other, "cup")]
    assert len(told(*boxes, min_places=0.5)) == count


def test_no_class_may_lose_more_than_its_share():
    boxes = [*cars(64, 2500), *cars(128, 2500), *cars(32, 25, "cup")]
    assert not told(*boxes, min_places=0.5)
    assert told(*boxes, min_places=0.5, max_lost_of_class=1.0)


def test_who_takes_the_boxes_of_a_level_is_said():
    boxes = [*cars(64, 120), *cars(128, 120), "car 8 8 44 44"]
    assert told(*boxes, min_places=0.5) == [
        "stride 8 has 76 % of the places and 1 of 241 boxes (0.4 %), which go 1 to stride 16: "
        "without it, 1 box is lost"
    ]


def test_few_boxes_say_nothing():
    assert told(*cars(64, 100)) != []
    assert told(*cars(64, 99)) == []


def test_a_level_of_few_places_is_not_worth_a_word():
    assert "stride 32" in told(*cars(64, 100), min_places=0.0476)[0]
    assert "stride 32" not in told(*cars(64, 100), min_places=0.0477)[0]


def test_the_only_level_is_not_idle():
    network = network_settings(train_size=640, strides=[8], anchor_scales=[4])
    assert len(audit(one_image(*cars(300, 100)), select=["NET003"], network=network)) == 0


@pytest.mark.parametrize(("stride", "places"), [(40, "3 %"), (46, None)])
def test_a_level_is_worth_a_word_from_three_hundredths_of_the_places_on(
    stride: int, places: str | None
):
    network = network_settings(train_size=640, strides=[8, 16, stride], anchor_scales=[4])
    boxes = one_image(*cars(32, 60), *cars(64, 60))
    messages = audit(boxes, select=["NET003"], network=network).message.tolist()
    assert [text.partition(" of the places")[0] for text in messages] == (
        [f"stride {stride} has {places}"] if places else []
    )
