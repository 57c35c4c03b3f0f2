from __future__ import annotations

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.testing import as_format, images, one_image, with_polygons

SQUARE = [[10.0, 10, 40, 10, 40, 40, 10, 40]]


def some(masked: int, bare: int) -> Dataset:
    dataset = one_image(*["car 10 10 40 40"] * (masked + bare))
    return with_polygons(dataset, *[SQUARE] * masked, *[None] * bare)


def found(dataset: Dataset) -> Findings:
    return audit(dataset, select=["GEO023"])


@pytest.mark.parametrize(("masked", "bare"), [(3, 0), (0, 3), (0, 0)])
def test_objects_that_are_all_alike_are_fine(masked, bare):
    assert not len(found(some(masked, bare)))


@pytest.mark.parametrize(
    ("masked", "severity"), [(1, Severity.INFO), (2, Severity.WARNING), (3, Severity.WARNING)]
)
def test_it_is_a_warning_from_half_of_them_on(masked, severity):
    assert found(some(masked, 4 - masked)).severity.tolist() == [severity]


def test_a_single_object_that_differs_is_named():
    findings = found(some(4, 1))
    assert findings.box.tolist() == [4]
    assert findings.message[0].startswith("1 of 5 boxes has no mask, in image.jpg: pycocotools")


def test_several_that_differ_are_one_finding_about_the_file():
    findings = found(some(2, 5))
    assert (findings.box.tolist(), findings.file.tolist()) == ([MISSING], [0])
    assert findings.message[0].startswith("2 of 7 boxes have a mask, in image.jpg: ")


def test_who_drops_the_polygons_depends_on_the_format():
    (message,) = found(as_format(some(1, 3), "yolo")).message.tolist()
    assert message.endswith(
        "Ultralytics drops the polygons of the whole set, and trains on boxes alone"
    )
    assert not len(found(as_format(some(1, 3), "voc")))


def test_only_images_with_the_fewer_are_named():
    dataset = images({"a.jpg": ["car 10 10 40 40"] * 3, "b.jpg": ["car 10 10 40 40"]})
    dataset = with_polygons(dataset, None, None, None, SQUARE)
    assert ", in b.jpg: " in found(dataset).message[0]
    assert np.array_equal(found(dataset).image, [1])
