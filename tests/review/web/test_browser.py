"""The review page in a real browser, from the first finding to the cleaned dataset."""

from __future__ import annotations

import filecmp
import json
import re
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import labelaudit
from labelaudit.cli import main
from tests.review.coco_files import coco_of

MARGIN = 24  # CSS pixels that the page leaves around an image


def at(page: Any, x: float, y: float, size: tuple[int, int] = (640, 480)) -> tuple[float, float]:
    """Where a pixel of the image is on the screen, when the whole image is shown."""
    canvas = page.locator("#canvas").bounding_box()
    scale = min((canvas["width"] - MARGIN) / size[0], (canvas["height"] - MARGIN) / size[1])
    left = canvas["x"] + (canvas["width"] - size[0] * scale) / 2
    top = canvas["y"] + (canvas["height"] - size[1] * scale) / 2
    return left + x * scale, top + y * scale


def drag(page: Any, start: tuple[float, float], end: tuple[float, float]) -> None:
    """Press the mouse at one pixel of the image and let it go at another."""
    page.mouse.move(*at(page, *start))
    page.mouse.down()
    page.mouse.move(*at(page, *end), steps=4)
    page.mouse.up()


def pressed(page: Any, key: str) -> Any:
    """What the server answered to the decision that a key makes."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.keyboard.press(key)
    page.wait_for_selector("main:not([aria-busy])")
    return answer.value.json()


def saved(page: Any) -> None:
    page.wait_for_selector("#saving[data-state=saved]")


def told(page: Any, words: str) -> None:
    """Wait until the page has said something."""
    until(page, lambda: page.evaluate("(words) => said.some((one) => one.includes(words))", words))


def until(page: Any, true: Callable[[], bool]) -> None:
    """Wait for what must come. Not by the clock: a test may be stopped for a while."""
    for _ in range(5000):
        if true():
            return
        page.wait_for_timeout(20)
    raise AssertionError("it did not come")


class Held:
    """What a page asks for at an address from now on: it gets no answer until it is let go."""

    def __init__(self, page: Any, address: str) -> None:
        self.routes: list[Any] = []
        self.holding = True
        page.route(address, self._hold)

    def _hold(self, route: Any) -> None:
        if self.holding:
            self.routes.append(route)
        else:
            route.continue_()

    def let_go(self) -> None:
        """Have everything answered."""
        self.holding = False
        for route in self.routes:
            route.continue_()


def cleaned_of(original: Path) -> Path:
    return original.with_name(f"{original.name}.cleaned")


def test_a_dataset_is_reviewed_and_written(serve, visit, bccd):
    page = visit(serve(bccd))
    assert page.locator("#pace").inner_text().startswith("0 of 10")
    accepted = pressed(page, "a")["items"][0]
    assert (accepted["state"], accepted["reviewer"]) == ("accepted", "ann")
    edited = made_smaller(page)
    added = drawn(page)
    rejected = pressed(page, "r")["items"][0]
    assert pressed(page, "u")["items"][0]["state"] == "open"
    assert page.locator("#state").inner_text() == "Open"
    assert pressed(page, "r")["items"][0]["id"] == rejected["id"]
    saved(page)
    page.click("#finish-open")
    page.click("#write")
    page.wait_for_selector("#written")
    assert str(cleaned_of(bccd)) in page.locator("#written").inner_text()
    check_cleaned(bccd, accepted, edited, added)


def made_smaller(page: Any) -> Any:
    """Edit the box at hand by dragging its lower right corner."""
    page.keyboard.press("0")
    page.keyboard.press("e")
    page.wait_for_selector("#editor:not([hidden])")
    numbers = re.findall(r"[\d.]+", page.locator("#editor-box").inner_text())
    width, height, left, top = map(float, numbers)
    right, bottom = left + width, top + height
    drag(page, (right, bottom), (right - 20, bottom - 10))
    edited = pressed(page, "Enter")["items"][0]
    assert edited["state"] == "edited"
    corners = [left, top, right - 20, bottom - 10]
    np.testing.assert_allclose(edited["edit"]["xyxy"], corners, atol=1.5)
    return edited


def drawn(page: Any) -> Any:
    """Draw a missing box and choose its class by the beginning of its name."""
    page.keyboard.press("0")
    page.keyboard.press("d")
    drag(page, (300, 200), (340, 260))
    page.click("#class-input")
    page.keyboard.type("plat")
    page.keyboard.press("Enter")
    added = pressed(page, "Enter")["item"]
    np.testing.assert_allclose(added["fix"]["xyxy"], [300, 200, 340, 260], atol=1.5)
    return added


def check_cleaned(original: Path, accepted: Any, edited: Any, added: Any) -> None:
    """One box fewer, one changed, one more; every other file is the same, byte for byte."""
    before, after = labelaudit.load(original), labelaudit.load(cleaned_of(original))
    expected = before.boxes.xyxy.copy()
    expected[edited["box"]] = np.round(edited["edit"]["xyxy"])
    kept = np.delete(expected, accepted["box"], axis=0)
    found = {tuple(xyxy) for xyxy in np.round(after.boxes.xyxy).tolist()}
    assert len(after.boxes) == len(before.boxes)
    assert {tuple(xyxy) for xyxy in np.round(kept).tolist()} < found
    assert tuple(np.round(added["fix"]["xyxy"]).tolist()) in found
    names = [path.name for path in (original / "Annotations").iterdir()]
    folders = original / "Annotations", cleaned_of(original) / "Annotations"
    _, differing, lost = filecmp.cmpfiles(*folders, names, shallow=False)
    images = {one["image"] for one in (accepted, edited, added)}
    assert (len(differing), lost) == (len(images), [])
    assert main(["undo", str(cleaned_of(original))]) == 0
    assert sorted(filecmp.cmpfiles(*folders, names, shallow=False)[0]) == sorted(names)


def test_a_screen_of_crops_is_decided_with_one_key_but_for_its_exceptions(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served)
    page.keyboard.press("g")
    page.wait_for_selector(".cell")
    count = page.locator(".cell").count()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    answer = pressed(page, "a")
    states = [item["state"] for item in answer["items"]]
    assert states == ["accepted", "rejected"] + ["accepted"] * (count - 2)
    assert len(pressed(page, "u")["items"]) == count


def test_images_with_most_errors_come_first_where_that_is_asked_for(serve, visit, tmp_path):
    path = coco_of(tmp_path, [f"{n}.jpg" for n in range(4)], ["car", "bus"], pairs=1)
    labels = json.loads(path.read_text())
    box = {"image_id": 2, "category_id": 0, "area": 3600, "iscrowd": 0}
    more = [[200 + 90 * pair, 30, 60, 60] for pair in (0, 0, 1, 1)]
    labels["annotations"] += [box | {"id": 100 + n, "bbox": one} for n, one in enumerate(more)]
    path.write_text(json.dumps(labels))
    page = visit(serve(path))
    page.click("[data-mode=errors]")
    name = page.locator("#image-name")
    until(page, lambda: name.inner_text() == "2.jpg")
    for _ in range(2):
        pressed(page, "a")
        assert name.inner_text() == "2.jpg"
    pressed(page, "a")
    assert name.inner_text() != "2.jpg"
    assert page.locator("[data-mode=errors]").get_attribute("aria-checked") == "true"


def test_it_works_by_the_keyboard_alone_to_the_end(serve, visit, bccd):
    page = visit(serve(bccd))
    for key in "arsarsarsa":
        pressed(page, key)
    page.wait_for_selector("#done:not([hidden])")
    assert page.locator("#done-title").inner_text() == "Nothing left to decide"
    page.keyboard.press("Enter")  # the button to finish has the focus
    page.wait_for_selector("#write")
    assert "4 accepted" in page.locator("#finish").inner_text()


def test_two_reviewers_are_handed_different_findings(serve, visit, many):
    served = serve(many, "--select", "DUP001")
    pages = {"ann": visit(served, "ann"), "bo": visit(served, "bo")}
    decided: dict[str, set[str]] = {}
    while any(page.locator("#done").is_hidden() for page in pages.values()):
        for name, page in pages.items():
            if page.locator("#done").is_hidden():
                decided.setdefault(pressed(page, "a")["items"][0]["id"], set()).add(name)
    assert len(decided) == 40
    assert [len(names) for names in decided.values()] == [1] * 40
    assert served.api.get("/api/progress").json()["decided"] == 40


def test_a_finding_that_somebody_else_decided_meanwhile_is_told_and_not_changed(serve, visit, many):
    served = serve(many)
    page = visit(served)
    first = served.api.get("/api/items?count=1", headers={"x-reviewer": "ann"}).json()["items"][0]
    decision = {"item": first["id"], "verdict": "reject"}
    body = {"uuid": str(uuid.uuid4()), "decisions": [decision]}
    assert served.api.post("/api/decisions", json=body, headers={"x-reviewer": "bo"}).is_success
    assert [one["id"] for one in pressed(page, "a")["conflicts"]] == [first["id"]]
    told(page, "decided by somebody else in the meantime")
    page.keyboard.press("p")
    assert page.locator("#state").inner_text() == "Rejected by bo"


def test_hostile_names_are_text_and_escapes_are_not_shown(serve, visit, tmp_path):
    folder = tmp_path / "data"
    folder.mkdir()
    Image.new("RGB", (640, 480)).save(tmp_path / "secret.jpg")
    (folder / "link.jpg").symlink_to(tmp_path / "secret.jpg")
    markup = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    images = [f"{markup}.jpg", "../secret.jpg", "/etc/passwd", "link.jpg", "\u202egpj.\u202c.jpg"]
    labels = coco_of(folder, [*images, "x" * 10_000], [markup, "\u202e" + "w" * 10_000], pairs=2)
    page = visit(serve(labels, "--images", folder))
    seen = set()
    for _ in range(14):
        seen.add(page.locator("#not-shown").inner_text())
        assert page.evaluate("document.querySelectorAll('#panel script, img[src=x]').length") == 0
        assert page.evaluate("document.documentElement.scrollWidth") <= 1366
        pressed(page, "s")
    assert any("leads out of the image folders" in text for text in seen)
    for key in "fgo":
        page.keyboard.press(key)
        page.keyboard.press("Escape")


def test_a_decision_waits_while_the_server_is_gone_and_is_shown_as_not_saved(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served)
    page.route("**/api/decisions", lambda route: route.abort())
    page.keyboard.press("a")
    page.wait_for_selector("#saving[data-state=trouble]")
    page.wait_for_selector("#trouble:not([hidden])")
    assert "not saved" in page.locator("#saving").inner_text()
    page.unroute("**/api/decisions")
    saved(page)
    page.wait_for_selector("#trouble", state="hidden")
    assert served.api.get("/api/progress").json()["decided"] == 1


def test_a_tablet_shows_everything_without_cutting_off(serve, visit, bccd):
    page = visit(serve(bccd), size=(820, 1180), has_touch=True, color_scheme="dark")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 820
    for button in page.locator("#actions button").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 820
        assert box["y"] + box["height"] <= 1180
        assert box["height"] >= 44
    page.locator('[data-action="accept"]').tap()
    saved(page)
    assert page.locator("#pace").inner_text().startswith("1 of 10")


def test_a_refused_decision_is_told_and_looked_at_again(serve, visit, bccd):
    page = visit(serve(bccd))
    name = page.locator("#image-name").inner_text()
    page.keyboard.press("e")
    page.keyboard.press("Enter")
    told(page, "Nothing was changed")
    page.route("**/api/decisions", lambda route: route.fulfill(status=409, json={"detail": "no"}))
    page.keyboard.press("a")
    page.wait_for_selector("#trouble:not([hidden])")
    assert page.locator("#trouble").inner_text() == "Not saved: no"
    assert page.locator("#image-name").inner_text() == name
    page.unroute("**/api/decisions")
    pressed(page, "a")
    page.wait_for_selector("#trouble", state="hidden")


def test_keys_that_come_before_the_image_edit_and_do_not_accept(serve, visit, bccd):
    page, held = waiting_for_its_image(visit, serve(bccd))
    for key in ("e", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    assert page.locator("#editor").is_hidden()
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        held.let_go()
    (item,) = answer.value.json()["items"]
    assert item["state"] == "edited"
    assert item["edit"]["xyxy"][0] > item["xyxy"][0]


def test_keys_that_follow_an_edit_that_cannot_be_decide_nothing(serve, visit, bccd):
    served = serve(bccd)
    page, held = waiting_for_its_image(visit, served)
    for key in ("e", "Enter"):
        page.keyboard.press(key)
    for route in held.routes:
        route.abort()
    told(page, "no image to edit")
    assert served.api.get("/api/progress").json()["decided"] == 0


def waiting_for_its_image(visit: Any, served: Any) -> tuple[Any, Held]:
    """A page that shows its first finding without the image, and what it asked for in vain."""
    held: list[Held] = []
    page = visit(served, before=lambda page: held.append(Held(page, "**/api/images/*")))
    return page, held[0]


def test_nothing_is_asked_for_before_the_first_image(serve, visit, bccd):
    held: list[Held] = []
    asked: list[str] = []

    def before(page: Any) -> None:
        held.append(Held(page, "**/images/*/*/whole"))
        page.on("request", lambda request: asked.append(request.url))

    page = visit(serve(bccd), before=before)
    until(page, lambda: bool(held[0].routes))
    page.wait_for_timeout(600)  # longer than a frame is waited for
    assert not [url for url in asked if "/crop" in url or "/examples" in url]
    held[0].let_go()
    page.wait_for_selector("#canvas[data-painted]")
    until(page, lambda: any("/crop" in url for url in asked))


def test_what_is_compared_waits_for_no_other_image(serve, visit, bccd):
    first: list[Any] = []

    def whole(route: Any) -> None:
        if first:
            route.continue_()
        else:
            first.append(route)

    page = visit(serve(bccd), before=lambda page: page.route("**/images/*/*/whole", whole))
    until(page, lambda: bool(first))
    assert page.locator(".strip .crop").count() == 0
    page.keyboard.press("n")  # of the same class, in another image
    page.wait_for_selector(".strip .crop")
    first[0].continue_()


def test_closing_the_page_gives_its_findings_to_others(serve, visit, bccd):
    served = serve(bccd)
    page = visit(served, "ann")
    as_bo = {"x-reviewer": "bo"}
    assert served.api.get("/api/items", headers=as_bo).json()["items"] == []
    page.goto(served.address.partition("?")[0] + "static/icon.svg")
    until(page, lambda: bool(served.api.get("/api/items", headers=as_bo).json()["items"]))
