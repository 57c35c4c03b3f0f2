"""What differs between a dataset as it stands on disk and as it was fixed, record by record.

Records are the same if they stand at the same position of the same source file, so a changed dataset is
any dataset made from the loaded one: by fixes, or by a user who replaced its columns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.dataset import Dataset, Part
from labelaudit.table import MISSING, Bools, Ids, Ints, Rows, Table

_COLUMNS = {
    Part.IMAGE: ("id", "name", "size"),
    Part.CATEGORY: ("id", "name"),
    Part.BOX: ("id", "image", "label", "xyxy", "area", "crowd", "difficult"),
}


@dataclass(frozen=True)
class Change:
    """One record that differs."""

    part: Part
    file: int  # row in Files
    before: int  # row in the table of `part` on disk; MISSING if the record is new
    after: int  # row in the table of `part` as changed; MISSING if the record is gone
    fields: tuple[str, ...] = ()  # columns that differ; `num_keypoints`; fields of resolved problems


def changes(original: Dataset, changed: Dataset) -> list[Change]:
    """The records that differ, in the order of their tables.

    `original` and `changed` must come from the same files: `Files` of both are alike.
    """
    return [change for part in _COLUMNS for change in _part_changes(part, original, changed)]


def _part_changes(part: Part, original: Dataset, changed: Dataset) -> list[Change]:
    old, new = table(original, part), table(changed, part)
    listed = np.flatnonzero(old.file != MISSING)
    added = np.flatnonzero((new.record == MISSING) & (new.file != MISSING))
    before, after = matched(old, new)
    gone = np.setdiff1d(listed, before)
    found = [Change(part, int(old.file[row]), int(row), MISSING) for row in gone]
    differing: dict[int, list[str]] = {}
    for name in _COLUMNS[part]:
        for place in np.flatnonzero(_differs(name, original, changed, part, before, after)):
            differing.setdefault(int(place), []).append(name)
    place_of = {int(row): place for place, row in enumerate(before)} if _resolves(original, changed) else {}
    for row, field in _resolved(part, original, changed, place_of, after):
        fields = differing.setdefault(place_of[row], [])
        if field not in fields:
            fields.append(field)
    if part is Part.BOX:
        for place in _keypoint_changes(original, changed, before, after):
            differing.setdefault(place, []).append("num_keypoints")
    found += [
        Change(part, int(old.file[before[place]]), int(before[place]), int(after[place]), tuple(fields))
        for place, fields in sorted(differing.items())
    ]
    return found + [Change(part, int(new.file[row]), MISSING, int(row)) for row in added]
