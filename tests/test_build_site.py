"""The documentation site is whole: each page is in its menu, each link leads somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scripts.build_site import BrokenLinkError, pages, place_of, with_links

ROOT = Path(__file__).parents[1]


def in_menu(part: Any) -> Iterator[str]:
    if isinstance(part, str):
        yield part
    else:
        for one in part.values() if isinstance(part, dict) else part:
            yield from in_menu(one)


def test_every_page_of_the_documentation_is_in_the_menu_and_every_entry_is_a_page():
    menu = list(in_menu(tomllib.loads((ROOT / "zensical.toml").read_text())["project"]["nav"]))
    made = pages()
    written = {place_of(path.relative_to(ROOT).as_posix()) for path in ROOT.glob("docs/**/*.md")}
    assert set(menu) <= set(made)
    assert written <= set(menu)
    assert len(menu) == len(set(menu))


def test_a_link_to_a_file_leads_to_its_page_and_others_stay():
    text = (
        "[a](../README.md#use-it) [b](rules.md) [c](https://x.org/y) [d](#here) ![e](images/z.png)"
    )
    page, led = with_links(text.replace("images/z", "images/review-model"), "docs/findings.md")
    assert page == (
        "[a](index.md#use-it) [b](rules.md) [c](https://x.org/y) [d](#here) "
        "![e](images/review-model.png)"
    )
    assert led == {"README.md", "docs/rules.md", "docs/images/review-model.png"}


def test_a_link_from_below_goes_up_again():
    page, _ = with_links("[a](../benchmarks/results/speed.md)", "docs/findings.md")
    assert page == "[a](results/speed.md)"
    page, _ = with_links("[a](../../docs/rules.md)", "benchmarks/results/speed.md")
    assert page == "[a](../rules.md)"


@pytest.mark.parametrize("target", ["nowhere.md", "../setup.py"])
def test_a_link_to_nothing_or_to_no_page_is_an_error_that_names_both(target):
    with pytest.raises(BrokenLinkError, match=rf"docs/rules\.md: {re.escape(target)}"):
        with_links(f"[a]({target})", "docs/rules.md")


@pytest.mark.parametrize(
    "code", ["```python\nx = [1](nowhere.md)\n```", "messages have `[a](b)` with a blank"]
)
def test_links_in_code_are_no_links(code):
    assert with_links(code, "docs/rules.md") == (code, set())


def test_code_may_be_the_text_of_a_link():
    page, led = with_links("[`a`](../README.md)", "docs/rules.md")
    assert (page, led) == ("[`a`](index.md)", {"README.md"})


def test_the_site_builds_without_a_warning_and_loads_nothing_from_elsewhere():
    pytest.importorskip("zensical")
    pytest.importorskip("mkdocstrings_handlers.python")
    program = [sys.executable, "scripts/build_site.py"]
    built = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (built.returncode, "No issues found" in built.stdout + built.stderr) == (0, True), built
    api = (ROOT / "build" / "site" / "api" / "index.html").read_text("utf-8")
    assert "labelaudit.load" in api
    for page in (ROOT / "build" / "site").rglob("*.html"):
        loaded = (
            r"<(?:script|img|iframe)[^>]* src=.?https?:|<link[^>]*stylesheet[^>]*href=.?https?:"
        )
        outside = re.findall(loaded, page.read_text("utf-8"))
        assert not outside, (page, outside)
