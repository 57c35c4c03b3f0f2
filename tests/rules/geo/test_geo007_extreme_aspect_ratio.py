from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.testing import one_image, with_columns


@pytest.mark.parametrize("box", ["ski 0 50 600 56", "ski 50 0 54 400"])
def test_a_strip_is_found_lying_and_standing(box):
    findings = audit(one_image("ski 10 10 40 40", box), select=["GEO007"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.message[0].endswith("px, 100 to 1")


def test_thirty_to_one_is_found_and_a_little_less_is_not():
    dataset = one_image("ski 10 10 310 20", "ski 10 10 309 20")
    assert audit(dataset, select=["GEO007"]).box.tolist() == [0]


def test_the_ratio_is_a_setting():
    settings = {"extreme-aspect-ratio": {"max-ratio": 3}}
    assert len(audit(one_image("ski 10 10 40 20"), select=["GEO007"], settings=settings)) == 1


def test_a_box_below_two_pixels_is_left_to_tiny_box():
    dataset = one_image("ski 10 10 400 12", "ski 10 10 400 11.9")
    assert audit(dataset, select=["GEO007"]).box.tolist() == [0]


@pytest.mark.parametrize(
    "box",
    ["ski 0 50 600 56 crowd", "ski 0 50 600 56 difficult", "ski 0 490 600 496", "ski 0 50 2e9 56"],
)
def test_crowds_difficult_outside_and_endless_boxes_are_left_alone(box):
    assert len(audit(one_image(box), select=["GEO007"])) == 0


def test_nobody_knows_the_shape_in_an_image_of_assumed_size():
    dataset = with_columns(one_image("ski 0 50 600 56"), "images", assumed=[True])
    assert len(audit(dataset, select=["GEO007"])) == 0


@pytest.mark.parametrize(("strips", "others", "found"), [(10, 90, 0), (9, 81, 9), (10, 91, 10)])
def test_a_tenth_of_a_class_and_ten_boxes_are_its_shape(strips, others, found):
    wires = [f"wire 0 {10 + 8 * n} 600 {14 + 8 * n}" for n in range(strips)]
    rest = [f"wire {n} 300 {n + 40} 340" for n in range(others)]
    dataset = one_image(*wires, *rest, "ski 0 50 600 56")
    findings = audit(dataset, select=["GEO007"])
    assert len(findings) == found + 1  # the ski, too


def test_strips_of_no_known_class_are_found():
    dataset = one_image(*[f"wire 0 {10 + 8 * n} 600 {14 + 8 * n}" for n in range(12)])
    unknown = with_columns(dataset, "boxes", label=[-1] * 12)
    assert len(audit(unknown, select=["GEO007"])) == 12
