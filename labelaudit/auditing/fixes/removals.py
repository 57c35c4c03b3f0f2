"""How many objects fixes remove, which is what a person wants to know before applying them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from labelaudit.auditing.findings import Findings, Fix
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import Bools
from labelaudit.core.text import counted
from labelaudit.dataset.tables import Dataset, RecordType

_NOUNS = {
    RecordType.BOX: ("box", "boxes"),
    RecordType.IMAGE: ("image", "images"),
    RecordType.CATEGORY: ("class", "classes"),
}


def removed_boxes(dataset: Dataset, findings: Findings) -> Bools:
    """Which boxes go if the fixes of these findings are applied, (boxes,): with their images, too.

    What takes over from a record that is merged into another has its boxes; they stay.
    """
    gone, images = np.zeros(len(dataset.boxes), bool), np.zeros(len(dataset.images) + 1, bool)
    for fix in findings.fix.tolist():
        for one in _each(fix):
            if KINDS[one.kind].removes and "into" not in one.values:
                if one.part is RecordType.BOX:
                    gone[one.row] = True
                elif one.part is RecordType.IMAGE:
                    images[one.row] = True
    return gone | images[dataset.boxes.image] if images.any() else gone


def _each(fix: Fix | None) -> tuple[Fix, ...]:
    """A fix, or those that it consists of."""
    if fix is None:
        return ()
    return tuple(fix.values["fixes"]) if "fixes" in fix.values else (fix,)


def removals(before: Dataset, after: Dataset, added: int) -> dict[RecordType, int]:
    """How many records of each type are gone; none for a type that lost none.

    Parameters
    ----------
    before, after:
        the dataset before and after fixes.
    added:
        boxes that are new.
    """
    gone = {
        RecordType.BOX: len(before.boxes) + added - len(after.boxes),
        RecordType.IMAGE: len(before.images) - len(after.images),
        RecordType.CATEGORY: len(before.categories) - len(after.categories),
    }
    return {part: count for part, count in gone.items() if count}


def removal_words(gone: Mapping[RecordType, int]) -> str:
    """What is gone, for people; empty if nothing is.

    >>> removal_words({RecordType.BOX: 3, RecordType.IMAGE: 1})
    '3 boxes, 1 image'
    """
    return ", ".join(counted(gone[part], *_NOUNS[part]) for part in _NOUNS if gone.get(part))
