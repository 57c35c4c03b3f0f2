from __future__ import annotations

import dataclasses

import pytest

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING, texts
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import Dataset, Files
from labelaudit.testing import as_format, images, one_image, with_columns, with_polygons

TWO = one_image("car 10 10 40 40", "van nan nan nan nan")


def problem(dataset, part, field, *, kind="missing-field", row=1, found=""):
    record = MISSING if part == "file" else row
    columns = {"part": part, "record": record, "row": row, "kind": kind, "field": field}
    given = {name: [value] for name, value in columns.items()}
    return with_columns(dataset, "problems", file=[0], found=[found], **given)


def test_a_missing_field_is_found_by_record_and_name():
    findings = audit(problem(TWO, "annotations", "bbox"), select=["REF009"])
    assert findings.message.tolist() == ["annotations[1] has no bbox"]
    assert findings.box.tolist() == [1]
    assert findings.image.tolist() == [0]


def test_a_value_that_is_not_understood_is_shown():
    broken = problem(TWO, "annotations", "bbox", kind="unreadable-field", found='"big"')
    words = 'annotations[1]: bbox cannot be understood: "big"'
    assert audit(broken, select=["REF009"]).message.tolist() == [words]


def test_bytes_that_are_not_text_belong_to_no_field():
    broken = problem(
        TWO, "images", "", kind="unreadable-field", row=0, found="not UTF-8: byte 0xff"
    )
    findings = audit(broken, select=["REF009"])
    assert findings.message.tolist() == ["images[0]: cannot be understood: not UTF-8: byte 0xff"]
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.image.tolist() == [0]


@pytest.mark.parametrize(
    ("part", "field", "severity"),
    [
        ("annotations", "category_id", Severity.ERROR),
        ("annotations", "ignore", Severity.WARNING),
        ("images", "file_name", Severity.ERROR),
        ("images", "width", Severity.WARNING),
        ("file", "images", Severity.ERROR),
        ("file", "annotations", Severity.WARNING),
    ],
)
def test_what_a_trainer_cannot_do_without_is_an_error(part, field, severity):
    findings = audit(problem(TWO, part, field, row=0), select=["REF009"])
    assert findings.severity.tolist() == [severity]


def test_a_list_that_is_none_is_an_error():
    broken = problem(TWO, "file", "annotations", kind="unreadable-field", row=0, found="7")
    findings = audit(broken, select=["REF009"])
    assert findings.severity.tolist() == [Severity.ERROR]
    assert findings.message.tolist() == ["labels.json: annotations cannot be understood: 7"]


