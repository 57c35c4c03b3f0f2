"""Lists of classes beside labels: which is read, and whether the others say the same."""

from __future__ import annotations

import posixpath
from pathlib import Path

from labelaudit.dataset.tables import ProblemKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.description import Description, described, listed_names
from labelaudit.io.formats.yolo.finding import class_list_in, description_in
from labelaudit.io.formats.yolo.layout import YoloLayout, dataset_folder
from labelaudit.io.formats.yolo.loose import shortened


def name_classes(description: Description, path: Path, layout: YoloLayout) -> None:
    """Take the names of classes from a list near the labels, or else from a description above.

    Parameters
    ----------
    description:
        that takes them.
    path:
        of the dataset.
    layout:
        where its labels are.
    """
    if _take_class_list(description, path, layout):
        return
    above = next(filter(None, map(description_in, [path.parent, path.parent.parent])), None)
    if not above or not layout.labels:
        return
    try:
        description.names = described(above).names
    except FormatError as error:
        layout.notes.append(f"classes are called by their numbers, since {error}")
    else:
        layout.notes.append(f"classes are called as {above} names them")


def _take_class_list(description: Description, path: Path, layout: YoloLayout) -> bool:
    """Take the names of classes from a list near the labels; False if there is none.

    Of several the first counts. One that calls a number otherwise is noted: labels beside it mean
    another class.

    Parameters
    ----------
    description:
        that takes them.
    path:
        of the dataset.
    layout:
        where its labels are.
    """
    lists = _class_lists(path, layout)
    if not lists:
        return False
    description.names_path = lists[0]
    description.names, problems = listed_names(lists[0])
    description.problems += problems
    for other in lists[1:]:
        _compare(description, other, path)
    return True


def _class_lists(path: Path, layout: YoloLayout) -> list[Path]:
    """The lists of classes beside the labels, or in the folder above them."""
    folders = [Path(folder) for folder in sorted({posixpath.dirname(one) for one in layout.labels})]
    home = Path(dataset_folder(path.as_posix()))
    near = [path, path / "labels", *folders, *(folder.parent for folder in folders), home]
    return list(filter(None, map(class_list_in, dict.fromkeys(near))))


def _compare(description: Description, other: Path, path: Path) -> None:
    """Note where two lists call a number otherwise; that one is longer is no contradiction."""
    names, others = (
        [one.name for one in some] for some in (description.names, listed_names(other)[0])
    )
    differ = [row for row, (one, two) in enumerate(zip(names, others, strict=False)) if one != two]
    if differ:
        row = differ[0]
        place = other.relative_to(path) if other.is_relative_to(path) else other
        called = f"{shortened(names[row])} here and {shortened(others[row])} there"
        words = f"not those of {place.as_posix()}: class {row} is {called}"
        description.problems.append(FieldProblem(ProblemKind.WRONG_TYPE, "names", words))
