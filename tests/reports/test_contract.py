from __future__ import annotations

import io
import json

import pytest

from labelaudit.auditing.contract.read import read_contract
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import Scan, scan
from labelaudit.reports import REPORTS
from labelaudit.reports.text import contract as words
from labelaudit.reports.text.layout import write
from labelaudit.testing import images

STREET = images(
    {"a.jpg": ["car 0 0 0 40", "car 100 0 140 40"], "b.jpg": ["bus 0 0 0 40", "bus 9 9 40 40"]}
)
CONTRACT = {
    "classes": ["car"],
    "box-side": {"min": 31, "max-share": 0.1},
    "boxes-per-image": {"max": 9},
    "targets": [
        {"rule": "zero-area", "class": "car", "max": 0},
        {"rule": "wrong-class", "max": 0},
    ],
}


def made(**contract: object) -> Scan:
    read = read_contract(contract or CONTRACT)
    return scan(STREET, Options(select=("GEO001",), contract=read))


def lines(found: Scan, width: int = 100) -> list[str]:
    """What the report says of the contract."""
    out = io.StringIO()
    write(found, out, width=width)
    text = [line.rstrip() for line in out.getvalue().splitlines()]
    start = next(row for row, line in enumerate(text) if line.startswith("Contract"))
    return text[start : text.index("", start)]


def test_what_is_broken_is_shown_in_full_and_what_holds_is_counted():
    assert lines(made()) == [
        "Contract broken: 3 failed, 1 not evaluated, 1 passed",
        "failed         only 1 class: car; also bus",
        "               worst: bus is not allowed (2 boxes)",
        "failed         shorter side of a box at least 31 px, but for 10 % of them; 50 % "
        "(2 of 4 boxes)",
        "               outside",
        "               worst: a.jpg id 1 (car is 0 x 40 px); b.jpg id 3 (bus is 0 x 40 px)",
        "failed         zero-area of car: at most 0; 1",
        "               worst: a.jpg id 1",
        "not evaluated  wrong-class: at most 0; wrong-class is left out of this scan",
    ]


def test_a_contract_that_is_kept_is_one_line():
    assert lines(made(classes=["car", "bus"])) == ["Contract kept: 1 passed"]
    assert lines(made(hierarchy={"car": ["bus"]})) == ["Contract kept: it asks for nothing"]


def test_a_strict_contract_says_why_it_is_broken():
    strict = made(strict=True, targets=[{"rule": "wrong-class", "max": 0}])
    assert lines(strict)[0] == (
        "Contract broken: 1 not evaluated; strict: what is not evaluated counts as failed"
    )


@pytest.mark.parametrize("width", [20, 40, 60])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(len, lines(made(), width))) <= width


def test_without_a_contract_nothing_is_said_of_one():
    out = io.StringIO()
    write(scan(STREET, Options(select=("GEO001",))), out)
    assert "Contract" not in out.getvalue()


def test_of_many_requirements_the_first_are_shown(monkeypatch):
    monkeypatch.setitem(words.MOST_SHOWN, words.Status.FAILED, 1)
    shown = lines(made(targets=[{"rule": "zero-area", "by": "class", "max": 0}]))
    assert shown[-1].strip() == "... and 1 more failed"
    assert "class=bus" not in " ".join(shown)


def test_why_a_contract_is_broken_is_a_line_each(monkeypatch):
    outcome = made().contract
    assert outcome is not None
    assert list(words.broken(outcome))[-1] == "zero-area of car: at most 0; 1"
    monkeypatch.setitem(words.MOST_SHOWN, words.Status.FAILED, 1)
    assert list(words.broken(outcome))[1:] == ["and 2 other requirements"]
    strict = made(strict=True, targets=[{"rule": "wrong-class", "max": 0}]).contract
    assert strict is not None
    assert list(words.broken(strict)) == [
        "wrong-class: at most 0; not evaluated, wrong-class is left out of this scan"
    ]


def as_json(found: Scan) -> dict:
    out = io.StringIO()
    REPORTS["json"].write(found, out)
    return json.loads(out.getvalue())["summary"]


def test_the_object_for_programs_holds_every_requirement():
    told = as_json(made())["contract"]
    assert (told["failed"], told["strict"]) == (True, False)
    assert told["counts"] == {"failed": 3, "not evaluated": 1, "passed": 1}
    assert [one["key"] for one in told["requirements"]] == [
        "classes",
        "box-side",
        "boxes-per-image",
        "targets[0]",
        "targets[1]",
    ]
    assert told["requirements"][3] == {
        "key": "targets[0]",
        "status": "failed",
        "expected": "zero-area of car: at most 0",
        "found": "1",
        "worst": [
            {
                "source": "labels.json",
                "place": "annotations[0]",
                "image": "a.jpg",
                "message": "car is 0 x 40 px: it has no inside",
            }
        ],
        "parts": [],
    }
    each = as_json(made(targets=[{"rule": "zero-area", "by": "class", "max": 0}]))["contract"]
    assert [part["key"] for part in each["requirements"][0]["parts"]] == [
        "targets[0].car",
        "targets[0].bus",
    ]


def test_without_a_contract_it_is_null():
    assert as_json(scan(STREET, Options(select=("GEO001",))))["contract"] is None
