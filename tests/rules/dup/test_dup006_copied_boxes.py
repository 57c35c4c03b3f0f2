from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import images, with_columns
from tests.rules.geo.misread_boxes import street

TWO = ["car 10 10 40 41", "bus 50.25 20 60 66"]
FIVE = [f"car {20 * n} {30 * n} {20 * n + 15} {30 * n + 16}" for n in range(1, 6)]
OTHERS = {f"other{n}.jpg": [f"car {n} {n} {n + 30} {n + 50}", "bus 9 9 99 99"] for n in range(9)}


def copied(boxes: list[str], count: int) -> Dataset:
    return images(OTHERS | {f"{101 * n}.jpg": boxes for n in range(count)})


def said(dataset: Dataset) -> list[str]:
    return audit(dataset, select=["DUP006"]).message.tolist()


def test_images_of_the_same_boxes_are_one_finding():
    assert said(copied(TWO, 6)) == [
        "6 images (0.jpg, 101.jpg, 202.jpg, ...) have the same 2 boxes, to the last digit"
    ]


@pytest.mark.parametrize(
    ("boxes", "few", "enough"),
    [(1, 10, 11), (2, 5, 6), (5, 2, 3), (10, 2, 3)],
)
def test_three_images_and_ten_copies_are_needed(boxes: int, few: int, enough: int):
    some = [f"car {20 * n} {30 * n} {20 * n + 15} {30 * n + 16}" for n in range(1, boxes + 1)]
    assert len(said(copied(some, few))) == 0
    assert len(said(copied(some, enough))) == 1


@pytest.mark.parametrize(("same", "findings"), [(0, 1), (4, 1), (5, 0), (6, 0)])
def test_images_of_the_same_bytes_count_once(same: int, findings: int, tmp_path: Path):
    paths = [tmp_path / f"{n}.jpg" for n in range(7)]
    for n, path in enumerate(paths):
        Image.new("L", (64, 48), 0 if n <= same else 20 * n).save(path)
    dataset = images({path.name: FIVE for path in paths})
    dataset = with_columns(dataset, "images", path=list(map(str, paths)))
    assert len(said(dataset)) == findings


def test_the_order_of_boxes_and_of_images_does_not_matter():
    dataset = images({f"{n}.jpg": TWO[:: 1 if n % 2 else -1] for n in range(6)})
    assert len(said(dataset)) == 1
    mixed = np.random.default_rng(0).permutation(12)
    boxes = dataset.boxes.rows(mixed)
    columns = {name: getattr(boxes, name) for name in ("image", "label", "xyxy")}
    assert len(said(with_columns(dataset, "boxes", **columns))) == 1


@pytest.mark.parametrize("other", ["car 10 10 40 41.01", "bus 10 10 40 41"])
def test_another_digit_or_class_is_another_box(other: str):
    dataset = images({f"{n}.jpg": [TWO[1], other if n > 4 else TWO[0]] for n in range(6)})
    assert said(dataset) == []


def test_an_image_with_one_box_more_is_no_copy():
    assert (
        len(said(images({f"{n}.jpg": [*TWO, "car 1 1 9 9"][: 2 + n // 5] for n in range(6)}))) == 0
    )


def test_two_templates_are_two_findings():
    both = {f"a{n}.jpg": TWO for n in range(6)} | {f"b{n}.jpg": ["car 1 2 3 4"] for n in range(12)}
    assert len(said(images(OTHERS | both))) == 2


@pytest.mark.parametrize(("others", "whole"), [(0, True), (2, True), (3, False)])
def test_where_nine_of_ten_images_have_the_same_boxes_that_is_one_info(others: int, whole: bool):
    same = {f"part_{101 * n}.jpg": TWO for n in range(18)}
    findings = audit(images(same | dict(list(OTHERS.items())[:others])), select=["DUP006"])
    of = f"18 of {18 + others} images with boxes have the same 2 boxes, to the last digit; right if"
    assert findings.message[0].startswith(of) == whole
    assert findings.severity.tolist() == [Severity.INFO if whole else Severity.WARNING]


def test_images_without_boxes_do_not_count_among_all():
    empty = {f"none{n}.jpg": [] for n in range(50)}
    assert (
        "12 of 12 images with boxes"
        in said(images(empty | {f"{n}x.jpg": TWO for n in range(12)}))[0]
    )


@pytest.mark.parametrize(("sets", "findings"), [(2, 1), (5, 1), (6, 6)])
def test_a_few_jigs_are_one_finding_and_more_sets_are_each_its_own(sets: int, findings: int):
    jigs = {
        f"{jig}_{101 * n}.jpg": [f"car {jig} {box} {jig + 40} {box + 41}" for box in range(5)]
        for jig in range(sets)
        for n in range(4)
    }
    found = said(images(jigs))
    assert len(found) == findings
    assert (f"as others, {sets} sets in all" in found[0]) == (findings == 1)


def test_boxes_without_an_inside_and_without_an_image_are_no_copies():
    assert said(copied(["car 0 0 0 0", "car nan 1 2 3"], 12)) == []
    lost = copied(TWO, 12)
    image = lost.boxes.image.copy()
    image[-24:] = -1
    assert said(with_columns(lost, "boxes", image=image)) == []


@pytest.mark.parametrize("form", ["coco", "voc", "yolo"])
def test_boxes_that_were_drawn_are_no_copies(form: str):
    assert said(street(2000, form=form)) == []


@pytest.mark.parametrize(("pictures", "expected"), [(1, 0), (5, 0), (6, 1)])
def test_pictures_that_were_made_of_one_count_once(pictures: int, expected: int):
    names = [f"{part}/{n % pictures}_jpg.rf.{n:x}.jpg" for n in range(9) for part in ("a", "b")]
    assert len(said(images(dict.fromkeys(names, TWO)))) == expected


@pytest.mark.parametrize(("width", "expected"), [(634, 0), (633, 1)])
def test_boxes_that_are_the_whole_image_are_left_to_another_rule(width: int, expected: int):
    assert len(said(copied([f"car 0 0 {width} 480"], 12))) == expected


def test_boxes_beside_one_that_is_the_whole_image_are_counted_without_it():
    whole = "car 0 0 640 480"
    assert said(copied([whole, TWO[0]], 10)) == []
    assert said(copied([whole, *TWO], 6)) == [
        "6 images (0.jpg, 101.jpg, 202.jpg, ...) have the same 2 boxes, to the last digit"
    ]
