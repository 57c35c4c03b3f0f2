"""Times that labelling tools write."""

from __future__ import annotations

import math

import pytest

from labelaudit.dataset.times import in_words, seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2024-03-01", 1709251200),
        ("2024-03-01T00:00:00Z", 1709251200),
        ("2024-03-01 02:00:00+02:00", 1709251200),
        (" 2024-03-01T00:00:00.500000", 1709251200.5),
        ("1709251200", 1709251200),
        ("1709251200000", 1709251200),
        ("946684800", 946684800),  # the year 2000
        ("4102444799", 4102444799),  # the last second before 2100
    ],
)
def test_times_are_read_in_utc(text: str, seconds: float) -> None:
    assert seconds_of([text]).tolist() == [seconds]


@pytest.mark.parametrize(
    "text", ["", "today", "7", "946684799", "4102444800", "nan", "inf", "2024-13-01"]
)
def test_what_is_no_time_has_none(text: str) -> None:
    assert math.isnan(seconds_of([text])[0])


def test_midnight_is_said_as_a_day():
    assert [in_words(one) for one in (1709251200, 1709251201, 1709251200.9)] == [
        "2024-03-01",
        "2024-03-01 00:00:01",
        "2024-03-01 00:00:00",
    ]
