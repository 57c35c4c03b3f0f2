# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import itertools
from typing import get_args

import pytest

from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Item, Order, Verdict
from labelaudit.review.queue.leases import LEASE_S, next_items, release, selection
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, queue

ORDERS = get_args(Order)


def prints(items: list[Item]) -> list[str]:
    return [item.fingerprint for item in items]


def test_two_reviewers_get_different_items(queue: Queue):
    ann = prints(next_items(queue, "ann", Filter(), count=2))
    bob = prints(next_items(queue, "bob", Filter(), count=99))
    assert len(ann) == 2
    assert bob
    assert not set(ann) & set(bob)
    assert prints(next_items(queue, "ann", Filter(), count=2)) == ann
    assert set(ann) < set(prints(next_items(queue, "bob", Filter(state="any"), count=99)))


@pytest.mark.parametrize("order", ["image", "errors"])
def test_in_the_orders_of_images_two_reviewers_get_different_images(queue: Queue, order: Order):
    ann = next_items(queue, "ann", Filter(), count=1, order=order)
    bob = next_items(queue, "bob", Filter(), count=99, order=order)
    assert bob
    assert ann[0].entry["image"] not in {item.entry["image"] for item in bob}


def test_items_are_let_go_after_some_time_unless_the_reviewer_is_there(queue: Queue, clock):
    ann = set(prints(next_items(queue, "ann", Filter(), count=2)))
    clock.time += 0.9 * LEASE_S
    next_items(queue, "ann", Filter(), count=1)  # renews
    clock.time += 0.9 * LEASE_S
    assert not ann & set(prints(next_items(queue, "bob", Filter(), count=1)))
    clock.time += 1.1 * LEASE_S
    assert ann <= set(prints(next_items(queue, "bob", Filter(), count=99)))


def test_who_leaves_lets_go(queue: Queue):
    ann = set(prints(next_items(queue, "ann", Filter(), count=99)))
    assert next_items(queue, "bob", Filter(), count=99) == []
    release(queue, "ann")
    assert set(prints(next_items(queue, "bob", Filter(), count=99))) == ann


@pytest.mark.parametrize("order", ORDERS)
def test_pages_hold_every_item_once(queue: Queue, order: Order):
    whole = prints(next_items(queue, "ann", Filter(), count=99, order=order))
    paged: list[str] = []
    while page := next_items(
        queue, "ann", Filter(), count=2, order=order, after=paged[-1] if paged else None
    ):
        paged += prints(page)
    assert paged == whole
    assert len(whole) == len(set(whole)) > 2


def test_orders_keep_together_what_belongs_together(queue: Queue):
    by_image = [
        one.entry["image"] for one in next_items(queue, "a", Filter(), count=99, order="image")
    ]
    by_kind = [
        one.entry["code"] for one in next_items(queue, "a", Filter(), count=99, order="kind")
    ]
    for values in (by_image, by_kind):
        changes = sum(one != other for one, other in itertools.pairwise(values))
        assert changes == len(set(values)) - 1 > 0


def test_filters_choose(queue: Queue):
    def chosen(**wanted: object) -> list[Item]:
        return next_items(queue, "ann", Filter(**wanted), count=99)  # type: ignore[arg-type]

    assert {item.entry["code"] for item in chosen(rule="GEO001")} == {"GEO001"}
    assert {item.entry["image"] for item in chosen(image="B.JP")} == {"b.jpg"}
    assert {item.entry["classes"][0] for item in chosen(class_name="car")} == {"car"}
    probable = [item.entry["probability"] for item in chosen(min_probability=0.5)]
    assert probable
    assert min(probable) >= 0.5
    assert all(one["probability"] <= 0.5 for one in (i.entry for i in chosen(max_probability=0.5)))
    decide(queue, "bob", [ItemDecision(chosen()[0].fingerprint, Verdict.ACCEPT)], uuid="1")
    assert len(chosen(reviewer="bob", state="any")) == 1
    assert chosen(reviewer="ann", state="any") == []
    assert len(chosen(severity="error", state="any")) + len(chosen(severity="warning")) > 0
    for wrong in (Filter(state="odd"), Filter(severity="odd")):
        with pytest.raises(QueueError, match="odd"):
            next_items(queue, "ann", wrong, count=1)
    with pytest.raises(UnknownItemError):
        next_items(queue, "ann", Filter(), count=1, after="no such item")


@pytest.mark.parametrize("queue_place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    "wanted",
    [
        Filter(),
        Filter(rule="GEO001", class_name="car", severity="error", min_probability=0.5),
        Filter(image="a"),
        Filter(reviewer="ann"),
        Filter(state="any"),
        Filter(state="obsolete"),
        Filter(reviewer="ann", state="any"),
    ],
    ids=str,
)
def test_every_query_uses_an_index(queue: Queue, order: Order, wanted: Filter):
    after = next_items(queue, "ann", Filter(state="any"), count=1)[0].fingerprint
    lease = ["ann", 0.0] if wanted.state == "open" else []
    with queue.reading() as database:
        for start in (None, after):
            query, values = selection(database, wanted, order=order, after=start)
            rows = database.execute(f"EXPLAIN QUERY PLAN {query}", [*values, *lease, 9])
            plan = [row[3] for row in rows]
            assert not [
                step for step in plan if step.startswith("SCAN items") and "INDEX" not in step
            ]
            if wanted.reviewer is None and wanted.state != "obsolete":
                assert not [step for step in plan if "TEMP B-TREE" in step], plan


def test_after_ten_minutes_an_item_is_anybodys_and_not_before(queue: Queue, clock):
    ann = set(prints(next_items(queue, "ann", Filter(), count=2)))
    clock.time += 599
    assert not ann & set(prints(next_items(queue, "bob", Filter(), count=99)))
    clock.time += 1
    assert ann <= set(prints(next_items(queue, "bob", Filter(), count=99)))


@pytest.mark.parametrize(("first", "renewed"), [(60, False), (61, True)])
def test_what_is_held_is_renewed_once_in_a_tenth_of_the_time(
    queue: Queue, clock, first: int, renewed: bool
):
    ann = prints(next_items(queue, "ann", Filter(), count=3))
    clock.time += first
    next_items(queue, "ann", Filter(), count=1)  # hands out the first alone
    clock.time += 600 - first
    bob = prints(next_items(queue, "bob", Filter(), count=99))
    assert ann[0] not in bob
    assert (ann[1] not in bob) is renewed
