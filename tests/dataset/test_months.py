"""Many times are compared by months."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import scan
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.fields import FieldColumn
from labelaudit.dataset.months import by_month
from labelaudit.testing import drawn_by
from tests.rules.src.people import NEAT, by_hand, scene, wider, written


def column(count: int, *, odd: str = "") -> FieldColumn:
    start = datetime.date(2024, 3, 30)
    days = [(start - datetime.timedelta(number)).isoformat() for number in range(count)]
    values = texts([*days[:-1], odd or days[-1]])
    rows = np.array([*range(count), MISSING], np.int32)
    return FieldColumn("created_at", values, rows, rows[::-1].copy())


@pytest.mark.parametrize(("count", "grouped"), [(200, False), (201, True)])
def test_few_times_are_compared_as_they_are(count: int, grouped: bool) -> None:
    one = by_month(column(count))
    assert (len(one.values) < count) is grouped


def test_months_are_in_order_and_what_has_no_time_has_no_month():
    one = by_month(column(60), most=10)
    assert one.values.tolist() == ["2024-01", "2024-02", "2024-03"]
    assert one.box.tolist() == [2] * 30 + [1] * 29 + [0] + [MISSING]
    assert one.image.tolist() == [MISSING, 0] + [1] * 29 + [2] * 30


def test_other_values_are_left_as_they_are():
    one = column(60, odd="Ann")
    assert by_month(one, most=10) is one


def test_a_month_in_which_boxes_were_drawn_wider_is_found():
    random = np.random.default_rng(1)
    drawn: dict[str, dict[str, list[str]]] = {}
    for number in range(240):
        time = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(
            hours=9 * number
        )
        labels, xyxy = scene(random, 8)
        draw = wider(3) if time.month == 3 else NEAT["ann"]
        drawn[time.isoformat()] = {
            f"{number}.jpg": written(labels, draw(np.rint(by_hand(xyxy, random))))
        }
    dataset = drawn_by(drawn, field="created_at")
    found = audit(dataset, select=["SRC002"], by="created_at")
    assert [message.partition(":")[0] for message in found.message.tolist()] == [
        "boxes of created_at 2024-03 are too large"
    ]
    (told,) = scan(dataset, Options(select=("SRC",), by=("created_at",))).breakdowns
    assert sorted(group.value for group in told.groups) == ["2024-01", "2024-02", "2024-03"]
