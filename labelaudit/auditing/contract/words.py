"""How contracts say numbers and names."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.auditing.requirements import Bounds

MOST_NAMED = 8
"""Names that a line lists; more are only counted. A choice."""


def listed(names: Sequence[str]) -> str:
    """Names of which the first are listed.

    >>> listed(["cat", "dog"]), listed([str(number) for number in range(12)])
    ('cat, dog', '0, 1, 2, 3, 4, 5, 6, 7 and 4 more')
    """
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def as_share(share: float) -> str:
    """A share in per cent, with three digits.

    >>> as_share(0.001), as_share(0.12345), as_share(0), as_share(1), as_share(0.9999)
    ('0.1 %', '12.3 %', '0 %', '100 %', '99.99 %')
    """
    percent = 100 * share
    if 99 < percent < 100:  # which is not all
        return f"{min(percent, 99.99):.4g} %"
    return f"{percent:.3g} %"


def bounds_words(bounds: Bounds, unit: str = "") -> str:
    """Bounds in words.

    >>> bounds_words(Bounds(1, 300)), bounds_words(Bounds(min=4, max_share=0.01), " px")
    ('1 to 300', 'at least 4 px, but for 1 % of them')
    """
    if bounds.min is None:
        words = f"at most {bounds.max:g}"
    elif bounds.max is None:
        words = f"at least {bounds.min:g}"
    else:
        words = f"{bounds.min:g} to {bounds.max:g}"
    but = f", but for {as_share(bounds.max_share)} of them" if bounds.max_share else ""
    return f"{words}{unit}{but}"
