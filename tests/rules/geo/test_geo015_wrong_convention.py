"""Boxes written by one convention and read by another, and everything that only looks like it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labelaudit import fixing
from labelaudit.auditing import Audit, audit
from labelaudit.dataset import Boxes, Categories, Dataset, Files, Headers, Images
from labelaudit.findings import Findings, FixKind, Safety, Severity
from labelaudit.loading import load
from labelaudit.rules.geo.conventions import SAMPLE
from labelaudit.rules.geo.geo015_wrong_convention import wrong_convention
from labelaudit.table import MISSING, Floats
from labelaudit.testing import with_columns
from labelaudit.transforms import DECLARED, TRANSFORMS

LANDSCAPE = (640, 480)


def street(
    count: int = 200, *, form: str = "coco", size: tuple[int, int] = LANDSCAPE, seed: int = 0
) -> Dataset:
    """A right dataset of whole-pixel boxes, ten an image, some cut off by the border."""
    rng = np.random.default_rng(seed)
    image = np.arange(count) // 10
    near = rng.integers(-60, np.array(size) - 20, (count, 2))
    far = near + rng.integers(20, 200, (count, 2))
    near, far = np.maximum(near, 0), np.minimum(np.maximum(far, 20), size)
    images, one_file = -(-count // 10), form == "coco"
    files = 1 if one_file else images
    return Dataset(
        form,
        Path(),
        Files.of(files, path=[f"{row}.txt" for row in range(files)]),
        Images.of(
            images,
            file=np.zeros(images) if one_file else np.arange(images),
            name=[f"{row}.jpg" for row in range(images)],
            size=np.tile(size, (images, 1)),
        ),
        Categories.of(1, name=["car"]),
        Boxes.of(
            count,
            file=np.zeros(count) if one_file else image,
            record=np.arange(count),
            image=image,
            label=np.zeros(count),
            xyxy=np.hstack([near, far]),
        ),
    )


def with_boxes(dataset: Dataset, xyxy: Floats) -> Dataset:
    return dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))


def with_masks(dataset: Dataset) -> Dataset:
    """Masks that end where the boxes do."""
    box = np.arange(len(dataset.boxes))
    return with_columns(dataset, "outlines", box=box, xyxy=dataset.boxes.xyxy)


def misread(dataset: Dataset, true: str) -> Dataset:
    """What the format reads if the boxes were written by another convention than its own."""
    transform = TRANSFORMS[f"{DECLARED.get(dataset.format, 'xyxy')}-as-{true}"]
    return with_boxes(dataset, transform(dataset.boxes.xyxy, Audit(dataset).image_size))


def centres(wrong: int, right: int, others: Sequence[Sequence[float]] = ()) -> Dataset:
    """`wrong` boxes that fit only with a centre for a corner, `right` ones that fit either way."""
    fitting = np.tile([300.0, 200, 340, 240], (right, 1))
    leaving = np.tile([600.0, 200, 660, 240], (wrong, 1))
    xyxy = np.vstack([fitting, leaving, np.reshape(others, (-1, 4))])
    return with_boxes(street(len(xyxy)), xyxy)


def found(dataset: Dataset) -> Findings:
    return wrong_convention(Audit(dataset))


def transforms(dataset: Dataset) -> list[str]:
    return [fix.values["name"] for fix in found(dataset).fix]


WITHOUT_MASKS = [
    *[("coco", name) for name in ("xyxy", "cxcywh", "yxhw", "yxyx", "xxyy")],
    *[("coco", f"normalised-{name}") for name in ("xywh", "xyxy", "cxcywh")],
    *[("voc", name) for name in ("xywh", "cxcywh", "voc-yxyx", "voc-reversed", "xxyy")],
    *[("voc", name) for name in ("normalised-xyxy", "normalised-cxcywh")],
    *[("yolo", name) for name in ("normalised-xywh", "normalised-xyxy")],
    *[("yolo", name) for name in ("cxcywh", "xywh", "xyxy")],
    *[("mine", name) for name in ("xywh", "cxcywh", "yxyx")],
]
ONLY_WITH_MASKS = [
    *[("coco", "bottom-up-xywh"), ("coco", "bottom-up-xyxy"), ("coco", "normalised-yxyx")],
    *[("voc", "bottom-up-voc-xyxy"), ("yolo", "bottom-up-normalised-cxcywh")],
    *[("yolo", "normalised-cycxhw"), ("mine", "bottom-up-xyxy")],
]


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS)
def test_the_borders_of_the_images_tell_the_convention(form: str, true: str) -> None:
    assert transforms(misread(street(form=form), true)) == [
        f"{true}-as-{DECLARED.get(form, 'xyxy')}"
    ]


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS + ONLY_WITH_MASKS)
def test_masks_tell_the_convention(form: str, true: str) -> None:
    dataset = misread(with_masks(street(form=form)), true)
    assert transforms(dataset) == [f"{true}-as-{DECLARED.get(form, 'xyxy')}"]


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS)
def test_the_fix_restores_every_box_and_nothing_is_found_after_it(form: str, true: str) -> None:
    right = street(form=form)
    wrong = misread(right, true)
    fixed = fixing.apply(wrong, found(wrong)).dataset
    assert fixed.boxes.xyxy == pytest.approx(right.boxes.xyxy, abs=1e-6)
    assert not len(found(fixed))


@pytest.mark.parametrize("true", ["bottom-up-xywh", "normalised-cycxhw"])
def test_what_leaves_no_trace_in_boxes_alone_is_not_guessed(true: str) -> None:
    form = "yolo" if true.startswith("normalised") else "coco"
    assert not len(found(misread(street(form=form), true)))


def test_the_message_counts_the_boxes_before_and_after() -> None:
    at_top, in_the_middle = [[10.0, 10, 50, 60]] * 12, [[10.0, 230, 50, 250]] * 3
    right = with_masks(with_boxes(street(15), np.array(at_top + in_the_middle)))
    finding = found(misread(right, "bottom-up-xywh"))
    assert finding.message.tolist() == [
        "12 of 15 boxes disagree with their masks; read as left, top, width, height with y "
        "measured from the bottom, 15 agree"
    ]
    fix = finding.fix[0]
    assert (fix.kind, fix.safety, fix.row) == (FixKind.TRANSFORM, Safety.UNSAFE, 0)
    assert finding.severity.tolist() == [Severity.ERROR]


@pytest.mark.parametrize("box", [[10.0, 10, 50, 60], [10.0, 420, 50, 470]])
def test_keypoints_tell_what_is_upside_down(box: list[float]) -> None:
    right = with_boxes(street(15), np.array([box] * 12 + [[10.0, 230, 50, 250]] * 3))
    points = right.boxes.xyxy + np.array([5.0, 5, -5, -5])
    right = with_columns(right, "keypoints", box=np.arange(15), xyxy=points)
    assert not len(found(right))
    finding = found(misread(right, "bottom-up-xywh"))
    assert finding.fix[0].values["name"] == "bottom-up-xywh-as-xywh"
    assert "12 of 15 boxes do not fit their images and keypoints" in finding.message[0]


@pytest.mark.parametrize("form", ["coco", "voc", "yolo", "mine"])
@pytest.mark.parametrize("masks", [with_masks, lambda dataset: dataset])
def test_a_right_file_is_quiet(form: str, masks: Callable[[Dataset], Dataset]) -> None:
    for count in (0, 1, 5, 200):
        assert not len(found(masks(street(count, form=form))))


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
    dataset = with_columns(dataset, "outlines", box=np.arange(20), xyxy=data.draw(rows))
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


def test_masks_that_agree_with_no_reading_leave_nothing_to_say() -> None:
    wrong = misread(street(), "normalised-xywh")
    elsewhere = street(seed=1).boxes.xyxy
    assert not len(found(with_columns(wrong, "outlines", box=np.arange(200), xyxy=elsewhere)))


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


def test_ten_boxes_are_needed() -> None:
    assert not len(found(centres(9, 20)))
    assert transforms(centres(10, 20)) == ["cxcywh-as-xywh"]
    nine = centres(9, 20)
    assert len(wrong_convention(Audit(nine), min_boxes=9))


def test_a_twentieth_of_the_boxes_is_needed() -> None:
    assert transforms(centres(50, 950)) == ["cxcywh-as-xywh"]
    assert not len(found(centres(49, 951)))


def test_nine_of_ten_boxes_must_be_right_by_the_other_reading() -> None:
    outside = [[-50.0, 9, -9, 50]]
    assert transforms(centres(40, 140, others=outside * 20)) == ["cxcywh-as-xywh"]
    too_few = centres(40, 140, others=outside * 21)
    assert not len(found(too_few))
    assert len(wrong_convention(Audit(too_few), min_share=0.89))


def test_one_box_that_speaks_against_it_is_outweighed_by_ten() -> None:
    against = [[5.0, 200, 45, 240]]  # in the image as declared, not if its corner is a centre
    assert transforms(centres(10, 90, others=against)) == ["cxcywh-as-xywh"]
    assert not len(found(centres(10, 90, others=against * 2)))


def test_square_images_do_not_tell_swapped_axes() -> None:
    assert not len(found(misread(street(size=(500, 500)), "yxhw")))
    assert transforms(misread(with_masks(street(size=(500, 500))), "yxhw")) == ["yxhw-as-xywh"]


def test_swapped_image_sizes_are_told_from_swapped_axes_by_the_masks() -> None:
    right = with_masks(centres(0, 5, others=[[500.0, 20, 600, 90]] * 12))
    sizes = right.images.size[:, ::-1]
    finding = found(with_columns(right, "images", size=sizes))
    assert finding.fix.tolist() == [None]
    assert finding.message.tolist() == [
        "12 of 17 boxes and their masks do not fit their images; with width and height of the "
        "images swapped, 17 do"
    ]


def test_swapped_image_sizes_are_told_from_swapped_axes_by_the_headers() -> None:
    right = street()
    wrong = with_columns(right, "images", size=right.images.size[:, ::-1])
    assert transforms(wrong) == ["yxhw-as-xywh"]
    known = dataclasses.replace(
        wrong, headers=Headers.of(20, size=right.images.size), image_folders=(Path("photos"),)
    )
    assert found(known).fix.tolist() == [None]
    assert "width and height of the images swapped" in found(known).message[0]
    axes = misread(dataclasses.replace(known, images=right.images), "yxhw")
    assert transforms(axes) == ["yxhw-as-xywh"]


def test_fractions_in_boxes_and_masks_have_no_fix() -> None:
    finding = found(with_masks(misread(street(), "normalised-xywh")))
    assert finding.fix.tolist() == [None]
    assert finding.message.tolist() == [
        "200 of 200 boxes and their masks do not fit their images; read as left, top, width, "
        "height in fractions of the image, 200 do"
    ]


def test_a_wrong_size_that_stands_in_for_an_unknown_one_proves_nothing() -> None:
    wrong = misread(street(), "xyxy")
    assert not len(found(with_columns(wrong, "images", assumed=np.ones(20, bool))))
    assert not len(found(with_columns(wrong, "images", size=np.full((20, 2), np.nan))))


@pytest.mark.parametrize("true", ["xyxy", "zero-based-xyxy"])
def test_pixels_counted_from_0_are_worth_an_info(true: str) -> None:
    finding = found(misread(street(form="voc"), true))
    assert [fix.values["name"] for fix in finding.fix] == [f"{true}-as-voc-xyxy"]
    assert finding.severity.tolist() == [Severity.INFO]
    assert finding.message[0].endswith("with pixels counted from 0, 200 do not")


def edges(at_zero: int, at_one: int, others: Sequence[Sequence[float]] = ()) -> Dataset:
    """VOC boxes of which some have xmin 0 and some xmin 1, as they are read."""
    zero, one = np.tile([-1.0, 50, 60, 90], (at_zero, 1)), np.tile([0.0, 50, 60, 90], (at_one, 1))
    rest = np.tile([200.0, 50, 260, 90], (300, 1))
    xyxy = np.vstack([zero, one, rest, np.reshape(others, (-1, 4))])
    return with_boxes(street(len(xyxy), form="voc"), xyxy)


def test_ten_edges_at_pixel_0_are_needed() -> None:
    assert transforms(edges(10, 0)) == ["xyxy-as-voc-xyxy"]
    assert not len(found(edges(9, 0)))


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


def test_coco_boxes_counted_from_1_are_told_by_the_far_border() -> None:
    finding = found(misread(street(), "one-based-xywh"))
    assert [fix.values["name"] for fix in finding.fix] == ["one-based-xywh-as-xywh"]
    assert finding.message[0].endswith("with pixels counted from 1, 200 do not")


def test_coco_boxes_counted_from_1_are_told_by_masks_without_any_border() -> None:
    right = with_masks(with_boxes(street(), np.tile([200.0, 50, 260, 90], (200, 1))))
    finding = found(misread(right, "one-based-xywh"))
    assert finding.severity.tolist() == [Severity.INFO]
    assert finding.message.tolist() == [
        "200 of 200 boxes lie a pixel beside their masks; with pixels counted from 1, 200 do not"
    ]


def test_boxes_rounded_to_pixels_are_not_a_pixel_beside_their_masks() -> None:
    right = street()
    masks = right.boxes.xyxy + np.random.default_rng(0).uniform(-0.5, 0.5, (200, 4))
    assert not len(found(with_columns(right, "outlines", box=np.arange(200), xyxy=masks)))


def test_files_of_one_image_each_are_one_finding_that_folds_in_all_of_theirs() -> None:
    wrong = misread(street(form="voc"), "xywh")
    assert len(audit(wrong, select=["GEO"], ignore=["GEO015"])) > 100
    findings = audit(wrong, select=["GEO"])
    assert findings.code.tolist() == ["GEO015"]
    assert findings.file.tolist() == [MISSING]
    assert findings.fix[0].row == MISSING


def test_of_two_files_only_the_wrong_one_is_found_and_folded() -> None:
    wrong, right = misread(street(), "xyxy").boxes.xyxy, street().boxes.xyxy.copy()
    right[0] = [-50, 10, 40, 40]
    both = with_boxes(street(400), np.vstack([right, wrong]))
    file = np.repeat([0, 1], 200)
    both = dataclasses.replace(both, files=Files.of(2, path=["right.json", "wrong.json"]))
    both = with_columns(both, "boxes", file=file)
    findings = audit(both, select=["GEO"])
    assert findings.code.tolist() == ["GEO015", "GEO005"]
    assert findings.file.tolist() == [1, 0]


def test_a_box_that_is_not_finite_is_not_folded() -> None:
    wrong = misread(street(), "xyxy")
    xyxy = wrong.boxes.xyxy.copy()
    xyxy[7] = np.nan
    codes = audit(with_boxes(wrong, xyxy), select=["GEO"]).code.tolist()
    assert sorted(codes) == ["GEO003", "GEO015"]


def test_a_pixel_explains_only_boxes_out_of_bounds() -> None:
    wrong = misread(street(form="voc"), "xyxy")
    xyxy = wrong.boxes.xyxy.copy()
    xyxy[7] = [60, 60, 20, 20]
    codes = set(audit(with_boxes(wrong, xyxy), select=["GEO"]).code.tolist())
    assert {"GEO002", "GEO015"} <= codes
    assert "GEO005" not in codes


def test_all_boxes_are_counted_where_some_decide() -> None:
    count = 2 * SAMPLE + 10
    wrong = misread(street(count), "xyxy")
    wrong.boxes.xyxy[: SAMPLE + 10] = np.nan  # the first of them say nothing
    assert f"of {SAMPLE:,} boxes" in found(wrong).message[0]


def test_the_old_taco_file_measures_y_from_the_bottom(shared_data: Path) -> None:
    old = load(shared_data / "taco" / "annotations_2019-06-26_bbox_y_flipped.json")
    finding = found(old)
    assert finding.message.tolist() == [
        "2,096 of 2,152 boxes disagree with their masks; read as left, top, width, height with y "
        "measured from the bottom, 2,152 agree"
    ]
    fixed = fixing.apply(old, finding).dataset
    assert not len(audit(fixed, select=["box-polygon-mismatch", "wrong-convention"]))


@pytest.mark.parametrize(
    "path", ["taco/annotations.json", "coco_cc/instances.json", "bccd", "cards/train", "cards/test"]
)
def test_right_real_data_is_quiet(shared_data: Path, path: str) -> None:
    assert not len(found(load(shared_data / path)))
