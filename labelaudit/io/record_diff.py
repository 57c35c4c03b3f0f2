"""What differs between a dataset as it stands on disk and as it was fixed, record by record.

Records are the same if they stand at the same position of the same source file, so a changed
dataset is any dataset made from the loaded one: by fixes, or by a user who replaced its columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import Boxes, Categories, Dataset, Images, ProblemKind, RecordType

_COLUMNS = {
    RecordType.IMAGE: ("id", "name", "size"),
    RecordType.CATEGORY: ("id", "name"),
    RecordType.BOX: ("id", "image", "label", "xyxy", "area", "crowd", "difficult"),
}


@dataclass(frozen=True)
class Change:
    """One record that differs."""

    part: RecordType
    file: int  # row in Files
    before: int  # row in the table of `part` on disk; MISSING if the record is new
    after: int  # row in the table of `part` as changed; MISSING if the record is gone
    fields: tuple[str, ...] = ()  # columns that differ; mask; num_keypoints; of solved problems


def changes(original: Dataset, changed: Dataset) -> list[Change]:
    """The records that differ, in the order of their tables.

    Both must come from the same files, so that `Files` of both are alike. A class that no file
    lists (in VOC a class is only the name its boxes bear) has no record: its boxes differ when its
    name does.
    """
    return [change for part in _COLUMNS for change in _part_changes(part, original, changed)]


def table(dataset: Dataset, part: RecordType) -> Images | Categories | Boxes:
    """The table of the records of a part."""
    tables: dict[RecordType, Images | Categories | Boxes] = {
        RecordType.IMAGE: dataset.images,
        RecordType.CATEGORY: dataset.categories,
        RecordType.BOX: dataset.boxes,
    }
    return tables[part]


def _part_changes(part: RecordType, original: Dataset, changed: Dataset) -> list[Change]:
    old, new = table(original, part), table(changed, part)
    before, after = _matched(_place(old), _place(new))
    fields = _changed_fields(part, original, changed, before, after)
    gone = np.setdiff1d(np.flatnonzero(old.file != MISSING), before).tolist()
    added = np.flatnonzero((new.record == MISSING) & (new.file != MISSING)).tolist()
    return [
        *(Change(part, int(old.file[row]), row, MISSING) for row in gone),
        *(
            Change(part, int(old.file[before[at]]), int(before[at]), int(after[at]), tuple(names))
            for at, names in sorted(fields.items())
        ),
        *(Change(part, int(new.file[row]), MISSING, row) for row in added),
    ]


def _place(table: Images | Categories | Boxes) -> Ints:
    """Where each record stands, (n,): one number for file and position; negative if nowhere."""
    place = (table.file.astype(np.int64) << 32) | table.record.astype(np.int64)
    return np.where((table.file == MISSING) | (table.record == MISSING), MISSING, place)


def _matched(old: Ints, new: Ints) -> tuple[Ints, Ints]:
    """Rows of the records that stand in both, at the same place."""
    _, before, after = np.intersect1d(old, new, assume_unique=False, return_indices=True)
    known = old[before] != MISSING
    return before[known], after[known]


def _changed_fields(
    part: RecordType, original: Dataset, changed: Dataset, before: Ints, after: Ints
) -> dict[int, list[str]]:
    """The fields that differ, by place in `before` and `after`."""
    fields: dict[int, list[str]] = {}
    for name in _COLUMNS[part]:
        old, new = _column(original, part, name), _column(changed, part, name)
        for at in np.flatnonzero(_unlike(old, new, before, after)).tolist():
            fields.setdefault(at, []).append(name)
    if part is RecordType.BOX:
        for name, target in (("image", RecordType.IMAGE), ("label", RecordType.CATEGORY)):
            pointer = getattr(changed.boxes, name)[after]
            for at in np.flatnonzero(_renumbered(target, original, changed)[pointer]).tolist():
                fields.setdefault(at, []).append(name)
        old, new = _mask_extents(original), _mask_extents(changed)
        for at in np.flatnonzero(_unlike(old, new, before, after)).tolist():
            fields.setdefault(at, []).append("mask")
        old, new = _stated(original), _stated(changed)
        for at in np.flatnonzero(old[before] != new[after]).tolist():
            fields.setdefault(at, []).append("num_keypoints")
    for at, name in _resolved(part, original, changed, before, after):
        fields.setdefault(at, []).append(name)
    return {at: list(dict.fromkeys(names)) for at, names in fields.items()}


def _renumbered(part: RecordType, original: Dataset, changed: Dataset) -> Bools:
    """Which records have another id than on disk, (n + 1,), the last for a box that has none.

    The boxes of such an image or class name it by its id, and differ with it.
    """
    old, new = table(original, part), table(changed, part)
    before, after = _matched(_place(old), _place(new))
    renumbered = np.zeros(len(new) + 1, bool)
    renumbered[after] = _unlike(old.id, new.id, before, after)
    return renumbered


def _column(dataset: Dataset, part: RecordType, name: str) -> Ids | NDArray[Any]:
    """A column, with references as the place of the record that they point at."""
    if part is RecordType.BOX and name == "image":
        return np.append(_place(dataset.images), MISSING)[dataset.boxes.image]
    if part is RecordType.BOX and name == "label":
        categories = dataset.categories
        names = np.array([*categories.name.tolist(), ""], object)
        places = np.append(_place(categories), MISSING).astype(object)
        return np.where(places == MISSING, names, places)[dataset.boxes.label]
    column: Ids | NDArray[Any] = getattr(table(dataset, part), name)
    return column


def _unlike(old: Ids | NDArray[Any], new: Ids | NDArray[Any], before: Ints, after: Ints) -> Bools:
    """Whether `old[before[i]]` and `new[after[i]]` differ, (n,); NaN equals NaN."""
    if isinstance(old, Ids) and isinstance(new, Ids):
        unlike: Bools = old.number[before] != new.number[after]
        for at in np.flatnonzero(~(old.plain[before] & new.plain[after])).tolist():
            pair = old.value(int(before[at])), new.value(int(after[at]))
            unlike[at] = repr(pair[0]) != repr(pair[1])  # 3 and 3.0 are written differently
        return unlike
    a, b = np.asarray(old)[before], np.asarray(new)[after]
    differs: Bools = a != b
    if a.dtype == np.float64:
        differs &= ~(np.isnan(a) & np.isnan(b))
    if differs.ndim > 1:
        differs = np.logical_or.reduce(differs, axis=1)
    return differs


def _mask_extents(dataset: Dataset) -> Floats:
    """The extent of the mask of each box, (n, 4); NaN without one."""
    extents = np.full((len(dataset.boxes), 4), np.nan)
    extents[dataset.masks.box] = dataset.masks.xyxy
    return extents


def _stated(dataset: Dataset) -> Ints:
    """The stated number of keypoints of each box, (n,); MISSING if none is stated."""
    stated = np.full(len(dataset.boxes), MISSING, np.int64)
    stated[dataset.keypoints.box] = dataset.keypoints.stated
    return stated


def _resolved(
    part: RecordType, original: Dataset, changed: Dataset, before: Ints, after: Ints
) -> list[tuple[int, str]]:
    """Problems of records in both that are only in the original, as place and field."""
    at = {int(row): place for place, row in enumerate(before)}
    row_after = {int(row): place for place, row in enumerate(after)}
    left = {(row_after.get(int(row)), kind, field) for row, kind, field in _problems(part, changed)}
    return [
        (at[row], field)
        for row, kind, field in _problems(part, original)
        if row in at and (at[row], kind, field) not in left
    ]


def _problems(part: RecordType, dataset: Dataset) -> list[tuple[int, str, str]]:
    """Row, kind and field of the problems of a part, but for references, which have a column."""
    problems = dataset.problems
    here = (problems.part == part.value) & (problems.row != MISSING)
    here &= problems.kind != ProblemKind.DANGLING.value
    some = problems.rows(here)
    return list(zip(some.row.tolist(), some.kind.tolist(), some.field.tolist(), strict=True))
