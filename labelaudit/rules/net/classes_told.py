"""Of which classes it is told, where a finding is about a class."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.findings import Severity
from labelaudit.core.columns import Floats, Ints
from labelaudit.core.text import counted


def shares(count: Ints, every: Ints) -> Floats:
    """What part of all each count is, (n,); 0 of nothing."""
    share: Floats = count / np.maximum(every, 1)
    return share


def first_told(which: Ints, order_by: Ints, max_told: int) -> tuple[Ints, list[str]]:
    """The classes of the highest numbers, and a remark for each: the first says how many follow.

    Parameters
    ----------
    which:
        (n,) classes that there is something to say about.
    order_by:
        (c,) a number of each class.
    max_told:
        of how many it is told.
    """
    order = which[np.argsort(-order_by[which], kind="stable")]
    told = order[: max(max_told, 0)]
    return told, remarks(len(told), len(order))


def remarks(told: int, every: int) -> list[str]:
    """A remark for each class that is told: the first says how many more there are.

    >>> remarks(2, 3), remarks(1, 1), remarks(0, 2)
    (['; so it is with 1 more class', ''], [''], [])
    """
    untold = every - told
    more = f"; so it is with {counted(untold, 'more class', 'more classes')}" if untold else ""
    return [more, *[""] * told][:told]


def severities(share: Floats, warning_share: float) -> list[Severity]:
    """A warning from a share on, inclusive; else worth knowing."""
    return [Severity.WARNING if one >= warning_share else Severity.INFO for one in share.tolist()]


def part(count: int, every: int) -> str:
    """So many of so many, with the share.

    >>> part(3, 1200), part(2, 4)
    ('3 of 1,200 boxes (0.2 %)', '2 of 4 boxes (50 %)')
    """
    share = 100 * count / max(every, 1)
    return f"{count:,} of {counted(every, 'box', 'boxes')} ({share:.{share < 1:d}f} %)"
