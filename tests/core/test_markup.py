"""Text of anybody's that Markdown and plots show as it is."""

from __future__ import annotations

import pytest
from markdown_it import MarkdownIt

from labelaudit.core.markup import in_markdown, in_plot


@pytest.mark.parametrize(
    "text", ["*a* _b_ ~~c~~ `d` \\", "[a](b) ![c](d)", "a | b", "<script>a</script> &lt;", "# a"]
)
def test_text_is_no_markup_in_markdown(text: str):
    page = f"| a |\n|---|\n| x {in_markdown(text)} |\n"
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(page)
    (shown,) = [one for one in tokens if one.type == "inline"][1:]
    pieces = [one for one in shown.children or () if one.content != "<!-- -->"]
    assert {one.type for one in pieces} <= {"text", "text_special"}
    assert "".join(one.content for one in pieces) == f"x {text}"


def test_text_is_cut_where_a_length_is_given_and_only_there():
    assert in_markdown("a" * 9, 9) == "a" * 9
    assert in_markdown("a" * 10, 9) == "aaaaaa..."
    assert in_markdown("a" * 5_000) == "a" * 5_000


def test_half_a_character_and_the_end_of_a_line_are_written_as_their_escapes():
    assert in_markdown("a\ud800\nb") == r"a\\ud800\\nb"
    assert in_plot("a\ud800\nb") == r"a\ud800\nb"


@pytest.mark.parametrize("text", ["$a$", "\\$a\\$", "a$", "$$", "$\\frac$", "_a", "a_b"])
def test_text_is_drawn_letter_by_letter(text: str):
    cbook = pytest.importorskip("matplotlib.cbook")
    shown = in_plot(text)
    assert not cbook.is_math_text(shown)
    assert shown.replace(r"\$", "$").removeprefix(" ") == text
    assert not shown.startswith("_")
