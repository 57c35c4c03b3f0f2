"""Four numbers of which nothing says what they are, decided by the boxes."""

from __future__ import annotations

import numpy as np
import pytest

from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.io.formats.four_numbers import (
    FAILS,
    FEWER,
    MIN_REVERSED,
    MIN_RISE,
    READINGS,
    REVERSED,
    TELLING,
    OpenNumbers,
    least_rise,
    reading_of,
    settled,
)
from labelaudit.testing import images

SIZE = (640.0, 480.0)


def anywhere(count: int = 40, seed: int = 0) -> np.ndarray:
    """Corners of boxes that lie anywhere in an image."""
    random = np.random.default_rng(seed)
    side = random.uniform(20, 200, (count, 2))
    near = random.uniform(0, 1, (count, 2)) * (np.array(SIZE) - side)
    return np.hstack([near, near + side])


def sizes(count: int) -> np.ndarray:
    return np.tile(SIZE, (count, 1))


@pytest.mark.parametrize("custom", ["xyxy", "xywh"])
@pytest.mark.parametrize("written", READINGS)
def test_boxes_that_lie_anywhere_say_what_their_numbers_are(written, custom):
    if (written, custom) == ("cxcywh", "xywh"):
        return  # centres are read as corners with hardly one that does not fit
    numbers = CONVENTIONS[written].write(anywhere(), sizes(40))
    reading = reading_of(numbers, sizes(40), custom)
    assert (reading.name, reading.alike) == (written, ())


def test_centres_are_told_from_sizes_where_boxes_reach_the_far_edges():
    far = np.tile([*(np.array(SIZE) - 200), *SIZE], (10, 1)) - np.arange(10)[:, None]
    numbers = CONVENTIONS["cxcywh"].write(far, sizes(10))
    assert reading_of(numbers, sizes(10), "xywh").name == "cxcywh"


@pytest.mark.parametrize(("wrong", "name"), [(3, "xyxy"), (4, "xywh")])
def test_a_reading_takes_a_fifth_of_the_boxes(wrong, name):
    assert TELLING == 0.2
    alike = np.tile([10.0, 10, 100, 100], (20 - wrong, 1))  # fits both
    telling = np.tile([300.0, 200, 80, 60], (wrong, 1))  # a size alone
    assert reading_of(np.vstack([alike, telling]), sizes(20), "xyxy").name == name


@pytest.mark.parametrize(("against", "name"), [(2, "xyxy"), (1, "xywh")])
def test_a_box_that_speaks_against_a_reading_takes_more_than_nine_for_it(against, name):
    assert FEWER == 9
    telling = np.tile([300.0, 200, 80, 60], (18, 1))
    corners = np.tile([500.0, 300, 600, 400], (against, 1))
    assert reading_of(np.vstack([telling, corners]), sizes(18 + against), "xyxy").name == name


@pytest.mark.parametrize(("swapped", "name"), [(4, "xyxy"), (5, "yxyx")])
def test_a_rare_reading_is_asked_only_where_the_custom_one_fails_often(swapped, name):
    assert FAILS == 0.8
    alike = np.tile([100.0, 100, 200, 300], (20 - swapped, 1))
    beyond = np.tile([300.0, 500, 400, 600], (swapped, 1))  # y within 480 only if it stands first
    beyond[:, 2] = 450
    assert reading_of(np.vstack([alike, beyond]), sizes(20), "xyxy").name == name


def test_one_pixel_beyond_an_image_fits_and_two_do_not():
    fits = [reading_of(np.array([[600.0, 1, 640 + by, 9]]), sizes(1), "xyxy") for by in (1, 2)]
    assert [one.fitting for one in fits] == [1, 0]


def reversed_corners(count: int) -> np.ndarray:
    return anywhere(count)[:, [2, 3, 0, 1]]


@pytest.mark.parametrize("known", [False, True])
@pytest.mark.parametrize(("count", "name"), [(19, "xywh"), (20, REVERSED)])
def test_the_far_corner_first_takes_so_many_boxes(count, name, known):
    assert MIN_REVERSED == 20
    size = sizes(count) if known else np.full((count, 2), np.nan)
    numbers = reversed_corners(count)
    if known:  # they fit as sizes, too, since the images are large
        size *= 10
    reading = reading_of(numbers, size, "xyxy")
    assert (reading.name, reading.fitting) == (name, count)
    assert reading.alike == (("xywh",) if name == REVERSED else (REVERSED,))


