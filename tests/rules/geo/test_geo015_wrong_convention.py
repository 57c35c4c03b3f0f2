"""Boxes written by one convention and read by another."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, Files, Headers
from labelaudit.io.load import load
from labelaudit.testing import with_columns
from tests.rules.geo.misread_boxes import (
    ONLY_WITH_MASKS,
    WITHOUT_MASKS,
    centres,
    facts_of,
    found,
    misread,
    street,
    transforms,
    with_boxes,
    with_masks,
)


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS)
def test_the_borders_of_the_images_tell_the_convention(form: str, true: str) -> None:
    assert transforms(misread(street(form=form), true)) == [
        f"{true}-as-{facts_of(form).convention}"
    ]


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS + ONLY_WITH_MASKS)
def test_masks_tell_the_convention(form: str, true: str) -> None:
    dataset = misread(with_masks(street(form=form)), true)
    assert transforms(dataset) == [f"{true}-as-{facts_of(form).convention}"]


@pytest.mark.parametrize(("form", "true"), WITHOUT_MASKS)
def test_the_fix_restores_every_box_and_nothing_is_found_after_it(form: str, true: str) -> None:
    right = street(form=form)
    wrong = misread(right, true)
    fixed = apply(wrong, found(wrong)).dataset
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
    assert (fix.kind, fix.safety, fix.row) == ("transform", Safety.UNSAFE, 0)
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
    right = with_columns(right, "images", path=[f"photos/{row}.jpg" for row in range(20)])
    wrong = with_columns(right, "images", size=right.images.size[:, ::-1])
    assert transforms(wrong) == ["yxhw-as-xywh"]
    known = dataclasses.replace(
        wrong, headers=Headers.of(20, size=right.images.size), image_folders=(Path("photos"),)
    )
    assert not len(found(known))
    assert audit(known, select=["GEO", "IMG003", "IMG008"]).code.tolist() == ["IMG008"]
    axes = misread(dataclasses.replace(known, images=right.images), "yxhw")
    assert transforms(axes) == ["yxhw-as-xywh"]


def test_axes_swapped_against_the_masks_are_no_swapped_image_sizes() -> None:
    right = with_masks(street())
    turned = Headers.of(20, size=right.images.size[:, ::-1])
    right = dataclasses.replace(right, headers=turned, image_folders=(Path("photos"),))
    assert transforms(misread(right, "yxhw")) == ["yxhw-as-xywh"]


def test_fractions_in_boxes_and_masks_have_no_fix() -> None:
    finding = found(with_masks(misread(street(), "normalised-xywh")))
    assert finding.fix.tolist() == [None]
    assert finding.message.tolist() == [
        "200 of 200 boxes and their masks do not fit their images; read as left, top, width, "
        "height in fractions of the image, 200 do"
    ]


@pytest.mark.parametrize("true", ["xyxy", "zero-based-xyxy"])
def test_pixels_counted_from_0_are_worth_an_info(true: str) -> None:
    finding = found(misread(street(form="voc"), true))
    assert [fix.values["name"] for fix in finding.fix] == [f"{true}-as-voc-xyxy"]
    assert finding.severity.tolist() == [Severity.INFO]
    assert finding.message[0].endswith("with pixels counted from 0, 200 do not")


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


def test_files_of_one_image_each_are_one_finding_that_folds_in_all_of_theirs() -> None:
    wrong = misread(street(form="voc"), "xywh")
    assert len(audit(wrong, select=["GEO"], ignore=["GEO015"])) > 100
    findings = audit(wrong, select=["GEO"])
    assert findings.code.tolist() == ["GEO015"]
    assert findings.file.tolist() == [MISSING]
    assert findings.fix[0].row == MISSING


def test_a_box_without_an_image_does_not_keep_files_of_one_image_apart() -> None:
    wrong = misread(street(form="voc"), "xywh")
    image = wrong.boxes.image.copy()
    image[5] = MISSING
    assert found(with_columns(wrong, "boxes", image=image)).file.tolist() == [MISSING]


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


def test_the_old_taco_file_measures_y_from_the_bottom(shared_data: Path) -> None:
    old = load(shared_data / "taco" / "annotations_2019-06-26_bbox_y_flipped.json")
    finding = found(old)
    assert finding.message.tolist() == [
        "2,096 of 2,152 boxes disagree with their masks; read as left, top, width, height with y "
        "measured from the bottom, 2,152 agree"
    ]
    fixed = apply(old, finding).dataset
    assert not len(audit(fixed, select=["box-polygon-mismatch", "wrong-convention"]))


@pytest.mark.parametrize(
    "path", ["taco/annotations.json", "coco_cc/instances.json", "bccd", "cards/train", "cards/test"]
)
def test_right_real_data_is_quiet(shared_data: Path, path: str) -> None:
    assert not len(found(load(shared_data / path)))
