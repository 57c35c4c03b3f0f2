from __future__ import annotations

from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.ids import id_key
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.rules.cls.alike import folded
from labelaudit.rules.ref.numbering import free_ids
from labelaudit.rules.ref.problem_rows import shown


@rule(
    "CLS006",
    "class-map-differs",
    message="{what}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.CLASS_LISTS,
    scope=Scope.RECORDS,
)
def class_map_differs(audit: AuditContext) -> Found:
    """A class id with another name, or a class name with another id, than in an earlier file.

    Why it hurts: most trainers and all evaluators know a class by its id. A detector trained on one
    file and measured on the other is right, and counted as wrong.

    A name that is only spelled in another case or with other separators is a warning. A class that
    only some of the files declare is not reported.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> train, val = (
        ...     one_image("car 10 10 40 40", "van 50 20 60 60"),
        ...     one_image("van 10 10 40 40"),
        ... )
        >>> wrong = {"train.json": coco_text(train), "val.json": coco_text(val)}
        >>> print(before_and_after(class_map_differs, wrong))
        Found: id 1 is 'van' here and 'car' in train.json; 'van' has id 1 here and 2 in train.json
        val.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 10, 30, 30]}
        - {"id": 1, "name": "van"}
        + {"id": 2, "name": "van"}

    Fix: gives the class the id that its name has in the earlier file; if the name is not there, one
    that no file uses. Unsafe, because other files may go by these ids. None where only the spelling
    differs: that is mended as a class-name-variant.
    """
    dataset = audit.dataset
    by_id, by_name = _earlier(dataset)
    rows = np.flatnonzero((by_id != MISSING) | (by_name != MISSING)).tolist()
    spelling = {row for row in rows if _differ_in_spelling(dataset, row, int(by_id[row]))}
    spelling = {row for row in spelling if by_name[row] == MISSING}
    ids = _consistent_ids(dataset, by_id, spelling)
    return found(
        category=rows,
        severity=[Severity.WARNING if row in spelling else Severity.ERROR for row in rows],
        fix=[
            Fix("renumber", Safety.UNSAFE, RecordType.CATEGORY, row, {"id": ids[row]})
            if row in ids
            else None
            for row in rows
        ],
        what=[_what(dataset, row, int(by_id[row]), int(by_name[row])) for row in rows],
    )


def _earlier(dataset: Dataset) -> tuple[Ints, Ints]:
    """For each class record, the first of its id if it has another name; of its name, another id.

    MISSING where there is none in another file.
    """
    categories = dataset.categories
    names, same_id = categories.name.tolist(), categories.id.groups()
    usable = (categories.file != MISSING) & categories.id.given & (categories.name != "")
    rows = np.flatnonzero(usable).tolist()
    by_id, by_name = np.full((2, len(names)), MISSING)
    first_of_id: dict[int, int] = {}
    first_of_name: dict[str, int] = {}
    for row in rows:
        first = first_of_id.setdefault(int(same_id[row]), row)
        if categories.file[first] != categories.file[row] and names[first] != names[row]:
            by_id[row] = first
        first = first_of_name.setdefault(names[row], row)
        if categories.file[first] != categories.file[row] and same_id[first] != same_id[row]:
            by_name[row] = first
    return by_id, by_name


def _differ_in_spelling(dataset: Dataset, row: int, other: int) -> bool:
    name = dataset.categories.name
    return other != MISSING and folded(str(name[row])) == folded(str(name[other]))


def _consistent_ids(dataset: Dataset, by_id: Ints, spelling: set[int]) -> dict[int, Any]:
    """An id for each class record that needs another one, so that all files then agree."""
    categories = dataset.categories
    contested = [row for row in np.flatnonzero(by_id != MISSING).tolist() if row not in spelling]
    free = iter(free_ids(categories.id, len(contested)))
    wanted: dict[str, Any] = {}
    taken: set[tuple[int, str]] = set()
    new: dict[int, Any] = {}
    for row, name in enumerate(categories.name.tolist()):
        own, place = categories.id.value(row), (int(categories.file[row]), name)
        if name not in wanted:
            wanted[name] = next(free) if row in contested else own
        if id_key(wanted[name]) != id_key(own) and place not in taken and own is not None:
            new[row] = wanted[name]
        taken.add(place)
    return new


def _what(dataset: Dataset, row: int, by_id: int, by_name: int) -> str:
    categories, paths = dataset.categories, dataset.files.path
    name, own = str(categories.name[row]), shown(categories.id.value(row))
    words = []
    if by_id != MISSING:
        path = paths[categories.file[by_id]]
        words.append(f"id {own} is {name!r} here and {categories.name[by_id]!r} in {path}")
    if by_name != MISSING:
        path = paths[categories.file[by_name]]
        other = shown(categories.id.value(by_name))
        words.append(f"{name!r} has id {own} here and {other} in {path}")
    return "; ".join(words)
