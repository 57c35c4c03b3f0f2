"""The order of the queue: the most errors found in the least time of a reviewer.

The value of an item is how strongly a model doubts the label, times what its fix is worth, by
the seconds that a person needs to decide. Where no model was asked, it is how often
reviewers accepted findings of the rule so far, starting from what its severity promises.
Items get places in four orders; the places stay as they are until the queue is ordered anew, so
that nothing jumps under a reviewer's eyes and a page is found by its first place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.estimates.expected_value import PRIOR, WORTH
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.store import Queue, seconds
from labelaudit.review.queue.tries import tried_again

REDRAW_SECONDS = 12.0
"""Seconds for a finding that proposes nothing, so that the reviewer must draw the box."""

OPENING_SECONDS = 3.0
"""Seconds to take in an image that was not on the screen before."""

LONGEST_PAUSE_S = 60.0
"""A longer time between two decisions was a pause, and measures nothing."""

ENOUGH = 10
"""Measured times from which their median counts instead of the default."""

PRIOR_STRENGTH = 8.0
"""Decisions that the prior weighs as much as: the sum of the parameters of its Beta."""


@dataclass(frozen=True)
class RankingColumns:
    """What places follow from, one row per item; a name is its row in the queue's names."""

    item: Ints  # (n,)
    rule: Ints  # (n,)
    label: Ints  # (n,) the class
    image: Ints  # (n,)
    box: Ints  # (n,) the same of all items about one box, negative where they are about none
    error: Floats  # (n,) how strongly an error is suspected, and nobody decided
    gain: Floats  # (n,) doubt times worth
    cost: Floats  # (n,) seconds to decide


@dataclass(frozen=True)
class ReviewedItem:
    """A finding that a person decided about."""

    fingerprint: str
    accepted: bool  # or edited
    seconds: float  # that such a decision takes


def reviewed_in_order(queue: Queue) -> list[ReviewedItem]:
    """What was decided about, in the order in which the queue shows it; skipped findings are not.

    Boxes that a reviewer drew come where their kind of fix puts them.
    """
    with queue.reading() as database:
        rows = database.execute(
            "SELECT fingerprint, state, effort FROM items WHERE current = 1 AND state IN "
            "('accepted', 'edited', 'rejected') ORDER BY by_value, id"
        ).fetchall()
        needed = {effort: _measured(database, effort) for _, _, effort in rows}
    return [ReviewedItem(mark, state != "rejected", needed[effort]) for mark, state, effort in rows]


@tried_again
def reorder(queue: Queue) -> None:
    """Give every item its places, by what was decided and measured so far."""
    with queue.writing() as database:
        rank(database)


def rank(database: Database) -> None:
    """As `reorder`, within a transaction."""
    columns = _columns(database)
    value = columns.gain / columns.cost
    image, kind = _image_value(columns), _kind_value(columns)
    label, item = columns.label, columns.item
    orders = (
        np.lexsort((item, -value)),
        np.lexsort((item, -value, columns.image, -image)),
        np.lexsort((item, -value, columns.image, -_image_errors(columns))),
        np.lexsort((item, -value, label, columns.rule, -kind)),
    )
    places = np.empty((len(item), 4), np.int64)
    for column, order in enumerate(orders):
        places[order, column] = np.arange(1, len(item) + 1)
    database.put_places(np.column_stack([places, item]).tolist())


def _columns(database: Database) -> RankingColumns:
    rows = database.execute(
        "SELECT items.id, rule, class, image, severity, doubt, effort, "
        "coalesce(object, -items.id), current = 1 AND state IN ('open', 'skipped') "
        "AND text <> '' AND (severity > 0 OR probability IS NOT NULL) "
        "FROM items JOIN names ON names.id = image ORDER BY items.id"
    ).fetchall()
    item, rule, label, image, severity, given, effort, box, counts = (
        zip(*rows, strict=True) if rows else [()] * 9
    )
    rule_rows, severities = np.array(rule, np.int64), np.array(severity, np.int64)
    accepted = _acceptance(database)
    none = (0, 0)
    right, decided = (
        np.array([accepted.get(one, none)[side] for one in rule], float) for side in (0, 1)
    )
    prior = np.array([PRIOR[one] for one in Severity])[severities]
    expected = (prior * PRIOR_STRENGTH + right) / (PRIOR_STRENGTH + decided)
    doubt = np.array([np.nan if one is None else one for one in given], float)
    doubt = np.where(np.isnan(doubt), expected, doubt)
    needed = {one: _measured(database, one) for one in set(effort)}
    return RankingColumns(
        np.array(item, np.int64),
        rule_rows,
        np.array(label, np.int64),
        np.array(image, np.int64),
        np.array(box, np.int64),
        doubt * np.array(counts, float),
        doubt * np.array([WORTH[one] for one in Severity])[severities],
        np.array([needed[one] for one in effort], float),
    )


