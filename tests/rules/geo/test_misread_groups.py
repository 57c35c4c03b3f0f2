"""Another convention in some images only."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options, audit
from labelaudit.auditing.scan import fixed, scan
from labelaudit.boxes.conventions import transformed
from labelaudit.core.columns import Bools, texts
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import with_columns
from tests.rules.geo.misread_boxes import found, street, with_boxes, with_masks


def misread_in(dataset: Dataset, images: Bools, true: str) -> Dataset:
    """What the format reads if the boxes of these images were written by another convention."""
    here = images[dataset.boxes.image]
    size = AuditContext(dataset).derived.image_size
    declared = dataset.facts.convention
    wrong = transformed(dataset.boxes.xyxy, size, declared=true, true=declared)
    return with_boxes(dataset, np.where(here[:, None], wrong, dataset.boxes.xyxy))


def chosen(dataset: Dataset, numbers: range | list[int]) -> Bools:
    return np.isin(np.arange(len(dataset.images)), list(numbers))


def in_folders(dataset: Dataset, images: Bools) -> Dataset:
    names = [f"{'b' if there else 'a'}/{row}.jpg" for row, there in enumerate(images)]
    return with_columns(dataset, "images", name=texts(names))


def in_splits(dataset: Dataset, images: Bools) -> Dataset:
    members = {"split": images.astype(np.int32), "image": np.arange(len(images))}
    dataset = with_columns(dataset, "split_members", **members)
    return dataclasses.replace(dataset, splits=("train", "val"))


def of_sizes(dataset: Dataset, images: Bools) -> Dataset:
    """Images of the second kind are lower; boxes stay inside."""
    size = np.where(images[:, None], [640, 479], [640, 480])
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[:, 3] = np.minimum(xyxy[:, 3], 479)
    xyxy[:, 1] = np.minimum(xyxy[:, 1], 470)
    return with_boxes(with_columns(dataset, "images", size=size), xyxy)


KINDS: list[tuple[Callable[[Dataset, Bools], Dataset], str]] = [
    (in_folders, "images in b"),
    (in_splits, "images of val"),
    (of_sizes, "images of 640 x 479 px"),
]
CONVENTIONS = [
    *[("coco", name) for name in ("xyxy", "cxcywh", "normalised-xywh")],
    *[("voc", name) for name in ("xywh", "cxcywh", "normalised-xyxy")],
    *[("yolo", name) for name in ("normalised-xyxy", "normalised-xywh", "cxcywh")],
]


@pytest.mark.parametrize(("form", "true"), CONVENTIONS)
@pytest.mark.parametrize(("kind", "words"), KINDS)
def test_the_images_of_one_kind_are_one_finding_and_are_mended(
    form: str, true: str, kind: Callable[[Dataset, Bools], Dataset], words: str
) -> None:
    right = street(400, form=form)
    right = kind(right, images := chosen(right, range(28, 40)))
    wrong = misread_in(right, images, true)
    findings = found(wrong)
    assert len(findings) == 1
    assert findings.message[0].startswith(words) or "fractions" in findings.message[0]
    assert findings.fix[0].safety is Safety.UNSAFE
    mended = apply(wrong, findings).dataset
    assert mended.boxes.xyxy == pytest.approx(right.boxes.xyxy, abs=1e-6)


@pytest.mark.parametrize(("form", "true"), CONVENTIONS)
def test_scattered_images_are_one_finding_and_all_others_stay(form: str, true: str) -> None:
    right = street(600, form=form)
    wrong = misread_in(right, chosen(right, range(3, 60, 5)), true)
    findings = found(wrong)
    assert len(findings) == 1
    assert "images (" in findings.message[0]
    mended = apply(wrong, findings).dataset
    assert mended.boxes.xyxy == pytest.approx(right.boxes.xyxy, abs=1e-6)
    assert not len(found(mended))


def test_what_the_cause_explains_is_not_found_and_not_fixed() -> None:
    right = street(400)
    right = in_splits(right, images := chosen(right, range(28, 40)))
    wrong = misread_in(right, images, "xyxy")
    options = Options(select=("GEO", "DUP"))
    before = scan(wrong, options)
    clean = set(audit(right, options).message.tolist())
    new = [message not in clean for message in before.findings.message]
    assert set(before.findings.code[new]) == {"GEO015"}
    after = fixed(before, unsafe=True)
    assert after.fixed["wrong-convention"] == 1
    assert len(after.dataset.boxes) + after.fixed.get("duplicate-box", 0) >= len(right.boxes)


def test_masks_tell_the_images_that_are_upside_down() -> None:
    right = with_masks(street(400))
    right = in_splits(right, images := chosen(right, range(28, 40)))
    findings = found(misread_in(right, images, "bottom-up-xywh"))
    assert findings.message[0].startswith("images of val: 1")
    assert "y measured from the bottom" in findings.message[0]


def test_a_split_that_counts_from_0_is_one_finding() -> None:
    right = street(600, form="voc")
    right = in_splits(right, images := chosen(right, range(40, 60)))
    wrong = misread_in(right, images, "xyxy")
    findings = found(wrong)
    assert findings.message[0].startswith("images of val: ")
    assert "pixels counted from 0" in findings.message[0]
    assert audit(wrong, select=["GEO"]).code.tolist().count("GEO005") == 0


@pytest.mark.parametrize("seed", range(5))
def test_boxes_that_are_broken_one_by_one_are_no_convention(seed: int) -> None:
    rng = np.random.default_rng(seed)
    right = street(1000)
    xyxy = right.boxes.xyxy.copy()
    broken = rng.permutation(1000)[:60]
    xyxy[broken] += rng.uniform(-400, 400, (60, 1))
    assert not len(found(with_boxes(right, xyxy)))


def test_three_images_are_needed_if_nothing_else_tells_them_apart() -> None:
    right = street(600)
    for count, expected in ((2, 0), (3, 1)):
        wrong = misread_in(right, chosen(right, range(count)), "xyxy")
        assert len(found(wrong)) == expected


def test_copies_of_one_box_are_no_evidence() -> None:
    right = street(600)
    xyxy = right.boxes.xyxy.copy()
    xyxy[:40] = [300, 200, 660, 440]
    assert not len(found(with_boxes(right, xyxy)))


@pytest.mark.parametrize("form", ["coco", "voc", "yolo", "mine"])
@pytest.mark.parametrize("count", [30, 300])
def test_boxes_of_whole_objects_that_reach_out_of_every_image_are_quiet(form: str, count: int):
    rng = np.random.default_rng(0)
    centre, half = rng.uniform(0, [640, 480], (count, 2)), rng.uniform(10, 100, (count, 2))
    xyxy = np.hstack([centre - half, centre + half])
    assert not len(found(with_boxes(street(count, form=form), xyxy)))
