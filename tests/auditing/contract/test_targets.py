from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from labelaudit.auditing.findings import Severity
from labelaudit.auditing.run import audit
from labelaudit.core.columns import MISSING
from labelaudit.dataset.merge import merged
from labelaudit.testing import as_format, images, with_columns
from tests.auditing.contract.holding import only, outcome, told
from tests.rules.geo.misread_boxes import misread, street

STREET = images(
    {
        "a/1.jpg": ["car 0 0 0 40", "car 100 0 140 40", "bus 200 0 300 90"],
        "b/2.jpg": ["car 0 0 40 40", "bus 9 0 9 40", "bus 200 0 300 90"],
        "b/3.jpg": [],
    }
)
FLAT, DUPLICATE_ID = "zero-area", "duplicate-image-id"


def target(**keys: Any) -> dict[str, Any]:
    """A contract of one target, `of` for `class`."""
    return {"targets": [{key.replace("_", "-").replace("of", "class"): keys[key] for key in keys}]}


@pytest.mark.parametrize(("most", "status"), [(2, "passed"), (1, "failed")])
def test_a_target_is_the_most_findings_of_a_rule(most, status):
    assert told(STREET, target(rule=FLAT, max=most)) == (status, "2")


@pytest.mark.parametrize(("share", "status"), [(2 / 6, "passed"), (0.333, "failed")])
def test_a_target_is_the_largest_share_of_boxes(share, status):
    found = told(STREET, target(rule="GEO001", max_share=share))
    assert found == (status, "33.3 % (2 of 6 boxes)")


def test_both_limits_of_a_target_hold():
    assert told(STREET, target(rule=FLAT, max=1, max_share=1.0))[0] == "failed"
    assert told(STREET, target(rule=FLAT, max=2, max_share=0.1))[0] == "failed"


def test_findings_of_a_class_alone_are_counted():
    assert told(STREET, target(rule=FLAT, of="car", max_share=0.3))[1] == "33.3 % (1 of 3 boxes)"
    assert told(STREET, target(rule=FLAT, of="car", max=0))[0] == "failed"
    assert told(STREET, target(rule="tiny-box", of="bus", max=0)) == ("passed", "0")


def test_a_class_that_the_labels_do_not_know_is_not_evaluated():
    found = told(STREET, target(rule=FLAT, of="buss", max=9))
    assert found == ("not evaluated", "no class is called 'buss'; did you mean 'bus'?")


def test_findings_that_are_of_no_class_do_not_pass_for_one():
    twice = with_columns(STREET, "images", name=["a.jpg", "a.jpg", "b.jpg"])
    assert told(twice, target(rule="REF008", max=0))[0] == "failed"
    found = told(twice, target(rule="REF008", of="car", max=9))
    assert found == ("not evaluated", "findings of image-listed-twice are not about a class")


def test_shares_of_images_where_findings_are_about_images():
    twice = with_columns(STREET, "images", name=["a.jpg", "a.jpg", "b.jpg"])
    assert told(twice, target(rule="REF008", max_share=0.3))[1] == "33.3 % (1 of 3 images)"


def test_findings_of_neither_a_box_nor_an_image_have_no_share():
    unused = with_columns(STREET, "boxes", label=[0] * 6)
    status, why = told(unused, target(rule="unused-class", max_share=1.0))
    assert (status, why) == (
        "not evaluated",
        "1 finding, neither of a box nor of an image: say max instead",
    )
    both = target(rule="unused-class", max_share=1.0, max=0)
    assert told(unused, both)[0] == "failed"


def test_a_share_of_nothing_is_not_evaluated():
    found = told(images({"a.jpg": []}), target(rule=FLAT, max_share=0.1))
    assert found == ("not evaluated", "there are no boxes to have a share of")


def test_a_rule_that_was_not_checked_is_not_evaluated_whatever_the_limit():
    status, why = told(STREET, target(rule="wrong-class", max=99))
    assert status == "not evaluated"
    assert why.startswith("wrong-class was not checked: no model was asked")
    assert told(STREET, target(rule="IMG002", max_share=1.0))[0] == "not evaluated"


def test_a_rule_that_is_left_out_is_not_evaluated():
    found = told(STREET, target(rule=FLAT, max=9), select=("DUP",))
    assert found == ("not evaluated", "zero-area is left out of this scan")
    ignored = told(STREET, target(rule=FLAT, of="car", max=9), per_class_ignores={"car": ("GEO",)})
    assert ignored == ("not evaluated", "zero-area is ignored for car")
    other = told(STREET, target(rule=FLAT, of="bus", max=9), per_class_ignores={"car": ("GEO",)})
    assert other == ("passed", "1")


def test_too_many_findings_fail_even_if_another_rule_of_the_target_did_not_run():
    some = target(rule="GEO", max=1)
    assert told(STREET, some, select=("GEO001",))[0] == "failed"
    assert told(STREET, target(rule="GEO", max=2), select=("GEO001",))[0] == "not evaluated"


def test_milder_findings_count_although_they_are_not_reported():
    tiny = images({"a.jpg": ["car 0 0 1 1"]})
    assert told(tiny, target(rule="tiny-box", max=0), min_severity=Severity.ERROR)[0] == "failed"