def _acceptance(database: Database) -> dict[int, tuple[int, int]]:
    """Of each rule, how many findings were accepted or edited, and how many were decided."""
    rows = database.execute(
        "SELECT rule, count(CASE WHEN state IN ('accepted', 'edited') THEN 1 END), count(*) "
        "FROM items WHERE state IN ('accepted', 'edited', 'rejected') GROUP BY rule"
    )
    return {rule: (right, decided) for rule, right, decided in rows}


def _measured(database: Database, effort: str) -> float:
    """Seconds between one decision of a reviewer and the next, about a fix of this kind: median.

    Decisions that one key made together, about a whole screen, share one time and measure nothing.
    """
    rows = database.execute(
        "SELECT at, (SELECT max(at) FROM decisions AS d WHERE d.reviewer = decisions.reviewer "
        "AND d.at < decisions.at) FROM decisions JOIN items ON items.id = item "
        "WHERE effort = ? AND verdict IN ('accept', 'reject') ORDER BY decisions.id DESC LIMIT 500",
        (effort,),
    )
    times = [seconds(at) - seconds(before) for at, before in rows if before]
    kept = [one for one in times if 0.2 <= one <= LONGEST_PAUSE_S]
    if len(kept) >= ENOUGH:
        return float(np.median(kept))
    return KINDS[effort].seconds if effort in KINDS else REDRAW_SECONDS


def _image_value(columns: RankingColumns) -> Floats:
    """Of each item, (n,), what its image is worth a second, the time to open it included.

    An image is looked at from its best finding down, for as long as that makes it worth more.
    """
    order = np.lexsort((-columns.gain / columns.cost, columns.image))
    image = columns.image[order]
    first = _firsts(image)
    gain = _sums_within(columns.gain[order], first)
    cost = _sums_within(columns.cost[order], first) + OPENING_SECONDS
    starts = np.flatnonzero(first)
    best = np.maximum.reduceat(gain / cost, starts) if len(starts) else np.empty(0)
    value = np.empty(len(order))
    value[order] = best[np.cumsum(first) - 1]
    return value


def _image_errors(columns: RankingColumns) -> Floats:
    """Of each item, (n,), what its image is ordered by: its suspicions, one for a box at most.

    Doubts are added up as if they were probabilities: that makes an order, and no number of errors.
    """
    order = np.lexsort((columns.error, columns.box, columns.image))
    image, box = columns.image[order], columns.box[order]
    last = np.ones(len(order), bool)  # of a box, whose strongest suspicion stands last
    last[:-1] = (image[1:] != image[:-1]) | (box[1:] != box[:-1])
    errors = np.bincount(image[last], columns.error[order][last])
    return errors[columns.image].astype(np.float64)


def _kind_value(columns: RankingColumns) -> Floats:
    """Of each item, (n,), the mean value a second of the findings of its rule and class."""
    _, group = np.unique(
        np.column_stack([columns.rule, columns.label]), axis=0, return_inverse=True
    )
    group = group.reshape(-1)
    value: Floats = (np.bincount(group, columns.gain) / np.bincount(group, columns.cost))[group]
    return value


def _firsts(group: Ints) -> Bools:
    """Where in sorted `group` a new one begins, (n,)."""
    first = np.ones(len(group), bool)
    first[1:] = group[1:] != group[:-1]
    return first


def _sums_within(values: Floats, first: Bools) -> Floats:
    """Running sums, (n,), that start anew at each `first`."""
    sums = np.cumsum(values)
    starts = np.flatnonzero(first)
    before = (sums - values)[starts]
    within: Floats = sums - before[np.cumsum(first) - 1]
    return within
