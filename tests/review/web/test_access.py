"""The page by rules of accessibility, by the keyboard and by two fingers."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from .test_browser import pressed, until

SCREENS = {
    "one by one": ("b", "#panel h1"),
    "editing": ("e", "#editor:not([hidden])"),
    "grid": ("g", ".cell"),
    "filter": ("f", "#filter[open]"),
    "help": ("?", "#help[open]"),
    "note": ("t", "#note:not([hidden])"),
    "another label": ("l", "#chosen:not([hidden])"),
}


def complaints(page: Any) -> list[str]:
    """What axe finds: rule and the elements concerned."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {[node['html'][:120] for node in one['nodes'][:4]]}" for one in found]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_screen_has_a_fault_by_the_rules_of_axe(serve, visit, bccd, scheme):
    page = visit(serve(bccd), color_scheme=scheme)
    page.wait_for_selector("#canvas[data-painted]")
    found = {}
    for name, (key, shown) in SCREENS.items():
        page.keyboard.press(key)
        page.wait_for_selector(shown)
        found[name] = complaints(page)
        page.keyboard.press(key if name == "grid" else "Escape")
        page.wait_for_selector("dialog[open]", state="detached")
    for key in "ec":
        page.keyboard.press(key)
    page.keyboard.insert_text("z" * 201)  # longer than the name of a class may be
    page.keyboard.press("Enter")
    page.wait_for_selector("#editor-fault:not([hidden])")
    found["a class that there cannot be"] = complaints(page)
    for _ in range(2):  # of the field, and of the edit
        page.keyboard.press("Escape")
    page.wait_for_selector("#editor", state="hidden")
    page.click("#finish-open")
    page.wait_for_selector("#what-changes")
    found["finish"] = complaints(page)
    page.keyboard.press("Escape")
    page.keyboard.press("h")
    page.wait_for_selector("#how-bad")
    found["overview"] = complaints(page)
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_every_control_is_reached_by_the_tabulator_and_shows_that_it_has_the_focus(
    serve, visit, bccd
):
    page = visit(serve(bccd))
    seen = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, width = page.evaluate(
            "[document.activeElement.id || document.activeElement.dataset.action,"
            " parseFloat(getComputedStyle(document.activeElement).outlineWidth)]"
        )
        if name in seen:
            break
        if name:
            seen.add(name)
            assert width >= 2, f"{name} has the focus, and nothing shows it"
    controls = "header button:not([tabindex='-1']):not([data-mode]), .stage button, #actions button"
    wanted = page.locator(controls).evaluate_all("all => all.map(e => e.id || e.dataset.action)")
    assert set(wanted) <= seen


def test_two_fingers_zoom_in_about_their_middle(serve, visit, bccd):
    page = visit(serve(bccd), size=(820, 1180), has_touch=True)
    page.wait_for_selector("#canvas[data-painted]")
    wide = page.locator("#canvas").bounding_box()
    x, y = wide["x"] + wide["width"] / 2, wide["y"] + wide["height"] / 2
    page.locator("#zoom-fit").tap()
    page.evaluate("new Promise((drawn) => requestAnimationFrame(() => setTimeout(drawn)))")
    before = pixels(page)
    touches = page.context.new_cdp_session(page)

    def touch(kind: str, *offsets: float) -> None:
        points = [{"x": x + offset, "y": y, "id": n} for n, offset in enumerate(offsets)]
        touches.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    touch("touchStart", -40, 40)
    for offset in (60, 90, 120):
        touch("touchMove", -offset, offset)
    touch("touchEnd")
    until(page, lambda: pixels(page) != before)
    page.locator("#zoom-fit").tap()
    until(page, lambda: pixels(page) == before)
    assert page.evaluate("visualViewport.scale") == 1  # the image was zoomed, not the page


def pixels(page: Any) -> str:
    """What the canvas shows."""
    return str(page.evaluate("document.querySelector('#canvas').toDataURL()"))


def test_a_finding_is_edited_and_decided_without_a_mouse(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("e")
    page.wait_for_selector("#editor:not([hidden])")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("c")
    page.keyboard.type("Plat")
    page.keyboard.press("Enter")
    item = pressed(page, "Enter")["items"][0]
    assert item["state"] == "edited"
    assert item["edit"]["label"] is not None
