"""What the page does beside deciding: first page, notes, other labels, undo, links, widths."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import labelaudit
from tests.review.coco_files import coco_of

from .test_browser import Held, cleaned_of, pressed, saved, told, until

OVERLAPS = """
() => {
  const shown = [...document.querySelectorAll("button, input, select, summary, textarea")]
    .filter((one) => one.checkVisibility({ opacityProperty: true }) && !one.closest(".cell-frame"))
    .map((one) => [one.textContent || one.id, one.getBoundingClientRect()])
    .filter(([, box]) => box.width && box.bottom > 0 && box.top < innerHeight)
    .filter(([, box]) => document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
  const found = [];
  for (const [name, a] of shown) for (const [other, b] of shown) {
    if (name >= other) continue;
    const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
    const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
    if (width > 1 && height > 1) found.push([name, other, width, height]);
  }
  return found;
}
"""
"""Controls that lie on each other."""

LOW = """
() => [...document.querySelectorAll("button")]
  .filter((one) => one.offsetHeight && one.offsetHeight < 44).map((one) => one.outerHTML)
"""
"""Buttons that a finger misses."""


def decided(page: Any, key: str) -> tuple[str, str]:
    (item,) = pressed(page, key)["items"]
    return item["state"], page.locator("#pace").inner_text()


def test_keys_are_heard_while_a_summary_has_the_focus_which_takes_space_and_enter(
    serve, visit, bccd
):
    page = visit(serve(bccd))
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.locator("details").get_attribute("open") is not None
    assert decided(page, "a")[0] == "accepted"
    page.locator("#actions [data-action=next]").focus()
    assert decided(page, "r")[0] == "rejected"


def test_ctrl_z_takes_decisions_back_and_ctrl_y_makes_them_again(serve, visit, bccd):
    page = visit(serve(bccd))
    name = page.locator("#image-name").inner_text()
    pressed(page, "a")
    pressed(page, "r")
    assert [pressed(page, "Control+z")["items"][0]["state"] for _ in range(2)] == ["open"] * 2
    assert page.locator("#image-name").inner_text() == name
    assert pressed(page, "Control+y")["items"][0]["state"] == "accepted"
    assert pressed(page, "Control+Shift+z")["items"][0]["state"] == "rejected"
    page.keyboard.press("Control+y")
    told(page, "nothing to do again")


def test_a_note_goes_with_the_next_decision_and_an_expert_is_asked_by_a_key(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served)
    page.keyboard.press("t")
    page.keyboard.press("Enter")
    assert "Write something" in page.locator("#note-fault").inner_text()
    page.keyboard.type("a shadow")
    page.keyboard.press("Enter")
    (item,) = pressed(page, "r")["items"]
    assert (item["state"], item["note"]) == ("rejected", "a shadow")
    page.keyboard.press("q")
    page.keyboard.type("which cell?")
    (asked,) = pressed(page, "Enter")["items"]
    assert (asked["state"], asked["expert"], asked["note"]) == ("skipped", True, "which cell?")
    until(page, lambda: "1 for an expert" in page.locator("#pace").inner_text())
    found = served.api.get("/api/items?state=expert").json()["items"]
    assert [one["id"] for one in found] == [asked["id"]]
    page.keyboard.press("h")
    page.click("text=1 question to an expert")
    until(page, lambda: "which cell?" in page.locator("#noted").inner_text())


def test_another_label_of_the_image_is_chosen_changed_and_written(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("l")
    assert "RBC" in page.locator("#chosen").inner_text()
    page.keyboard.press("c")
    page.keyboard.type("wbc")
    changed = pressed(page, "Enter")["item"]
    assert (changed["code"], changed["state"]) == ("REV002", "edited")
    assert pressed(page, "Control+z")["items"][0]["obsolete"]
    assert page.locator("#panel h1").inner_text() == "near-duplicate-box"
    again = pressed(page, "Control+y")["items"][0]
    assert (again["id"], again["state"]) == (changed["id"], "edited")
    saved(page)
    page.click("#finish-open")
    assert page.locator("#what-changes").inner_text().startswith("1 record will change, by 1 fix.")
    page.click("#write")
    page.wait_for_selector("#written")
    assert "1 record changed" in page.locator("#written").inner_text()
    before, after = labelaudit.load(bccd), labelaudit.load(cleaned_of(bccd))
    differs = np.flatnonzero(before.boxes.label != after.boxes.label)
    assert differs.tolist() == [changed["box"]]


def test_a_label_under_the_pointer_is_named_and_a_click_chooses_it(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    stage = page.locator("#canvas").bounding_box()
    hit = None
    for part in np.linspace(0.1, 0.9, 17):
        page.mouse.move(stage["x"] + part * stage["width"], stage["y"] + 0.3 * stage["height"])
        if page.locator("#label-tip").is_visible():
            hit = page.locator("#label-tip").inner_text()
            break
    assert hit is not None
    assert "px" in hit
    page.mouse.down()
    page.mouse.up()
    until(page, lambda: hit.split(" ")[0] in page.locator("#chosen").inner_text())
    page.keyboard.press("Escape")
    assert page.locator("#chosen").is_hidden()


def test_what_is_wrong_with_an_edit_stands_beside_its_field(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("d")
    assert page.locator("#drawing").inner_text().startswith("Drawing RBC")
    page.keyboard.press("Enter")
    assert "no box yet" in page.locator("#editor-fault").inner_text()
    page.keyboard.press("ArrowRight")
    assert page.locator("#editor-fault").is_hidden()
    page.keyboard.press("c")
    page.keyboard.insert_text("z" * 201)
    assert "A class has at most 200 characters" in page.locator("#editor-fault").inner_text()
    page.keyboard.press("Enter")
    assert "A class has at most 200 characters" in page.locator("#editor-fault").inner_text()
    assert page.locator("#class-input").get_attribute("aria-invalid") == "true"


def test_steps_of_an_edit_are_taken_back_one_by_one(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("e")
    numbers = page.locator("#editor-box")
    seen = [numbers.inner_text()]
    for key in ("ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
        seen.append(numbers.inner_text())
    assert len(set(seen)) == 3
    for at in (1, 0, 0):
        page.keyboard.press("Control+z")
        assert numbers.inner_text() == seen[at]
    page.keyboard.press("Control+y")
    assert numbers.inner_text() == seen[1]


def test_one_of_a_screen_of_crops_is_opened_and_left_again(serve, visit, bccd):
    page = visit(serve(bccd), where="order=kind")
    page.wait_for_selector(".cell")
    names = page.locator(".cell .caption").all_inner_texts()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    until(page, lambda: page.locator("#image-name").inner_text() == names[1])
    pressed(page, "r")
    page.keyboard.press("g")
    page.wait_for_selector(".cell")
    now = page.locator(".cell .caption").all_inner_texts()
    assert names[1] not in now
    assert set(names) - {names[1]} <= set(now)
    page.locator(".open-crop").nth(1).click()
    until(page, lambda: page.locator("#image-name").inner_text() == now[1])
    page.click("#to-grid")
    page.wait_for_selector(".cell")


def test_a_link_and_the_buttons_of_the_browser_lead_back(serve, visit, bccd):
    page = visit(serve(bccd), where="order=image&rule=DUP002")
    name = page.locator("#image-name")
    first, link = name.inner_text(), page.url
    assert "token" not in link
    page.keyboard.press("n")
    until(page, lambda: name.inner_text() != first)
    second = name.inner_text()
    page.go_back()
    until(page, lambda: name.inner_text() == first)
    page.go_forward()
    until(page, lambda: name.inner_text() == second)
    page.goto(link)
    until(page, lambda: page.locator("#image-name").inner_text() == first)
    assert page.locator("#filter-count").inner_text() == "1"
    page.goto(link.partition("finding=")[0] + "finding=nobody")
    told(page, "cannot be shown")


def test_the_first_page_says_how_bad_it_is_and_leads_to_where_to_begin(serve, visit, bccd):
    page = visit(serve(bccd), where="")
    page.wait_for_selector("#how-bad")
    assert (
        page.locator("#how-bad").inner_text().startswith("Rules alone find 10 wrong labels of 495")
    )
    assert page.locator("#overview-left").inner_text() == "0 of 10 findings decided, 10 open."
    card = page.locator(".card", has=page.get_by_role("heading", name="By split"))
    assert "Found per 1,000" in card.locator("thead").inner_text()
    row = card.locator("tbody tr", has_text="test").inner_text()
    assert re.search(r"\d+(\.\d)?\s+\d+(\.\d)?\u2013\d+(\.\d)?", row)
    page.click("text=test")  # a split
    page.wait_for_selector("#canvas[data-painted]")
    assert "field=split&value=test" in page.url
    page.go_back()
    page.wait_for_selector("#how-bad")
    page.keyboard.press("Enter")
    page.wait_for_selector("#state")


def test_nothing_found_and_nothing_accepted_offer_no_copy(serve, visit, bccd, tmp_path):
    clean = coco_of(tmp_path, ["a.jpg"], ["car"], pairs=1)
    page = visit(serve(clean, "--select", "GEO001"))
    assert page.locator("#done-title").inner_text() == "Nothing was found"
    assert page.locator("#done-finish").is_hidden()
    assert page.locator("#done-filter").is_hidden()
    queue = tmp_path / "labels.review.sqlite"
    command = f"labelaudit review --queue {shlex.quote(str(queue))} --sample 200"
    assert page.locator("#done-command").inner_text() == command
    page.click("#finish-open")
    assert page.locator("#finish-back").inner_text() == "Close"
    page = visit(serve(bccd))
    page.click("#finish-open")
    page.wait_for_selector("#finish-back")
    assert "Nothing changes yet" in page.locator("#what-changes").inner_text()
    assert page.locator("#finish-back").inner_text() == "Go on reviewing"
    assert page.locator("#write").count() == 0


def test_what_is_still_being_saved_is_part_of_what_the_decisions_come_to(serve, visit, bccd):
    page = visit(serve(bccd))
    held = Held(page, "**/api/decisions")
    page.keyboard.press("a")
    until(page, lambda: len(held.routes) == 1)
    page.click("#finish-open")
    page.wait_for_selector("text=Decisions are still being saved")
    assert page.locator("#what-changes").count() == 0
    held.let_go()
    page.wait_for_selector("#write")
    assert page.locator("#what-changes").inner_text() == "1 record will change, by 1 fix."


CHOSEN_IS_SEEN = """() => {
  const chosen = document.querySelector('[data-mode][aria-checked="true"]');
  const [inside, around] = [chosen, chosen.parentElement].map((one) => one.getBoundingClientRect());
  return inside.left >= around.left - 1 && inside.right <= around.right + 1;
}"""


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_nothing_lies_on_anything_else_at_any_width(serve, visit, bccd: Path, width: int):
    touch = width < 1000
    page = visit(serve(bccd), size=(width, 844), has_touch=touch, is_mobile=touch)
    page.wait_for_selector("#canvas[data-painted]")
    for key, shown in (
        ("l", "#chosen:not([hidden])"),
        ("t", "#note:not([hidden])"),
        ("Escape", "#actions:not([hidden])"),
        ("e", "#editor:not([hidden])"),
        ("Escape", "#actions:not([hidden])"),
        ("g", ".cell"),
        ("h", "#how-bad"),
    ):
        page.keyboard.press(key)
        page.wait_for_selector(shown)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert page.evaluate(OVERLAPS) == []
        assert page.evaluate(CHOSEN_IS_SEEN)
        if touch:
            assert page.evaluate(LOW) == []
