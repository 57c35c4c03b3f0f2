from __future__ import annotations

import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.core.ids import Ids
from labelaudit.testing import as_format, one_image, with_columns

ONE = with_columns(one_image("car 10 20 40 60 difficult"), "boxes", area=[1200])


def problem(part, field, found, dataset=ONE):
    columns = {"part": part, "record": 0, "row": 0, "field": field, "found": found}
    given = {name: [value] for name, value in columns.items()}
    return with_columns(dataset, "problems", file=[0], kind=["wrong-type"], **given)


def test_a_number_that_is_text_is_found_and_written_as_it_was_understood():
    broken = problem("images", "width", '"640"')
    findings = audit(broken, select=["REF010"])
    assert findings.message.tolist() == ['images[0]: width is "640", understood as 640']
    fix = findings.fix[0]
    assert (fix.kind, fix.safety) == ("set-field", Safety.SAFE)
    fixed = apply(broken, findings).dataset
    assert fixed.images.size.tolist() == [[640, 480]]
    assert not len(audit(fixed, select=["REF"]))


@pytest.mark.parametrize(
    ("name", "part", "field", "value"),
    [
        ("coco", "annotations", "bbox", [10, 20, 30, 40]),
        ("voc", "annotations", "bndbox", [11, 21, 40, 60]),
        ("voc", "annotations", "xmin", 11),
        ("voc", "annotations", "xmax", 40),
        ("voc", "annotations", "ymax", 60),
        ("yolo", "annotations", "box", [0.0390625, 0.0833333333333, 0.046875, 0.0833333333333]),
        ("coco", "annotations", "image_id", 1),
        ("coco", "annotations", "category_id", 1),
        ("yolo", "annotations", "class", 1),
        ("coco", "annotations", "id", 1),
        ("coco", "annotations", "area", 1200),
        ("coco", "annotations", "iscrowd", 0),
        ("coco", "annotations", "ignore", 1),
        ("voc", "annotations", "difficult", 1),
        ("voc", "images", "size", [640, 480]),
        ("voc", "images", "height", 480),
        ("coco", "images", "width", 640),
        ("coco", "images", "file_name", "image.jpg"),
        ("coco", "images", "id", 1),
        ("coco", "categories", "name", "car"),
        ("coco", "categories", "id", 1),
    ],
)
def test_every_field_of_a_column_is_understood(name, part, field, value):
    broken = problem(part, field, '"?"', as_format(ONE, name))
    assert audit(broken, select=["REF010"]).fix[0].values == {"field": field, "value": value}


def test_a_box_without_an_inside_is_rewritten_unsafely():
    for corners, safety in (([10, 20, 40, 60], Safety.SAFE), ([40, 20, 10, 60], Safety.UNSAFE)):
        drawn = with_columns(as_format(ONE, "voc"), "boxes", xyxy=[corners])
        findings = audit(problem("annotations", "xmin", '"?"', drawn), select=["REF010"])
        assert findings.fix[0].safety is safety


@pytest.mark.parametrize("name", ["coco", "voc"])
def test_decimals_are_rewritten_unsafely_only_where_they_are_rounded(name):
    for right, other, safety in (
        (40.5, 60.0, Safety.UNSAFE),  # the file is of whole numbers otherwise
        (40.5, 60.5, Safety.SAFE),
        (40.0, 60.0, Safety.SAFE),
        (40.0005, 60.0, Safety.SAFE),  # computed, as from an angle
        (40.002, 60.0, Safety.UNSAFE),
    ):
        two = as_format(one_image(f"car 10 20 {right} 60", f"car 50 20 {other + 30} 60"), name)
        field = two.facts.source_fields["xyxy"][0]
        findings = audit(problem("annotations", field, '"?"', two), select=["REF010"])
        assert findings.fix[0].safety is safety


def test_a_class_without_an_id_is_understood_by_its_name():
    nameable = with_columns(as_format(ONE, "voc"), "categories", id=Ids.of([None]))
    fix = audit(problem("annotations", "name", "", nameable), select=["REF010"]).fix[0]
    assert fix.values == {"field": "name", "value": "car"}


def test_a_field_of_another_format_is_no_column():
    assert audit(problem("annotations", "bndbox", '"?"'), select=["REF010"]).fix.tolist() == [None]


def test_a_name_in_another_spelling_is_left_to_the_rule_about_these():
    one = as_format(ONE, "voc")
    found = with_columns(one, "images", name=["image"], path=["photos/image.jpg"])
    broken = problem("images", "filename", "image", found)
    assert audit(broken, select=["REF010", "IMG004"]).code.tolist() == ["IMG004"]


def test_the_name_of_an_image_is_that_of_the_one_that_was_found():
    one = as_format(ONE, "voc")
    found = with_columns(one, "images", name=["other"], path=["photos/image.jpg"])
    broken = problem("images", "filename", "other", found)
    findings = audit(broken, select=["REF010"])
    assert findings.fix[0].values == {"field": "filename", "value": "image.jpg"}
    assert findings.message[0].endswith(": filename is other, the image is image.jpg")
    assert apply(broken, findings).dataset.images.name.tolist() == ["image.jpg"]
    lost = problem("images", "filename", "image", with_columns(one, "images", name=["image"]))
    findings = audit(lost, select=["REF010"])
    assert findings.fix.tolist() == [None]
    assert findings.message[0].endswith(": filename is image, which leads to no image")


@pytest.mark.parametrize(("part", "field"), [("annotations", "score"), ("images", "date")])
def test_a_field_of_no_column_is_found_without_a_fix(part, field):
    findings = audit(problem(part, field, '"?"'), select=["REF010"])
    assert findings.fix.tolist() == [None]
    assert findings.message[0].endswith(f'[0]: {field} is "?"')


def test_what_is_not_finite_cannot_be_written():
    unknown = with_columns(ONE, "boxes", area=[float("nan")], image=[MISSING])
    for field in ("area", "image_id"):
        broken = problem("annotations", field, '"?"', unknown)
        assert audit(broken, select=["REF010"]).fix.tolist() == [None]


def test_it_is_an_error_where_trainers_stop():
    for field, severity in (("bbox", Severity.ERROR), ("area", Severity.WARNING)):
        findings = audit(problem("annotations", field, '"?"'), select=["REF010"])
        assert findings.severity.tolist() == [severity]
