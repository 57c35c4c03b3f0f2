"""Sharing out groups of images so that every split holds about its share of every class.

As Sechidis et al., "On the stratification of multi-label data" (ECML PKDD 2011), section 3, but
that groups stay together, that a deviation is weighed by all classes at once, and that groups are
moved as long as that helps. Measured beside scikit-learn's StratifiedGroupKFold, groups of several
images come nearer to their shares so (benchmarks/results/splits.md).

All arithmetic is in whole numbers of Python, so that the outcome is the same on every machine, and
ties are broken by an order that the caller gives.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.core.columns import Ints

PARTS = 10_000
"""Into how many parts a whole is divided: shares are whole numbers of them."""

_SCALE = 1 << 96
"""What costs are multiplied by before they are divided, so that little is lost."""

MOST_WORK = 20_000_000
"""Amounts that are looked at while groups are moved, about 10 s; a choice."""

MOST_ROUNDS = 20
"""Times that all groups are looked at again; a choice: most often nothing moves after five."""

ABSENCE = 4
"""What it costs that the largest split lacks a kind of which there are enough groups; the next half
of it, and so on. A choice: of three splits of .8, .1 and .1, a kind that is in three groups is in
all of them."""

MOST_SWAPPED = 200
"""Groups up to which two are exchanged where no single one can be moved to advantage; a choice: of
more, small ones fill what is left, and all pairs of them take long."""


@dataclass(frozen=True, eq=False)
class GroupContents:
    """What each group holds: images, boxes of a class, and whatever else is to be shared out.

    The kinds of a group stand in a row, each once, with an amount above 0.
    """

    start: Ints  # (g + 1,) where each group begins in the two columns below
    kind: Ints  # (m,) number of the kind
    amount: Ints  # (m,) how much of it the group holds
    weight: Sequence[int]  # (k,) how much it counts that a kind is shared out well
    wanted: Sequence[bool]  # (k,) whether each split should have some of it

    def __len__(self) -> int:
        return len(self.start) - 1


def whole_parts(shares: Sequence[float]) -> list[int]:
    """Shares as whole numbers of `PARTS`, which they add up to exactly.

    They may add up to anything above 0. What rounding leaves goes to those that lost most.

    >>> whole_parts([0.8, 0.1, 0.1]), whole_parts([1, 1, 1])
    ([8000, 1000, 1000], [3334, 3333, 3333])
    """
    total = sum(shares)
    exact = [share / total * PARTS for share in shares]
    parts = [int(value) for value in exact]
    by_loss = sorted(range(len(parts)), key=lambda row: (parts[row] - exact[row], row))
    for row in by_loss[: PARTS - sum(parts)]:
        parts[row] += 1
    return parts


def shared_out(contents: GroupContents, shares: Sequence[float], order: Sequence[int]) -> Ints:
    """The split of each group, (g,), 0 for the first share.

    Parameters
    ----------
    contents:
        of the groups.
    shares:
        how much of everything each split is to hold, each above 0; they are put in proportion.
    order:
        every group once: of two that are alike, the first is placed first.

    Source
    ------
    Sechidis et al. (2011), see above; the cost of a kind is its chi-square over its amount.
    """
    state = _Allocation.of(contents, whole_parts(shares))
    first = _rarest_first(contents, order)
    for group in first:
        state.place(group, state.best(group))
    work = max(1, len(contents.kind) * len(shares))
    for _ in range(min(MOST_ROUNDS, max(1, MOST_WORK // work))):
        moved = sum(state.improved(group) for group in first)
        if not moved and len(first) <= MOST_SWAPPED:
            moved = sum(state.exchanged(*pair) for pair in itertools.combinations(first, 2))
        if not moved:
            break
    return np.array(state.split, np.int64)


def _rarest_first(contents: GroupContents, order: Sequence[int]) -> list[int]:
    """The groups, those with the largest share of any kind first."""
    total = np.bincount(contents.kind, contents.amount, minlength=len(contents.weight))
    share = contents.amount / total[contents.kind]
    largest = np.zeros(len(contents))
    np.maximum.at(largest, np.repeat(np.arange(len(contents)), np.diff(contents.start)), share)
    return sorted(order, key=lambda group: -largest[group])


@dataclass
class _Allocation:
    """Where groups are, and what that costs; lists by split, then by kind."""

    items: list[list[tuple[int, int]]]  # kind and amount of what each group holds
    split: list[int]  # of each group; -1 before it is placed
    price: list[list[int]]  # of a squared deviation from the goal
    goal: list[list[int]]  # in parts
    absence: list[list[int]]  # what it costs to hold nothing of a kind
    held: list[list[int]]
    holders: list[list[int]]  # how many groups hold it
    splits: range = field(init=False)

    def __post_init__(self) -> None:
        self.splits = range(len(self.goal))

    @classmethod
    def of(cls, contents: GroupContents, parts: Sequence[int]) -> _Allocation:
        """Nothing placed yet."""
        kinds = range(len(contents.weight))
        groups = np.bincount(contents.kind, minlength=len(kinds)).tolist()
        sums = np.zeros(len(kinds), np.int64)
        np.add.at(sums, contents.kind, contents.amount)
        total = sums.tolist()
        pairs = list(zip(contents.kind.tolist(), contents.amount.tolist(), strict=True))
        bounds = contents.start.tolist()
        rank = {
            split: at for at, split in enumerate(sorted(_numbered(parts), key=lambda k: -parts[k]))
        }

        def price(split: int, kind: int) -> int:
            whole = total[kind] ** 2 * parts[split] * PARTS
            return contents.weight[kind] * _SCALE // whole if whole else 0

        def absence(split: int, kind: int) -> int:
            wanted = contents.wanted[kind] and rank[split] < groups[kind]
            return contents.weight[kind] * ABSENCE * _SCALE >> rank[split] if wanted else 0

        return cls(
            [pairs[one:end] for one, end in itertools.pairwise(bounds)],
            [-1] * len(contents),
            [[price(split, kind) for kind in kinds] for split in _numbered(parts)],
            [[total[kind] * part for kind in kinds] for part in parts],
            [[absence(split, kind) for kind in kinds] for split in _numbered(parts)],
            [[0 for _ in kinds] for _ in parts],
            [[0 for _ in kinds] for _ in parts],
        )

    def added(self, group: int, split: int) -> int:
        """What it costs to put a group into a split."""
        held, goal, price = self.held[split], self.goal[split], self.price[split]
        holders, absence = self.holders[split], self.absence[split]
        cost = 0
        for kind, amount in self.items[group]:
            grown = amount * PARTS
            cost += price[kind] * grown * (2 * (held[kind] * PARTS - goal[kind]) + grown)
            if not holders[kind]:
                cost -= absence[kind]
        return cost

    def best(self, group: int) -> int:
        """The split that a group costs least in; the first of several."""
        return min(self.splits, key=lambda split: self.added(group, split))

    def place(self, group: int, split: int) -> None:
        """Put a group that is nowhere into a split."""
        self._count(group, split, 1)
        self.split[group] = split

    def improved(self, group: int) -> bool:
        """Move a group to where it costs least; whether that is elsewhere."""
        now = self.split[group]
        self._count(group, now, -1)
        best = self.best(group)
        better = self.added(group, best) < self.added(group, now)
        self.place(group, best if better else now)
        return better

    def exchanged(self, one: int, other: int) -> bool:
        """Exchange two groups if that costs less; whether it does."""
        first, second = self.split[one], self.split[other]
        if first == second:
            return False
        gain = self._taken(one) + self._taken(other)
        change = -gain + self._put(one, second) + self._put(other, first)
        if change < 0:
            return True
        self._taken(one)
        self._taken(other)
        self._put(one, first)
        self._put(other, second)
        return False

    def _taken(self, group: int) -> int:
        """Take a group out of its split; what it costs there."""
        split = self.split[group]
        self._count(group, split, -1)
        return self.added(group, split)

    def _put(self, group: int, split: int) -> int:
        """Put a group into a split; what that costs."""
        cost = self.added(group, split)
        self.place(group, split)
        return cost

    def _count(self, group: int, split: int, sign: int) -> None:
        held, holders = self.held[split], self.holders[split]
        for kind, amount in self.items[group]:
            held[kind] += sign * amount
            holders[kind] += sign


def _numbered(parts: Sequence[int]) -> range:
    return range(len(parts))
