# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labelaudit.auditing.run import Options, audit
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue.decisions import STATES, ItemDecision, decide, disagreements, undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Item, State, Verdict, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import own_fixes
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue
from labelaudit.testing import one_image
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue

ANY = Filter(state="any")


def all_items(queue: Queue) -> list[Item]:
    return next_items(queue, "nobody", ANY, count=100)


def say(queue: Queue, reviewer: str, one: str, verdict: Verdict, uuid: str, **more: object):
    return decide(queue, reviewer, [ItemDecision(one, verdict, **more)], uuid=uuid)  # type: ignore[arg-type]


def test_a_decision_is_the_state_of_its_item(queue: Queue):
    first, second = (one.fingerprint for one in all_items(queue)[:2])
    outcome = say(queue, "ann", first, Verdict.ACCEPT, "1")
    assert [one.state for one in outcome.items] == [State.ACCEPTED]
    assert item(queue, first).reviewer == "ann"
    assert item(queue, second).state is State.OPEN


def test_the_last_decision_counts_and_undo_brings_back_the_one_before(queue: Queue):
    one = all_items(queue)[0].fingerprint
    say(queue, "ann", one, Verdict.ACCEPT, "1")
    say(queue, "ann", one, Verdict.REJECT, "2")
    assert item(queue, one).state is State.REJECTED
    undo(queue, "ann", [one], uuid="3")
    assert item(queue, one).state is State.ACCEPTED
    undo(queue, "ann", [one], uuid="4")
    assert item(queue, one).state is State.OPEN


def test_undo_without_items_takes_back_a_whole_screen(queue: Queue):
    prints = [one.fingerprint for one in all_items(queue)]
    decide(queue, "ann", [ItemDecision(one, Verdict.ACCEPT) for one in prints], uuid="screen")
    outcome = undo(queue, "ann", uuid="back")
    assert [one.fingerprint for one in outcome.items] == prints
    assert {one.state for one in outcome.items} == {State.OPEN}
    assert undo(queue, "ann", uuid="nothing left").items == []


def test_a_request_that_is_sent_again_changes_nothing(queue: Queue):
    one = all_items(queue)[0].fingerprint
    first = say(queue, "ann", one, Verdict.ACCEPT, "1")
    say(queue, "ann", one, Verdict.REJECT, "2")
    assert say(queue, "ann", one, Verdict.ACCEPT, "1").items[0].state is State.REJECTED
    undo(queue, "ann", uuid="3")
    again = undo(queue, "ann", uuid="3")
    assert again.items[0].decision == first.items[0].decision


def test_a_decision_over_anothers_that_was_not_seen_is_told_and_not_written(queue: Queue):
    one = all_items(queue)[0]
    say(queue, "ann", one.fingerprint, Verdict.ACCEPT, "1")
    outcome = say(queue, "bob", one.fingerprint, Verdict.REJECT, "2", seen=one.decision)
    assert outcome.items == []
    assert outcome.conflicts[0].reviewer == "ann"
    now = item(queue, one.fingerprint)
    assert now.state is State.ACCEPTED
    outcome = say(queue, "bob", one.fingerprint, Verdict.REJECT, "3", seen=now.decision)
    assert outcome.items[0].state is State.REJECTED


def test_nobody_takes_back_what_somebody_else_decided(queue: Queue):
    one = all_items(queue)[0].fingerprint
    say(queue, "ann", one, Verdict.ACCEPT, "1")
    assert undo(queue, "bob", [one], uuid="2").conflicts[0].state is State.ACCEPTED
    assert undo(queue, "bob", uuid="3").items == []


def test_reviewers_who_decided_differently_are_listed(queue: Queue):
    first, second, third = (one.fingerprint for one in all_items(queue)[:3])
    for one in (first, second, third):
        say(queue, "ann", one, Verdict.ACCEPT, f"1{one}")
    say(queue, "bob", first, Verdict.REJECT, "2", seen=item(queue, first).decision)
    say(queue, "bob", second, Verdict.ACCEPT, "3", seen=item(queue, second).decision)
    say(queue, "bob", third, Verdict.SKIP, "4", seen=item(queue, third).decision)
    [(split, verdicts)] = disagreements(queue)
    assert split.fingerprint == first
    assert verdicts == [("ann", Verdict.ACCEPT), ("bob", Verdict.REJECT)]


def test_a_decision_is_later_than_the_one_before_although_the_clock_is_set_back(
    queue: Queue, clock: Callable[[], float]
):
    one = all_items(queue)[0].fingerprint
    say(queue, "ann", one, Verdict.ACCEPT, "1")
    clock.time -= 3600  # type: ignore[attr-defined]
    assert say(queue, "ann", one, Verdict.REJECT, "2").items[0].state is State.REJECTED


