"""The classes of a dataset, and the class of each label."""

from __future__ import annotations

import numpy as np

from labelaudit.core.columns import MISSING, Floats, Rows, texts
from labelaudit.core.ids import Ids
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Boxes, Categories, ProblemKind, RecordType
from labelaudit.io.formats.problems import FieldProblem, Problem
from labelaudit.io.formats.yolo.description import Description

MOST_MADE_UP = 10_000
"""So many classes are made up at most from their number alone."""


def classes(description: Description, index: Floats, file: int) -> Categories:
    """The classes that a description names; without names, as many as it says or as labels have.

    Parameters
    ----------
    description:
        of the dataset.
    index:
        (n,) the class of each label as it is written; NaN if unreadable.
    file:
        row in Files of the file that names classes.
    """
    keypoints = description.keypoints[0] if description.keypoints else 0
    names = description.names
    if names:
        return Categories.of(
            len(names),
            file=np.full(len(names), file),
            record=[one.record for one in names],
            id=Ids.of([one.index for one in names]),
            name=texts(one.name for one in names),
            keypoints=np.full(len(names), keypoints),
        )
    numbers = _numbers(description.count, index)
    return Categories.of(
        len(numbers),
        id=Ids.of(numbers),
        name=texts(f"class_{number}" for number in numbers),  # what Ultralytics calls it
        keypoints=np.full(len(numbers), keypoints),
    )


def _numbers(count: int | None, index: Floats) -> list[int]:
    if count is not None and count <= MOST_MADE_UP:
        return list(range(count))
    used = unique(index[(index >= 0) & (index < 2**31)]).astype(np.int64)
    numbers: list[int] = used.tolist()
    return numbers


def labels_of(index: Floats, categories: Categories) -> Rows:
    """The class of each label, (n,), as a row in `categories`; MISSING if there is none.

    Of two classes of one index the last counts, as in a Python dict.
    """
    if not len(categories):
        return np.full(len(index), MISSING, np.int32)
    order = np.argsort(categories.id.number, kind="stable")
    known = categories.id.number[order].astype(np.float64)
    place = np.maximum(np.searchsorted(known, index, side="right") - 1, 0)
    return np.where(known[place] == index, order[place], MISSING).astype(np.int32)


def unknown_classes(boxes: Boxes, index: Floats, label: Rows) -> list[Problem]:
    """A row of `LoadProblems` for each label of a class that does not exist.

    Parameters
    ----------
    boxes:
        the labels.
    index:
        (n,) the class of each as it is written; NaN if unreadable.
    label:
        (n,) row in Categories; MISSING if there is none.
    """
    rows = np.flatnonzero((label == MISSING) & np.isfinite(index)).tolist()
    return [
        Problem(
            int(boxes.file[row]),
            RecordType.BOX,
            int(boxes.record[row]),
            row,
            FieldProblem(ProblemKind.DANGLING, "class", f"{index[row]:.15g}"),
        )
        for row in rows
    ]
