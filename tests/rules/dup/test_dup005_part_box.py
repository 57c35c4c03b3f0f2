from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import one_image

WHOLE = "car 100 100 300 200"


def test_a_half_is_found_and_a_car_in_front_of_another_is_not():
    half, before = "car 200 100 300 200", "car 420 410 550 470"
    findings = audit(one_image(WHOLE, half, "car 400 400 600 475", before), select=["DUP005"])
    assert findings.box.tolist() == [1]
    assert findings.other.tolist() == [0]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.fix.tolist() == [Fix("drop", Safety.UNSAFE, RecordType.BOX, 1)]
    assert findings.message.tolist() == [
        "car is 50% of another car and ends with it on 3 sides: "
        "a part of an object that is labelled as a whole"
    ]


@pytest.mark.parametrize(
    ("left", "count"), [(140, 0), (141, 1), (220, 1), (221, 0)]
)  # 0.8, less, 0.4, less
def test_a_part_is_about_half_of_the_whole(left, count):
    assert len(audit(one_image(WHOLE, f"car {left} 100 300 200"), select=["DUP005"])) == count


@pytest.mark.parametrize(("right", "count"), [(304, 1), (305, 1), (306, 0)])
def test_a_part_is_inside_the_whole(right, count):
    settings = {"part-box": {"tolerance": 0.1}}
    dataset = one_image(WHOLE, f"car {right - 100} 100 {right} 200")
    assert len(audit(dataset, select=["DUP005"], settings=settings)) == count


@pytest.mark.parametrize(("shift", "count"), [(4, 1), (5, 0)])
def test_two_sides_must_end_together(shift, count):
    box = f"car {220 - shift} 100 {300 - shift} 200"  # below, above, and maybe right
    assert len(audit(one_image(WHOLE, box), select=["DUP005"])) == 1
    box = f"car {220 - shift} 110 {300 - shift} 200"  # below, and maybe right
    assert len(audit(one_image(WHOLE, box), select=["DUP005"], settings=LESS)) == count


LESS = {"part-box": {"min-share": 0.3}}


def test_a_pixel_is_allowed_on_small_boxes():
    assert len(audit(one_image("car 10 10 30 20", "car 11 11 20 20"), select=["DUP005"])) == 1
    assert len(audit(one_image("car 10 10 30 20", "car 12 12 22 20"), select=["DUP005"])) == 0


def test_sides_at_the_border_of_the_image_do_not_count():
    dataset = one_image("car 440 380 640 480", "car 520 390 640 480")
    assert len(audit(dataset, select=["DUP005"])) == 0


@pytest.mark.parametrize("size", [1.0, float("nan")])
def test_a_pixel_is_not_allowed_on_boxes_in_fractions(size):
    dataset = one_image("car 0.1 0.1 0.9 0.5", "car 0.3 0.2 0.8 0.5", size=(size, size))
    assert len(audit(dataset, select=["DUP005"])) == 0


def test_a_box_around_two_halves_is_another_matter():
    dataset = one_image(WHOLE, "car 100 100 200 200", "car 200 100 300 200")
    assert len(audit(dataset, select=["DUP005"])) == 0
    assert len(audit(dataset, select=["DUP004"])) == 1


def test_thresholds_are_settings():
    quarter = one_image(WHOLE, "car 250 100 300 200")
    settings = {"part-box": {"min-share": 0.25}}
    assert len(audit(quarter, select=["DUP005"], settings=settings)) == 1
    half = one_image(WHOLE, "car 200 100 300 200")
    assert len(audit(half, select=["DUP005"], settings={"part-box": {"min-sides": 4}})) == 0
    assert len(audit(half, select=["DUP005"], settings={"part-box": {"max-share": 0.5}})) == 0


@pytest.mark.parametrize(
    "box", ["van 200 100 300 200", "car 200 100 300 200 crowd", "car 200 100 300 200 difficult"]
)
def test_other_classes_crowds_and_difficult_boxes_are_left_alone(box):
    assert len(audit(one_image(WHOLE, box), select=["DUP005"])) == 0
