from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.boxes.orientations import shown_from_stored
from labelaudit.dataset.tables import Dataset
from labelaudit.io.load import load
from labelaudit.testing import (
    as_format,
    draw,
    images,
    with_columns,
    with_image_files,
    with_polygons,
)
from tests.io.formats.voc_files import annotation, described, put

STORED = (200.0, 100.0)
OUTSIDE = "car 10 120 60 180"  # of the stored picture, inside the shown one
BEYOND = "car 110 20 190 60"  # of the shown picture, inside the stored one
BOTH = "car 10 20 60 80"


def turned(folder: Path, *boxes: str, orientation: int = 6, shown: bool = False) -> Dataset:
    """An image for each box, stored as 200 x 100; the labels state that or what is shown."""
    dataset = images({f"{row}.jpg": [box] for row, box in enumerate(boxes)}, size=STORED)
    dataset = with_image_files(dataset, folder, orientation=orientation)
    if shown:
        dataset = with_columns(dataset, "images", size=[STORED[::-1]] * len(boxes))
    return dataset


def told(dataset: Dataset) -> Findings:
    return audit(dataset, select=["IMG005"])


def test_boxes_on_the_turned_picture_are_found_and_an_upright_picture_is_not(tmp_path):
    findings = told(turned(tmp_path, OUTSIDE))
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == [
        "0.jpg: EXIF shows it turned clockwise (orientation 6); the only box fits only the picture "
        "as it is shown, but the size is that of the stored one"
    ]
    assert len(told(turned(tmp_path / "upright", OUTSIDE, orientation=1))) == 0


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_the_transform_puts_boxes_where_they_are_on_the_stored_picture(tmp_path, orientation):
    true = np.array([[10.0, 30, 190, 60]])
    shown = shown_from_stored(true, np.array(STORED), orientation)[0]
    corners = " ".join(f"{edge:g}" for edge in shown)
    dataset = turned(tmp_path, f"car {corners}", orientation=orientation)
    findings = told(dataset)
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE]
    assert apply(dataset, findings).dataset.boxes.xyxy.tolist() == true.tolist()


def test_what_follows_from_it_is_not_told_as_well(tmp_path):
    findings = audit(turned(tmp_path, OUTSIDE), select=["IMG", "GEO"])
    assert findings.code.tolist() == ["IMG005"]


@pytest.mark.parametrize("box", [BOTH, BEYOND])
def test_an_orientation_is_named_where_nothing_contradicts_it(tmp_path, box):
    findings = told(turned(tmp_path, box))
    assert findings.severity.tolist() == [Severity.INFO]
    assert findings.fix.tolist() == [None]
    words = "do not tell" if box == BOTH else "fits only the stored picture"
    assert words in str(findings.message[0])


def test_boxes_on_the_stored_picture_with_the_size_of_the_shown_one_get_the_size(tmp_path):
    dataset = turned(tmp_path, BEYOND, shown=True)
    findings = told(dataset)
    assert findings.severity.tolist() == [Severity.ERROR]
    fixed = apply(dataset, findings).dataset
    assert fixed.images.size.tolist() == [list(STORED)]
    assert fixed.boxes.xyxy.tolist() == dataset.boxes.xyxy.tolist()


def test_size_and_boxes_of_the_shown_picture_agree_and_explain_the_size(tmp_path):
    dataset = turned(tmp_path, OUTSIDE, shown=True)
    findings = audit(dataset, select=["IMG"])
    assert findings.code.tolist() == ["IMG005"]
    assert findings.severity.tolist() == [Severity.INFO]


def test_images_with_one_cause_are_one_finding_and_all_of_their_boxes_are_turned(tmp_path):
    dataset = turned(tmp_path, OUTSIDE, OUTSIDE, OUTSIDE, BOTH, BOTH)
    findings = told(dataset)
    assert findings.message.tolist() == [
        "5 images (0.jpg, 1.jpg, 2.jpg, ...): EXIF shows them turned clockwise (orientation 6); "
        "3 of 5 boxes fit only the picture as it is shown, but the size is that of the stored one"
    ]
    fixed = apply(dataset, findings).dataset.boxes.xyxy
    assert (fixed[:, 2] <= STORED[0]).all()
    assert (fixed[:, 3] <= STORED[1]).all()
    assert (fixed != dataset.boxes.xyxy).any(axis=1).all()


def test_where_images_disagree_each_is_judged_by_its_own_boxes(tmp_path):
    findings = told(turned(tmp_path, OUTSIDE, BEYOND, BOTH))
    assert sorted(zip(findings.image.tolist(), findings.severity.tolist(), strict=True)) == [
        (0, Severity.ERROR),
        (1, Severity.INFO),
        (2, Severity.INFO),
    ]


@pytest.mark.parametrize(("agreeing", "findings"), [(9, 1), (8, 2)])
def test_nine_of_ten_boxes_with_a_say_decide(tmp_path, agreeing, findings):
    dataset = turned(tmp_path, *[OUTSIDE] * agreeing, BEYOND)
    assert len(told(dataset)) == findings


def test_images_with_masks_get_the_size_of_the_picture_they_were_drawn_on(tmp_path):
    dataset = with_polygons(turned(tmp_path, OUTSIDE), [[10, 120, 60, 120, 60, 180]])
    fixed = apply(dataset, told(dataset)).dataset
    assert fixed.images.size.tolist() == [list(STORED[::-1])]
    assert fixed.boxes.xyxy.tolist() == dataset.boxes.xyxy.tolist()


@pytest.mark.parametrize("orientation", [2, 3, 4])
def test_a_mirrored_picture_is_named_and_boxes_do_not_tell(tmp_path, orientation):
    findings = told(turned(tmp_path, OUTSIDE, orientation=orientation))
    assert findings.severity.tolist() == [Severity.INFO]
    assert f"(orientation {orientation}); the boxes do not tell" in str(findings.message[0])


def test_without_images_at_hand_nothing_is_told():
    assert len(told(images({"a.jpg": [OUTSIDE]}, size=STORED))) == 0


def test_voc_files_are_judged_as_well(tmp_path):
    draw(tmp_path / "a.jpg", (100, 80), orientation=8)
    put(tmp_path / "a.xml", annotation(described("dog", (11, 41, 50, 95))))
    findings = told(load(tmp_path))
    assert findings.severity.tolist() == [Severity.ERROR]
    assert [fix.kind for fix in findings.fix] == ["together"]


def test_fractions_do_not_tell_on_which_picture_they_were_drawn(tmp_path):
    draw(tmp_path / "images" / "a.jpg", (200, 100), orientation=6)
    put(tmp_path / "labels" / "a.txt", "0 .5 .8 .2 .2\n")
    findings = told(load(tmp_path))
    assert findings.severity.tolist() == [Severity.INFO]
    assert "do not tell" in str(findings.message[0])


def test_without_a_field_for_sizes_and_with_masks_there_is_no_fix(tmp_path):
    dataset = with_polygons(turned(tmp_path, OUTSIDE), [[10, 120, 60, 120, 60, 180]])
    assert told(as_format(dataset, "yolo")).fix.tolist() == [None]


@pytest.mark.parametrize(("bottom", "severity"), [(101.4, Severity.INFO), (101.6, Severity.ERROR)])
def test_a_box_fits_a_picture_up_to_a_pixel_and_a_half_beyond_it(tmp_path, bottom, severity):
    assert told(turned(tmp_path, f"car 10 20 60 {bottom}")).severity.tolist() == [severity]
