from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from labelaudit.core.terminal import Terminal, beginning, ending, middle_out
from labelaudit.core.text import counted, plain


@given(st.text())
def test_plain_text_holds_nothing_that_a_terminal_would_obey(text):
    assert plain(text).isprintable()


@given(st.text(st.characters(categories=["L", "N", "P"])))
def test_printable_text_is_left_as_it_is(text):
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\nb\tc", r"a\nb\tc"),
        ("\u202eabc\u2066", r"\u202eabc\u2066"),
        ("car\u200b", r"car\u200b"),
        ("\ud800", r"\ud800"),
        ("שלום 猫 é", "שלום 猫 é"),
    ],
)
def test_what_is_not_printable_is_escaped(text, shown):
    assert plain(text) == shown


@given(st.text(st.sampled_from("ab猫é ")), st.integers(min_value=1, max_value=30))
def test_shortened_text_fits(text, width):
    for shorten in (beginning, ending, middle_out):
        assert cell_len(shorten(text, width)) <= width
        if cell_len(text) <= width:
            assert shorten(text, width) == text


def test_wide_characters_count_as_two_columns():
    assert ending("猫猫猫猫", 5) == "…猫猫"
    assert beginning("猫猫猫猫", 5) == "猫猫…"


def test_numbers_are_read_with_their_thing():
    assert counted(1, "class", "classes") == "1 class"
    assert counted(12345, "image") == "12,345 images"


def test_markup_and_emoji_codes_are_text():
    out = io.StringIO()
    Terminal(out, width=80).print("[bold]:cat: 1.5[/bold]")
    assert out.getvalue() == "[bold]:cat: 1.5[/bold]\n"
