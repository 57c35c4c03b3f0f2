"""How far a review is: counts, pace, and from probabilities what is still to be found."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from labelaudit.core.columns import Floats
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.items import State
from labelaudit.review.queue.store import Queue, seconds, stamped

WINDOW_S = 600.0
"""Seconds over which the pace is measured."""

LEAST_S = 20.0
"""Seconds that a pace is measured over at least."""

MANY = 5000
"""Open findings from which a decision changes an estimate by nothing that can be seen."""

RECENT_S = 3.0
"""Seconds for which an estimate of many findings is not worked out again."""

GOAL = 0.95
"""The share of errors that is enough."""

Z = 1.959964
"""Standard deviations to either side that hold 95 % of a normal distribution."""


@dataclass(frozen=True)
class Estimate:
    """What is still to be found, as far as the probabilities of a model are right.

    The number of errors among findings with probabilities p is the sum of independent trials, a
    Poisson-binomial; its normal approximation has the mean sum(p) and the variance sum(p (1 - p)).
    """

    found: int  # findings with a model's probability that reviewers accepted
    expected: float  # errors among those that nobody decided about
    share: float  # of all errors, how many are found
    share_low: float  # 95 % interval
    share_high: float
    remaining: int  # findings to decide, most valuable first, until GOAL of the errors are found
    remaining_low: int  # 95 % interval
    remaining_high: int


@dataclass(frozen=True)
class Progress:
    """How far a review is. Obsolete items do not count."""

    counts: Mapping[State, int]
    per_minute: float | None  # decisions in the last minutes; None: none
    minutes_left: float | None  # at this pace, for all that is open
    estimate: Estimate | None  # None: no finding has a model's probability
    asked: int = 0  # skipped findings that an expert is to decide
    noted: int = 0  # findings whose last decision has a note

    @property
    def total(self) -> int:
        """All items."""
        return sum(self.counts.values())

    @property
    def decided(self) -> int:
        """Items that are neither open nor skipped."""
        return self.total - self.counts[State.OPEN] - self.counts[State.SKIPPED]


def progress(queue: Queue) -> Progress:
    """How far the review is now."""
    with queue.reading() as database:
        rows = dict(
            database.execute("SELECT state, count(*) FROM items WHERE current = 1 GROUP BY state")
        )
        counts = {state: int(rows.get(state.value, 0)) for state in State}
        pace = _pace(database, queue.clock())
        guess = _estimate_of(queue, database, counts[State.OPEN])
        asked, noted = (
            _with_decision(database, which) for which in ("expert = 1", "note IS NOT NULL")
        )
    left = counts[State.OPEN] / pace if pace else None
    return Progress(counts, pace, left, guess, asked, noted)


def _with_decision(database: Database, which: str) -> int:
    """Items whose last decision is such a one. Such decisions are few and have an index."""
    query = (
        "SELECT count(*) FROM decisions JOIN items ON items.decision = decisions.id "  # noqa: S608  # ours
        f"WHERE {which} AND current = 1"
    )
    return int(database.execute(query).fetchone()[0])


def reviewers(queue: Queue) -> list[str]:
    """Who decided about anything, by name."""
    with queue.reading() as database:
        rows = database.execute("SELECT DISTINCT reviewer FROM decisions ORDER BY reviewer")
        return [name for (name,) in rows]


def by_rule(queue: Queue) -> dict[str, dict[State, int]]:
    """How many items of each rule are in each state, most items first; obsolete ones left out."""
    query = (
        "SELECT text, state, n FROM (SELECT rule, state, count(*) AS n FROM items "
        "WHERE current = 1 GROUP BY rule, state) AS tally JOIN names ON names.id = rule"
    )
    with queue.reading() as database:
        return _tallied(database.execute(query))


def by_reviewer(queue: Queue) -> dict[str, dict[State, int]]:
    """How each reviewer's decisions that count stand, most first; obsolete items left out."""
    query = (
        "SELECT reviewer, state, count(*) FROM items JOIN decisions ON decisions.id = decision "
        "WHERE current = 1 GROUP BY reviewer, state"
    )
    with queue.reading() as database:
        return _tallied(database.execute(query))


def _tallied(rows: Iterable[tuple[str, str, int]]) -> dict[str, dict[State, int]]:
    """Counts by name and state, the name with most first."""
    tally: dict[str, dict[State, int]] = {}
    for name, state, count in rows:
        tally.setdefault(name, dict.fromkeys(State, 0))[State(state)] = count
    return dict(sorted(tally.items(), key=lambda one: (-sum(one[1].values()), one[0])))


