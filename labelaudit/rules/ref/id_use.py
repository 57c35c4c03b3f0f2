"""Ids of annotations of a file that was cut: which repeat, whichever part they are in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.core.columns import Bools, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.ref.numbering import LARGEST, unusual


@dataclass(frozen=True, eq=False)
class IdUse:
    """The ids of the annotations of each file, by its row."""

    count: Ints  # (files,) annotations
    largest: Ints  # (files,) the largest id that every tool reads alike; 0 where there is none
    repeated: Sequence[Ints]  # those that several annotations have, ascending


def id_use(audit: AuditContext) -> IdUse | None:
    """What is known of the ids of a file that was cut; None where the dataset has all boxes."""
    known: IdUse | None = audit.gathered.get(ID_USE.name)
    return known


def keeps_repeated(audit: AuditContext) -> Bools:
    """Which boxes, (boxes,), have no id, an odd one, or one that another box of the file has.

    Where free ids have to be looked for among all, these are all boxes of the file.
    """
    boxes, known = audit.dataset.boxes, id_use(audit)
    kept = unusual(boxes.id, RecordType.BOX) | ~boxes.id.given
    if known is None:
        return np.ones(len(boxes), bool)
    for file, repeated in enumerate(known.repeated):
        here = boxes.file == file
        if known.largest[file] + known.count[file] >= LARGEST:
            kept |= here
        elif len(repeated):
            kept |= here & np.isin(boxes.id.number, repeated)
    return kept


def _runs(dataset: Dataset) -> list[tuple[int, Ints]]:
    """Of each file how many boxes it has, and the whole numbers that are ids, ascending."""
    boxes = dataset.boxes
    some = [boxes.id[boxes.file == file] for file in range(len(dataset.files))]
    return [(len(ids), np.sort(ids.wholes())) for ids in some]


def _merged(parts: Sequence[Any]) -> IdUse:  # Any: what `_runs` gives
    """What all parts of a file say together."""
    count, largest, repeated = [], [], []
    for of_file in zip(*parts, strict=True):
        ids = np.concatenate([run for _, run in of_file])
        ids.sort()
        count.append(sum(many for many, _ in of_file))
        below = int(np.searchsorted(ids, LARGEST, side="right"))
        largest.append(max(int(ids[below - 1]), 0) if below else 0)
        repeated.append(unique(ids[1:][ids[1:] == ids[:-1]]))
    return IdUse(np.array(count, np.int64), np.array(largest, np.int64), repeated)


ID_USE = Gathering(
    "ids of annotations", lambda audit, _: _runs(audit.dataset), _merged, of_file=True
)
"""Which ids repeat in a file, which needs all of them: 8 bytes a box while they are merged."""
