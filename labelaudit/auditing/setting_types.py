"""Types of the settings of rules: what a number counts, and so in which range it has to be.

A rule's keyword arguments are annotated with them. They are numbers to a type checker; the range is
looked up when somebody sets one, and is in the schema of the configuration and on the rules' pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeAlias, get_type_hints

from msgspec import Meta

Share: TypeAlias = Annotated[float, Meta(ge=0, le=1)]
"""A part of something, a probability, or a score."""

Overlap: TypeAlias = Annotated[float, Meta(gt=0, le=1)]
"""Intersection over union: at 0, boxes need not touch."""

Factor: TypeAlias = Annotated[float, Meta(ge=1)]
"""How many times larger one thing is than another."""

Amount: TypeAlias = Annotated[float, Meta(ge=0)]
"""Pixels, or anything else that is not negative."""

Count: TypeAlias = Annotated[int, Meta(ge=0)]
"""How many there are of something."""


def ranges(function: Callable[..., Any]) -> Mapping[str, Meta]:
    """The range of each argument of a function that has one of the types above, or its like.

    >>> def rule(*, min_share: Share = 0.5, name: str = ""): ...
    >>> ranges(rule)
    {'min_share': msgspec.Meta(ge=0, le=1)}
    """
    try:
        hints = get_type_hints(function, include_extras=True)
    except NameError:  # of a type that is imported for type checkers alone
        return {}
    said = {name: getattr(hint, "__metadata__", ()) for name, hint in hints.items()}
    return {
        name: one for name, metadata in said.items() for one in metadata if isinstance(one, Meta)
    }


def is_within(value: float, limits: Meta) -> bool:
    """Whether a number is in a range; NaN is in none.

    >>> is_within(0, Meta(ge=0)), is_within(0, Meta(gt=0)), is_within(float("nan"), Meta(ge=0))
    (True, False, False)
    """
    return bool(
        (limits.ge is None or value >= limits.ge)
        and (limits.gt is None or value > limits.gt)
        and (limits.le is None or value <= limits.le)
    )


def range_words(limits: Meta) -> str:
    """A range as a sentence goes on with it.

    >>> range_words(Meta(ge=0, le=1)), range_words(Meta(gt=0, le=1)), range_words(Meta(ge=1))
    ('from 0 to 1', 'above 0, to 1', 'of 1 or more')
    """
    if limits.gt is not None:
        return f"above {limits.gt:g}" + (f", to {limits.le:g}" if limits.le is not None else "")
    least = limits.ge or 0
    return f"of {least:g} or more" if limits.le is None else f"from {least:g} to {limits.le:g}"