def facets(queue: Queue, role: str) -> dict[str, int]:
    """How many items there are of each `rule` or `class`, most first; obsolete ones left out."""
    column = {"rule": "rule", "class": "class"}[role]
    query = (
        f"SELECT text, n FROM (SELECT {column} AS name, count(*) AS n FROM items "  # noqa: S608
        "WHERE current = 1 GROUP BY 1) AS tally JOIN names ON names.id = name ORDER BY n DESC, text"
    )
    with queue.reading() as database:
        return dict(database.execute(query).fetchall())


def rules(queue: Queue) -> list[str]:
    """The codes of the rules that ever found anything."""
    with queue.reading() as database:
        rows = database.execute("SELECT text FROM names WHERE role = 'rule' ORDER BY text")
        return [code for (code,) in rows]


def _pace(database: Database, now: float) -> float | None:
    """Decisions a minute, of all reviewers."""
    count, first = database.execute(
        "SELECT count(*), min(at) FROM decisions WHERE at >= ? AND verdict <> 'undo'",
        (stamped(now - WINDOW_S),),
    ).fetchone()
    if not count:
        return None
    return float(60 * count / max(now - seconds(first), LEAST_S))


def _estimate_of(queue: Queue, database: Database, count: int) -> Estimate | None:
    """The estimate; of many open findings, one that is some seconds old will do."""
    if count < MANY:
        return _estimate(database)
    return queue.remembered("estimate", RECENT_S, lambda: _estimate(database))


def _estimate(database: Database) -> Estimate | None:
    items = f"items {database.by_index('items_by_value')}"
    rows = database.execute(
        f"SELECT probability FROM {items} WHERE current = 1 "  # noqa: S608  # ours
        "AND state = 'open' AND probability IS NOT NULL ORDER BY by_value"
    ).fetchall()
    decided, found = database.execute(
        "SELECT count(*), count(CASE WHEN state IN ('accepted', 'edited') THEN 1 END) FROM items "
        "WHERE current = 1 AND state IN ('accepted', 'edited', 'rejected', 'skipped') "
        "AND probability IS NOT NULL"
    ).fetchone()
    if not rows and not decided:
        return None
    return estimate(np.array(rows, float).reshape(-1), found)


def estimate(probability: Floats, found: int) -> Estimate:
    """What is still to be found behind `found` errors.

    Parameters
    ----------
    probability:
        Of the findings that are open, (n,), in the order in which they will be decided.
    found:
        Findings that turned out to be errors.
    """
    expected = float(probability.sum())
    spread = Z * math.sqrt(float((probability * (1 - probability)).sum()))
    bounds = [_remaining(probability, found, z) for z in (0, -Z, Z)]
    return Estimate(
        found,
        expected,
        _share(found, expected),
        _share(found, min(expected + spread, len(probability))),
        _share(found, max(expected - spread, 0)),
        *bounds,
    )


def _share(found: int, left: float) -> float:
    return found / (found + left) if found + left > 0 else 1.0


def _remaining(probability: Floats, found: int, z: float) -> int:
    """The least number of findings to decide until at most 1 - GOAL of all errors are behind them.

    With A errors among those decided and T behind, that is T - c A <= c found, where c is
    (1 - GOAL) / GOAL; the left side is nearly normal, and `z` says how surely it must hold.
    """
    c = (1 - GOAL) / GOAL
    variance = probability * (1 - probability)
    ahead = np.concatenate([[0.0], np.cumsum(probability)])
    spread = np.concatenate([[0.0], np.cumsum(variance)])
    mean = (ahead[-1] - ahead) - c * ahead
    deviation = np.sqrt(np.maximum(spread[-1] - spread + c * c * spread, 0))
    enough = mean + z * deviation <= c * found + 1e-9
    enough[-1] = True  # nothing is behind the last
    return int(np.argmax(enough))


@dataclass(frozen=True)
class Automatic:
    """What accepting all open findings from a probability on comes to."""

    findings: int  # open, with a fix
    right: float  # of these, how many are expected to be errors
    deviation: float  # standard deviation of that


def automatic(queue: Queue, min_probability: float) -> Automatic:
    """What accepting without looking comes to, from this probability on."""
    with queue.reading() as database:
        count, right, variance = database.execute(
            "SELECT count(*), coalesce(sum(probability), 0), "
            "coalesce(sum(probability * (1 - probability)), 0) FROM items WHERE current = 1 "
            "AND state = 'open' AND effort <> '' AND probability >= ?",
            (min_probability,),
        ).fetchone()
    return Automatic(count, right, math.sqrt(max(variance, 0)))