def test_decisions_cannot_be_changed_or_deleted(queue: Queue):
    say(queue, "ann", all_items(queue)[0].fingerprint, Verdict.ACCEPT, "1")
    for statement in ("DELETE FROM decisions", "UPDATE decisions SET verdict = 'reject'"):
        with pytest.raises(QueueError, match="decisions are never"), queue.writing() as database:
            database.execute(statement)


def test_what_makes_no_sense_is_refused_and_nothing_is_written(queue: Queue, dataset: Dataset):
    first, second = (one.fingerprint for one in all_items(queue)[:2])
    nonsense = [
        ItemDecision(second, Verdict.EDIT),
        ItemDecision(second, Verdict.ACCEPT, own_fixes(dataset, 0)),
        ItemDecision(second, Verdict.UNDO),
        ItemDecision("\ud800", Verdict.ACCEPT),
    ]
    for number, decision in enumerate(nonsense):
        with pytest.raises(QueueError):
            decide(queue, "ann", [ItemDecision(first, Verdict.ACCEPT), decision], uuid=str(number))
    with pytest.raises(UnknownItemError):
        item(queue, "no such thing")
    for name in ("", " ", "a\nb", "x" * 201, "\ud800"):
        with pytest.raises(QueueError, match="name"):
            say(queue, name, first, Verdict.ACCEPT, "x")
    assert item(queue, first).state is State.OPEN


@dataclass
class SlowModel:
    """Decisions as lists, the state worked out from the beginning each time."""

    said: dict[int, list[tuple[str, str, Verdict]]] = field(default_factory=dict)  # (uuid, who, ..)

    def last(self, number: int) -> tuple[str, str, Verdict] | None:
        stack: list[tuple[str, str, Verdict]] = []
        for one in self.said.get(number, []):
            if one[2] is Verdict.UNDO:
                stack.pop()
            else:
                stack.append(one)
        return stack[-1] if stack else None

    def decide(self, number: int, one: tuple[str, str, Verdict], *, saw: bool) -> None:
        last = self.last(number)
        if saw or last is None or last[1] == one[1]:
            self.said.setdefault(number, []).append(one)

    def undo(self, number: int, uuid: str, who: str) -> None:
        last = self.last(number)
        if last and last[1] == who:
            self.said[number].append((uuid, who, Verdict.UNDO))

    def state(self, number: int) -> State:
        last = self.last(number)
        return STATES[last[2]] if last else State.OPEN


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["ann", "bob"]),
        st.sampled_from([Verdict.ACCEPT, Verdict.REJECT, Verdict.SKIP, Verdict.UNDO]),
        st.booleans(),
    ),
    max_size=25,
)


@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture],  # each example has its own queue
)
@given(steps=STEPS)
def test_any_sequence_of_decisions_comes_to_what_a_slow_list_says(
    queue_place: Callable[[str], QueuePlace],
    steps: list[tuple[int, str, Verdict, bool]],
):
    dataset = one_image(*(f"car {n} {n} {n} 40" for n in (10, 11, 12)))
    with Queue.open(queue_place(uuid4().hex)) as queue:
        enqueue(queue, audit(dataset, select=["GEO001"]), dataset, Options())
        prints = [one.fingerprint for one in all_items(queue)]
        model, uuids = SlowModel(), itertools.count()
        for number, who, verdict, saw in steps:
            uuid, one = str(next(uuids)), prints[number]
            if verdict is Verdict.UNDO:
                undo(queue, who, [one], uuid=uuid)
                model.undo(number, uuid, who)
                continue
            seen = item(queue, one).decision if saw else None
            say(queue, who, one, verdict, uuid, seen=seen)
            model.decide(number, (uuid, who, verdict), saw=saw)
        assert [item(queue, one).state for one in prints] == [model.state(n) for n in range(3)]


def test_a_closed_queue_says_so(new_queue: Callable[[str], Queue]):
    closed = new_queue("closed")
    closed.close()
    with pytest.raises(QueueError, match="closed"):
        all_items(closed)


def test_no_decision_is_about_nothing(queue: Queue):
    orphan = (
        "INSERT INTO decisions (item, uuid, at, reviewer, verdict) "
        "VALUES (999, 'u', 't', 'ann', 'accept')"
    )
    with pytest.raises(QueueError, match=r"(?i)foreign key"), queue.writing() as database:
        database.execute(orphan)
