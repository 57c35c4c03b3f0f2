from __future__ import annotations

import dataclasses
import io
import json

import pytest

from labelaudit.auditing.label_issues import JudgedSample
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, fixed, scan
from labelaudit.reports import REPORTS
from labelaudit.reports.text.layout import write
from labelaudit.reports.text.overview import overview_lines
from labelaudit.testing import images, with_label_issues

FLAT = "car 10 10 10 60"
FINE = "bus 100 100 200 180"
FLAT_ONCE = {f"{name}.jpg": (FLAT, FINE) for name in "abcd"}


def scanned(boxes, *doubts, select=("GEO001",)):
    """A scan of flat boxes in images, with what a model might say."""
    dataset = images(boxes)
    issues = with_label_issues(dataset, *doubts).label_issues if doubts else None
    return scan(dataset, Options(select=select), label_issues=issues)


def lines(found: Scan) -> list[str]:
    return [line.plain for line in overview_lines(found)]


def test_what_rules_find_is_said_to_be_the_least():
    assert lines(scanned({"a.jpg": (FLAT, FINE, FINE, FINE), "b.jpg": (FINE,)})) == [
        "errors by rules alone: at least 1 of 5 boxes (20 %), 1 of 2 images (50 %)"
    ]


def test_of_a_clean_dataset_nothing_is_said():
    assert lines(scanned({"a.jpg": (FINE,)})) == []
    assert lines(scanned({"a.jpg": (FINE,)}, select=("CLS",))) == []


def test_images_that_have_more_errors_than_others_are_named():
    more = FLAT_ONCE | {"e.jpg": (FLAT, FLAT, FLAT), "f.jpg": (FLAT, FLAT)}
    assert lines(scanned(more))[-1] == (
        "look first at e.jpg, f.jpg; 5 of 6 images hold 80 % of the expected errors"
    )


def test_where_no_image_has_more_errors_than_others_none_is_named():
    assert lines(scanned(FLAT_ONCE))[1:] == ["4 of 4 images hold 80 % of the expected errors"]


def test_a_few_images_with_errors_are_in_the_findings_already():
    assert len(lines(scanned({name: FLAT_ONCE[name] for name in ("a.jpg", "b.jpg", "c.jpg")}))) == 1


def test_as_many_images_as_asked_for_stand_in_lines_of_their_own():
    found = scanned(FLAT_ONCE | {"e.jpg": (FLAT, FLAT)})
    assert lines(dataclasses.replace(found, top_images=2))[1:] == [
        "look first at these images; 4 of 5 images hold 80 % of the expected errors:",
        "  e.jpg  1.9 expected, 2 found",
        "  a.jpg  0.9 expected, 1 found",
    ]
    assert len(lines(dataclasses.replace(found, top_images=100))) == 2 + 5
    assert len(lines(dataclasses.replace(found, top_images=0))) == 1


def doubted(*doubts: str, boxes=None, select=("GEO001", "MOD")) -> Scan:
    """A scan with what predictions from a file doubt, which are no probabilities."""
    dataset = images(boxes or {f"{name}.jpg": (FINE, FINE) for name in "abcde"})
    issues = with_label_issues(dataset, *doubts, max_share=0.5).label_issues
    issues = dataclasses.replace(issues, missing_calibrated=False)
    return scan(dataset, Options(select=select), label_issues=issues)


DOUBTS = tuple(f"{row} spurious {0.9 - row / 100}" for row in range(5, 10))


def test_no_number_is_made_of_doubts():
    found = doubted(*DOUBTS, "0 wrong_class 0.6 bus", "missing 0.8 1 bus 300 10 360 60")
    words = "\n".join(lines(dataclasses.replace(found, top_images=5)))
    assert (
        "look first at these images; by findings and doubts, which are an order and no number:"
        in words
    )
    assert "  d.jpg  0.0 expected, 2 found, 2 by doubts alone" in words
    assert "hold 80 %" not in words
    assert "errors by" not in words
    assert words.index("d.jpg") < words.index("b.jpg")


def test_beside_doubts_what_rules_expect_is_said_without_them():
    more = {"a.jpg": (FINE, FLAT)} | {f"{name}.jpg": (FINE, FINE) for name in "bcde"}
    said = lines(doubted(*DOUBTS, boxes=more))
    assert said[0].startswith("errors by rules alone: at least 1 of 10 boxes")
    assert said[-1].startswith("look first at d.jpg, e.jpg, a.jpg; by findings and doubts, which")
    assert said[-1].endswith("; 1 of 5 images hold 80 % of the expected errors, doubts not counted")


def test_json_and_html_say_that_doubts_are_an_order(tmp_path):
    found = doubted(*DOUBTS)
    out, page = io.StringIO(), io.StringIO()
    REPORTS["json"].write(found, out)
    seen = json.loads(out.getvalue())["summary"]["overview"]
    assert seen["ordered_by_doubts"]
    assert seen["images_with_80_percent"] == 0
    assert [(one["image"], one["expected_errors"]) for one in seen["top_images"]] == [
        ("d.jpg", 0),
        ("e.jpg", 0),
        ("c.jpg", 0),
    ]
    assert [(one["found"], one["doubted"]) for one in seen["top_images"]] == [
        (2, 2),
        (2, 2),
        (1, 1),
    ]
    REPORTS["html"].write(found, page)
    assert "The order is by findings and doubts." in page.getvalue()
    assert "hold 80 %" not in page.getvalue()
    assert "By doubts alone" in page.getvalue()
    without = io.StringIO()
    REPORTS["html"].write(scanned(FLAT_ONCE), without)
    assert (
        "doubts" not in without.getvalue().partition("Where to begin")[2].partition("</section")[0]
    )
    assert "4 of 4 images hold 80 % of the errors that are expected." in without.getvalue()


