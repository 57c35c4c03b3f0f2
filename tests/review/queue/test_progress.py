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


def test_a_pace_is_measured_over_twenty_seconds_at_least(queue: Queue, clock):
    (one,) = next_items(queue, "ann", Filter(), count=1)
    decide(queue, "ann", [ItemDecision(one.fingerprint, Verdict.ACCEPT)], uuid="a")
    assert progress(queue).per_minute == 3
    clock.time += 20
    assert progress(queue).per_minute == 3
    clock.time += 1
    assert progress(queue).per_minute == pytest.approx(60 / 21)


@pytest.mark.parametrize(("later", "pace"), [(600, 0.1), (601, None)])
def test_what_was_decided_more_than_ten_minutes_ago_is_no_pace(queue: Queue, clock, later, pace):
    (one,) = next_items(queue, "ann", Filter(), count=1)
    decide(queue, "ann", [ItemDecision(one.fingerprint, Verdict.ACCEPT)], uuid="a")
    clock.time += later
    assert progress(queue).per_minute == pace


@pytest.mark.parametrize(
    ("when", "stale"), [((0, 3.0), True), ((0, 3.2), False), ((1, 3.0), False)]
)
def test_the_estimate_of_very_many_findings_may_be_three_seconds_old(
    queue: Queue, clock, monkeypatch, when: tuple[int, float], stale: bool
):
    more, later = when
    items = next_items(queue, "ann", Filter(), count=99)
    likely = next(one for one in items if one.entry["probability"] is not None)
    # After the decision there is one open finding less: as many as are "very many", or fewer.
    monkeypatch.setattr("labelaudit.review.queue.progress.MANY", len(items) - 1 + more)
    before = progress(queue).estimate
    decide(queue, "ann", [ItemDecision(likely.fingerprint, Verdict.ACCEPT)], uuid="a")
    clock.time += later
    after = progress(queue).estimate
    assert before is not None
    assert after is not None
    assert (after == before) is stale


def test_the_interval_is_that_of_a_normal_distribution_at_95_percent():
    found = estimate(np.full(100, 0.5), 50)  # 50 expected, with a deviation of 5
    assert found.share == 0.5
    assert found.share_low == pytest.approx(50 / (100 + 9.79982), abs=1e-7)
    assert found.share_high == pytest.approx(50 / (100 - 9.79982), abs=1e-7)


def test_where_less_than_one_error_is_expected_and_none_is_found_the_share_is_none_of_it():
    assert estimate(np.array([0.25]), 0).share == 0
