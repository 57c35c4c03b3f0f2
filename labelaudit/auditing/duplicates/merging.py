"""Fixes that make two records one, which of them are safe, and what two records differ in."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from labelaudit.auditing.duplicates.record_values import differing_keys, merging_adds
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.dataset.tables import Dataset, RecordType

NAMED = 5
"""Keys in which two records differ that are named; a choice."""


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


def differences(dataset: Dataset, part: RecordType, pairs: Sequence[tuple[int, int]]) -> list[str]:
    """What the two records of each pair do not say alike, in words; empty if they do.

    Names and ids are left to whoever tells of the pair.

    Parameters
    ----------
    dataset, part, pairs:
        see `merges`.
    """
    keys = differing_keys(dataset, part, [row for row, _ in pairs], [into for _, into in pairs])
    words = []
    for (row, into), others in zip(pairs, keys, strict=True):
        told = [*others]
        size = dataset.images.size
        of_image = part is RecordType.IMAGE
        if of_image and not np.array_equal(size[row], size[into], equal_nan=True):
            told.insert(0, "size")
        more = [f"{len(told) - NAMED} more"] if len(told) > NAMED else []
        listed = ", ".join([*told[:NAMED], *more])
        words.append(f"; they differ in {listed}" if told else "")
    return words
