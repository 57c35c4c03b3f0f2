"""Which classes are kinds of others: a box of an animal and of a cat are no conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.core.columns import Bools, Ints, Rows
from labelaudit.errors import ConfigError


@dataclass(frozen=True)
class ClassHierarchy:
    """Classes with the kinds of each: `{"animal": ("cat", "dog")}`; empty where nobody says."""

    kinds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse a class that is in the end a kind of itself."""
        for name in self.kinds:
            circle = self._way(name, name)
            if circle:
                words = " of ".join(repr(one) for one in reversed(circle))
                raise ConfigError(f"a class cannot be a kind of itself: {words}")

    @property
    def names(self) -> list[str]:
        """Every class that is named, once, in order of appearance."""
        every = (one for name, kinds in self.kinds.items() for one in (name, *kinds))
        return list(dict.fromkeys(every))

    def below(self, name: str) -> set[str]:
        """All kinds of a class, however far down; without itself."""
        found: set[str] = set()
        waiting = list(self.kinds.get(name, ()))
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.add(one)
                waiting += self.kinds.get(one, ())
        return found

    def are_related(self, classes: Sequence[str], first: Ints | Rows, second: Ints | Rows) -> Bools:
        """In which pairs of classes one is a kind of the other, (n,); not those of one class.

        Parameters
        ----------
        classes:
            (c,) names.
        first, second:
            (n,) numbers in `classes`; MISSING is related to none.

        >>> animals = ClassHierarchy({"animal": ("cat",)})
        >>> animals.are_related(["cat", "car", "animal"], np.array([0, 2, 1]), np.array([2, 0, 2]))
        array([ True,  True, False])
        """
        if not self.kinds:
            return np.zeros(len(first), bool)
        number = {name: row for row, name in enumerate(classes)}
        pairs = [
            number[name] * len(number) + number[kind]
            for name in self.kinds
            for kind in self.below(name)
            if name in number and kind in number
        ]
        one, other = first.astype(np.int64), second.astype(np.int64)
        known = (one >= 0) & (other >= 0)
        keys = (one * len(number) + other, other * len(number) + one)
        related: Bools = known & (np.isin(keys[0], pairs) | np.isin(keys[1], pairs))
        return related

    def _way(self, start: str, end: str) -> tuple[str, ...]:
        """The classes from one down to a kind of it, both among them; none if it is no kind."""
        came_from: dict[str, str] = {}
        waiting = [start]
        while waiting:
            one = waiting.pop(0)
            for kind in self.kinds.get(one, ()):
                if kind == end:
                    way = [end, one]
                    while way[-1] != start:
                        way.append(came_from[way[-1]])
                    return tuple(reversed(way))
                if kind not in came_from:
                    came_from[kind] = one
                    waiting.append(kind)
        return ()


NO_HIERARCHY = ClassHierarchy()
"""No class is a kind of another."""
