from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import ProblemKind, RecordType
from labelaudit.testing import as_format, one_image, with_columns, with_polygons


@pytest.mark.parametrize("coordinate", ["nan", "inf", "-inf", "1e308", "-1e308", "1000000001"])
def test_a_coordinate_that_no_image_has_is_found_and_its_neighbour_is_not(coordinate):
    dataset = one_image("car 10 10 40 40", f"car 50 20 {coordinate} 60")
    findings = audit(dataset, select=["GEO003"])
    assert findings.box.tolist() == [1]
    assert findings.severity.tolist() == [Severity.ERROR]


@pytest.mark.parametrize("coordinate", ["1000000000", "-1000000000", "0"])
def test_up_to_1e9_a_coordinate_is_only_a_number(coordinate):
    assert len(audit(one_image(f"car 50 20 {coordinate} 60"), select=["GEO003"])) == 0


def test_the_message_shows_all_four_corners():
    findings = audit(one_image("car nan 20 inf 2e18"), select=["GEO003"])
    words = "car has the corners nan, 20, inf, 2e+18: no image has such a place"
    assert findings.message.tolist() == [words]


def test_dropping_is_safe_unless_clipping_could_make_the_box_usable():
    findings = audit(one_image("car 10 10 nan 40", "car 10 10 1e12 40"), select=["GEO003"])
    assert [(fix.kind, fix.safety) for fix in findings.fix] == [
        ("drop", Safety.SAFE),
        ("drop", Safety.UNSAFE),
    ]


def test_a_mask_gives_the_box_back():
    dataset = with_polygons(one_image("car nan nan nan nan"), [[50, 20, 90, 20, 90, 60]])
    (fix,) = audit(dataset, select=["GEO003"]).fix
    assert (fix.kind, fix.safety) == ("move", Safety.SAFE)
    assert fix.values == {"xyxy": [50.0, 20.0, 90.0, 60.0]}


@pytest.mark.parametrize(
    ("name", "kind", "field", "count"),
    [
        ("coco", ProblemKind.MISSING_FIELD, "bbox", 0),
        ("coco", ProblemKind.UNREADABLE_FIELD, "bbox", 0),
        ("voc", ProblemKind.UNREADABLE_FIELD, "bndbox", 0),
        ("voc", ProblemKind.UNREADABLE_FIELD, "xmin", 0),
        ("coco", ProblemKind.TRUNCATED, "", 0),
        ("coco", ProblemKind.UNREADABLE_FIELD, "area", 1),
        ("coco", ProblemKind.WRONG_TYPE, "bbox", 1),
    ],
)
def test_a_box_that_could_not_be_read_is_not_reported_twice(name, kind, field, count):
    problem = {"row": [0], "kind": texts([kind]), "field": texts([field])}
    dataset = with_columns(
        one_image("car nan 10 40 40"), "problems", part=texts([RecordType.BOX]), **problem
    )
    assert len(audit(as_format(dataset, name), select=["GEO003"])) == count


def test_the_problem_of_an_image_says_nothing_about_the_box_of_that_number():
    problem = {"row": [0], "kind": texts([ProblemKind.MISSING_FIELD]), "field": texts(["bbox"])}
    dataset = with_columns(
        one_image("car nan 10 40 40"), "problems", part=texts([RecordType.IMAGE]), **problem
    )
    assert len(audit(dataset, select=["GEO003"])) == 1
