from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.label_issues import ErrorCount, JudgedSample
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.auditing.summary.overview import Basis, holding, overview
from labelaudit.dataset.tables import Files, RecordType
from labelaudit.testing import images, one_image, with_label_issues

FLAT = "car 10 10 10 60"
FINE = "bus 100 100 200 180"


def scanned(boxes, *doubts, select=("GEO001", "GEO005")):
    """A scan of these rules, of images with their boxes, with what a model might say."""
    dataset = images(boxes)
    issues = with_label_issues(dataset, *doubts).label_issues if doubts else None
    return scan(dataset, Options(select=select), label_issues=issues)


def test_by_rules_alone_the_share_is_what_they_found_and_has_no_upper_limit():
    seen = overview(scanned({"a.jpg": (FLAT, FLAT, FINE), "b.jpg": (FINE,), "c.jpg": (FLAT,)}))
    assert seen.boxes.basis is seen.images.basis is Basis.RULES
    assert (seen.boxes.errors, seen.boxes.of, seen.boxes.share) == (3, 5, 0.6)
    assert (seen.boxes.low, seen.boxes.high) == (3, None)
    assert (seen.images.errors, seen.images.of) == (2, 3)
    assert seen.missing is None


def test_a_box_that_two_rules_find_counts_once():
    found = scanned({"a.jpg": (FLAT, FINE)})
    twice = Findings.concat([found.findings, found.findings])
    assert overview(dataclasses.replace(found, findings=twice)).boxes.errors == 1


def test_the_numbers_are_those_of_the_findings():
    found = scanned({"a.jpg": (FLAT, FINE), "b.jpg": (FLAT,)})
    seen = overview(found)
    assert seen.boxes.errors == len(found.findings)
    assert sum(one.found for one in seen.top_images) == len(found.findings)


def test_with_a_model_probabilities_are_summed_and_have_limits():
    doubts = [f"{row} spurious 0.5" for row in range(4)]
    seen = overview(scanned({"a.jpg": (FINE, FINE), "b.jpg": (FINE, FINE)}, *doubts))
    assert seen.boxes.basis is seen.images.basis is Basis.MODEL
    assert seen.boxes.errors == 2
    assert seen.boxes.high == pytest.approx(2 + 1.959964 * (4 * 0.25) ** 0.5)
    assert seen.boxes.low == pytest.approx(2 - 1.959964)
    assert seen.images.errors == pytest.approx(1.5)  # each of two with a probability of .75


def test_limits_are_within_what_there_is():
    seen = overview(scanned({"a.jpg": (FINE, FINE)}, "0 spurious 0.5", "1 spurious 0.5"))
    assert (seen.boxes.low, seen.boxes.high) == (0, 2)


def test_the_normal_limits_hold_the_sum_of_trials_as_often_as_they_say():
    probability = np.random.default_rng(0).beta(0.3, 3, 400)
    doubts = [f"{row} spurious {p}" for row, p in enumerate(probability.tolist())]
    seen = overview(scanned({"a.jpg": (FINE,) * 400}, *doubts)).boxes
    trials = np.random.default_rng(1).random((20_000, 400)) < probability
    within = (trials.sum(axis=1) >= seen.low) & (trials.sum(axis=1) <= seen.high)
    assert within.mean() == pytest.approx(0.95, abs=0.015)


def drawn_of(found, drawn):
    """What a scan found where the model looked at these images, (i,), for all."""
    return dataclasses.replace(
        found, label_issues=dataclasses.replace(found.label_issues, drawn=np.array(drawn))
    )


def test_where_a_model_looked_at_drawn_images_the_others_are_as_these_are():
    rows = {f"{n}.jpg": (FINE, FINE) for n in range(6)}
    found = scanned(rows, "0 spurious 0.5", "2 spurious 0.5", "missing 0.5 0 bus 300 300 350 350")
    seen = overview(drawn_of(found, [True] * 3 + [False] * 3))
    assert (seen.boxes.basis, seen.boxes.errors, seen.boxes.of) == (Basis.MODEL, 2, 12)
    assert seen.boxes.low < 2 < seen.boxes.high
    plain = overview(found)
    assert plain.boxes.errors == 1
    assert seen.boxes.high - seen.boxes.errors > plain.boxes.high - plain.boxes.errors
    assert seen.images.errors == pytest.approx(2 * plain.images.errors)
    assert seen.missing.errors == pytest.approx(2 * plain.missing.errors)
    assert seen.missing.high > plain.missing.high


