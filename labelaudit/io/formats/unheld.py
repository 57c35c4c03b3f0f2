"""What files say that no table holds, counted while they are read, for those who convert them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

NAMED = 6
"""Names of one kind that a line tells; a choice."""

NAMES = "{names}"
"""Where, in the words for a kind, the names that were met stand."""

JOINTS = f"classes whose keypoints have names ({NAMES}): without the names"
"""What is lost of the keypoints of a class that says what they are called."""

_NOTHING: tuple[Any, ...] = (None, "", [], {}, False)  # Any: values of JSON


@dataclass
class Unheld:
    """Counts of what is read over, by words that say what becomes of it."""

    counts: Counter[str] = field(default_factory=Counter)
    names: dict[str, dict[str, None]] = field(default_factory=dict)  # by words, in order

    def count(self, words: str, names: Iterable[str] = ("",)) -> None:
        """One more of a kind for each name; `NAMES` in the words stands for all of them."""
        for name in names:
            self.counts[words] += 1
            if name:
                self.names.setdefault(words, {})[name] = None

    def count_others(
        self, words: str, record: Mapping[str, Any], known: Container[str | None]
    ) -> None:
        """Count the keys of a record that say something, but for those that are known.

        Parameters
        ----------
        words:
            for them; see `count`.
        record:
            whatever a file holds.
        known:
            keys that are read, or that say nothing of labels.
        """
        others = (key for key in record if key not in known)
        self.count(words, [str(key) for key in others if is_told(record[key])])

    def told(self) -> dict[str, int]:
        """How many there are of each kind, by its words with the names that were met."""
        return {
            words.replace(NAMES, _listed(self.names.get(words, {}))): count
            for words, count in self.counts.items()
        }


def is_told(value: Any) -> bool:  # Any: whatever a file holds
    """Whether a value says something: not whether a flag is false, and not nothing at all.

    >>> [is_told(value) for value in (None, "", [], {}, False, 0, "a", True)]
    [False, False, False, False, False, True, True, True]
    """
    return not any(value is one or (type(value) is type(one) and value == one) for one in _NOTHING)


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return ", ".join([*every[:NAMED], *(["..."] if len(every) > NAMED else [])])
