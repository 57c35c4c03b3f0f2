from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.rows import all_but
from labelaudit.testing import one_image


def cars_and_vans(cars, vans, van="van 1 1 9 9"):
    return one_image(*["car 1 1 9 9"] * cars, *[van] * vans)


@pytest.mark.parametrize(("cars", "found"), [(100, 0), (101, 1)])
def test_a_hundred_times_as_many_is_the_limit(cars, found):
    assert len(audit(cars_and_vans(cars, 1), select=["CLS005"])) == found


def test_one_finding_tells_the_extremes():
    dataset = one_image(*["car 1 1 9 9"] * 300, *["van 1 1 9 9"] * 100, "bus 1 1 9 9")
    findings = audit(dataset, select=["CLS005"])
    assert findings.message.tolist() == ["car has 75% of 401 boxes, 300 times as many as bus"]
    assert findings.category.tolist() == [0]
    assert findings.severity.tolist() == [Severity.INFO]


def test_the_limit_is_a_setting():
    options = {"CLS005": {"max_ratio": 1.5}}
    assert len(audit(cars_and_vans(2, 1), select=["CLS005"], settings=options)) == 1
    assert not len(audit(cars_and_vans(3, 2), select=["CLS005"], settings=options))


def test_crowds_and_unused_classes_do_not_count():
    assert not len(audit(cars_and_vans(200, 1, "van 1 1 9 9 crowd"), select=["CLS005"]))
    used = cars_and_vans(200, 1)
    unused = used.keep(boxes=all_but(len(used.boxes), [200]))
    assert not len(audit(unused, select=["CLS005"]))


def test_a_dataset_without_boxes_is_in_balance():
    empty = one_image("car 1 1 9 9").keep(boxes=np.array([False]))
    assert not len(audit(empty, select=["CLS005"]))
