"""Tables and pages as a person sees them."""

from __future__ import annotations

import dataclasses
import io

import pytest
from rich.console import Console

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import RULES, Found, Rule, found
from labelaudit.auditing.rule_docs import page
from labelaudit.cli.text_tables import (
    before_and_after,
    comparison_lines,
    rule_page,
    rule_table,
    statistics_tables,
)
from labelaudit.core.terminal import Terminal
from labelaudit.dataset.compare import compare
from labelaudit.dataset.statistics import statistics
from labelaudit.testing import images


def printed(parts, width=80):
    out = io.StringIO()
    terminal = Terminal(out, width=width)
    for part in parts:
        terminal.print(part)
    return out.getvalue()


def squat(
    audit: AuditContext, *, min_side: float = 2.0, kinds: tuple[str, ...] = ("car",)
) -> Found:
    """A box that is too low to be seen.

    Why it hurts: nothing can be learned from it, and it takes long to say so in a line that is
    wrapped.

    Settings:
        min_side: boxes with a side below this many pixels are found; this, too, goes on until
            the line is full.
        kinds: the classes that are looked at.

    Example:
        >>> squat.__name__
        'squat'

    Fix: drops the box.
    """
    return found([])


SQUAT = Rule(
    "OWN001", "squat", "{label} is {h:g} px high", Severity.WARNING, squat, Safety.SAFE, ()
)


def test_a_rule_is_explained(golden):
    golden("rule.txt", printed(rule_page(page(SQUAT))))


@pytest.mark.parametrize("width", [40, 80])
def test_the_page_of_a_rule_shows_a_record_before_and_after_and_no_code(width, golden):
    text = printed(rule_page(page(RULES["GEO011"])), width)
    assert ">>>" not in text
    golden(f"rule_{width}.txt", text)


def test_what_stood_there_is_red_and_what_stands_there_now_is_green():
    out = io.StringIO()
    Console(file=out, width=80, force_terminal=True, color_system="standard").print(
        before_and_after("Found: here\n  a\n- b\n+ c")
    )
    assert out.getvalue().split() == [
        *("Found:", "here", "a"),
        *("\x1b[31m-", "\x1b[0m\x1b[31mb\x1b[0m"),
        *("\x1b[32m+", "\x1b[0m\x1b[32mc\x1b[0m"),
    ]


@pytest.mark.parametrize("width", [40, 80])
def test_rules_are_listed(golden, width):
    golden(f"rules_{width}.txt", printed([rule_table([SQUAT])], width))


@pytest.fixture
def dataset():
    boxes = {
        "a.jpg": ["car 10 10 20 20", "car 50 50 150 150", "a\u202ebus 1 1 50 50 crowd"],
        "b.jpg": ["car 10 10 60 60 difficult"],
        "c.jpg": [],
    }
    return images(boxes)


@pytest.mark.parametrize("width", [40, 80])
def test_a_dataset_is_shown_in_numbers(dataset, golden, width):
    split = dataclasses.replace(
        dataset,
        splits=("train", "val"),
        split_members=dataset.split_members.of(3, split=[0, 0, 1], image=[0, 1, 2]),
    )
    golden(f"statistics_{width}.txt", printed(statistics_tables(statistics(split)), width))


@pytest.mark.parametrize("width", [40, 80])
def test_changes_are_shown(dataset, golden, width):
    boxes = {
        "a.jpg": ["car 10 10 20 20", "van 50 50 150 150", "a\u202ebus 2 1 50 50 crowd"],
        "b.jpg": ["car 10 10 60 60", "car 100 100 200 200"],
        "d.jpg": ["car 1 1 9 9"],
    }
    lines = comparison_lines(compare(dataset, images(boxes)), 3)
    golden(f"diff_{width}.txt", printed(lines, width))


def test_no_changes_are_said_to_be_none(dataset):
    assert "Nothing changed." in printed(comparison_lines(compare(dataset, dataset), 3))
