"""What two records say that no table holds, compared whole.

Tables hold extents and areas of masks and keypoints, and nothing of attributes. Before a record is
taken for a copy that adds nothing, or for one that says nothing of a place, it is read again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from labelaudit.auditing.sources.box_sources import who
from labelaudit.core.columns import Bools, Ints, Rows
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset, RecordType

_POINTS = ("segmentation", "keypoints")
"""Keys of points, which rounding may move."""

_PLACE = 2
"""Fewest numbers in one value that may say where an object is: those of a point."""


def adds_values(dataset: Dataset, box: Rows | Ints, kept: Rows | Ints, *, slack: float) -> Bools:
    """Which records `box[i]` say something that `kept[i]` does not say as well, (n,).

    So does one that cannot be read again, and one of which another person, or nobody, is named as
    who drew it: boxes of two people are no copies, however much they agree. Of formats that are
    read only, values of other keys are compared. A dataset that was made in memory has no records:
    none does.

    Parameters
    ----------
    dataset:
        whose boxes these are.
    box, kept:
        (n,) rows in Boxes.
    slack:
        pixels by which points of masks and keypoints may differ.
    """
    adds = np.zeros(len(box), bool)
    if not len(box):
        return adds
    if dataset.box_records is None:
        said = _others(dataset, RecordType.BOX, {*box.tolist(), *kept.tolist()})
        unread: Mapping[str, Any] | None = {}
    else:
        said, unread = _said(dataset, np.append(box, kept).astype(np.int64)), None
    for number, (one, other) in enumerate(zip(box.tolist(), kept.tolist(), strict=True)):
        mine, theirs = said.get(one, unread), said.get(other, unread)
        adds[number] = (
            mine is None
            or theirs is None
            or who(mine) != who(theirs)
            or _says_more(mine, theirs, slack)
        )
    return adds


def merging_adds(
    dataset: Dataset, part: RecordType, row: Sequence[int], into: Sequence[int]
) -> Bools:
    """Which records `row[i]` have values of other keys that `into[i]` does not have as well, (n,).

    Whoever makes the two one loses these: a person's name, a licence, the skeleton of a class.

    Parameters
    ----------
    dataset:
        whose records these are.
    part:
        what they are, IMAGE or CATEGORY.
    row, into:
        rows in the table of that part.
    """
    said = _others(dataset, part, {*row, *into}) if row else {}
    pairs = zip(row, into, strict=True)
    return np.array(
        [_says_more(said.get(one, {}), said.get(other, {}), 0) for one, other in pairs], bool
    )


def differing_keys(
    dataset: Dataset, part: RecordType, row: Sequence[int], into: Sequence[int]
) -> list[tuple[str, ...]]:
    """The other keys under which records `row[i]` and `into[i]` do not say the same, in order.

    Parameters
    ----------
    dataset, part, row, into:
        see `merging_adds`; what one of two does not say at all differs, too.
    """
    said = _others(dataset, part, {*row, *into}) if row else {}
    found = []
    for one, other in zip(row, into, strict=True):
        mine, theirs = said.get(one, {}), said.get(other, {})
        keys = [key for key in {**theirs, **mine} if not _is_same(mine.get(key), theirs.get(key))]
        found.append(tuple(keys))
    return found


def _is_same(one: Any, other: Any) -> bool:  # Any: whatever a file holds
    return (is_empty(one) and is_empty(other)) or (type(one) is type(other) and bool(one == other))


def may_say_a_place(dataset: Dataset, box: Ints) -> Bools:
    """Which records say several numbers in one value that no table holds, (n,).

    Whatever these mean, they may be where the object is: a rotated box under a key of somebody's
    own, a point, parts. So may those of a record that cannot be read again. A dataset that was made
    in memory has no records: none does.

    Parameters
    ----------
    dataset:
        whose boxes these are.
    box:
        (n,) rows in Boxes.
    """
    says = np.zeros(len(box), bool)
    if dataset.box_records is None or not len(box):
        return says
    said = _said(dataset, box)
    for number, one in enumerate(box.tolist()):
        values = said.get(one)
        says[number] = values is None or any(
            len(list(_numbers(value))) >= _PLACE for value in values.values()
        )
    return says


def is_empty(value: Any) -> bool:  # Any: whatever a file holds
    """Whether a value says nothing: null, and what has nothing in it."""
    return value is None or (isinstance(value, str | list | tuple | Mapping) and not len(value))


def _said(dataset: Dataset, box: Ints) -> dict[int, Mapping[str, Any]]:
    records = dataset.box_records
    return {one.row: one.values for one in records(dataset, unique(box))} if records else {}


def _others(
    dataset: Dataset, part: RecordType, wanted: set[int]
) -> dict[int, Mapping[str, Any]]:  # Any: as above
    """What some records say under keys that no table holds, by their rows."""
    records = dataset.attributes(dataset) if dataset.attributes else ()
    return {one.row: one.values for one in records if one.part is part and one.row in wanted}


def _says_more(
    mine: Mapping[str, Any], theirs: Mapping[str, Any], slack: float
) -> bool:  # Any: as above
    return any(
        not is_empty(value) and not _is_alike(key, value, theirs.get(key), slack)
        for key, value in mine.items()
    )


def _is_alike(key: str, one: Any, other: Any, slack: float) -> bool:  # Any: as above
    if key in _POINTS and isinstance(one, list) and isinstance(other, list):
        return _are_near(one, other, slack)
    return type(one) is type(other) and bool(one == other)


def _are_near(one: Any, other: Any, slack: float) -> bool:  # Any: as above
    """Whether two nested lists are of the same lengths, and their numbers as near as that."""
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(
            _are_near(a, b, slack) for a, b in zip(one, other, strict=True)
        )
    if _is_number(one) and _is_number(other):
        return bool(abs(one - other) <= slack)
    return bool(one == other)


def _numbers(value: Any) -> Iterator[Any]:  # Any: as above
    """All numbers in a value, at any depth, and those in its texts."""
    if isinstance(value, str):
        yield from (word for word in value.replace(",", " ").split() if _is_numeral(word))
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _numbers(one)
    elif _is_number(value):
        yield value


def _is_number(value: Any) -> bool:  # Any: as above
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_numeral(word: str) -> bool:
    try:
        float(word)
    except ValueError:
        return False
    return True