def test_a_missing_box_becomes_the_extent_of_its_mask():
    masked = with_polygons(TWO, None, [[50, 20, 90, 20, 90, 60]])
    broken = problem(masked, "annotations", "bbox")
    findings = audit(broken, select=["REF009"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("move", Safety.SAFE)
    assert findings.fix[0].values == {"xyxy": [50, 20, 90, 60]}
    assert not len(audit(apply(broken, findings).dataset, select=["REF"]))


@pytest.mark.parametrize(
    ("name", "field"),
    [("coco", "bbox"), ("voc", "bndbox"), ("voc", "xmin"), ("yolo", "box"), ("labelme", "points")],
)
def test_a_missing_box_of_which_nothing_says_where_it_is_is_dropped_unsafely(name, field):
    broken = problem(as_format(TWO, name), "annotations", field)
    findings = audit(broken, select=["REF009"])
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("drop", Safety.UNSAFE)
    assert not len(audit(apply(broken, findings).dataset, select=["REF"]))


SAID = [50, 20, 90, 60]


def test_a_box_that_other_fields_say_is_written_safely():
    said = with_columns(TWO, "boxes", xyxy=[[10, 10, 40, 40], SAID])
    findings = audit(problem(said, "annotations", "bbox"), select=["REF009"])
    assert findings.message.tolist() == ["annotations[1] has no bbox; other fields say where it is"]
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("move", Safety.SAFE)
    assert findings.fix[0].values == {"xyxy": SAID}


def test_a_box_that_keypoints_say_is_written_unsafely():
    posed = with_columns(TWO, "boxes", xyxy=[[10, 10, 40, 40], SAID])
    points = {"box": [1], "values": [6], "labelled": [2], "xyxy": [SAID]}
    posed = with_columns(posed, "keypoints", **points)
    findings = audit(problem(posed, "annotations", "bbox"), select=["REF009"])
    assert findings.message[0].endswith("; its keypoints say where it is")
    assert (findings.fix[0].kind, findings.fix[0].safety) == ("move", Safety.UNSAFE)


@pytest.mark.parametrize(
    ("name", "field"),
    [("coco", "image_id"), ("coco", "category_id"), ("yolo", "class"), ("voc", "name")],
)
def test_a_label_without_image_or_class_is_dropped_unsafely(name, field):
    fix = audit(problem(as_format(TWO, name), "annotations", field), select=["REF009"]).fix[0]
    assert (fix.kind, fix.safety) == ("drop", Safety.UNSAFE)


def test_a_missing_id_is_given_and_that_is_safe_for_labels_only():
    broken = problem(with_columns(TWO, "boxes", id=Ids.of([7, None])), "annotations", "id")
    findings = audit(broken, select=["REF009"])
    assert findings.fix[0].values == {"id": 8}
    assert findings.fix[0].safety is Safety.SAFE
    assert not len(audit(apply(broken, findings).dataset, select=["REF"]))
    nameless = problem(with_columns(TWO, "images", id=Ids.of([None])), "images", "id", row=0)
    assert audit(nameless, select=["REF009"]).fix[0].safety is Safety.UNSAFE


def test_a_missing_filename_becomes_that_of_the_image_that_was_found():
    found = with_columns(as_format(TWO, "voc"), "images", name=[""], path=["photos/one.jpg"])
    broken = problem(found, "images", "filename", row=0)
    findings = audit(broken, select=["REF009"])
    assert findings.fix[0].values == {"field": "filename", "value": "one.jpg"}
    assert findings.fix[0].safety is Safety.SAFE
    repaired = apply(broken, findings).dataset
    assert repaired.images.name.tolist() == ["one.jpg"]
    assert not len(audit(repaired, select=["REF009"]))


def test_a_missing_filename_stays_missing_where_no_image_was_found():
    nameless = with_columns(as_format(TWO, "voc"), "images", name=[""])
    lost = problem(nameless, "images", "filename", row=0)
    assert audit(lost, select=["REF009"]).fix.tolist() == [None]


def all_miss(count, field, *, of):
    dataset = one_image(*("car 10 10 40 40" for _ in range(of)))
    columns = {"part": "annotations", "kind": "missing-field", "field": field, "file": 0}
    given = {name: [value] * count for name, value in columns.items()}
    return with_columns(dataset, "problems", record=range(count), row=range(count), **given)


def test_a_field_that_all_records_miss_is_one_finding():
    findings = audit(all_miss(11, "ignore", of=11), select=["REF009"])
    assert findings.message.tolist() == ["none of 11 annotations has ignore"]
    assert (findings.file[0], findings.box[0], findings.image[0]) == (0, MISSING, MISSING)


@pytest.mark.parametrize(("count", "of"), [(10, 10), (11, 12)])
def test_a_field_that_few_or_not_all_records_miss_is_found_in_each(count, of):
    findings = audit(all_miss(count, "ignore", of=of), select=["REF009"])
    assert findings.box.tolist() == list(range(count))


def test_what_can_be_fixed_in_each_record_is_found_in_each():
    assert len(audit(all_miss(11, "category_id", of=11), select=["REF009"])) == 11


def unsized(images_without: int, *, of: int, files: int) -> Dataset:
    dataset = images({f"{number}.jpg": [] for number in range(of)})
    dataset = with_columns(dataset, "images", file=[number % files for number in range(of)])
    table = Files.of(files, path=texts(f"{number}.xml" for number in range(files)))
    dataset = dataclasses.replace(dataset, files=table)
    rows = range(images_without)
    columns = {"part": "images", "kind": "missing-field", "field": "size"}
    given = {name: [value] * images_without for name, value in columns.items()}
    return with_columns(
        dataset, "problems", record=[0] * images_without, row=rows, file=rows, **given
    )


def test_a_field_that_no_file_of_an_image_has_is_one_finding():
    findings = audit(unsized(11, of=11, files=11), select=["REF009"])
    assert findings.message.tolist() == ["none of 11 images has size"]
    assert (findings.box[0], findings.image[0]) == (MISSING, MISSING)


@pytest.mark.parametrize(("count", "of", "files"), [(10, 10, 10), (11, 12, 12), (11, 33, 11)])
def test_of_few_images_of_some_and_of_files_of_several_each_is_told(count, of, files):
    assert len(audit(unsized(count, of=of, files=files), select=["REF009"])) == count
