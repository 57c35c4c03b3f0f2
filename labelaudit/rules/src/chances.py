"""How probable it is that a class is missing by chance, where others have it."""

from __future__ import annotations

import math

from labelaudit.core.columns import Ints


def odds(power: float) -> str:
    """The chance of which this is the logarithm to base 10, as one of so many.

    >>> odds(-3), odds(-9.2)
    ('1,000', '10^9')
    """
    return f"10^{-power:.0f}" if power < -6 else f"{10**-power:,.0f}"


def power_of_chance(mine: Ints, others: Ints, theirs: Ints) -> float:
    """The logarithm to base 10 of the chance that none of `mine` images has what `theirs` have.

    Fisher's exact test, one-sided, folder by folder: that all of those with the class are among
    the images of others.

    Parameters
    ----------
    mine, others:
        (n,) images of the source and of all others in each folder.
    theirs:
        (n,) of these, with the class.

    Source
    ------
    Fisher, "On the interpretation of chi-squared from contingency tables", Journal of the Royal
    Statistical Society 85, 1922.
    """
    chance = 0.0
    for one, rest, used in zip(mine.tolist(), others.tolist(), theirs.tolist(), strict=True):
        chance += _choices(rest, used) - _choices(one + rest, used)
    return chance / math.log(10)


def _choices(of: int, count: int) -> float:
    """The logarithm of the number of ways to choose."""
    return math.lgamma(of + 1) - math.lgamma(count + 1) - math.lgamma(of - count + 1)
