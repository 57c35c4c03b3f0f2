"""Columns of a dataset as fixes set them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import Any

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.core.ids import Ids
from labelaudit.dataset.tables import Dataset, ProblemKind, RecordType
from labelaudit.errors import FixError

_MENDABLE = (
    ProblemKind.WRONG_TYPE,
    ProblemKind.LEFT_OVER,
    ProblemKind.DUPLICATE_KEY,
    ProblemKind.MISSING_FIELD,
    ProblemKind.UNREADABLE_FIELD,
)


def with_field(
    dataset: Dataset, part: RecordType, name: str, rows: Ints, values: Iterable[Any]
) -> Dataset:
    """The dataset with one field of some records set; a field that no column holds is left.

    Parameters
    ----------
    dataset:
        that stays as it is.
    part:
        the table of the records.
    name:
        a column, or the name that the source has for one.
    rows:
        (n,) in that table.
    values:
        (n,) the new ones.
    """
    table_name = {
        RecordType.IMAGE: "images",
        RecordType.CATEGORY: "categories",
        RecordType.BOX: "boxes",
    }.get(part)
    if table_name is None:
        raise FixError(f"the fields of a {part} cannot be set")
    given = list(values)
    if name == "num_keypoints":
        return _with_stated(dataset, dict(zip(rows.tolist(), given, strict=True)))
    table = getattr(dataset, table_name)
    place: dict[str, tuple[str, int | None]] = {"width": ("size", 0), "height": ("size", 1)}
    place |= {"file_name": ("name", None), "filename": ("name", None)}
    column, side = place.get(name, (name, None))
    if not hasattr(table, column):
        return dataset
    old = getattr(table, column)
    if isinstance(old, Ids):
        new: Any = old.with_values(dict(zip(rows.tolist(), given, strict=True)))
    else:
        new = old.copy()
        new[rows if side is None else (rows, side)] = given
    return dataclasses.replace(dataset, **{table_name: dataclasses.replace(table, **{column: new})})


def _with_stated(dataset: Dataset, stated: dict[int, int]) -> Dataset:
    column = dataset.keypoints.stated.copy()
    for place, box in enumerate(dataset.keypoints.box.tolist()):
        if box in stated:
            column[place] = stated[box]
    keypoints = dataclasses.replace(dataset.keypoints, stated=column)
    return dataclasses.replace(dataset, keypoints=keypoints)


def without_solved_problems(dataset: Dataset, part: RecordType, name: str, rows: Ints) -> Dataset:
    """The dataset without the problems that a newly written field solves.

    Parameters
    ----------
    dataset:
        that has the new values.
    part:
        the table of the records.
    name:
        a column, or the name that the source has for one.
    rows:
        (n,) in that table, of the records that have a new value.
    """
    problems = dataset.problems
    fields = [name, *dataset.facts.source_fields.get(name, ())]
    solved = (problems.part == part.value) & np.isin(problems.row, rows)
    solved &= np.isin(problems.field.astype(object), fields)
    solved &= np.isin(problems.kind.astype(object), [kind.value for kind in _MENDABLE])
    return dataclasses.replace(dataset, problems=problems.rows(~solved))


def with_areas_of_boxes(dataset: Dataset, before: Dataset) -> Dataset:
    """The dataset with new stated areas where a moved box's area was its width times its height."""
    area = dataset.boxes.area
    with np.errstate(invalid="ignore", over="ignore"):
        old, new = before.boxes.size.prod(axis=1), dataset.boxes.size.prod(axis=1)
        same = slice(len(before.boxes))  # what follows is new
        moved = np.zeros(len(area), bool)
        moved[same] = (dataset.boxes.xyxy[same] != before.boxes.xyxy).any(axis=1)
        moved[same] &= area[same] == before.boxes.area
        moved[same] &= np.isclose(area[same], old, rtol=1e-6, atol=0) & np.isfinite(new[same])
    moved[dataset.masks.box] = False
    if not moved.any():
        return dataset
    boxes = dataclasses.replace(dataset.boxes, area=np.where(moved, new, area))
    return dataclasses.replace(dataset, boxes=boxes)