def test_what_rules_found_in_images_that_were_not_drawn_is_the_least():
    rows = {f"{n}.jpg": (FLAT, FINE) if n > 2 else (FINE, FINE) for n in range(6)}
    found = scanned(rows, "0 spurious 0.0")
    plain = overview(found).boxes.errors
    assert plain > 0
    seen = overview(drawn_of(found, [True] * 3 + [False] * 3))
    assert seen.boxes.errors == seen.boxes.low == pytest.approx(plain)


def test_no_more_boxes_are_wrong_than_there_are():
    rows = {f"{n}.jpg": (FINE, FINE) for n in range(4)}
    seen = overview(
        drawn_of(scanned(rows, "0 spurious 0.9", "1 spurious 0.9"), [True, True, False, False])
    )
    assert seen.boxes.high <= 8


def test_missing_objects_are_expected_by_a_model_and_belong_to_no_box():
    seen = overview(scanned({"a.jpg": (FINE,), "b.jpg": ()}, "missing 0.5 1 bus 10 10 60 60"))
    assert seen.missing.basis is Basis.MODEL
    assert (seen.missing.errors, seen.missing.of) == (0.5, 2)
    assert seen.boxes.errors == 0
    assert [(one.image, one.expected) for one in seen.top_images] == [(1, 0.5)]


def test_doubts_that_are_no_probabilities_order_images_and_count_nothing():
    found = scanned({"a.jpg": (FINE,), "b.jpg": (FINE,)}, "1 spurious 0.9", select=("MOD",))
    ranking = dataclasses.replace(found.label_issues, max_share={}, missing_calibrated=False)
    seen = overview(scan(found.dataset, found.options, label_issues=ranking))
    assert seen.boxes.basis is Basis.RULES
    assert seen.boxes.errors == 0
    assert seen.missing is None
    assert [one.image for one in seen.top_images] == [1]


def test_a_judged_sample_says_how_many_there_are():
    found = scanned({"a.jpg": (FLAT, FINE), "b.jpg": (FINE,)})
    boxes = JudgedSample("boxes", judged=20, wrong=3, of=3, errors=1.5, low=1, high=2.5)
    objects = JudgedSample("images", judged=20, wrong=3, of=2, errors=4, low=3, high=6)
    seen = overview(dataclasses.replace(found, samples=(boxes, objects)))
    assert seen.boxes == dataclasses.replace(seen.boxes, basis=Basis.SAMPLE, errors=1.5, high=2.5)
    assert (seen.missing.basis, seen.missing.errors, seen.missing.of) == (Basis.SAMPLE, 4, 2)
    assert seen.images.basis is Basis.RULES  # a sample of boxes says nothing of them
    mended = dataclasses.replace(found, samples=(boxes,), fixed={"zero-area": 1})
    assert overview(mended).boxes.basis is Basis.RULES  # it was drawn from what is no more


def test_what_the_report_says_of_missing_objects_at_its_top_it_says_at_its_end():
    found = scanned({"a.jpg": (FINE,), "b.jpg": ()}, "missing 0.5 1 bus 10 10 60 60")
    objects = JudgedSample("images", judged=20, wrong=3, of=2, errors=4, low=3, high=6)
    judged = dataclasses.replace(found, samples=(objects,))
    assert overview(judged).missing.errors == 4
    counts = {"missing_box": ErrorCount(4.5, 3.5, 5.5)}
    told = dataclasses.replace(found.label_issues, counts=counts)
    seen = overview(dataclasses.replace(judged, label_issues=told)).missing
    assert (seen.basis, seen.errors, seen.low, seen.high) == (Basis.SAMPLE, 4.5, 3.5, 5.5)


