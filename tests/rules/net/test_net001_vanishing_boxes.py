from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.network.settings import network_settings
from labelaudit.testing import one_image

NETWORK = network_settings(train_size=320)
SMALL = [f"ant {x} 10 {x + 6} 30" for x in range(10, 400, 40)]
LARGE = [f"ant {x} 100 {x + 30} 130" for x in range(10, 400, 40)]


def told(*boxes: str, **settings: float) -> list[str]:
    findings = audit(
        one_image(*boxes), select=["NET001"], network=NETWORK, settings={"NET001": settings}
    )
    return findings.message.tolist()


def test_a_class_that_vanishes_is_told_with_the_tiles_that_bring_it_back():
    findings = audit(one_image(*SMALL, "bee 1 1 90 90"), select=["NET001"], network=NETWORK)
    assert findings.message.tolist() == [
        "ant: 10 of 10 boxes (100 %) vanish at 320 px, where they are below 4 px; "
        "2 x 2 tiles bring 10 back"
    ]
    assert (findings.category.tolist(), findings.severity.tolist()) == ([0], [Severity.WARNING])


def test_without_a_network_nothing_is_said():
    assert len(audit(one_image(*SMALL), select=["NET001"])) == 0


@pytest.mark.parametrize(("large", "severity"), [(10, Severity.WARNING), (11, Severity.INFO)])
def test_from_half_of_the_class_on_it_is_a_warning(large: int, severity: Severity):
    boxes = [*SMALL, *(LARGE * 2)[:large]]
    assert audit(one_image(*boxes), select=["NET001"], network=NETWORK).severity == severity


def test_a_small_share_or_a_few_boxes_are_not_told():
    assert told(*SMALL[:3], *LARGE[:7], min_share=0.3)
    assert not told(*SMALL[:3], *LARGE[:7], min_share=0.31)
    assert told(*SMALL[:3])
    assert not told(*SMALL[:2])


def test_boxes_of_just_the_least_size_do_not_vanish():
    assert not told(*(f"ant {x} 10 {x + 8} 30" for x in range(10, 400, 40)))


def test_boxes_that_share_cells_are_told():
    pairs = [
        box
        for x in range(0, 640, 64)
        for box in (f"ant {x} 64 {x + 20} 84", f"bee {x + 2} 62 {x + 16} 83")
    ]
    assert told(*pairs) == [
        f"{name}: 10 of 10 boxes (100 %) share a cell with another box that the same level "
        "answers for"
        for name in ("ant", "bee")
    ]


def test_of_many_classes_those_of_most_boxes_are_told_and_the_others_counted():
    boxes = [
        f"c{label} {x} {y} {x + 5} {y + 20}"
        for label in range(4)
        for x, y in [(40 * n, 50 * label) for n in range(3 + label)]
    ]
    first, second = told(*boxes, max_classes=2)
    assert first.startswith("c3: 6 of 6")
    assert first.endswith("; so it is with 2 more classes")
    assert second.startswith("c2: 5 of 5")
    assert "more class" not in second


def test_nothing_a_dataset_can_hold_stops_the_rules():
    evil = one_image(
        "a nan 1 2 3", "a 1e18 1 2e18 9", "b 30 30 20 20", "b 1 1 1 9", "c 700 1 800 9 crowd"
    )
    network = network_settings(train_size=320, name="retinanet")
    with np.errstate(all="raise"):
        assert len(audit(evil, select=["NET"], network=network)) == 0
        assert len(audit(one_image(), select=["NET"], network=network)) == 0


@pytest.mark.parametrize(("classes", "more"), [(10, ""), (11, "; so it is with 1 more class")])
def test_ten_classes_are_told(classes: int, more: str):
    boxes = [
        f"c{label} {40 * label} {50 * n} {40 * label + 5} {50 * n + 20}"
        for label in range(classes)
        for n in range(3)
    ]
    messages = told(*boxes)
    assert len(messages) == 10
    assert messages[0].partition(" bring 3 back")[2] == more
