"""What can be a new class: names, and whether the files of a dataset can hold one."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.new_classes import LONGEST_CLASS_NAME, class_in_file, with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.io.formats import FORMATS, patcher
from labelaudit.io.record_diff import changes


class EditError(LabelauditError):
    """A reviewer's own fix that cannot be done."""


def checked_name(classes: Sequence[str], name: str) -> str:
    """The name of a class, which is one of `classes` or may be new.

    Raises
    ------
    EditError
        if it is empty, too long or not printable, or is that of another but for capitals or spaces.
    """
    if name in classes:
        return name
    name = name.strip()
    if name in classes:
        return name
    if not name or len(name) > LONGEST_CLASS_NAME or not name.isprintable():
        raise EditError(f"a class has a name of 1 to {LONGEST_CLASS_NAME} printable characters")
    alike = next((one for one in classes if _folded(one) == _folded(name)), None)
    if alike is not None:
        raise EditError(f"there is {alike!r}, which differs in capitals or spaces alone: choose it")
    return name


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def check_writable(dataset: Dataset, name: str) -> None:
    """`FixError` if saving could not write a box of a new class, and why not.

    That is tried with the first label that has a class; nothing is written.
    """
    made = with_classes(dataset, [name])
    boxes, label = made.boxes, made.boxes.label.copy()
    some = np.flatnonzero((boxes.label != MISSING) & (boxes.record != MISSING))[:1]
    for row in some.tolist():
        label[row] = class_in_file(made, made.class_names.index(name), int(boxes.file[row]))
    tried = dataclasses.replace(made, boxes=dataclasses.replace(boxes, label=label))
    patcher(FORMATS[dataset.format], dataset)(dataset, tried, changes(dataset, tried))
