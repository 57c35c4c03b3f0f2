"""Rules that run side by side find what they find one after the other."""

from __future__ import annotations

import pickle
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from labelaudit.auditing import run, side_by_side
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.rule import Rule
from labelaudit.auditing.run import Options, audit, promoted
from labelaudit.core import rows
from labelaudit.core.rows import blocks
from labelaudit.core.shared import shared
from labelaudit.dataset.tables import RecordType
from labelaudit.testing import images

BOXES = [
    "car 10 10 40 40",
    "car 10 10 40 40",
    "van 11 10 40 41",
    "car 5 5 5 50",
    "dog 700 10 720 40",
    "dog -3 10 30 30.5",
    "dog 0 0 640 480",
    "cat 10 10 11 300",
]


@pytest.fixture
def faulty():
    return images({f"{n}.jpg": BOXES[: n % 9] for n in range(40)} | {"last.jpg": BOXES})


def same(one, other):
    columns = ("code", "severity", "box", "other", "image", "category", "message")
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in columns)


def test_rules_in_threads_find_the_same(faulty, monkeypatch):
    alone = audit(faulty)
    assert len(alone) > 100
    monkeypatch.setattr(side_by_side, "WORTHWHILE", 0)
    monkeypatch.setattr(side_by_side, "cores", lambda: 4)
    watched: list[Rule] = []
    together = audit(faulty, track=lambda rules: (watched.append(rule) or rule for rule in rules))
    assert same(alone, together)
    assert list(alone.fix) == list(together.fix)
    assert [rule.code for rule in watched] == sorted(rule.code for rule in watched)


def test_an_error_in_a_rule_is_that_of_the_audit(faulty, monkeypatch):
    def fails(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(side_by_side, "WORTHWHILE", 0)
    monkeypatch.setattr(run, "run", fails)
    with pytest.raises(MemoryError, match="no room"):
        audit(faulty)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_blocks_make_no_difference(faulty, monkeypatch, size):
    whole = audit(faulty)
    monkeypatch.setattr(rows, "BLOCK", size)
    assert same(whole, audit(faulty))


def test_blocks_are_all_rows_once():
    rows = np.arange(100_000)
    assert np.array_equal(np.concatenate([rows[some] for some in blocks(len(rows))]), rows)
    assert list(blocks(0)) == []


def test_what_rules_share_is_worked_out_once(faulty):
    """While it is, whoever else asks for it waits."""
    asked: list[bool] = []
    busy = threading.Lock()

    class Counted(AuditContext):
        @shared
        def slow(self) -> int:
            """Whether another thread is working it out as well."""
            asked.append(busy.acquire(blocking=False))
            time.sleep(0.01)  # time for the others to get here
            busy.release()
            return len(asked)

    counted = Counted(faulty)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: counted.slow, range(4)))
    assert answers == [1, 1, 1, 1]
    assert asked == [True]


def test_an_audit_can_be_sent_to_another_process(faulty):
    here = AuditContext(faulty)
    here.derived.in_range  # noqa: B018  # worked out
    there = pickle.loads(pickle.dumps(here))
    assert np.array_equal(there.derived.in_range, here.derived.in_range)
    assert np.array_equal(there.derived.is_valid, here.derived.is_valid)


@pytest.mark.parametrize(
    ("probability", "safety"),
    [(0.79, Safety.UNSAFE), (0.8, Safety.SAFE), (1.0, Safety.SAFE), (np.nan, Safety.UNSAFE)],
)
def test_a_fix_is_safe_from_the_probability_on_that_the_user_gave(probability, safety):
    fix = Fix("drop", Safety.UNSAFE, RecordType.BOX, 0)
    found = Findings.of(1, code=["GEO001"], probability=[probability], fix=np.array([fix], object))
    assert promoted(found, Options(safe_from=0.8)).fix[0].safety is safety
    assert promoted(found, Options()).fix[0].safety is Safety.UNSAFE


@pytest.mark.parametrize("least", list(Severity))
def test_findings_of_the_least_severity_that_is_asked_for_are_told(faulty, least):
    every = audit(faulty).severity
    told = audit(faulty, Options(min_severity=least)).severity
    assert len(told) == np.count_nonzero(every >= least)
    assert {Severity(one) for one in np.unique(told)} == {one for one in Severity if one >= least}
