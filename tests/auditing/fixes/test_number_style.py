from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.fixes.number_style import drawn, to_whole_pixels, whole_numbers
from labelaudit.dataset.tables import Dataset, Files, RecordType
from labelaudit.testing import as_format, images, one_image, with_columns

DRAWN = [174.55, 103.03, 247.27, 169.7]


def fixed(dataset: Dataset, kind: str, row: int, **values: object) -> Dataset:
    fix = np.empty(1, object)
    fix[0] = Fix(kind, Safety.UNSAFE, RecordType.BOX, row, values)
    return apply(dataset, Findings.of(1, code=["REV001"], fix=fix)).dataset


@pytest.mark.parametrize("name", ["coco", "voc"])
def test_a_file_of_whole_numbers_stays_one(name: str):
    whole = as_format(one_image("car 10 10 40 40", "car 50 20 90 60"), name)
    assert fixed(whole, "move", 1, xyxy=DRAWN).boxes.xyxy[1].tolist() == [175, 103, 247, 170]
    added = fixed(whole, "add", -1, image=0, label=0, xyxy=DRAWN)
    assert added.boxes.xyxy.tolist() == [[10, 10, 40, 40], [50, 20, 90, 60], [175, 103, 247, 170]]


@pytest.mark.parametrize("name", ["coco", "voc"])
def test_a_file_with_fractions_keeps_what_is_drawn(name: str):
    fine = as_format(one_image("car 10 10 40 40.5", "car 50 20 90 60"), name)
    assert fixed(fine, "move", 1, xyxy=DRAWN).boxes.xyxy[1].tolist() == DRAWN


def test_fractions_of_an_image_are_never_whole():
    whole = as_format(one_image("car 10 10 40 40", "car 50 20 90 60"), "yolo")
    assert fixed(whole, "move", 1, xyxy=DRAWN).boxes.xyxy[1].tolist() == DRAWN


def test_each_file_has_a_style_of_its_own_and_one_without_boxes_that_of_the_others():
    boxes = {"a.jpg": ["car 1 1 9 9"], "b.jpg": ["car 1 1 9 9.5"], "c.jpg": []}
    several = with_columns(images(boxes), "boxes", file=[0, 1])
    several = with_columns(several, "files", path=["a.xml"])
    files = Files.of(3, path=["a.xml", "b.xml", "c.xml"])
    several = Dataset(**{**vars(several), "files": files})
    assert whole_numbers(several, np.arange(3)).tolist() == [True, False, False]
    whole = with_columns(several, "boxes", xyxy=[[1, 1, 9, 9], [1, 1, 9, 9]])
    assert whole_numbers(whole, np.arange(3)).tolist() == [True, True, True]


def test_an_oddly_written_box_does_not_decide_about_the_style():
    two = one_image("car 10 10 40 40", "car 50.5 20 90 60")
    what = {"part": ["annotations"], "row": [1], "kind": ["wrong-type"], "field": ["bbox"]}
    odd = with_columns(two, "problems", file=[0], record=[1], **what)
    assert whole_numbers(odd, np.zeros(1, np.int64)).tolist() == [True]
    assert whole_numbers(two, np.zeros(1, np.int64)).tolist() == [False]
    written = fixed(odd, "set-field", 1, field="bbox", value=[50.5, 20, 39.5, 40])
    assert written.boxes.xyxy[1].tolist() == [51, 20, 90, 60]


def test_what_was_not_fixed_stays_as_it_is():
    lost = one_image("car 10 10 40 40", "car nan 20.5 90 60", "car 50 20 90 60")
    moved = fixed(lost, "move", 2, xyxy=DRAWN)
    np.testing.assert_array_equal(moved.boxes.xyxy[1], [np.nan, 20.5, 90, 60])


def test_a_box_that_is_drawn_by_hand_is_told_as_its_file_will_have_it():
    whole = one_image("car 10 10 40 40")
    assert drawn(whole, 0, DRAWN) == [175, 103, 247, 170]
    assert drawn(one_image("car 10 10 40.25 40"), 0, DRAWN) == DRAWN
    assert drawn(one_image(), 0, DRAWN) == DRAWN


def test_rounding_leaves_a_thin_box_a_pixel_in_its_image():
    thin = np.array([[10.2, 1, 10.4, 9], [639.7, 1, 640, 9], [3, 1, 3, 9], [4.5, 1, 5.5, 9]])
    whole = to_whole_pixels(thin, np.tile([640.0, 480.0], (4, 1)))
    assert whole.tolist() == [[10, 1, 11, 9], [639, 1, 640, 9], [3, 1, 3, 9], [5, 1, 6, 9]]
