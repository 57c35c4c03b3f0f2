import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.label_issues import BoxIssues, LabelIssues, MissingObjects
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import drawn_by
from tests.rules.src.people import NEAT, alone, by_factor, shifted, together, wider


@pytest.mark.parametrize(("pixels", "word"), [(3, "large"), (-3, "small")])
def test_who_leaves_another_margin_around_the_same_objects_is_found_alone(pixels, word):
    dataset = together({**NEAT, "eve": wider(pixels)})
    # Of the smallest objects a margin of 3 px leaves too little: these are disputed as well.
    found = audit(dataset, select=["SRC"], ignore=["SRC005"])
    assert found.code.tolist() == ["SRC002"]
    told = [float(part) for part in found.message[0].split() if part[0] in "+-"]
    assert found.message[0].startswith(f"boxes of annotator eve are too {word}: ")
    assert told == pytest.approx([pixels, pixels], abs=0.3)


def test_a_factor_is_found_beside_the_same_objects():
    found = audit(together({**NEAT, "eve": by_factor(1.25)}), select=["SRC"])
    assert found.code.tolist() == ["SRC002"]
    assert "annotator eve are too large" in found.message[0]


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_draws_three_pixels_too_large_in_images_of_their_own_is_found_alone(seed):
    found = audit(alone({**NEAT, "eve": wider(3)}, images=120, seed=seed), select=["SRC"])
    assert found.code.tolist() == ["SRC002"]
    assert found.message[0].startswith("boxes of annotator eve are too large: +")
    assert "by the sizes of 960 boxes and of 3,840 of others" in found.message[0]
    assert found.fix[0] is None


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_who_sees_nearer_objects_is_not_found(seed):
    nearer = alone({**NEAT, "eve": by_factor(1.2)}, images=120, seed=seed)
    assert len(audit(nearer, select=["SRC"])) == 0


def test_two_odd_ones_are_found_one_after_the_other():
    people = {**NEAT, "eve": wider(4), "fay": wider(4)}
    found = audit(alone(people, images=120, seed=3), select=["SRC002"])
    assert sorted(text.split()[3] for text in found.message.tolist()) == ["eve", "fay"]


@pytest.mark.parametrize(("pixels", "images", "seed"), [(-8, 120, 1), (-8, 120, 2), (-5, 60, 0)])
def test_beside_one_who_draws_far_too_small_nobody_seems_to_draw_too_large(pixels, images, seed):
    found = audit(
        alone({**NEAT, "eve": wider(pixels)}, images=images, seed=seed), select=["SRC002"]
    )
    told = [text.split()[3] for text in found.message.tolist()]
    assert told == (["eve"] if pixels == -8 else [])


@pytest.mark.parametrize("seed", range(6))
def test_many_people_who_draw_alike_are_silent(seed):
    people = {f"p{number}": NEAT["ann"] for number in range(12)}
    assert len(audit(alone(people, images=25, seed=seed), select=["SRC"])) == 0


def test_a_model_says_who_is_right_where_nobody_drew_the_same():
    dataset = alone({"ann": NEAT["ann"], "bob": NEAT["ann"], "eve": wider(4)}, images=20)
    mine = AuditContext(dataset).sources.box == 2
    true = dataset.boxes.xyxy + np.outer(mine, [4, 4, -4, -4])
    boxes = BoxIssues.of(len(true), xyxy=true, was_scored=np.ones(len(true), bool))
    issues = LabelIssues("test", ("car", "bus", "bike"), boxes, MissingObjects.empty())
    found = audit(dataset, select=["SRC"], label_issues=issues)
    assert found.code.tolist() == ["SRC002"]
    assert "eve are too large: +4.0 px" in found.message[0]
    assert "beside those of the model" in found.message[0]
    fixed = apply(dataset, found).dataset
    inner = (fixed.boxes.xyxy != dataset.boxes.xyxy).any(axis=1)
    assert np.allclose(fixed.boxes.xyxy[inner], true[inner])
    assert inner.sum() > 0.9 * mine.sum()
    assert not (inner & ~mine).any()


def test_who_is_shifted_has_no_margin():
    assert len(audit(together({**NEAT, "eve": shifted(3, 3)}), select=["SRC002"])) == 0


def around(margin: float, *eve: str) -> Dataset:
    """Three people who draw the same cars, eve with a margin, and what she alone drew."""
    right = {f"{n}.jpg": ["car 200 100 300 200"] for n in range(20)}
    corners = " ".join(f"{side:g}" for side in wider(margin)(np.array([200, 100, 300, 200])))
    wide = {f"{n}.jpg": [f"car {corners}"] for n in range(20)}
    wide["0.jpg"] += eve
    return drawn_by({"ann": right, "bob": right, "eve": wide})


@pytest.mark.parametrize(("margin", "count"), [(1.4, 0), (1.6, 1), (-1.4, 0), (-1.6, 1)])
def test_a_margin_of_a_pixel_and_a_half_is_told(margin, count):
    assert len(audit(around(margin), select=["SRC002"])) == count


@pytest.mark.parametrize(("width", "moved"), [(6.9, False), (7.1, True)])
def test_a_box_of_which_less_than_a_pixel_would_be_left_stays(width, moved):
    dataset = around(3, f"bus 50 300 {50 + width} 350")
    fixed = apply(dataset, audit(dataset, select=["SRC002"])).dataset
    (bus,) = np.flatnonzero(dataset.boxes.label == dataset.class_names.index("bus"))
    assert (fixed.boxes.xyxy[bus] != dataset.boxes.xyxy[bus]).any() == moved
