"""Columns: the types of arrays that tables hold, and what stands where nothing is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]


Rows: TypeAlias = NDArray[np.int32]  # row numbers in another table; MISSING points at nothing


Floats: TypeAlias = NDArray[np.float64]


Bools: TypeAlias = NDArray[np.bool_]


Texts: TypeAlias = np.ndarray[tuple[int, ...], np.dtypes.StringDType]


Objects: TypeAlias = NDArray[np.object_]


Number = TypeVar("Number", bound=np.generic)


Selection: TypeAlias = NDArray[np.integer[Any]] | NDArray[np.bool_] | slice


MISSING = -1
"""A row number that points at nothing, or a position in a source file that does not exist."""


TEXT = np.dtypes.StringDType()


def texts(values: Iterable[str]) -> Texts:
    r"""A text column, (n,), as wide as its own text and no wider.

    Lone surrogates, which JSON can carry and UTF-8 cannot, become their escape (`\ud800`).
    """
    given = values if isinstance(values, list | tuple) else list(values)
    try:
        return cast("Texts", np.array(given, dtype=TEXT))
    except UnicodeEncodeError:
        return cast("Texts", np.array([encodable(value) for value in given], dtype=TEXT))


def encodable(text: str) -> str:
    r"""`text` with each lone surrogate written as its escape.

    >>> encodable("caf\u00e9 \ud800")
    'café \\ud800'
    """
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")
