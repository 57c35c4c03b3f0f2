"""The page in a browser: accessible, alone, filtered by keys, whole on paper."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.review.conftest import PATIENCE_S


@pytest.fixture
def opened(chromium: Any, tmp_path: Path, hostile_page: str) -> Iterator[Callable[..., Any]]:
    """Opens the page; what it asks others for, or complains of, fails the test."""
    path, complaints = tmp_path / "report.html", []
    path.write_text(hostile_page, "utf-8")
    with contextlib.ExitStack() as stack:

        def visited(**options: Any) -> Any:
            context = chromium.new_context(**options)
            stack.callback(context.close)
            context.set_default_timeout(1000 * PATIENCE_S)
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda said: complaints.append(said.text))
            page.on("dialog", lambda dialog: complaints.append(dialog.message))
            page.on("request", lambda request: complaints.append(request.url))
            page.goto(path.as_uri())
            return page

        yield visited
    own = (path.as_uri(), "data:image/webp;base64,", "data:image/jpeg;base64,")
    assert [one for one in complaints if not one.startswith(own)] == []


def violations(page: Any) -> list[str]:
    """What axe has against the page: rule and the elements concerned."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:4]]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_has_nothing_against_it_at_any_width(opened, scheme):
    # The policy of the page lets no foreign script run, and axe is one.
    page = opened(color_scheme=scheme, bypass_csp=True)
    found = {}
    for width in (1440, 1024, 390):
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert {width: faults for width, faults in found.items() if faults} == {}


def shown(page: Any) -> int:
    return page.locator(".finding:visible").count()


def test_findings_are_filtered_by_keys_alone(opened):
    page = opened()
    every = shown(page)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the first link leads to the findings
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "filter-text"
    assert page.evaluate("parseFloat(getComputedStyle(document.activeElement).outlineWidth)") >= 2
    page.keyboard.type("broken")
    few = shown(page)
    assert 0 < few < every
    assert page.locator("#filter-count").inner_text() == (f"{few} of {every} shown: text broken")
    page.keyboard.press("Tab")
    page.keyboard.type("zero")  # a list jumps to what is typed
    assert shown(page) == 1
    page.locator("#filters button").press("Enter")
    page.wait_for_function(f"document.querySelectorAll('.finding:not([hidden])').length == {every}")


@pytest.mark.parametrize("by", ["rule", "severity", "class"])
def test_each_filter_shows_what_it_says_and_all_of_them_share_the_findings(opened, by):
    page = opened()
    every, counts = shown(page), []
    select = page.locator(f"#filter-{by}")
    for value in select.locator("option").evaluate_all("all => all.map(e => e.value)")[1:]:
        select.select_option(value)
        counts.append(shown(page))
    assert min(counts) > 0
    assert max(counts) < every
    if by != "class":  # a finding is about several
        assert sum(counts) == every


def test_without_javascript_only_the_filters_are_gone(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#filters").is_hidden()
    assert page.locator("#tools").is_hidden()
    assert page.locator(".finding").first.is_visible()
    page.locator("summary").first.click()
    assert page.locator("details[open]").count() == 1


def test_colours_are_those_of_the_system_until_somebody_chooses(opened):
    page = opened(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.locator("#theme").select_option("light")
    light = page.evaluate(ground)
    assert light != dark
    page.emulate_media(color_scheme="light")
    assert page.evaluate(ground) == light
    page.locator("#theme").select_option("dark")
    assert page.evaluate(ground) == dark


def test_on_paper_all_is_there_in_light_colours(opened):
    page = opened(color_scheme="dark")
    closed = page.locator("details:not([open]) > p").first
    assert not closed.evaluate("e => e.checkVisibility({contentVisibilityAuto: true})")
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(28, 29, 33)"
    heights = page.locator("details > :not(summary)").evaluate_all(
        "all => all.map(e => e.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 0
    assert shown(page) == page.locator(".finding").count()
    assert page.locator("nav").is_hidden()


def test_pictures_are_drawn(opened):
    page = opened()
    page.locator(".pictures").first.scroll_into_view_if_needed()
    image = page.locator(".pictures svg").first.screenshot()
    assert len(image) > 3_000  # of noise: what is empty takes some hundred bytes
