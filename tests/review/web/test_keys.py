"""Keys are answered from what is in the page; the server is asked after that."""

from __future__ import annotations

from typing import Any

import pytest

from tests.review.coco_files import coco_of

from .test_browser import Held, pressed, saved

FRAMES = """
window.frames_painted = 0;
const count = () => { frames_painted += 1; requestAnimationFrame(count); };
requestAnimationFrame(count);
document.addEventListener("keydown", () => { window.at_key = frames_painted; }, true);
const fetched = window.fetch;
window.asked = [];
window.fetch = (...words) => {
  asked.push([words[0], frames_painted - window.at_key]);
  return fetched(...words);
};
"""
"""Notes how many frames passed between the last key and each request."""


@pytest.fixture
def crowd(tmp_path):
    """A hundred findings of one kind."""
    return coco_of(tmp_path, [f"{n}.jpg" for n in range(50)], ["car"], pairs=2)


def cells(page: Any) -> list[str]:
    return [str(name) for name in page.locator(".cell .caption").all_inner_texts()]


def test_nothing_is_asked_of_the_server_before_a_key_is_answered(serve, visit, bccd):
    before = lambda page: page.add_init_script(FRAMES)  # noqa: E731
    page = visit(serve(bccd), before=before)
    page.wait_for_selector("#canvas[data-painted]")
    page.evaluate("asked.length = 0")
    pressed(page, "a")
    asked = page.evaluate("asked")
    assert any(address == "/api/decisions" for address, _ in asked)
    assert min(frames for _, frames in asked) >= 1


def test_screens_of_crops_follow_each_other_while_the_server_is_silent(serve, visit, crowd):
    page = visit(serve(crowd))
    page.keyboard.press("g")
    page.wait_for_selector(".cell")
    held = Held(page, "**/api/items*")
    seen = [cells(page)]
    for _ in range(3):
        page.keyboard.press("a")
        page.wait_for_selector("#saving[data-state=saved]")
        seen.append(cells(page))
    sizes = [len(screen) for screen in seen]
    assert sizes[0] == sizes[1] == sizes[2]
    assert sum(sizes) > 60
    held.let_go()


def test_keys_go_on_while_the_server_is_silent(serve, visit, crowd):
    served = serve(crowd)
    page = visit(served)
    Held(page, "**/api/items*")
    decided = Held(page, "**/api/decisions")
    names = [page.locator("#image-name").inner_text()]
    for _ in range(12):
        page.keyboard.press("a")
        names.append(page.locator("#image-name").inner_text())
    assert len(set(names)) >= 6  # two findings an image
    decided.let_go()
    saved(page)
    assert served.api.get("/api/progress").json()["decided"] == 12


def test_a_server_that_hangs_is_told(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served)
    held = Held(page, "**/api/decisions")
    page.keyboard.press("a")
    page.wait_for_selector("#saving[data-state=trouble]")
    page.wait_for_selector("#trouble:not([hidden])")
    held.let_go()
    saved(page)
    assert served.api.get("/api/progress").json()["decided"] == 1


def test_a_class_is_changed_by_its_beginning_alone(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("c")
    page.wait_for_selector("#class-input:focus")
    page.keyboard.type("plat")
    (item,) = pressed(page, "Enter")["items"]
    classes = page.evaluate("fetch('/api/session').then((answer) => answer.json())")["classes"]
    assert (item["state"], classes[item["edit"]["label"]]) == ("edited", "Platelets")
    assert item["edit"]["xyxy"] in (None, item["xyxy"])


def test_a_key_right_after_leaving_the_class_is_heard(serve, visit, bccd):
    page = visit(serve(bccd))
    page.wait_for_selector("#canvas[data-painted]")
    page.keyboard.press("c")
    page.wait_for_selector("#class-input:focus")
    heard = page.evaluate(
        """() => {
          const type = (key) => document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
          type("Escape");
          type("?");
          return document.getElementById("help").open;
        }"""
    )
    assert heard


def test_a_full_disk_is_told_and_the_decision_is_sent_again(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served)
    full = {"detail": "q.sqlite: the review queue: database or disk is full"}
    page.route("**/api/decisions", lambda route: route.fulfill(status=503, json=full))
    page.keyboard.press("a")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "disk is full" in page.locator("#trouble").inner_text()
    page.unroute("**/api/decisions")
    saved(page)
    assert served.api.get("/api/progress").json()["decided"] == 1
