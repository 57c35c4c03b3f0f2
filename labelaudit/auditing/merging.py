"""Fixes that make two records one, and which of them are safe."""

from __future__ import annotations

from collections.abc import Sequence

from labelaudit.auditing.findings import Fix, Safety
from labelaudit.auditing.record_values import merging_adds
from labelaudit.dataset.tables import Dataset, RecordType


def merges(
    dataset: Dataset,
    part: RecordType,
    pairs: Sequence[tuple[int, int]],
    alike: Sequence[bool],
) -> list[Fix]:
    """A fix for each pair that lets the second record take over from the first.

    Safe where the two are alike, and the record that goes says nothing that the other does not say
    as well: files are read again to see that.

    Parameters
    ----------
    dataset:
        whose records these are.
    part:
        what they are, IMAGE or CATEGORY.
    pairs:
        rows in the table of that part: what goes, and what takes over.
    alike:
        of each pair, whether what the tables hold of the two is the same.
    """
    asked = [pair for pair, same in zip(pairs, alike, strict=True) if same]
    adding = merging_adds(dataset, part, [row for row, _ in asked], [into for _, into in asked])
    safe = {pair for pair, adds in zip(asked, adding.tolist(), strict=True) if not adds}
    return [
        Fix(
            "merge",
            Safety.SAFE if (row, into) in safe else Safety.UNSAFE,
            part,
            row,
            {"into": into},
        )
        for row, into in pairs
    ]
