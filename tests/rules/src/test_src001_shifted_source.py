import dataclasses

import numpy as np
import pytest
from scipy import stats

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.needs import Need
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import drawn_by, with_columns, with_polygons
from tests.rules.src.people import NEAT, alone, neatly, shifted, together, wider


def test_who_draws_to_one_side_is_found_and_the_others_are_not():
    found = audit(together({**NEAT, "eve": shifted(3, 0)}), select=["SRC"])
    assert found.code.tolist() == ["SRC001"]
    x, y = (float(word) for word in found.message[0].split() if word[0] in "+-")
    assert found.message[0].startswith("boxes of annotator eve lie +")
    assert (x, y) == pytest.approx((3, 0), abs=0.3)


def test_three_people_tell_who_is_odd():
    people = {"ann": neatly, "bob": neatly, "eve": shifted(4, 0)}
    found = audit(together(people), select=["SRC001"])
    assert [text.split()[3] for text in found.message.tolist()] == ["eve"]
    assert float(found.message[0].split()[5]) == pytest.approx(4, abs=0.3)
    assert found.fix[0] is not None


def test_people_who_draw_the_same_objects_by_hand_are_not_found():
    assert not len(audit(together(NEAT), select=["SRC"]))


def test_a_shift_is_told_from_the_least_pixels_on():
    dataset = together({**NEAT, "eve": shifted(0, -2)})
    settings = {"shifted-source": {"min-pixels": 1.5}}
    assert len(audit(dataset, select=["SRC001"], settings=settings)) == 1
    settings = {"shifted-source": {"min-pixels": 2.5}}
    assert len(audit(dataset, select=["SRC001"], settings=settings)) == 0


def test_too_few_images_say_nothing():
    people = {**NEAT, "eve": shifted(5, 0)}
    assert len(audit(together(people, images=4, boxes=8), select=["SRC"])) == 0
    assert len(audit(together(people, images=5, boxes=8), select=["SRC"])) == 1


def test_of_two_nobody_knows_which_is_right():
    found = audit(together({"ann": neatly, "eve": shifted(4, 0)}), select=["SRC001"])
    assert "which of both is right, they do not say" in found.message[0]
    assert found.fix[0] is None


def test_the_fix_moves_the_boxes_of_the_source_back_and_no_others():
    dataset = together({**NEAT, "eve": shifted(3, 2)})
    found = audit(dataset, select=["SRC001"])
    fixed = apply(dataset, found).dataset
    mine = AuditContext(dataset).sources.box == 4
    moved = (fixed.boxes.xyxy - dataset.boxes.xyxy)[mine]
    inner = (moved != 0).any(axis=1)
    assert inner.mean() > 0.9
    assert np.median(moved[inner], axis=0) == pytest.approx([-3, -2, -3, -2], abs=0.3)
    assert (fixed.boxes.xyxy[~mine] == dataset.boxes.xyxy[~mine]).all()
    assert len(audit(fixed, select=["SRC001"])) == 0


def test_objects_with_masks_are_not_moved():
    dataset = together({**NEAT, "eve": shifted(3, 2)})
    some = [[[10.0, 10, 40, 10, 40, 40]]] * len(dataset.boxes)
    found = audit(with_polygons(dataset, *some), select=["SRC001"])
    assert found.fix.tolist() == [None]


def test_whole_pixels_stay_whole():
    dataset = together({**NEAT, "eve": shifted(3, 0)})
    dataset = with_columns(dataset, "boxes", xyxy=np.rint(dataset.boxes.xyxy))
    dataset = dataclasses.replace(
        dataset, attributes=together({**NEAT, "eve": shifted(3, 0)}).attributes
    )
    fixed = apply(dataset, audit(dataset, select=["SRC001"])).dataset
    assert (fixed.boxes.xyxy % 1 == 0).all()
    assert (fixed.boxes.xyxy != dataset.boxes.xyxy).any()


def test_without_objects_drawn_twice_it_is_not_checked():
    context = AuditContext(alone(NEAT, images=3))
    assert context.lacking[Need.SAME_OBJECTS] == (
        "no two sources drew the same objects, and no model was asked"
    )


