# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
"""Who waits for whom at a queue in PostgreSQL, and for how long."""

from __future__ import annotations

import threading
import time

import pytest

from benchmarks.postgresql_server import PostgresServer
from labelaudit.review.queue import postgresql_store
from labelaudit.review.queue.decisions import ItemDecision, Outcome, decide, decide_one, undo
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items, release
from labelaudit.review.queue.schema import StorageError
from labelaudit.review.queue.store import Queue
from tests.review.queue.postgresql_fixtures import marks, queue_place, second
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue


def test_who_is_handed_findings_waits_for_nobody_who_decides(queue: Queue, second: Queue):
    first, *_ = marks(queue, "ann")
    with queue.deciding() as database:
        database.hold_items([first])  # another one is decided about, and it takes long
        found = next_items(second, "ann", Filter(), count=9)
    assert first not in [one.fingerprint for one in found]
    assert len(found) == 4


def test_who_decides_about_another_finding_waits_for_nobody(queue: Queue, second: Queue):
    first, other = marks(queue, "ann")
    with queue.deciding() as database:
        database.hold_reviewer("ann")
        database.hold_items([first])
        said = [ItemDecision(other, Verdict.ACCEPT)]
        assert decide(second, "bob", said, uuid="1").items


@pytest.mark.parametrize(
    ("purpose", "hold"),
    [
        ("writing", lambda _, __: None),
        ("deciding", lambda database, first: database.hold_items([first])),
        ("deciding", lambda database, _: database.hold_reviewer("bob")),
    ],
    ids=["all", "the finding", "the reviewer"],
)
def test_who_would_decide_about_what_another_holds_waits_and_then_says_so(
    queue: Queue, second: Queue, monkeypatch: pytest.MonkeyPatch, purpose: str, hold
):
    first, _ = marks(queue, "ann")
    monkeypatch.setattr(postgresql_store, "PATIENCE_S", 0.2)
    said = [ItemDecision(first, Verdict.ACCEPT)]
    with getattr(queue, purpose)() as database:
        hold(database, first)
        with pytest.raises(StorageError, match="lock timeout"):
            decide(second, "bob", said, uuid="1")
    assert decide(second, "bob", said, uuid="1").items


def test_of_two_who_decide_about_a_finding_at_once_the_second_is_told(
    queue: Queue, second: Queue, postgresql: PostgresServer
):
    first, _ = marks(queue, "ann")
    said = ItemDecision(first, Verdict.ACCEPT)
    outcomes: list[Outcome] = []
    bob = threading.Thread(target=lambda: outcomes.append(decide(second, "bob", [said], uuid="2")))
    waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    with queue.deciding() as database:
        database.hold_items([first])
        bob.start()
        while postgresql.execute(waits) == "0":
            time.sleep(0.01)
        assert decide_one(database, queue, said, reviewer="ann", uuid="1")
    bob.join()
    assert [one.reviewer for one in outcomes[0].conflicts] == ["ann"]


@pytest.mark.parametrize(
    "act", [lambda queue: undo(queue, "ann", uuid="1"), lambda queue: release(queue, "ann")]
)
def test_a_reviewer_at_two_machines_does_one_thing_after_the_other(
    queue: Queue, second: Queue, monkeypatch: pytest.MonkeyPatch, act
):
    monkeypatch.setattr(postgresql_store, "PATIENCE_S", 0.2)
    with queue.deciding() as database:
        database.hold_reviewer("ann")
        with pytest.raises(StorageError, match="lock timeout"):
            act(second)
        release(second, "bob")


@pytest.mark.parametrize("order", ["value", "image"])
def test_handing_out_is_one_after_the_other(
    queue: Queue, second: Queue, monkeypatch: pytest.MonkeyPatch, order
):
    monkeypatch.setattr(postgresql_store, "PATIENCE_S", 0.2)
    with queue.deciding() as database:
        database.hold_assignment()
        with pytest.raises(StorageError, match="lock timeout"):
            marks(second, "bob", order=order)


def test_readers_wait_for_nobody(queue: Queue, second: Queue):
    with queue.writing() as database:
        database.execute("UPDATE items SET state = 'rejected'")
        with second.reading() as other:
            assert other.execute("SELECT DISTINCT state FROM items").fetchall() == [("open",)]


def test_a_process_that_falls_silent_while_it_holds_something_is_ended(
    queue: Queue, second: Queue, monkeypatch: pytest.MonkeyPatch
):
    first, _ = marks(queue, "ann")
    monkeypatch.setitem(postgresql_store.SILENCE_S, "deciding", 1)
    held = queue.deciding()
    database = held.__enter__()
    database.hold_items([first])
    assert decide(second, "bob", [ItemDecision(first, Verdict.ACCEPT)], uuid="1").items
    with pytest.raises(StorageError):
        held.__exit__(None, None, None)
    assert decide(queue, "ann", [ItemDecision(first, Verdict.ACCEPT)], uuid="2").conflicts
