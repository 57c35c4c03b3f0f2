from __future__ import annotations

import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from labelaudit.auditing.findings import Safety
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import audit
from labelaudit.core.ids import Ids
from labelaudit.rules.ref.numbering import free_ids
from labelaudit.testing import one_image, with_columns


def boxes(*ids):
    plain = one_image(*("car 10 10 40 40" for _ in ids))
    return with_columns(plain, "boxes", id=Ids.of(ids))


@pytest.mark.parametrize(
    ("odd", "words"),
    [
        ("a7", 'annotation id "a7" is text'),
        ("7", 'annotation id "7" is text'),
        (2.0, "annotation id 2.0 is a float"),
        (float("nan"), "annotation id NaN is a float"),
        (True, "annotation id true is a truth value"),
        (None, "annotation id is null"),
        (-1, "annotation id -1 is negative"),
        (0, "annotation id 0 is zero"),
        (2**53 + 1, "annotation id 9007199254740993 is above 2**53"),
        (10**30, f"annotation id {10**30} is above 2**53"),
        ([1], "annotation id [1] is not a number"),
    ],
)
def test_an_odd_id_is_found_among_plain_ones(odd, words):
    findings = audit(boxes(1, odd, 3), select=["REF007"])
    assert findings.message.tolist() == [words]
    assert findings.box.tolist() == [1]


@pytest.mark.parametrize("plain", [1, 2**31, 900100581904, 2**53])
def test_a_whole_number_up_to_2_to_the_53_is_well(plain):
    assert not len(audit(boxes(plain), select=["REF007"]))


def test_only_an_annotation_must_not_be_called_zero():
    dataset = one_image("car 10 10 40 40")
    dataset = with_columns(dataset, "images", id=Ids.of([0]))
    assert not len(audit(with_columns(dataset, "categories", id=Ids.of([0])), select=["REF007"]))


def test_pycocotools_takes_a_match_with_annotation_zero_for_none(capsys):
    def average_precision(first):
        labels = [
            {"id": first + n, "image_id": 1, "category_id": 1, "bbox": [100 * n, 0, 50, 50]}
            | {"area": 2500, "iscrowd": 0}
            for n in range(2)
        ]
        truth = COCO()
        truth.dataset = {
            "images": [{"id": 1, "width": 640, "height": 480}],
            "categories": [{"id": 1, "name": "car"}],
            "annotations": labels,
        }
        truth.createIndex()
        detections = truth.loadRes([{**label, "score": 0.9} for label in labels])
        evaluation = COCOeval(truth, detections, "bbox")
        for step in (evaluation.evaluate, evaluation.accumulate, evaluation.summarize):
            step()
        return evaluation.stats[0]

    assert average_precision(1) == 1.0
    assert average_precision(0) < 0.5


def test_odd_ids_of_images_and_classes_are_found_and_their_fix_is_unsafe():
    dataset = with_columns(one_image("car 10 10 40 40"), "images", id=Ids.of(["a"]))
    findings = audit(with_columns(dataset, "categories", id=Ids.of([-3])), select=["REF007"])
    assert sorted(findings.message.tolist()) == [
        "category id -3 is negative",
        'image id "a" is text',
    ]
    assert [fix.safety for fix in findings.fix] == [Safety.UNSAFE, Safety.UNSAFE]


def test_a_format_without_ids_misses_none():
    dataset = with_columns(boxes(None, None), "images", id=Ids.missing(1))
    assert not len(audit(dataset, select=["REF007"]))


def test_an_id_that_is_known_to_be_missing_is_not_found_again():
    absent = {"part": ["annotations"], "row": [0], "kind": ["missing-field"], "field": ["id"]}
    dataset = with_columns(boxes(None), "problems", file=[0], record=[0], **absent)
    assert audit(dataset, select=["REF"]).code.tolist() == ["REF009"]


def test_a_file_that_keeps_its_ids_as_text_gets_one_finding():
    ids = [f"a{number}" for number in range(11)]
    findings = audit(boxes(*ids, 1, 2), select=["REF007"])
    words = '11 of 13 annotation ids are text; annotation id "a0" is the first'
    assert findings.message.tolist() == [words]
    assert findings.fix.tolist() == [None]
    assert findings.file.tolist() == [0]


@pytest.mark.parametrize(("odd", "plain"), [(10, 0), (11, 11)])
def test_up_to_ten_or_half_of_the_ids_are_found_one_by_one(odd, plain):
    ids = [*(f"a{number}" for number in range(odd)), *range(1, plain + 1)]
    assert len(audit(boxes(*ids), select=["REF007"])) == odd


def test_new_ids_mend_it_safely():
    broken = boxes(5, "a", -1, 2**60)
    findings = audit(broken, select=["REF007"])
    assert all(fix.safety is Safety.SAFE for fix in findings.fix)
    fixed = apply(broken, findings).dataset
    assert fixed.boxes.id.values() == [5, 6, 7, 8]


def test_new_ids_avoid_odd_ones_and_stay_below_the_largest():
    assert free_ids(Ids.of([]), 2) == [1, 2]
    assert free_ids(Ids.of([1, 3.0]), 2) == [4, 5]
    assert free_ids(Ids.of([1, 3, 2**53 - 1]), 3) == [2, 4, 5]
    assert free_ids(Ids.of([2**53 + 5, 2**62]), 1) == [1]