def test_who_draws_too_large_is_not_shifted():
    assert len(audit(together({**NEAT, "eve": wider(3)}), select=["SRC001"])) == 0


def beside(*eve: str, x: float, count: int = 20, people: int = 2) -> Dataset:
    """People who all draw one car an image, eve so many pixels off, and what she alone drew."""
    drawn = {
        f"p{n}": {f"{n}.jpg": ["car 200 100 300 200"] for n in range(count)} for n in range(people)
    }
    late = {f"{n}.jpg": [f"car {200 + x} 100 {300 + x} 200"] for n in range(count)}
    late["0.jpg"] += eve
    return drawn_by({**drawn, "eve": late})


@pytest.mark.parametrize(("x", "count"), [(1.4, 0), (1.6, 1)])
def test_a_shift_of_a_pixel_and_a_half_is_told(x, count):
    assert len(audit(beside(x=x), select=["SRC001"])) == count


@pytest.mark.parametrize(("pairs", "count"), [(19, 0), (20, 1)])
def test_twenty_pairs_are_enough(pairs, count):
    assert len(audit(beside(x=4, count=pairs, people=1), select=["SRC001"])) == count


def in_a_chain(*x: float) -> list[tuple[str, float]]:
    """What is told of people who draw so many pixels off, each of whom knows the next alone."""
    people, last = {}, len(x) - 1
    for n, off in enumerate(x):
        names = [f"{pair}-{row}.jpg" for pair in {n, min(n + 1, last)} - {0} for row in range(20)]
        people[f"p{n}"] = {name: [f"car {200 + off} 100 {300 + off} 200"] for name in names}
    found = audit(drawn_by(people), select=["SRC001"])
    return [(words[3], float(words[5])) for words in map(str.split, found.message.tolist())]


@pytest.mark.parametrize("links", [8, 15, 40])
def test_a_shift_is_known_by_way_of_people_each_of_whom_knows_the_next_alone(links):
    ((name, pixels),) = in_a_chain(*[0] * (links - 1), 4)
    assert name == f"p{links - 1}"
    assert pixels == pytest.approx(4, abs=0.1)


def test_of_people_each_further_right_than_the_one_before_the_ends_are_furthest_off():
    told = dict(in_a_chain(*range(15)))
    assert told == {f"p{n}": pytest.approx(n - 7, abs=0.1) for n in range(15) if abs(n - 7) > 1}


@pytest.mark.parametrize(("x", "count"), [(32, 1), (35, 0)])
def test_boxes_are_of_one_object_that_overlap_by_half(x, count):
    """Boxes of 100 px overlap by .52 or by .48."""
    assert len(audit(beside(x=x), select=["SRC001"])) == count


@pytest.mark.parametrize(("chance", "count"), [(0.0009, 1), (0.0011, 0)])
def test_a_shift_is_no_chance_below_one_in_a_thousand_for_all_comparisons(chance, count):
    """Two people and two axes are four comparisons; 20 images have 19 degrees of freedom."""
    spread = 4 * np.sqrt(19) / stats.t.isf(chance / 4 / 2, 19)
    off = [4 + spread * (-1) ** n for n in range(20)]
    right = {f"{n}.jpg": ["car 200 100 300 200"] for n in range(20)}
    late = {f"{n}.jpg": [f"car {200 + x} 100 {300 + x} 200"] for n, x in enumerate(off)}
    assert len(audit(drawn_by({"ann": right, "eve": late}), select=["SRC001"])) == count


@pytest.mark.parametrize(
    ("box", "moved"),
    [
        ("bus 0.9 300 60 350", False),
        ("bus 1.1 300 60 350", True),
        ("bus 300 429 360 479.1", False),
        ("bus 300 429 360 478.9", True),
    ],
)
def test_a_box_within_a_pixel_of_the_border_ends_there_and_is_not_moved(box, moved):
    dataset = beside(box, x=4)
    fixed = apply(dataset, audit(dataset, select=["SRC001"])).dataset
    (bus,) = np.flatnonzero(dataset.boxes.label == dataset.class_names.index("bus"))
    assert (fixed.boxes.xyxy[bus] != dataset.boxes.xyxy[bus]).any() == moved
