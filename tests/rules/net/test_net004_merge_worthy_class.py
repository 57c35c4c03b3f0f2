from __future__ import annotations

import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.rule import RULES
from labelaudit.auditing.run import audit
from labelaudit.network.settings import network_settings
from labelaudit.testing import one_image, with_label_issues

NETWORK = network_settings(train_size=320)
CARS = [f"car {x} 0 {x + 30} 30" for x in range(0, 600, 40)]
VANS = [f"van {x} 0 {x + 30} 30" for x in range(0, 120, 40)]


def test_a_rare_class_on_the_objects_of_another_is_told():
    findings = audit(one_image(*CARS, *VANS), select=["NET004"], network=NETWORK)
    assert findings.category.tolist() == [1]
    assert findings.message.tolist() == [
        "van might be merged into car: 3 boxes beside 15, 3 of them on one object with one"
    ]


def test_a_rare_class_apart_is_not():
    apart = [f"van {x} 200 {x + 30} 230" for x in range(0, 120, 40)]
    assert len(audit(one_image(*CARS, *apart), select=["NET004"], network=NETWORK)) == 0


def test_only_so_many_classes_are_told():
    settings = {"NET004": {"max_classes": 0}}
    found = audit(one_image(*CARS, *VANS), select=["NET004"], network=NETWORK, settings=settings)
    assert len(found) == 0


def test_what_a_model_confuses_is_told_beside():
    dataset = one_image(*CARS, *VANS)
    asked = with_label_issues(dataset, "15 wrong_class 0.9 car")
    audited = AuditContext(dataset, asked.label_issues, network=NETWORK)
    assert RULES["NET004"](audited).message.tolist() == [
        "van might be merged into car: 3 boxes beside 15, 3 of them on one object with one, "
        "1 label that the model takes for the other"
    ]


@pytest.mark.parametrize("classes", [9, 10, 11])
def test_ten_classes_are_told(classes: int):
    places = [f"{x} {y} {x + 30} {y + 30}" for y in range(0, 480, 40) for x in range(0, 600, 40)]
    rare = [f"r{label} {places[3 * label + n]}" for label in range(classes) for n in range(3)]
    dataset = one_image(*(f"car {place}" for place in places), *rare)
    found = audit(dataset, select=["NET004"], network=NETWORK)
    assert len(found) == min(classes, 10)
    more = "; so it is with 1 more class"
    assert [message.endswith(more) for message in found.message] == [
        classes == 11 and not row for row in range(len(found))
    ]
