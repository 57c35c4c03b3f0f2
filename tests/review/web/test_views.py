"""The dataset as the page sees it."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings_file import entries
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.images.shown_files import NotShownError
from labelaudit.review.web.image_tiles import ImageTiles
from labelaudit.review.web.views import FARTHEST, Views
from labelaudit.testing import drawn_by, images, one_image, with_columns


def views_of(dataset: Dataset) -> Views:
    return Views(dataset, ImageTiles(dataset))


def first_entry(dataset: Dataset, code: str):
    return next(entries(audit(dataset, select=[code]), dataset))


def test_a_finding_is_placed_on_its_box_and_its_fix_is_shown():
    dataset = one_image("car 10 10 40 40", "car 10 10 40 40")
    place = views_of(dataset).place(first_entry(dataset, "DUP001"))
    assert (place["image"], place["box"], place["other"]) == (0, 1, 0)
    assert place["xyxy"] == (10, 10, 40, 40)
    assert place["fix"].kind == "drop"


def test_what_two_people_drew_of_one_object_is_shown_as_two_boxes_with_their_classes():
    same = ["bus 100 10 140 40", "bus 200 10 240 40"]
    dataset = drawn_by(
        {
            who: {"a.jpg": [box, *same]}
            for who, box in (("ann", "car 1 2 40 40"), ("bob", "bus 1 2 40 41"))
        }
    )
    place = views_of(dataset).place(first_entry(dataset, "SRC005"))
    drawn = {place["xyxy"]: place["label"], place["other_xyxy"]: place["other_label"]}
    car, bus = (dataset.class_names.index(name) for name in ("car", "bus"))
    assert drawn == {(1, 2, 40, 40): car, (1, 2, 40, 41): bus}


def test_a_finding_whose_records_are_gone_points_nowhere():
    dataset = one_image("car 10 10 40 40", "car 10 10 40 40")
    entry = first_entry(dataset, "DUP001")
    place = views_of(one_image("car 10 10 40 40")).place(entry)
    assert [place[key] for key in ("image", "box", "xyxy", "fix")] == [None] * 4
    assert place["image_name"] == entry["image"]


@pytest.mark.parametrize("word", ["nan", "inf", "-inf"])
def test_a_box_that_is_not_finite_is_not_drawn(word):
    views = views_of(one_image(f"car 10 10 {word} 40", "car 1 2 3 4"))
    assert views.corners(0) is None
    assert views.image(0).boxes == [1]


def test_an_inverted_box_is_drawn_the_right_way_round_and_a_giant_one_within_bounds():
    views = views_of(one_image("car 40 50 10 20", "car -1e18 0 1e18 10"))
    assert views.corners(0) == (10, 20, 40, 50)
    assert views.corners(1) == (-FARTHEST, 0, FARTHEST, 10)


def test_an_image_that_is_not_at_hand_has_the_size_that_the_labels_say_and_a_reason():
    image = views_of(one_image("car 10 10 40 40")).image(0)
    assert not image.shown
    assert "no file" in image.reason
    assert image.width > 0


@pytest.mark.parametrize("row", [-1, 1, 10**9])
def test_an_image_that_is_not_there_is_refused(row):
    with pytest.raises(NotShownError):
        views_of(one_image("car 10 10 40 40")).image(row)


def test_the_labels_of_an_image_are_those_of_the_slow_way():
    rng = np.random.default_rng(0)
    dataset = images({f"{n}.jpg": ["car 1 2 3 4", "bus 5 6 7 8"] for n in range(20)})
    dataset = with_columns(
        dataset, "boxes", image=rng.integers(-1, 20, 40), label=rng.integers(-1, 2, 40)
    )
    views, boxes = views_of(dataset), dataset.boxes
    for row in range(20):
        slow = [box for box in range(40) if boxes.image[box] == row]
        shown = views.image(row)
        assert shown.boxes == slow
        assert shown.labels == [None if boxes.label[box] < 0 else boxes.label[box] for box in slow]


def test_examples_are_boxes_of_the_class_that_can_be_shown(tmp_path):
    Image.new("RGB", (64, 64)).save(tmp_path / "a.png")
    boxes = ["car 10 10 40 40", "bus 1 1 30 30", "car 5 5 50 50", "car 1 1 2 60", "car 0 0 20 20"]
    dataset = with_columns(one_image(*boxes), "images", path=[str(tmp_path / "a.png")])
    assert [one.box for one in views_of(dataset).examples(0, 10)] == [0, 2, 4]
    assert [one.box for one in views_of(dataset).examples(0, 2)] == [0, 4]


def test_there_are_no_examples_of_an_empty_class_or_of_images_that_are_not_at_hand():
    views = views_of(one_image("car 10 10 40 40"))
    assert views.examples(0, 5) == []
    with pytest.raises(NotShownError):
        views.examples(7, 5)
