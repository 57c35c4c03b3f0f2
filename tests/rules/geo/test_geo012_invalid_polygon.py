from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.dataset.tables import MaskFault, MaskKind
from labelaudit.testing import one_image, with_columns, with_polygons

BOX = "car 10 10 40 40"
SOUND = [10, 10, 40, 10, 40, 40]


@pytest.mark.parametrize(
    ("polygons", "severity", "fault"),
    [
        ([[10, 10, 40, 10, 40, 40, 10]], Severity.ERROR, "has a polygon with an x that has no y"),
        ([SOUND, [10, 10, 40, 40]], Severity.ERROR, "has a polygon of less than three points"),
        ([[10, 10, 40, np.nan, 40, 40]], Severity.ERROR, "has a point that is NaN or infinite"),
        ([[10, 10, 20, 20, 40, 40]], Severity.WARNING, "has no area"),
        (
            [[10, 10, 40, 40, 40, 10, 10, 35]],
            Severity.INFO,
            "has a polygon that crosses itself",
        ),
    ],
)
def test_each_fault_is_named_and_a_sound_mask_is_not_found(polygons, severity, fault):
    dataset = with_polygons(one_image(BOX, BOX), [SOUND], polygons)
    findings = audit(dataset, select=["GEO012"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [severity]
    assert findings.message.tolist() == [f"the mask of car {fault}"]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (MaskFault.UNREADABLE, "is neither polygons nor a run-length encoding"),
        (MaskFault.EMPTY, "has no polygon"),
    ],
)
def test_what_is_no_polygon_is_found(fault, words):
    dataset = with_columns(one_image(BOX), "masks", box=[0], fault=[fault])
    assert audit(dataset, select=["GEO012"]).message.tolist() == [f"the mask of car {words}"]


def reaching(left, top, right, bottom):
    extent = [[left, top, right, bottom]]
    return with_columns(one_image(BOX), "masks", box=[0], xyxy=extent)


@pytest.mark.parametrize(
    "extent", [(-1.5, 9, 9, 9), (9, -1.5, 9, 9), (9, 9, 641.5, 9), (9, 9, 9, 481.5)]
)
def test_a_mask_more_than_a_pixel_beyond_the_image_is_found(extent):
    findings = audit(reaching(*extent), select=["GEO012"])
    assert findings.severity.tolist() == [Severity.WARNING]
    words = "the mask of car reaches 1.5 px beyond the edge of the image"
    assert findings.message.tolist() == [words]


def test_a_mask_one_pixel_beyond_is_not():
    assert len(audit(reaching(-1, -1, 641, 481), select=["GEO012"])) == 0


def test_the_tolerance_is_a_setting():
    settings = {"invalid-polygon": {"tolerance": 9}}
    dataset = reaching(-9.5, 0, 640, 480)
    assert len(audit(dataset, select=["GEO012"], settings=settings)) == 1
    dataset = reaching(-9, 0, 640, 480)
    assert len(audit(dataset, select=["GEO012"], settings=settings)) == 0


def test_an_image_of_unknown_size_has_no_edge():
    dataset = with_polygons(one_image(BOX, size=(np.nan, np.nan)), [[*SOUND, -20, 20]])
    assert len(audit(dataset, select=["GEO012"])) == 0


@pytest.mark.parametrize("fault", [MaskFault.NONE, MaskFault.EMPTY])
def test_a_run_length_encoding_is_left_to_another_rule(fault):
    columns = {"kind": [MaskKind.RLE], "fault": [fault], "xyxy": [[0, 0, 900, 900]]}
    dataset = with_columns(one_image(BOX), "masks", box=[0], **columns)
    assert len(audit(dataset, select=["GEO012"])) == 0