def test_a_class_that_is_wrong_more_often_is_named_and_others_are_not():
    fine = {f"{number}.jpg": (FINE, "van 10 10 60 60") for number in range(100)}
    flat = {f"flat {number}.jpg": (FLAT, FINE) for number in range(20)}
    seen = overview(scanned(fine | flat))
    assert [one.name for one in seen.worst["class"]] == ["car"]
    assert seen.worst["class"][0].rate == 1


def test_a_folder_that_is_wrong_more_often_is_named():
    fine = {f"old/{number}.jpg": (FINE, FINE) for number in range(50)}
    flat = {f"new/{number}.jpg": (FLAT, FINE) for number in range(50)}
    seen = overview(scanned(fine | flat))
    assert [(one.name, one.rate) for one in seen.worst["folder"]] == [("new", 0.5)]


def test_files_are_compared_where_there_are_fewer_than_images():
    found = scanned({f"{number}.jpg": (FLAT if number < 9 else FINE, FINE) for number in range(40)})
    files = Files.of(2, path=["a.json", "b.json"])
    image = np.arange(40) >= 9
    halves = dataclasses.replace(
        found.dataset,
        files=files,
        images=found.dataset.images.replaced(file=image.astype(np.int32)),
        boxes=found.dataset.boxes.replaced(file=np.repeat(image, 2).astype(np.int32)),
    )
    seen = overview(dataclasses.replace(found, dataset=halves))
    assert [one.name for one in seen.worst["file"]] == ["a.json"]
    each = dataclasses.replace(halves, files=Files.of(40, path=[f"{n}.xml" for n in range(40)]))
    assert "file" not in overview(dataclasses.replace(found, dataset=each)).worst


def test_a_field_that_a_scan_counts_by_is_looked_at_too():
    found = scanned({f"{n}.jpg": (FLAT if n < 9 else FINE, FINE) for n in range(40)})

    def attributes(dataset):
        yield from (
            (RecordType.BOX, row, {"by": "ann" if row < 18 else "bob"}) for row in range(80)
        )

    told = dataclasses.replace(
        found,
        dataset=dataclasses.replace(found.dataset, attributes=attributes),
        options=dataclasses.replace(found.options, by=("by", "class")),
    )
    seen = overview(told).worst
    assert list(seen) == ["class", "split", "folder", "file", "by"]
    assert [one.name for one in seen["by"]] == ["ann"]


def test_images_with_most_expected_errors_come_first_then_in_order():
    boxes = {"a.jpg": (FLAT,), "b.jpg": (FINE,), "c.jpg": (FLAT, FLAT), "d.jpg": (FLAT,)}
    seen = overview(scanned(boxes))
    assert [one.image for one in seen.top_images] == [2, 0, 3]
    assert [one.image for one in overview(scanned(boxes), top_images=2).top_images] == [2, 0]
    assert overview(scanned(boxes), top_images=0).top_images == ()
    assert seen.images_with_most == 3


@pytest.mark.parametrize(
    ("expected", "images"), [([5, 3, 2], 2), ([8, 2], 1), ([7.9, 2.1], 2), ([1] * 10, 8), ([1], 1)]
)
def test_images_are_counted_until_they_hold_most_errors(expected, images):
    assert holding(np.array(expected, float), 0.8) == images


def test_of_a_clean_dataset_there_is_nothing_to_say():
    seen = overview(scanned({"a.jpg": (FINE,)}))
    assert (seen.boxes.errors, seen.images.errors, seen.images_with_most) == (0, 0, 0)
    assert seen.top_images == ()
    assert not any(seen.worst.values())
    assert overview(scan(one_image(), Options(select=("GEO001",)))).boxes.share == 0


def test_findings_about_the_whole_dataset_are_counted_beside():
    found = scan(images({"a.jpg": (FINE,)}), Options(select=("CLS003", "GEO001")))
    assert overview(found).elsewhere == 0  # infos are no errors
