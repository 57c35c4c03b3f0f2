"""How much evidence it takes to say that boxes follow another convention."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labelaudit.auditing.context import AuditContext
from labelaudit.rules.geo.geo015_wrong_convention import wrong_convention
from labelaudit.rules.geo.misread_conventions import SAMPLE
from labelaudit.testing import with_columns
from tests.rules.geo.misread_boxes import (
    WITHOUT_MASKS,
    centres,
    edges,
    found,
    misread,
    street,
    transforms,
    with_boxes,
    with_masks,
)


@given(
    form=st.sampled_from(["coco", "voc", "yolo", "mine"]),
    scale=st.sampled_from([4, 40, 400]),
    corner=st.sampled_from([0, 200]),
    data=st.data(),
)
def test_boxes_that_fit_their_images_are_never_reread(
    form: str, scale: int, corner: int, data: st.DataObject
) -> None:
    numbers = st.lists(st.integers(0, scale), min_size=160, max_size=160)
    first, second = np.array(data.draw(numbers)).reshape(2, 40, 2) + corner
    xyxy = np.hstack([np.minimum(first, second), np.maximum(first, second) + 3])
    size = data.draw(st.sampled_from([(700, 700), (640, 1000)]))
    assert not len(found(with_boxes(street(40, form=form, size=size), xyxy.astype(float))))


@settings(max_examples=50)
@given(data=st.data(), form=st.sampled_from(["coco", "voc", "yolo"]))
def test_no_numbers_make_it_stumble(data: st.DataObject, form: str) -> None:
    odd = st.sampled_from(
        [np.nan, np.inf, -np.inf, 1e308, -1e308, 1e18, 0.0, -1.0, 0.5, 1.0, 300.0]
    )
    rows = st.lists(odd, min_size=80, max_size=80).map(lambda row: np.array(row).reshape(20, 4))
    dataset = with_boxes(street(20, form=form), data.draw(rows))
    dataset = with_columns(dataset, "keypoints", box=np.arange(20), xyxy=data.draw(rows))
    dataset = with_columns(dataset, "images", size=data.draw(rows)[0].reshape(2, 2))
    assert len(found(dataset)) <= 1
    dataset = with_columns(dataset, "masks", box=np.arange(20), xyxy=data.draw(rows))
    assert len(found(dataset)) <= 1


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS)
def test_a_few_boxes_broken_otherwise_do_not_hide_it(form: str, true: str) -> None:
    wrong = misread(street(form=form), true)
    xyxy = wrong.boxes.xyxy.copy()
    xyxy[[3, 50]] = [[np.nan] * 4, [1e18, 0, 2e18, 9]]
    xyxy[[9, 99, 180]] = [[-500, 5, 5, 70], [9, 9, 9, 9], [600, 470, 900, 800]]
    assert transforms(with_boxes(wrong, xyxy)) == transforms(wrong)


def test_empty_and_unreadable_boxes_do_not_count() -> None:
    xyxy = misread(street(), "xyxy").boxes.xyxy.copy()
    xyxy[:30] = np.nan
    xyxy[30:60] = [700, 500, 700, 600]
    assert "of 140 boxes" in found(with_boxes(street(), xyxy)).message[0]


def test_boxes_inside_out_are_rather_sizes_than_corners_in_reverse() -> None:
    xyxy = np.tile([300.0, 200, 330, 240], (50, 1))
    assert transforms(misread(with_boxes(street(50, form="voc"), xyxy), "xywh")) == [
        "xywh-as-voc-xyxy"
    ]


def test_of_readings_that_fit_alike_the_one_with_fewest_mistakes_is_named() -> None:
    xyxy = np.tile([300.0, 200, 330, 240], (50, 1))
    wrong = misread(with_boxes(street(50, form="yolo"), xyxy), "cxcywh")
    assert transforms(wrong) == ["cxcywh-as-normalised-cxcywh"]


def test_masks_that_agree_with_no_reading_leave_nothing_to_say() -> None:
    wrong = misread(street(), "normalised-xywh")
    elsewhere = street(seed=1).boxes.xyxy
    assert not len(found(with_columns(wrong, "masks", box=np.arange(200), xyxy=elsewhere)))


def test_boxes_broken_one_by_one_are_not_a_convention() -> None:
    right = street(1000)
    xyxy = right.boxes.xyxy.copy()
    xyxy[::10, 2] += 300
    xyxy[1::10] = xyxy[1::10][:, [2, 3, 0, 1]]
    xyxy[2::20] = 0
    assert not len(found(with_boxes(right, xyxy)))


@pytest.mark.parametrize("form", ["voc", "mine"])
def test_a_few_boxes_inside_out_are_not_sizes_read_as_corners(form: str) -> None:
    right = street(400, form=form, size=(1280, 960))
    xyxy = np.tile([5.0, 5, 300, 200], (400, 1)) + np.arange(400.0)[:, None] % 40
    xyxy[::5] = xyxy[::5][:, [2, 3, 0, 1]]  # which then fit as left, top, width, height as well
    assert not len(found(with_boxes(right, xyxy)))


@pytest.mark.parametrize(("percent", "expected"), [(28, 0), (32, 1)])
def test_boxes_inside_out_are_exceptions_up_to_three_in_ten(percent: int, expected: int) -> None:
    right = street(400, form="voc", size=(1280, 960))
    xyxy = np.tile([5.0, 5, 300, 200], (400, 1)) + np.arange(400.0)[:, None] % 40
    odd = 7 * np.arange(400) % 25 < percent / 4  # some in each image
    xyxy[odd] = xyxy[odd][:, [2, 3, 0, 1]]
    assert len(found(with_boxes(right, xyxy))) == expected


def test_ten_boxes_are_needed() -> None:
    assert not len(found(centres(9, 20)))
    assert transforms(centres(10, 20)) == ["cxcywh-as-xywh"]
    nine = centres(9, 20)
    assert len(wrong_convention(AuditContext(nine), min_boxes=9))


def test_a_twentieth_of_the_boxes_is_needed() -> None:
    assert transforms(centres(50, 950)) == ["cxcywh-as-xywh"]
    assert not len(found(centres(49, 951)))


def test_nine_of_ten_boxes_must_be_right_by_the_other_reading() -> None:
    outside = [[-50.0, 9, -9, 50]]
    assert transforms(centres(40, 140, others=outside * 20)) == ["cxcywh-as-xywh"]
    too_few = centres(40, 140, others=outside * 21)
    assert not len(found(too_few))
    assert len(wrong_convention(AuditContext(too_few), min_share=0.89))


def test_one_box_that_speaks_against_it_is_outweighed_by_ten() -> None:
    against = [[5.0, 200, 45, 240]]  # in the image as declared, not if its corner is a centre
    assert transforms(centres(10, 90, others=against)) == ["cxcywh-as-xywh"]
    assert not len(found(centres(10, 90, others=against * 2)))
    assert transforms(centres(20, 90, others=against * 2)) == ["cxcywh-as-xywh"]
    assert not len(found(centres(19, 90, others=against * 2)))


@pytest.mark.parametrize(("more", "true"), [(2, "xyxy"), (3, "cxcywh")])
def test_a_second_reading_must_fit_three_boxes_more_than_the_first(more: int, true: str) -> None:
    both = [[330.0 + n, 200, 730 + 2 * n, 500] for n in range(20 - more)]  # in two readings
    as_centres = [[600.0, 200 + n, 660, 240 + n] for n in range(more)]
    assert transforms(with_boxes(street(20), np.array(both + as_centres))) == [f"{true}-as-xywh"]


@pytest.mark.parametrize(("beyond", "expected"), [(1.4, 0), (1.6, 1)])
def test_a_pixel_and_a_half_beyond_the_image_is_no_misfit(beyond: float, expected: int) -> None:
    fitting, leaving = [300.0, 200, 340, 240], [-beyond, 200, 38, 240]  # fits as left, top, size
    xyxy = np.array([fitting] * 90 + [leaving] * 10)
    assert len(found(with_boxes(street(100, form="yolo"), xyxy))) == expected


def test_square_images_do_not_tell_swapped_axes() -> None:
    assert not len(found(misread(street(size=(500, 500)), "yxhw")))
    assert transforms(misread(with_masks(street(size=(500, 500))), "yxhw")) == ["yxhw-as-xywh"]


def test_a_wrong_size_that_stands_in_for_an_unknown_one_proves_nothing() -> None:
    wrong = misread(street(), "xyxy")
    assert not len(found(with_columns(wrong, "images", assumed=np.ones(20, bool))))
    assert not len(found(with_columns(wrong, "images", size=np.full((20, 2), np.nan))))


def test_ten_edges_at_pixel_0_are_needed() -> None:
    assert transforms(edges(10, 0)) == ["xyxy-as-voc-xyxy"]
    assert not len(found(edges(9, 0)))


@pytest.mark.parametrize(("beside", "expected"), [(0.009, 1), (0.011, 0)])
def test_an_edge_is_on_the_border_to_a_hundredth_of_a_pixel(beside: float, expected: int) -> None:
    dataset = edges(10, 0)
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[:10, 0] += beside
    assert len(found(with_boxes(dataset, xyxy))) == expected


def test_four_times_as_many_edges_at_pixel_0_as_at_pixel_1_are_needed() -> None:
    assert transforms(edges(20, 5)) == ["xyxy-as-voc-xyxy"]
    assert not len(found(edges(20, 6)))


def test_half_of_the_edges_beyond_the_border_must_be_a_pixel_beyond() -> None:
    far_beyond = [[-20.0, 50, 60, 90]]
    assert transforms(edges(12, 0, far_beyond * 12)) == ["xyxy-as-voc-xyxy"]
    assert not len(found(edges(12, 0, far_beyond * 13)))


def test_the_border_says_nothing_where_most_boxes_are_broken() -> None:
    assert transforms(edges(12, 0, [[60.0, 90, 20, 50]] * 30)) == ["xyxy-as-voc-xyxy"]
    assert not len(found(edges(12, 0, [[60.0, 90, 20, 50]] * 40)))


def test_boxes_of_nothing_but_zeros_do_not_count_from_0() -> None:
    assert not len(found(edges(0, 0, [[-1.0, -1, 0, 0]] * 20)))


def test_coco_boxes_that_all_start_at_pixel_1_may_be_right() -> None:
    assert not len(found(with_boxes(street(), np.tile([1.0, 1, 60, 90], (200, 1)))))


def test_a_tool_that_writes_1_for_0_is_quiet() -> None:
    dataset = street(form="voc")
    xyxy = np.maximum(misread(dataset, "xyxy").boxes.xyxy, 0)
    assert not len(found(with_boxes(dataset, xyxy)))


def test_boxes_rounded_to_pixels_are_not_a_pixel_beside_their_masks() -> None:
    right = street()
    masks = right.boxes.xyxy + np.random.default_rng(0).uniform(-0.5, 0.5, (200, 4))
    assert not len(found(with_columns(right, "masks", box=np.arange(200), xyxy=masks)))


def test_all_boxes_are_counted_where_some_decide() -> None:
    count = 2 * SAMPLE + 10
    wrong = misread(street(count), "xyxy")
    wrong.boxes.xyxy[: SAMPLE + 10] = np.nan  # the first of them say nothing
    assert f"of {SAMPLE:,} boxes" in found(wrong).message[0]


@pytest.mark.parametrize("side", [24, 48])
@pytest.mark.parametrize(("form", "shift"), [("voc", -1), ("coco", 1)])
def test_in_images_of_few_pixels_one_pixel_is_no_other_convention(
    form: str, shift: int, side: int
) -> None:
    margins = np.random.default_rng(1).integers(0, 4, (200, 4))
    xyxy = np.array([0, 0, side, side]) + margins * [1, 1, -1, -1] + float(shift)
    dataset = with_boxes(street(form=form, size=(side, side)), xyxy)
    assert not len(found(dataset))


@pytest.mark.parametrize(("form", "true"), [("voc", "xywh"), ("coco", "cxcywh")])
def test_in_images_of_few_pixels_another_convention_is_told_all_the_same(
    form: str, true: str
) -> None:
    ends = np.random.default_rng(0).integers(1, 8, (200, 4)) * [4, 4, 1, 1]
    xyxy = np.hstack([ends[:, :2] - 4, np.minimum(ends[:, :2] + ends[:, 2:], 32)])
    wrong = misread(with_boxes(street(form=form, size=(32, 32)), xyxy.astype(float)), true)
    assert transforms(wrong) == [f"{true}-as-{wrong.facts.convention}"]


def test_in_images_of_few_pixels_so_many_edges_at_pixel_0_count_from_it() -> None:
    margins = 2 * np.random.default_rng(1).integers(0, 2, (200, 4))
    xyxy = np.array([0, 0, 24, 24]) + margins * [1, 1, -1, -1] - 1.0
    dataset = with_boxes(street(form="voc", size=(24, 24)), xyxy)
    assert transforms(dataset) == ["zero-based-xyxy-as-voc-xyxy"]
