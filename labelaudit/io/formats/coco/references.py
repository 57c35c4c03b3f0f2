"""References of annotations that are no ids of the lists, and what they may mean.

Some scripts write the name of a class or of an image where its id belongs, or an id as text, within
a list or within an object.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from labelaudit.core.columns import MISSING, Rows, Texts

_NAMED_BY = ("id", "name", "file_name")

_MOST_DIGITS = 40
"""Digits of numbers that may be ids; those of a UUID as a number are 39."""


def other_type(value: Any) -> int | str | None:  # Any: whatever JSON holds
    """7 for "7" and "7" for 7; of a list of one, or of an object with an id or a name, that.

    >>> other_type(" 7"), other_type(7), other_type("7.0"), other_type([3]), other_type({"id": 3})
    (7, '7', 7, 3, 3)
    >>> other_type("car"), other_type([1, 2]), other_type(None)
    (None, None, None)
    """
    if isinstance(value, str):
        return _whole(value)
    inner = _inner(value)
    if inner is None:
        return str(value) if type(value) is int else None
    return inner if isinstance(inner, int) else _whole(inner)


def _whole(text: str) -> int | None:
    """The whole number that a text says, to its last digit: a float is of another id from 2**53."""
    if not text.isascii() or "_" in text:
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    if not number.is_finite() or number.adjusted() >= _MOST_DIGITS:
        return None
    whole = int(number)
    return whole if whole == number else None


def _inner(value: Any) -> int | str | None:  # Any: as above
    """What stands in a list of one or in an object that a reference is written as."""
    if isinstance(value, Mapping):
        value = [value[name] for name in _NAMED_BY if name in value][:1]
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != 1:
        return None
    return value[0] if type(value[0]) in (int, str) else None


def with_named(
    rows: Rows,
    lost: Mapping[int, Any],  # Any: as above
    names: Texts,
    shorter: Callable[[str], Iterable[str]],
) -> None:
    """Point references that are names at the record that is called so; in place.

    Parameters
    ----------
    rows:
        (n,) the record that each reference points at, or MISSING.
    lost:
        references by their place in `rows`, as they are written; those that point at nothing yet.
    names:
        (m,) of the records. One that several have points at none of them.
    shorter:
        what else a record of a name may be called, where no other is.
    """
    said = {row: name for row, value in lost.items() if (name := _name(value))}
    if not said:
        return
    by_name = _by_name(names.tolist(), shorter)
    for row, name in said.items():
        if rows[row] == MISSING:
            rows[row] = by_name.get(name, by_name.get(name.casefold(), MISSING))


def _name(value: Any) -> str:  # Any: as above
    inner = value if isinstance(value, str) else _inner(value)
    return inner.strip() if isinstance(inner, str) else ""


def _by_name(names: Sequence[str], shorter: Callable[[str], Iterable[str]]) -> dict[str, int]:
    """The record of each name, as it is written, shortened or in small letters, MISSING of many."""
    found: dict[str, int] = {}
    levels = (
        [(name.strip(), row) for row, name in enumerate(names)],
        [(short, row) for row, name in enumerate(names) for short in shorter(name.strip())],
        [(name.strip().casefold(), row) for row, name in enumerate(names)],
    )
    for level in levels:
        here: dict[str, int] = {}
        for name, row in level:
            here[name] = MISSING if here.get(name, row) != row else row
        found = {**here, **found}
    found.pop("", None)
    return found


def short_names(name: str) -> list[str]:
    """The name of an image without its folders, and without its ending.

    >>> short_names("train/a.b.jpg")
    ['a.b.jpg', 'train/a.b', 'a.b']
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    stems = [one.rpartition(".")[0] for one in (name, base)]
    return [one for one in dict.fromkeys([base, *stems]) if one]
