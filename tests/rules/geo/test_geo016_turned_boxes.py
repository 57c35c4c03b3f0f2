from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import Bools
from labelaudit.dataset.tables import Dataset, Headers
from labelaudit.rules.geo.geo016_turned_boxes import turned_boxes
from labelaudit.testing import with_columns
from tests.rules.geo.misread_boxes import street
from tests.rules.geo.test_misread_groups import chosen, in_folders, in_splits


def found(dataset: Dataset) -> Findings:
    return turned_boxes(AuditContext(dataset))


def exchanged(dataset: Dataset, images: Bools) -> Dataset:
    """The dataset with the height of these images stated for their width."""
    size = np.where(images[:, None], dataset.images.size[:, ::-1], dataset.images.size)
    return with_columns(dataset, "images", size=size)


def at_hand(dataset: Dataset, size: np.ndarray, orientation: int = 1) -> Dataset:
    turned = np.full(len(size), orientation)
    headers = Headers.of(len(size), size=size, orientation=turned)
    return dataclasses.replace(dataset, headers=headers, image_folders=(Path("photos"),))


@pytest.mark.parametrize("form", ["coco", "voc", "mine"])
@pytest.mark.parametrize(
    ("kind", "words"), [(in_folders, "images in b"), (in_splits, "images of val")]
)
def test_images_of_one_kind_are_one_finding_and_are_mended(form: str, kind, words: str) -> None:
    right = kind(street(400, form=form), images := chosen(street(400), range(28, 40)))
    wrong = exchanged(right, images)
    findings = found(wrong)
    assert len(findings) == 1
    assert findings.message[0].startswith(f"{words}: ")
    assert "120 of" not in findings.message[0].partition(";")[0]
    mended = apply(wrong, findings).dataset
    assert np.array_equal(mended.images.size, right.images.size)
    assert np.array_equal(mended.boxes.xyxy, right.boxes.xyxy)
    clean = audit(right, select=["GEO"])
    assert len(audit(wrong, select=["GEO"])) <= len(clean) + 1


def test_scattered_images_are_one_finding_and_keep_their_boxes() -> None:
    right = street(600)
    wrong = exchanged(right, chosen(right, range(3, 60, 5)))
    findings = audit(wrong, select=["GEO004", "GEO005", "GEO015", "GEO016", "GEO019"])
    # Of one size and shape, they are a kind of images.
    assert findings.code.tolist() == ["GEO016"]
    assert np.array_equal(apply(wrong, findings).dataset.images.size, right.images.size)


def test_scattered_images_of_the_shape_of_others_are_one_finding() -> None:
    right = street(900)
    sizes = np.array([[640, 480], [480, 640], [640, 481]])[np.arange(90) % 3]
    high = (np.arange(90) % 3 == 1)[right.boxes.image]
    xyxy = np.where(high[:, None], right.boxes.xyxy[:, [1, 0, 3, 2]], right.boxes.xyxy)
    right = with_columns(with_columns(right, "images", size=sizes), "boxes", xyxy=xyxy)
    wrong = exchanged(right, chosen(right, range(3, 90, 9)))
    findings = found(wrong)
    assert len(findings) == 1
    assert "90 of 90" not in findings.message[0]
    fixed = apply(wrong, findings).dataset
    changed = (fixed.images.size != wrong.images.size).any(axis=1)
    assert np.array_equal(fixed.images.size[changed], right.images.size[changed])
    assert not len(audit(fixed, select=["GEO004", "GEO005", "GEO016"]))


def test_image_files_of_the_stated_size_leave_turned_pictures_without_a_fix() -> None:
    right = in_splits(street(400), images := chosen(street(400), range(28, 40)))
    wrong = exchanged(right, images)
    findings = found(at_hand(wrong, wrong.images.size))
    assert findings.message[0].endswith(": they were drawn on turned pictures")
    assert findings.fix.tolist() == [None]


@pytest.mark.parametrize("orientation", [5, 8])
def test_images_that_exif_turns_are_left_to_another_rule(orientation: int) -> None:
    right = in_splits(street(400), images := chosen(street(400), range(28, 40)))
    wrong = exchanged(right, images)
    assert len(found(at_hand(wrong, wrong.images.size, 4))) == 1
    assert not len(found(at_hand(wrong, wrong.images.size, orientation)))


def test_image_files_that_are_turned_against_their_labels_are_left_to_another_rule() -> None:
    right = in_splits(street(400), images := chosen(street(400), range(28, 40)))
    assert not len(found(at_hand(exchanged(right, images), right.images.size)))


@pytest.mark.parametrize(("boxes", "expected"), [(9, 0), (10, 1)])
def test_ten_boxes_are_needed(boxes: int, expected: int) -> None:
    upright = street(400)
    xyxy = np.tile([10.0, 500, 60, 600], (400, 1))
    xyxy[boxes:] = [10, 10, 60, 60]
    first = chosen(upright, range(2))
    dataset = in_splits(with_columns(upright, "boxes", xyxy=xyxy), first)
    assert len(found(dataset)) == expected


def test_nine_of_ten_boxes_must_fit() -> None:
    upright = street(400)
    for outside, expected in ((2, 1), (3, 0)):
        xyxy = np.tile([10.0, 500, 60, 600], (400, 1))
        xyxy[20:] = [10, 10, 60, 60]
        xyxy[:outside] = [500, 500, 600, 600]
        dataset = in_splits(with_columns(upright, "boxes", xyxy=xyxy), chosen(upright, range(2)))
        assert len(found(dataset)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_boxes_that_leave_their_images_one_by_one_are_not_turned(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = street(1000)
    xyxy = right.boxes.xyxy.copy()
    xyxy[rng.permutation(1000)[:60]] += [0, 150, 0, 150]
    assert not len(found(with_columns(right, "boxes", xyxy=xyxy)))


def test_fractions_are_of_whatever_size_the_image_has() -> None:
    right = street(400, form="yolo")
    assert not len(
        found(
            in_splits(exchanged(right, chosen(right, range(28, 40))), chosen(right, range(28, 40)))
        )
    )
