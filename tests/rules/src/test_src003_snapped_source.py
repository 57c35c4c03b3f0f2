import dataclasses

import pytest

from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.testing import drawn_by
from tests.rules.src.people import NEAT, alone, by_factor, snapped


@pytest.mark.parametrize("step", [4, 8, 10, 32])
def test_who_snaps_to_a_grid_is_found_alone_with_the_grid(step):
    found = audit(alone({**NEAT, "eve": snapped(step)}, images=20), select=["SRC003"])
    assert len(found) == 1
    words = f"boxes of annotator eve end on multiples of {step} px: 100% of "
    assert found.message[0].startswith(words)


def test_whole_and_even_pixels_are_no_grid():
    assert len(audit(alone({**NEAT, "eve": snapped(2)}, images=20), select=["SRC003"])) == 0
    assert len(audit(alone(NEAT, images=20), select=["SRC003"])) == 0


def test_if_all_are_on_the_grid_the_images_were_scaled():
    assert len(audit(alone(dict.fromkeys(NEAT, snapped(8)), images=20), select=["SRC003"])) == 0


def on_the_grid(many: int, of: int) -> str:
    """A message, or none, of someone with so many of so many boxes on a grid of 8."""
    free = {f"{n}.jpg": [f"car {n + 11} {n + 13} {n + 53} {n + 75}"] for n in range(60)}
    some = {
        f"{n}.png": [f"car {8 * n + 8} {8 * n + 8} {8 * n + 48} {8 * n + 72}"] for n in range(many)
    }
    some |= {f"{n}.png": [f"car {n + 11} {n + 13} {n + 53} {n + 75}"] for n in range(many, of)}
    return "".join(audit(drawn_by({"ann": free, "bob": some}), select=["SRC003"]).message.tolist())


def test_nine_in_ten_edges_are_enough():
    assert "bob end on multiples of 8 px" in on_the_grid(19, 20)
    assert on_the_grid(15, 20) == ""


def test_forty_edges_are_enough():
    assert "100% of 40 edges" in on_the_grid(10, 10)
    assert on_the_grid(9, 9) == ""


def test_boxes_that_repeat_say_it_once():
    free = {f"{n}.jpg": [f"car {n + 11} {n + 13} {n + 53} {n + 75}"] for n in range(60)}
    same = {f"{n}.png": ["car 8 16 48 72"] for n in range(60)}
    assert len(audit(drawn_by({"ann": free, "bob": same}), select=["SRC003"])) == 0


def test_folders_are_compared_where_nothing_says_who_drew():
    dataset = alone({"ann": by_factor(1), "bob": snapped(8)}, images=30)
    names = [
        name.replace("ann", "first/").replace("bob", "second/")
        for name in dataset.images.name.tolist()
    ]
    dataset = dataclasses.replace(
        dataset, images=dataset.images.replaced(name=texts(names)), attributes=None
    )
    found = audit(dataset, select=["SRC003"])
    assert [text.split(" end")[0] for text in found.message.tolist()] == ["boxes of folder second"]


def boxes(count: int, *, off: float = 0.0, ending: str = "png") -> dict[str, list[str]]:
    """So many boxes whose edges are so far from the lines of a grid of 8."""
    corners = [[8 * n + edge + off for edge in (8, 8, 48, 72)] for n in range(count)]
    return {
        f"{n}.{ending}": [f"car {' '.join(f'{side:g}' for side in some)}"]
        for n, some in enumerate(corners)
    }


@pytest.mark.parametrize(("off", "count"), [(0.015, 1), (0.025, 0), (-0.015, 1), (-0.025, 0)])
def test_an_edge_is_on_a_line_to_a_fiftieth_of_a_pixel(off, count):
    people = {"ann": boxes(50, off=3, ending="jpg"), "bob": boxes(20, off=off)}
    assert len(audit(drawn_by(people), select=["SRC003"])) == count


@pytest.mark.parametrize(("on_it", "count"), [(18, 1), (17, 0)])
def test_nine_in_ten_edges_are_needed(on_it, count):
    some = {**boxes(20, off=3), **boxes(on_it)}
    people = {"ann": boxes(50, off=3, ending="jpg"), "bob": some}
    assert len(audit(drawn_by(people), select=["SRC003"])) == count


@pytest.mark.parametrize(("on_it", "count"), [(29, 1), (31, 0)])
def test_six_in_ten_edges_of_others_may_be_on_the_grid(on_it, count):
    others = {**boxes(50, off=3, ending="jpg"), **boxes(on_it, ending="jpg")}
    found = audit(drawn_by({"ann": others, "bob": boxes(20)}), select=["SRC003"])
    assert len(found) == count