def test_the_far_corner_first_takes_few_boxes_where_sizes_speak_for_it():
    numbers = reversed_corners(5)
    assert reading_of(numbers, sizes(5), "xyxy").name == REVERSED
    numbers[0] = [100, 100, 120, 90]  # in one no corner is further than the other: no such file
    assert reading_of(numbers, sizes(5), "xyxy").name != REVERSED


def test_sizes_that_are_less_than_left_and_top_are_no_corners():
    side = np.random.default_rng(1).uniform(5, 20, (20, 2))
    numbers = np.hstack([anywhere(20)[:, :2] + 30, side])
    reading = reading_of(numbers, np.full((20, 2), np.nan), "xyxy")
    assert (reading.name, reading.alike) == ("xywh", ())
    assert reading_of(numbers[:19], np.full((19, 2), np.nan), "xyxy").alike == (REVERSED,)


@pytest.mark.parametrize(("noise", "rises"), [(0.9, True), (1.5, False)])
def test_corners_rise_together_so_far(noise, rises):
    assert MIN_RISE == 0.65
    random = np.random.default_rng(3)
    first = random.normal(0, 1, (2000, 2))
    rise = least_rise(np.hstack([first, first + noise * random.normal(0, 1, (2000, 2))]))
    assert rise == pytest.approx(1 / np.hypot(1, noise), abs=0.05)
    assert (rise >= MIN_RISE) is rises


def test_what_is_a_size_by_custom_is_not_doubted():
    reading = reading_of(reversed_corners(20), np.full((20, 2), np.nan), "xywh")
    assert (reading.name, reading.alike) == ("xywh", ())


def test_corners_with_the_far_one_first_are_read_and_said():
    written = reversed_corners(20)
    boxes = [f"car {a} {b} {c} {d}" for a, b, c, d in written.round().tolist()]
    dataset = images({"a.jpg": boxes}, size=(np.nan, np.nan))
    read = settled(dataset, OpenNumbers(list(range(20)), doubted=True))
    assert read.boxes.xyxy.tolist() == written.round()[:, [2, 3, 0, 1]].tolist()
    assert read.notes == (
        "four numbers of a box are taken to be right, bottom, left, top, though they would fit as "
        "left, top, width, height as well; name them in the file to be sure",
    )


def test_no_boxes_and_unknown_sizes_leave_what_is_custom():
    nothing = reading_of(np.zeros((0, 4)), np.zeros((0, 2)), "xywh")
    assert (nothing.name, nothing.judged) == ("xywh", 0)
    unknown = np.full((40, 2), np.nan)
    assert reading_of(anywhere(), unknown, "xywh").name == "xywh"
    assert (
        reading_of(CONVENTIONS["xywh"].write(anywhere(), unknown), unknown, "xyxy").name == "xywh"
    )


def test_only_open_boxes_are_read_anew_and_it_is_said():
    dataset = images({"a.jpg": ["car 300 200 80 60", "car 10 10 30 40", "car 300 200 80 60"]})
    read = settled(dataset, OpenNumbers([0, 1]))
    assert read.boxes.xyxy.tolist() == [
        [300, 200, 380, 260],
        [10, 10, 40, 50],
        [300, 200, 80, 60],
    ]
    assert read.notes == (
        "four numbers of a box are taken to be left, top, width, height, by which 2 of 2 boxes fit",
    )
    assert settled(dataset, OpenNumbers()) is dataset


@pytest.mark.parametrize(
    ("doubted", "size", "said"),
    [(True, SIZE, 1), (False, SIZE, 1), (True, (np.nan, np.nan), 1), (False, (np.nan, np.nan), 0)],
)
def test_what_fits_two_readings_is_doubted_where_sizes_are_known_or_nobody_wrote_it_down(
    doubted, size, said
):
    dataset = images({"a.jpg": ["car 10 10 30 40"]}, size=size)
    notes = settled(dataset, OpenNumbers([0], doubted=doubted)).notes
    assert len(notes) == said
    assert all("as well; name them in the file to be sure" in note for note in notes)
