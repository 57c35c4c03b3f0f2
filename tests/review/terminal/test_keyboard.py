from __future__ import annotations

import io

from labelaudit.review.terminal.keyboard import keyboard


def test_ctrl_d_and_the_end_of_the_input_end_the_keys():
    for typed in ("ab", "ab\x04cd"):
        with keyboard(io.StringIO(typed)) as keys:
            assert list(keys) == ["a", "b"]


def test_ctrl_d_ends_a_line_that_is_asked_for():
    with keyboard(io.StringIO("car\x04")) as keys:
        assert keys.line() == "car"


def test_where_standard_input_was_closed_no_key_comes():
    with keyboard(None) as keys:
        assert list(keys) == []
