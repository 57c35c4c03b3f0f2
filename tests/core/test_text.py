"""Lines are what files have, not what Unicode calls so."""

from __future__ import annotations

import io

import pytest

from labelaudit.core.text import text_lines


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_ends_in_a_line_feed_a_carriage_return_or_both(end: str):
    assert text_lines(f"a{end}{end}b{end}") == ["a", "", "b"]
    assert text_lines(f"a{end}b") == ["a", "b"]


@pytest.mark.parametrize(
    "text", ["\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e"]
)
def test_what_unicode_calls_the_end_of_a_line_is_text(text: str):
    assert text_lines(f"a{text}b\n") == [f"a{text}b"]


def test_lines_are_those_that_python_reads_from_a_file():
    text = "a\r\n\rb\n\n\u2028c\r\r\n"
    assert text_lines(text) == [line.rstrip("\n") for line in io.StringIO(text, newline=None)]
