"""Times as people write and say them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit.core.durations import duration, in_words
from labelaudit.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2h", 7200),
        ("90m", 5400),
        ("90 min", 5400),
        ("1h30m", 5400),
        ("1.5H", 5400),
        ("1d", 86400),
        ("45s", 45),
        ("0.5s", 0.5),
    ],
)
def test_a_time_is_read_as_it_is_written(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "2", "h", "2hx", "-2h", "0s", "2 hours", "1e3s", "9" * 400 + "d"]
)
def test_what_is_no_time_is_named_with_what_to_write(text: str) -> None:
    with pytest.raises(ConfigError, match="is no time; write 2h, 90m, 45s or 1h30m"):
        duration(text)


@given(st.integers(1, 400_000))
def test_what_is_said_of_a_time_can_be_read(seconds: int) -> None:
    assert duration(in_words(seconds).replace(",", "")) == seconds


def test_times_are_said_in_their_own_units() -> None:
    said = [in_words(one) for one in (0.25, 1, 59.6, 60, 3600, 3661, 3_600_000)]
    assert said == ["0.25 s", "1 s", "1 min", "1 min", "1 h", "1 h 1 min 1 s", "1,000 h"]
