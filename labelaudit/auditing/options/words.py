"""Words for the choices of an audit, as configuration files and calls write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import PixelPolicy
from labelaudit.core.text import either
from labelaudit.dataset.arguments import check_kind, kind_of
from labelaudit.errors import ConfigError

T = TypeVar("T")

SEVERITIES: Mapping[str, Severity] = {str(severity): severity for severity in Severity}

PIXELS: Mapping[str, PixelPolicy] = {str(policy): policy for policy in PixelPolicy}

SAFETIES: Mapping[str, Safety | None] = {
    "safe": Safety.SAFE,
    "unsafe": Safety.UNSAFE,
    "none": None,
}


def meaning(name: str, given: Any, known: Mapping[str, T]) -> T:  # Any: whatever was given
    """What a word, or what it stands for, means.

    Parameters
    ----------
    name:
        of the argument.
    given:
        the word, or one of the values of `known`.
    known:
        what each word stands for.

    >>> meaning("min_severity", "warning", SEVERITIES), meaning("fix", None, SAFETIES)
    (<Severity.WARNING: 1>, None)
    """
    if isinstance(given, str) and str(given) in known:
        return known[str(given)]
    for value in known.values():
        if given is value or (isinstance(given, np.integer) and given == value):
            return value
    found = repr(given) if isinstance(given, str | int | float) else kind_of(given)
    raise ConfigError(f"{name}: expected {either(known)}, found {found}")


def meanings(name: str, given: Any, known: Mapping[str, T]) -> dict[str, T]:  # Any: see meaning
    """What the word for each rule means.

    Parameters
    ----------
    name, known:
        see `meaning`.
    given:
        words, or what they stand for, by the selectors of rules.
    """
    check_kind(given, Mapping, name, "it has a word by the code or name of rules")
    return {rule: meaning(f"{name}[{rule!r}]", word, known) for rule, word in given.items()}
