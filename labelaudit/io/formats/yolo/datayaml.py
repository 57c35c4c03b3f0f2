"""What a data.yaml says of a dataset: https://docs.ultralytics.com/datasets/detect/.

Where Ultralytics would stop, it is noted and read on.
"""

from __future__ import annotations

from pathlib import Path

import yaml

from labelaudit.dataset.tables import ProblemKind
from labelaudit.errors import FormatError
from labelaudit.io.formats.problems import FieldProblem
from labelaudit.io.formats.yolo.description import (
    ALIASES,
    SPLITS,
    ClassName,
    Description,
    Source,
    index,
)
from labelaudit.io.formats.yolo.document import (
    Document,
    is_null,
    is_truth_value,
    items,
    read_document,
    scalar,
)
from labelaudit.io.formats.yolo.loose import shortened


def from_yaml(path: Path) -> Description:
    """What the file at a path says.

    Raises
    ------
    FormatError
        if it cannot be read, or says nothing that describes a dataset.
    """
    document = read_document(path)
    if not {"names", "nc", *SPLITS, *ALIASES} & document.entries.keys():
        raise FormatError(f"{path}: expected `names:` and `train:`, found neither")
    description = Description(path.parent, path, names_path=path)
    if document.escapes:
        said = f"{shortened(document.escapes)}, in which a backslash begins an escape: trainers "
        problem = FieldProblem(ProblemKind.WRONG_TYPE, "a text", f"{said}stop here; write / there")
        description.problems.append(problem)
    for key in document.repeated:
        description.note(ProblemKind.DUPLICATE_KEY, key)
    description.base = scalar(document.entries.get("path")) or ""
    description.count = index(scalar(document.entries.get("nc")))
    _read_sources(description, document)
    _read_names(description, document)
    _read_keypoints(description, document)
    return description


def _read_sources(description: Description, document: Document) -> None:
    for key, node in document.entries.items():
        split = ALIASES.get(key, key)
        if split not in SPLITS or is_null(node):
            continue
        listed = [value for _, value in items(node)] if node.tag.endswith(":seq") else [node]
        paths = [scalar(value) for value in listed]
        if None in paths:
            description.note(ProblemKind.UNREADABLE_FIELD, key, document.written(node))
        description.sources += [Source(split, path) for path in paths if path]
    if not description.sources:
        description.note(ProblemKind.MISSING_FIELD, "train")
    description.sources.sort(key=lambda source: SPLITS.index(source.split))


def _read_names(description: Description, document: Document) -> None:
    node = document.entries.get("names")
    if node is None:
        if description.count is None:
            description.note(ProblemKind.MISSING_FIELD, "names")
        return
    if scalar(node) is not None or is_null(node):
        description.note(ProblemKind.UNREADABLE_FIELD, "names", document.written(node))
        return
    named: set[int] = set()
    for record, (key, value) in enumerate(items(node)):
        number = index(key)
        if number is None:
            description.note(ProblemKind.UNREADABLE_FIELD, "names", f"{key}: {scalar(value)}")
            continue
        if number in named:
            description.note(ProblemKind.DUPLICATE_KEY, f"names[{number}]", scalar(value) or "")
        named.add(number)
        _note_name(description, document, value)
        description.names.append(ClassName(record, number, scalar(value) or ""))
    _note_count(description, named)


def _note_name(description: Description, document: Document, value: yaml.Node) -> None:
    written = document.written(value)
    if scalar(value) is None:
        problem = FieldProblem(ProblemKind.UNREADABLE_FIELD, "name", shortened(written))
    elif is_truth_value(value):
        words = f"{written}, which YAML reads as true or false"
        problem = FieldProblem(ProblemKind.WRONG_TYPE, "name", shortened(words))
    else:
        return
    description.name_problems.append((len(description.names), problem))


def _note_count(description: Description, named: set[int]) -> None:
    if description.count is not None and description.count != len(named):
        words = f"{description.count}, but there are {len(named)} names"
        description.note(ProblemKind.WRONG_TYPE, "nc", words)
    gap = next((number for number in range(len(named)) if number not in named), None)
    if gap is not None:
        description.note(ProblemKind.MISSING_FIELD, f"names[{gap}]")


def _read_keypoints(description: Description, document: Document) -> None:
    node = document.entries.get("kpt_shape")
    if node is None:
        return
    shape = [index(scalar(value)) for _, value in items(node)]
    match shape:
        case [int(count), 2 | 3 as numbers]:
            description.keypoints = (count, numbers)
        case _:
            found = document.written(node)
            description.note(ProblemKind.UNREADABLE_FIELD, "kpt_shape", found)
