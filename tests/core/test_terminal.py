from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Group
from rich.padding import Padding
from rich.text import Text

from labelaudit.core.terminal import FittedTable, Terminal, beginning, ending, middle_out
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


def printed(*objects: object, **options: object) -> str:
    out = io.StringIO()
    Terminal(out, width=24).print(*objects, **options)
    return out.getvalue()


def test_no_line_ends_in_blanks_whatever_is_shown():
    table = FittedTable()
    table.add_column("name")
    table.add_column("what")
    table.add_row("a", "some words")
    words = Text("a line of words that is broken")
    for one in words, words.plain, table, Padding(table, (0, 0, 0, 2)), Group(words, table):
        lines = printed(one).splitlines()
        assert len(lines) > 1
        assert all(line and line == line.rstrip() for line in lines)
    assert printed("", words, "", table, sep="\n") == "\n" + printed(words) + "\n" + printed(table)


def test_what_is_shown_verbatim_keeps_its_blanks():
    assert printed("car  ", soft_wrap=True) == "car  \n"
    assert printed("car ", end="") == "car "
    assert printed("car ", "bus") == "car  bus\n"
    assert printed() == "\n"


def test_markup_and_emoji_codes_are_text():
    out = io.StringIO()
    Terminal(out, width=80).print("[bold]:cat: 1.5[/bold]")
    assert out.getvalue() == "[bold]:cat: 1.5[/bold]\n"


def shown(table: FittedTable, width: int) -> list[str]:
    out = io.StringIO()
    Terminal(out, width=width).print(table)
    return [line.rstrip() for line in out.getvalue().splitlines()]


def numbers() -> FittedTable:
    table = FittedTable()
    table.add_column("class", no_wrap=True)
    table.add_column("boxes", justify="right", no_wrap=True)
    table.add_column("median\nsize", justify="right", no_wrap=True)
    table.add_row(Text("car", "red"), "1,234", "10 x 20")
    table.add_row("person", "9", Text(""))
    return table


def test_a_table_that_fits_to_the_column_is_a_table():
    assert shown(numbers(), 22) == [
        "                median",
        "class   boxes     size",
        "car     1,234  10 x 20",
        "person      9",
    ]


def test_a_table_that_is_a_column_too_wide_is_paragraphs_of_what_is_in_it():
    assert shown(numbers(), 21) == [
        "car",
        "    boxes: 1,234",
        "    median size: 10 x",
        "    20",
        "person",
        "    boxes: 9",
    ]


def test_a_paragraph_has_as_many_values_in_a_line_as_fit():
    table = FittedTable(show_header=False)
    for _ in range(5):
        table.add_column("not shown", no_wrap=True)
    table.add_row("first", "aaaa", "bbbb", "cccc", "d" * 11)
    assert shown(table, 14) == ["first", "    aaaa  bbbb", "    cccc", "    dddddddddd", "    d"]
    assert shown(table, 15) == ["first", "    aaaa  bbbb", "    cccc", "    ddddddddddd"]


def words(text: str) -> FittedTable:
    table = FittedTable(show_header=False)
    table.add_column("code", no_wrap=True)
    table.add_column("meaning")
    table.add_row("GEO001", text)
    return table


def test_words_get_twenty_columns_or_the_table_is_paragraphs():
    text = "a box of which no part is in it"
    assert shown(words(text), 28) == ["GEO001  a box of which no", "        part is in it"]
    assert shown(words(text), 27) == ["GEO001", "    a box of which no part", "    is in it"]


def test_fewer_columns_do_for_words_that_need_no_more():
    assert shown(words("a box"), 13) == ["GEO001  a box"]
    assert shown(words("a box"), 12) == ["GEO001", "    a box"]


def test_a_word_is_not_broken_for_a_column():
    text = "see benchmarks/results/rule_defaults.md"
    assert shown(words(text), 43) == ["GEO001  see", f"        {text[4:]}"]
    assert shown(words(text), 42) == ["GEO001", "    see", f"    {text[4:]}"]


@given(st.lists(st.lists(st.text(st.sampled_from("ab1 "), max_size=9), min_size=3, max_size=3)))
def test_whatever_the_width_no_cell_loses_a_word(rows):
    table = FittedTable(show_header=False)
    for _ in range(3):
        table.add_column()
    for row in rows:
        table.add_row(*row)
    for width in (14, 20, 40):
        said = sorted(" ".join(shown(table, width)).split())
        assert said == sorted(word for row in rows for cell in row for word in cell.split())


@pytest.mark.parametrize(
    ("text", "width", "end"),
    [
        ("aaaa/bbb/cccccc", 14, "…/bbb/cccccc"),
        ("aaaa/bbb/ccccccc", 12, "…/ccccccc"),  # three of twelve columns are left free
        ("aaaa/bbbb/cccccc", 12, "…bbbb/cccccc"),  # four would be
        ("aaaa/bbbbbbbbbbbb/cc", 12, "…bbbbbbbb/cc"),
        ("aaaa/bbbb/ccc", 6, "…/ccc"),
        ("aaaa/bbbb/cccc", 4, "…ccc"),
    ],
)
def test_a_folder_is_left_out_whole_where_that_costs_little(text, width, end):
    assert ending(text, width) == end


def test_a_long_message_loses_whole_words_of_its_middle():
    text = "one two three four five six seven eight nine ten"
    assert middle_out(text, 30) == "one two three … eight nine ten"
    assert middle_out("a" * 30, 11) == "aaaa…aaaaaa"


@pytest.mark.parametrize(
    ("variable", "lines"),
    [
        ("FORCE_COLOR", ["see the long", "file/of/a/picture.jpg", "there"]),
        ("NO_COLOR", ["see the long file/of/a/picture.jpg there"]),
    ],
    ids=["in a terminal", "in a file"],
)
def test_what_is_said_is_wrapped_at_words_where_somebody_reads(monkeypatch, variable, lines):
    monkeypatch.setenv(variable, "1")
    out = io.StringIO()
    Terminal(out, width=14).say("see the long file/of/a/picture.jpg there")
    told = [line.rstrip() for line in out.getvalue().splitlines()]
    assert told == lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("::error::x", "\\x3a:error::x"),
        (" \t::error::x", " \t\\x3a:error::x"),
        ("a\n::error::x", "a\n\\x3a:error::x"),
        ("a ##[group]b ##vso[task]c", "a #\\x23[group]b #\\x23vso[task]c"),
        ("images::a.jpg # 1 [2] ## b", "images::a.jpg # 1 [2] ## b"),
        (":a", ":a"),
    ],
)
def test_no_line_of_a_log_is_a_command(text: str, shown: str):
    out = io.StringIO()
    Terminal(out, width=80).print(Text(text), soft_wrap=True)
    assert out.getvalue().split() == shown.split()


def test_a_name_that_wrapping_puts_at_the_start_of_a_line_is_no_command():
    out = io.StringIO()
    Terminal(out, width=20).print(Text("a long beginning of ::error::x"))
    assert not any(line.startswith("::") for line in out.getvalue().splitlines())
    assert "\\x3a:error" in out.getvalue()
