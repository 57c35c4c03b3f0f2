"""Fields of times, of which each record has its own, by months: these can be compared."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.fields import FieldColumn
from labelaudit.dataset.times import in_words, seconds_of

MOST_VALUES = 200
"""Values of a field that are compared; of more, those of times are. A choice."""


def by_month(column: FieldColumn, most: int = MOST_VALUES) -> FieldColumn:
    """A field of times as one of months, where it has more than so many values; else itself.

    >>> days = texts(f"2024-0{1 + n // 20}-{1 + n % 20:02}" for n in range(40))
    >>> column = FieldColumn("created_at", days, np.arange(40), np.zeros(0, np.int32))
    >>> by_month(column, 39).values.tolist()
    ['2024-01', '2024-02']
    """
    if len(column.values) <= most:
        return column
    seconds = seconds_of(column.values.tolist())
    if not np.isfinite(seconds).all():
        return column
    months: dict[str, int] = {}
    rows = [months.setdefault(in_words(one)[:7], len(months)) for one in seconds.tolist()]
    of = np.array([*rows, MISSING], np.int32)
    order = np.argsort(np.array(list(months)), kind="stable")
    place = np.append(np.argsort(order, kind="stable"), MISSING).astype(np.int32)
    values = texts(np.array(list(months), object)[order].tolist())
    return FieldColumn(column.name, values, place[of[column.box]], place[of[column.image]])
