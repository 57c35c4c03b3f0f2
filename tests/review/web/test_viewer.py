"""What of an image is shown, on a canvas of 800 x 600."""

from __future__ import annotations

import re
from typing import Any

import pytest

SHOWN = """
async ([size, focus]) => {
  const { Viewer } = await import("/static/js/viewer.js");
  const viewer = new Viewer(document.createElement("canvas"));
  viewer.width = 800;
  viewer.height = 600;
  const [width, height] = size;
  viewer.show({ row: 0, width, height, tile: 1024, address: "", whole: null, boxes: [] }, focus);
  const [left, top, right, bottom] = focus;
  return { view: [...viewer.toImage(0, 0), ...viewer.toImage(800, 600)],
           box: [...viewer.toScreen(left, top), ...viewer.toScreen(right, bottom)] };
}
"""


@pytest.fixture
def shown(serve, visit, bccd):
    """The part of an image that is shown for a box, and where the box is on the canvas."""
    page = visit(serve(bccd))
    return lambda size, focus: page.evaluate(SHOWN, [size, focus])


def test_a_small_box_is_shown_with_its_surroundings_and_no_empty_stage(shown):
    for focus in ([620, 460, 635, 475], [2, 2, 12, 12], [300, 470, 310, 478]):
        left, top, right, bottom = shown([640, 480], focus)["view"]
        assert (right - left) < 320
        assert left >= 0
        assert top >= 0
        assert right <= 640
        assert bottom <= 480 + 62 / (800 / (right - left))  # room for the buttons


def test_a_box_that_reaches_out_of_the_image_is_shown_whole(shown):
    left, top, right, bottom = shown([6400, 4800], [6380, 100, 6440, 140])["box"]
    assert 0 <= left < right <= 800
    assert 0 <= top < bottom <= 600


@pytest.mark.parametrize("focus", [[5, 380, 150, 480], [500, 380, 635, 480]])
def test_a_box_in_a_lower_corner_is_clear_of_what_lies_over_the_image(shown, focus):
    assert shown([640, 480], focus)["box"][3] <= 600 - 62 + 1


def test_the_name_of_a_box_that_is_compared_with_is_below_it(serve, visit, bccd):
    page = visit(serve(bccd))
    texts: list[Any] = page.evaluate(
        """async () => {
          const { sceneOf } = await import("/static/js/panel.js");
          const item = { id: "a", box: 0, xyxy: [0, 0, 9, 9], label: 0, fix: null, edit: null,
                         other: 1, other_xyxy: [1, 1, 9, 9], other_label: 1 };
          const image = { row: 0, width: 9, height: 9, boxes: [], xyxy: [], shown: false };
          const scene = sceneOf(item, image, { classes: ["cat", "dog"] });
          return scene.boxes.map((box) => [box.text, Boolean(box.below)]);
        }"""
    )
    assert sorted(texts) == [["cat", False], ["dog", True]]


def screen_of(page: Any, findings: list[dict[str, Any]]) -> dict[str, Any]:
    """The grid of crops of findings in a dataset of two classes."""
    shown: dict[str, Any] = page.evaluate(
        """async (findings) => {
          const { Grid } = await import("/static/js/grid.js");
          document.getElementById("desk").hidden = true;
          document.getElementById("grid").hidden = false;
          const grid = new Grid({ classes: ["cat", "dog", "cow"] }, {});
          grid.show(findings);
          const last = document.querySelector(".cell-frame:last-child");
          const words = (what) => [...document.querySelectorAll(what)].map((one) => one.innerText);
          return { title: words("#grid-title")[0], captions: words(".caption"),
                   width: document.querySelector(".cell").offsetWidth,
                   end: last.getBoundingClientRect().bottom };
        }""",
        [
            {"code": "X", "name": "x", "message": "m", "image": 0, "image_name": "a.jpg"}
            | {"id": str(number), "label": None, "xyxy": None, "other_xyxy": None}
            | finding
            for number, finding in enumerate(findings)
        ],
    )
    return shown


def fixed(kind: str, label: int) -> dict[str, Any]:
    return {"fix": {"kind": kind, "xyxy": [0, 0, 9, 9], "label": label}}


def test_a_screen_of_missing_boxes_is_of_one_class_and_names_it(serve, visit, bccd):
    page = visit(serve(bccd))
    shown = screen_of(page, [fixed("add", 1), fixed("add", 1), fixed("add", 0)])
    assert shown["title"] == "2 findings: x · dog"


def test_a_screen_that_has_not_room_for_all_of_a_kind_says_so(serve, visit, bccd):
    page = visit(serve(bccd))
    shown = screen_of(page, [fixed("add", 1)] * 300)
    assert re.fullmatch(r"\d+ findings on this screen: x · dog", shown["title"])


def test_a_screen_says_which_class_each_box_would_get(serve, visit, bccd):
    page = visit(serve(bccd))
    box = {"label": 0, "xyxy": [0, 0, 9, 9]}
    shown = screen_of(page, [box | fixed("relabel", 1), box | fixed("relabel", 2)])
    assert shown["captions"] == ["→ dog · a.jpg", "→ cow · a.jpg"]


def test_few_crops_are_large(serve, visit, bccd):
    page = visit(serve(bccd))
    few = screen_of(page, [fixed("add", 1)] * 2)["width"]
    assert few > 1.5 * screen_of(page, [fixed("add", 1)] * 60)["width"]


@pytest.mark.parametrize("size", [(1366, 768), (820, 1180), (1180, 820), (1920, 1080)])
def test_what_a_key_decides_is_on_the_screen_whole(serve, visit, bccd, size):
    page = visit(serve(bccd), size=size)
    for count in (1, 2, 7, 13, 60):
        assert screen_of(page, [fixed("add", 1)] * count)["end"] <= size[1]
