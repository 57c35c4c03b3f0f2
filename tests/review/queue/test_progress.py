# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import numpy as np
import pytest

from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, State, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.progress import automatic, estimate, facets, progress, reviewers
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, queue


def test_counts_and_pace(queue: Queue, clock):
    items = next_items(queue, "ann", Filter(), count=3)
    for number, one in enumerate(items):
        clock.time += 10
        decide(queue, "ann", [ItemDecision(one.fingerprint, Verdict.ACCEPT)], uuid=str(number))
    clock.time += 10
    now = progress(queue)
    assert (now.decided, now.counts[State.ACCEPTED]) == (3, 3)
    assert now.per_minute == pytest.approx(6)
    assert now.minutes_left == pytest.approx((now.total - 3) / 6)
    assert reviewers(queue) == ["ann"]
    clock.time += 3600
    assert progress(queue).per_minute is None


def test_without_a_model_there_are_only_counts(queue: Queue):
    assert progress(queue).estimate is not None
    with queue.writing() as database:
        database.execute("UPDATE items SET probability = NULL")
    assert progress(queue).estimate is None


def test_the_estimate_holds_what_happens():
    rng = np.random.default_rng(0)
    probability = np.sort(rng.beta(0.3, 1.0, 2000))[::-1]
    said, inside, enough = estimate(probability, 40), 0, 0
    for _ in range(400):
        wrong = rng.random(2000) < probability
        inside += said.share_low <= 40 / (40 + wrong.sum()) <= said.share_high
        found = 40 + wrong[: said.remaining_high].sum()
        enough += found >= 0.95 * (40 + wrong.sum())
    assert 0.91 <= inside / 400 <= 0.99
    assert enough / 400 >= 0.94
    assert said.remaining_low <= said.remaining <= said.remaining_high < 2000


@pytest.mark.parametrize(("found", "share"), [(0, 1.0), (7, 1.0)])
def test_with_nothing_open_all_is_found(found: int, share: float):
    said = estimate(np.empty(0), found)
    assert (said.share, said.remaining) == (share, 0)


def test_certain_errors_need_as_many_looks_as_make_95_percent():
    said = estimate(np.ones(100), 0)
    assert (said.remaining, said.remaining_low, said.remaining_high) == (95, 95, 95)


def test_automatic_acceptance_says_how_much_of_it_is_right(queue: Queue):
    chosen = automatic(queue, 0.5)
    probable = [
        item.entry["probability"]
        for item in next_items(queue, "ann", Filter(min_probability=0.5), count=99)
    ]
    assert chosen.findings == len(probable) > 0
    assert chosen.right == pytest.approx(sum(probable))
    assert automatic(queue, 1.0).findings == 0


def test_facets_count_what_the_last_scan_found(queue: Queue):
    assert sum(facets(queue, "rule").values()) == progress(queue).total
    assert set(facets(queue, "class")) == {"car", "person"}


def test_where_even_all_may_not_suffice_all_are_left():
    said = estimate(np.array([0.1]), 0)
    assert (said.remaining, said.remaining_high) == (1, 1)


def test_no_bound_is_beyond_what_there_is():
    said = estimate(np.array([0.1]), 1)
    assert (said.share, said.share_high) == (pytest.approx(1 / 1.1), 1.0)
    assert estimate(np.array([0.9]), 1).share_low == 0.5  # one more error at most
