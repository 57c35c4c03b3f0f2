from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.core.ids import Ids
from labelaudit.dataset.compare import Kind, compare
from labelaudit.dataset.match import paired
from labelaudit.dataset.tables import Dataset, SplitMembership
from labelaudit.testing import images, one_image


def kinds(before, after):
    """How many differences there are of each kind."""
    return {kind: len(found) for kind, found in compare(before, after).differences.items()}


def test_a_dataset_equals_itself():
    dataset = one_image("car 0 0 9 9", "car nan 0 9 9", "bus 5 5 5 9", "bus 5 5 5 9")
    assert kinds(dataset, dataset) == {}


def test_nothing_equals_nothing():
    nothing = Dataset("coco", root=Path())
    assert kinds(nothing, nothing) == {}


def test_order_and_ids_do_not_matter():
    before = images({"a.jpg": ["car 0 0 9 9", "bus 5 5 8 8"], "b.jpg": ["car 1 1 5 5"]})
    after = images({"b.jpg": ["car 1 1 5 5"], "a.jpg": ["bus 5 5 8 8", "car 0 0 9 9"]})
    renumbered = dataclasses.replace(after.boxes, id=Ids.of(["x", "y", "z"]))
    assert kinds(before, dataclasses.replace(after, boxes=renumbered)) == {}


def test_rounding_by_a_format_is_no_difference():
    assert kinds(one_image("car 0 0 9.004 9"), one_image("car 0 0 9.006 9")) == {}


@pytest.mark.parametrize(("right", "expected"), [(9.01, {}), (9.02, {Kind.BOX_MOVED: 1})])
def test_a_box_has_moved_from_a_hundredth_of_a_pixel_on(right, expected):
    assert kinds(one_image("car 0 0 9 9"), one_image(f"car 0 0 {right} 9")) == expected


def test_a_box_moves_where_it_overlaps_by_half():
    before = one_image("car 0 0 30 30")
    assert kinds(before, one_image("car 0 0 30 60")) == {Kind.BOX_MOVED: 1}
    assert kinds(before, one_image("car 0 0 30 61")) == {Kind.BOX_REMOVED: 1, Kind.BOX_ADDED: 1}


def test_a_box_of_the_same_size_moves_anywhere_in_its_image():
    assert kinds(one_image("car 0 0 9 9"), one_image("car 80 80 89 89")) == {Kind.BOX_MOVED: 1}


def test_each_box_moves_to_where_it_fits_best():
    before = one_image("car 0 0 100 100", "car 0 10 100 110")
    after = one_image("car 0 12 100 112", "car 0 1 100 101")
    comparison = compare(before, after)
    assert comparison.boxes.before.tolist() == [0, 1]
    assert comparison.boxes.after.tolist() == [1, 0]


def test_two_boxes_do_not_move_to_one():
    before = one_image("car 0 0 100 100", "car 0 10 100 110")
    after = one_image("car 0 4 100 104")
    assert kinds(before, after) == {Kind.BOX_REMOVED: 1, Kind.BOX_MOVED: 1}


def test_a_box_in_the_same_place_is_the_same_box_rather_than_one_of_its_class_nearby():
    before = one_image("car 0 0 100 100", "bus 300 300 400 400")
    after = one_image("bus 0 0 100 100", "car 0 10 100 110", "bus 300 300 400 400")
    assert kinds(before, after) == {Kind.BOX_RELABELLED: 1, Kind.BOX_ADDED: 1}


def test_a_box_of_another_class_in_the_same_place_is_relabelled():
    before = one_image("car 0 0 9 9", "bus 50 50 90 90")
    after = one_image("bus 0 0 9 9", "bus 50 50 90 90", "car 200 200 210 230")
    assert kinds(before, after) == {Kind.BOX_RELABELLED: 1, Kind.BOX_ADDED: 1}
    assert compare(before, after).relabellings == [("car", "bus", 1)]


def test_a_box_can_be_moved_and_relabelled():
    before = one_image("car 0 0 9 9", "bus 50 50 90 90")
    after = one_image("bus 0 0 9 8", "bus 50 50 90 90", "car 200 200 210 230")
    assert kinds(before, after) == {
        Kind.BOX_MOVED: 1,
        Kind.BOX_RELABELLED: 1,
        Kind.BOX_ADDED: 1,
    }


def test_a_box_that_becomes_a_crowd_is_marked():
    assert kinds(one_image("car 0 0 9 9"), one_image("car 0 0 9 9 crowd")) == {Kind.BOX_MARKED: 1}


def test_a_class_of_which_all_boxes_get_a_new_name_is_renamed():
    before = one_image("Film 0 0 9 9", "bus 5 5 8 8", "Film 20 20 40 40")
    after = one_image("film 0 0 9 9", "bus 5 5 8 8", "film 22 20 40 40")
    assert kinds(before, after) == {Kind.CLASS_RENAMED: 1, Kind.BOX_MOVED: 1}


def test_a_class_that_is_merged_into_another_is_removed_and_its_boxes_relabelled():
    before, after = (
        one_image("car 0 0 9 9", "van 9 9 20 20"),
        one_image("car 0 0 9 9", "car 9 9 20 20"),
    )
    assert kinds(before, after) == {Kind.CLASS_REMOVED: 1, Kind.BOX_RELABELLED: 1}