def test_a_class_that_stands_out_is_named_with_its_limits():
    fine = {f"{number}.jpg": (FINE, FINE) for number in range(100)}
    flat = {f"flat {number}.jpg": (FLAT, "car 10 10 60 60") for number in range(10)}
    assert lines(scanned(fine | flat))[1] == (
        "more often than elsewhere, of 1,000 boxes by class: car 500 (272 to 728)"
    )


def test_of_many_classes_that_stand_out_the_five_worst_are_named():
    fine = {f"{number}.jpg": (FINE,) * 9 for number in range(99)}
    flat = {f"f{number}.jpg": tuple(f"{c} 9 9 9 60" for c in "uvwxyz") for number in range(9)}
    worst = ", ".join(f"{name} 1,000 (664 to 1,000)" for name in "uvwxy")
    assert lines(scanned(fine | flat))[1].endswith(f"by class: {worst}")


def test_a_folder_that_is_the_split_is_not_named_twice():
    boxes = {f"train/{number}.jpg": (FINE, FINE) for number in range(50)}
    boxes |= {f"val/{number}.jpg": ("bus 1 1 1 60", FINE) for number in range(50)}
    named = [line for line in lines(scanned(boxes)) if "more often" in line]
    assert named == ["more often than elsewhere, of 1,000 boxes by folder: val 500 (398 to 602)"]


def test_a_model_that_knows_probabilities_gives_limits():
    doubts = [f"{row} spurious 0.5" for row in range(8)] + ["missing 0.5 0 bus 300 10 360 60"] * 8
    found = scanned({f"{name}.jpg": (FINE, FINE) for name in "abcd"}, *doubts)
    assert lines(found)[0] == (
        "errors by the model's probabilities, if these are right: 4 (1 to 7) of 8 boxes (50 %), "
        "3 (2 to 4) of 4 images (81 %), 4 (1 to 7) objects without a label"
    )


def test_a_judged_sample_speaks_for_what_it_was_drawn_from_alone():
    found = scanned(FLAT_ONCE)
    sample = JudgedSample("boxes", judged=20, wrong=3, of=1200, errors=82.4, low=41, high=140.2)
    assert lines(dataclasses.replace(found, samples=(sample,)))[:2] == [
        "errors by the judged sample: 82 (41 to 140) of 1,200 boxes (6.9 %)",
        "errors by rules alone: at least 4 of 4 images (100 %)",
    ]


def test_what_is_left_after_fixing_and_what_a_baseline_does_not_know_is_called_so():
    found = scanned(FLAT_ONCE | {"e.jpg": ("van 10 10 60 60",)})
    known = dataclasses.replace(found, known=3)
    assert lines(known)[0].startswith("errors that are new by rules alone: at least 4 of")
    after = dataclasses.replace(found, fixed={"zero-area": 4})
    assert lines(after)[0].startswith("errors left by rules alone: at least 4 of")
    assert lines(fixed(found, unsafe=False)) == []


@pytest.mark.parametrize(
    ("boxes", "percent"), [(1, "100 %"), (4, "25 %"), (50, "2.0 %"), (400, "0.25 %")]
)
def test_shares_have_two_digits(boxes, percent):
    found = scanned({"a.jpg": (FLAT, *[FINE] * (boxes - 1))})
    assert f"1 of {boxes:,} box{'es' if boxes > 1 else ''} ({percent})" in lines(found)[0]


def test_the_lines_stand_before_the_last_ones_and_not_among_statistics():
    found = scanned(FLAT_ONCE)
    out, statistics = io.StringIO(), io.StringIO()
    write(found, out, width=100)
    assert out.getvalue().index("errors by rules") < out.getvalue().index("Found 4 errors")
    write(dataclasses.replace(found, examples=0), statistics, width=100)
    assert "errors by rules" not in statistics.getvalue()


def test_a_name_from_a_file_cannot_command_the_terminal():
    more = {f"{name}.jpg": (FLAT,) for name in "abcd"} | {"\x1b[31m.jpg": (FLAT, FLAT)}
    assert "\x1b" not in "".join(lines(scanned(more)))


def test_json_has_the_same_numbers_and_ten_images():
    found = scanned({f"{number:02}.jpg": (FLAT, FINE) for number in range(12)})
    out = io.StringIO()
    REPORTS["json"].write(found, out)
    seen = json.loads(out.getvalue())["summary"]["overview"]
    assert seen["boxes"] == {
        "basis": "rules",
        "errors": 12,
        "low": 12,
        "high": None,
        "of": 24,
        "share": 0.5,
    }
    assert seen["images"]["errors"] == 12
    assert seen["missing_objects"] is None
    assert [one["name"] for one in seen["worst"]["class"]] == ["car"]
    assert seen["worst"]["class"][0]["rate"] == 1000
    assert len(seen["top_images"]) == 10
    assert seen["top_images"][0] == {
        "image": "00.jpg",
        "source": "labels.json",
        "expected_errors": 0.95,
        "found": 1,
        "doubted": 0,
    }
    assert not seen["ordered_by_doubts"]
    assert seen["images_with_80_percent"] == 10


def test_json_has_as_many_images_as_asked_for():
    found = scanned({f"{number:02}.jpg": (FLAT, FINE) for number in range(12)})
    for count, images_ in ((0, 0), (11, 11), (20, 12)):
        out = io.StringIO()
        REPORTS["json"].write(dataclasses.replace(found, top_images=count), out)
        assert len(json.loads(out.getvalue())["summary"]["overview"]["top_images"]) == images_
