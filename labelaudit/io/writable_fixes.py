"""Writing what can be written: a fix that a format cannot hold does not stop the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias, TypeVar

from labelaudit.dataset.tables import Dataset, RecordPlace
from labelaudit.errors import FixError

Unwritable: TypeAlias = Mapping[RecordPlace, str]
"""Records that cannot be written as they should be, with the reason."""

MOST_TRIES = 5


class FixesDone(Protocol):
    """What comes of fixes."""

    @property
    def dataset(self) -> Dataset:
        """The fixed dataset."""


Fixed = TypeVar("Fixed", bound=FixesDone)
Used = TypeVar("Used")


def fixed_as_far_as_writable(
    fixing: Callable[[Unwritable], Fixed], use: Callable[[Fixed], Used]
) -> tuple[Fixed, Used]:
    """What comes of fixes, and of using it, without the fixes that its format cannot hold.

    Parameters
    ----------
    fixing:
        applies the fixes, but for those of some records.
    use:
        writes what came of them, or tries to.

    Raises
    ------
    FixError
        if it cannot be used for another reason.
    """
    refused: dict[RecordPlace, str] = {}
    for _ in range(MOST_TRIES):
        outcome = fixing(refused)
        try:
            return outcome, use(outcome)
        except FixError:
            more = _unwritable(outcome.dataset)
            if not more.keys() - refused.keys():
                raise
            refused |= more
    outcome = fixing(refused)
    return outcome, use(outcome)


def _unwritable(dataset: Dataset) -> Unwritable:
    # A scan that writes nothing does without what it takes.
    from labelaudit.io.unwritable import unwritable  # noqa: PLC0415

    return unwritable(dataset)