@pytest.mark.parametrize(("severity", "found"), [("info", "1"), ("warning", "1"), ("error", "0")])
def test_the_mildest_finding_that_counts_can_be_said(severity, found):
    tiny = images({"a.jpg": ["car 0 0 1 1"]})
    assert told(tiny, target(rule="tiny-box", severity=severity, max=0))[1] == found


def test_splits():
    other = images({"9.jpg": ["car 0 0 40 40", "car 50 0 90 0"]})
    dataset = merged([STREET, other], ["train", "val"])
    assert told(dataset, target(rule=FLAT, split="val", max=1)) == ("passed", "1")
    assert told(dataset, target(rule=FLAT, split="val", max=0))[0] == "failed"
    share = target(rule=FLAT, split="train", max_share=0.01)
    assert told(dataset, share)[1] == "33.3 % (2 of 6 boxes)"
    found = told(dataset, target(rule=FLAT, split="vla", max=9))
    assert found == ("not evaluated", "no split is called 'vla'; did you mean 'val'?")
    assert told(STREET, target(rule=FLAT, split="val", max=9))[1] == "there are no splits"


def test_findings_of_no_image_do_not_pass_for_those_of_a_split():
    other = images({"9.jpg": ["car 0 0 40 40"]})
    dataset = merged([with_columns(STREET, "boxes", label=[0] * 6), other], ["train", "val"])
    status, why = told(dataset, target(rule="unused-class", split="val", max=9))
    assert status == "not evaluated"
    assert why == "findings of unused-class are not about an image, and so of no split"


def test_values_of_a_field():
    one = target(rule=FLAT, where={"folder": "b"}, max_share=0.1)
    assert told(STREET, one) == ("failed", "33.3 % (1 of 3 boxes)")
    missing = target(rule=FLAT, where={"folder": "c"}, max=9)
    assert told(STREET, missing) == ("not evaluated", "nothing has folder='c'")
    unknown = told(STREET, target(rule=FLAT, where={"annotator": "ann"}, max=9))
    assert unknown[0] == "not evaluated"
    assert unknown[1].startswith("no field is called 'annotator'")


def test_each_value_of_a_field_has_a_target_of_its_own():
    each = only(STREET, target(rule=FLAT, by="class", max_share=0.33))
    assert [(part.key, part.status, part.found) for part in each.parts] == [
        ("targets[0].car", "failed", "33.3 % (1 of 3 boxes)"),
        ("targets[0].bus", "failed", "33.3 % (1 of 3 boxes)"),
    ]
    assert (each.status, each.found) == ("failed", "2 of 2 failed")
    assert [leaf.key for leaf in each.leaves()] == ["targets[0].car", "targets[0].bus"]


def test_a_field_without_values_has_nothing_to_hold():
    none = as_format(images({}), "coco")
    found = told(none, target(rule=FLAT, by="class", max=1))
    assert found == ("not evaluated", "nothing has a value of class")


def test_what_others_explain_is_counted_and_said_so():
    dataset = misread(street(), "xyxy")  # one cause, which explains boxes that reach outside
    assert "out-of-bounds" not in audit(dataset).name.tolist()
    flat = only(dataset, target(rule="out-of-bounds", max=0))
    assert flat.status == "failed"
    assert "explained by others" in flat.found


def test_the_worst_come_first():
    promoted = {"GEO001": Severity.WARNING}
    both = only(
        STREET, {"targets": [{"rule": "GEO", "max": 0}]}, severities=promoted, select=("GEO",)
    )
    severity = both.worst.severity.tolist()
    assert severity == sorted(severity, reverse=True)


class TestSeverities:
    def test_errors_of_what_has_no_target_are_limited(self):
        assert told(STREET, {"errors": 1}, select=("GEO",)) == (
            "failed",
            "2 errors: 2 zero-area",
        )
        assert told(STREET, {"errors": 2}, select=("GEO",))[0] == "passed"

    def test_warnings_are_counted_apart_from_errors(self):
        tiny = images({"a.jpg": ["car 0 0 1 1", "car 9 9 9 40"]})
        assert told(tiny, {"warnings": 1}, select=("GEO",))[0] == "passed"
        assert told(tiny, {"warnings": 0}, select=("GEO",))[1] == "1 warning: 1 tiny-box"

    def test_what_a_target_counts_is_for_it_alone_to_judge(self):
        contract = {"errors": 1, **target(rule=FLAT, of="car", max=1)}
        errors, flat = outcome(STREET, contract, select=("GEO",)).requirements
        assert (errors.status, errors.found) == ("passed", "1 error: 1 zero-area")
        assert flat.status == "passed"

    def test_rules_that_lack_images_leave_it_open_whether_there_are_errors(self):
        status, why = told(STREET, {"errors": 2})
        assert status == "not evaluated"
        assert "unreadable-image" in why
        assert told(STREET, {"errors": 1})[0] == "failed"


def test_boxes_of_no_image_are_in_no_split():
    other = images({"9.jpg": ["car 0 0 40 40"]})
    dataset = merged([STREET, other], ["train", "val"])
    image = dataset.boxes.image.copy()
    image[1] = MISSING
    members = dataset.split_members
    lost = members.of(1, split=[0], image=[MISSING], name=["lost.jpg"])
    dataset = dataclasses.replace(
        with_columns(dataset, "boxes", image=image), split_members=members.concat([members, lost])
    )
    share = target(rule=FLAT, split="train", max_share=0.01)
    assert told(dataset, share)[1] == "40 % (2 of 5 boxes)"