def test_two_classes_that_become_one_new_class_are_removed():
    before = one_image("car 0 0 9 9", "van 9 9 20 20")
    after = one_image("vehicle 0 0 9 9", "vehicle 9 9 20 20")
    assert kinds(before, after) == {
        Kind.CLASS_REMOVED: 2,
        Kind.CLASS_ADDED: 1,
        Kind.BOX_RELABELLED: 2,
    }


def test_images_come_and_go_with_their_boxes():
    before = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["car 1 1 5 5"]})
    after = images({"a.jpg": ["car 0 0 9 9"], "c.jpg": ["car 3 3 7 7"]})
    assert kinds(before, after) == {Kind.IMAGE_REMOVED: 1, Kind.IMAGE_ADDED: 1}


def test_an_image_is_known_by_its_file_name_in_another_folder_or_without_an_ending():
    before = images({"train/a.jpg": ["car 0 0 9 9"], "train/b.jpg": []})
    after = images({"a.jpg": ["car 0 0 9 9"], "b": []})
    assert kinds(before, after) == {Kind.IMAGE_RENAMED: 2}


def test_an_image_is_not_known_by_a_file_name_that_two_have():
    before = images({"x/a.jpg": [], "y/a.jpg": []})
    assert kinds(before, images({"a.jpg": []})) == {Kind.IMAGE_REMOVED: 2, Kind.IMAGE_ADDED: 1}


def test_an_image_is_known_by_its_boxes_under_another_name():
    before = images({"a.jpg": ["car 0 0 9 9", "bus 5 5 9 9"], "b.jpg": []})
    after = images({"x.jpg": ["bus 5 5 9 9", "car 0 0 9 9"], "y.jpg": []})
    assert kinds(before, after) == {
        Kind.IMAGE_RENAMED: 1,
        Kind.IMAGE_REMOVED: 1,
        Kind.IMAGE_ADDED: 1,
    }


def test_a_new_size_of_an_image_is_seen():
    before, after = one_image(size=(640, 480)), one_image(size=(640, 481))
    assert kinds(before, after) == {Kind.IMAGE_RESIZED: 1}
    assert kinds(before, one_image(size=(np.nan, np.nan))) == {}


def test_an_image_in_another_split_is_seen():
    dataset = images({"a.jpg": [], "b.jpg": []})

    def split(*of_image):
        members = SplitMembership.of(2, split=of_image, image=[0, 1])
        return dataclasses.replace(dataset, splits=("train", "val"), split_members=members)

    assert kinds(split(0, 1), split(0, 1)) == {}
    assert kinds(split(0, 1), split(1, 1)) == {Kind.IMAGE_RESPLIT: 1}
    assert kinds(dataset, split(1, 1)) == {}


def test_boxes_without_an_image_are_matched_by_content():
    def lost(text):
        dataset = one_image(text)
        boxes = dataclasses.replace(dataset.boxes, image=np.array([-1], np.int32))
        return dataclasses.replace(dataset, boxes=boxes)

    assert kinds(lost("car 0 0 9 9"), lost("car 0 0 9 9")) == {}
    assert kinds(lost("car 0 0 9 9"), lost("car 3 0 90 9")) == {
        Kind.BOX_REMOVED: 1,
        Kind.BOX_ADDED: 1,
    }


@given(st.lists(st.integers(0, 3)), st.lists(st.integers(0, 3)))
def test_equal_rows_are_paired_as_a_slow_search_would(old, new):
    first, second = paired(
        np.array(old, np.int64).reshape(-1, 1), np.array(new, np.int64).reshape(-1, 1)
    )
    left, expected = list(enumerate(new)), []
    for place, value in enumerate(old):
        match = next((item for item in left if item[1] == value), None)
        if match:
            left.remove(match)
            expected.append((place, match[0]))
    assert list(zip(first.tolist(), second.tolist(), strict=True)) == expected


SIDES = st.sampled_from([0.0, 1.0, 9.0, 30.0, 1e18, np.inf, -np.inf, np.nan])
BOXES = st.lists(st.tuples(st.sampled_from(["car", "bus"]), SIDES, SIDES, SIDES, SIDES), max_size=6)


@settings(max_examples=60)
@given(BOXES, BOXES)
def test_every_box_is_matched_at_most_once_and_none_is_lost(old, new):
    before, after = (one_image(*(" ".join(map(str, box)) for box in boxes)) for boxes in (old, new))
    boxes = compare(before, after).boxes
    assert sorted([*boxes.before, *boxes.removed]) == list(range(len(old)))
    assert sorted([*boxes.after, *boxes.added]) == list(range(len(new)))


@settings(max_examples=60)
@given(BOXES, st.randoms(use_true_random=False))
def test_shuffled_boxes_are_the_same_boxes(boxes, random):
    shuffled = random.sample(boxes, len(boxes))
    before, after = (
        one_image(*(" ".join(map(str, b)) for b in some)) for some in (boxes, shuffled)
    )
    assert kinds(before, after) == {}


def test_the_corrected_taco_is_the_old_one_with_its_boxes_moved(shared_data):
    import labelaudit

    old = labelaudit.load(shared_data / "taco" / "annotations_2019-06-26_bbox_y_flipped.json")
    new = labelaudit.load(shared_data / "taco" / "annotations.json")
    comparison = compare(old, new)
    counts = {kind: len(found) for kind, found in comparison.differences.items()}
    assert counts.keys() == {Kind.IMAGE_ADDED, Kind.CLASS_RENAMED, Kind.BOX_MOVED}
    assert ("Plastic Film", "Plastic film") in comparison.classes_renamed
    assert counts[Kind.BOX_MOVED] > 2047  # those that visibly disagree with their polygon
