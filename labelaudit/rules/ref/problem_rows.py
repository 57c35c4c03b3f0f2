"""Where records stand and what they say, in the words that messages of this family use."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import take_or_missing
from labelaudit.core.text import counted
from labelaudit.dataset.format_facts import WHOLE_TEXT
from labelaudit.dataset.tables import Boxes, Categories, Dataset, Images, ProblemKind, RecordType


def problems(dataset: Dataset, *kinds: ProblemKind) -> Ints:
    """Rows of the problems of these kinds."""
    wanted = np.zeros(len(dataset.problems), bool)
    for kind in kinds:
        wanted |= dataset.problems.kind == kind.value
    return np.flatnonzero(wanted)


def left_to_trainers(dataset: Dataset) -> Bools:
    """Which problems are fields that are missing and optional to read, but not for all, (n,)."""
    some = dataset.problems
    asked = np.isin(some.field.astype(object), list(dataset.facts.stops_without))
    missing: Bools = asked & (some.kind == ProblemKind.MISSING_FIELD.value)
    return missing


def essential(dataset: Dataset) -> frozenset[str]:
    """The source's fields without which a trainer stops, or leaves the record out."""
    facts = dataset.facts
    references = (*facts.image_references, *facts.class_references)
    return frozenset(
        (
            *("id", "name", WHOLE_TEXT, *facts.box_fields, *references),
            *(*facts.image_fields.get("name", ()), *facts.as_usual),
        )
    )


def about(dataset: Dataset, problem: Ints) -> dict[str, Any]:  # Any: columns of `found`
    """The columns of findings about these problems: file, and record if it is in a table."""
    some = dataset.problems.rows(problem)
    box, image, category = (
        np.where(some.part == part.value, some.row, MISSING)
        for part in (RecordType.BOX, RecordType.IMAGE, RecordType.CATEGORY)
    )
    image = np.where(box == MISSING, image, take_or_missing(dataset.boxes.image, box))
    columns = {"box": box, "image": image, "category": category}
    return {"problem": problem, "file": some.file, **columns}


def places(dataset: Dataset, problem: Ints) -> list[str]:
    """Where these problems are: the path of the file, or the record in it; see `place`."""
    some = dataset.problems.rows(problem)
    paths = [*dataset.files.path.tolist(), "the dataset"]
    rows = zip(some.part.tolist(), some.record.tolist(), some.file.tolist(), strict=True)
    facts = dataset.facts
    words = {RecordType.BOX: facts.box_record, RecordType.IMAGE: facts.image_record}
    return [place(paths[file], part, record, words.get(part, "")) for part, record, file in rows]


def place(path: str, part: str, record: int, words: str = "") -> str:
    """Where a record is, in the words of its kind of file.

    Parameters
    ----------
    path:
        of the file.
    part:
        what kind of record it is.
    record:
        its position there; MISSING for the file as a whole.
    words:
        by which the format has people find it, if it says so; see `FormatFacts`.

    Examples
    --------
    >>> place("export.json", "annotations", 3, "region[{record}]")
    'region[3]'
    >>> place("train.json", "annotations", 3), place("a.txt", "annotations", 3)
    ('annotations[3]', 'a.txt:4')
    >>> place("a.xml", "annotations", 3), place("a.xml", "images", 0)
    ('object 3 of a.xml', 'a.xml')
    >>> place("a.csv", "annotations", 3, "line {line}")
    'a.csv:4'
    >>> place("a.txt", "annotations", 3, "box {record} of the file")
    'a.txt, box 3 of the file'
    """
    if record == MISSING:
        return path
    if path.endswith(".json"):
        return words.format(record=record, line=record + 1) or f"{part}[{record}]"
    if part == RecordType.CATEGORY:
        return f"class {record} of {path}"
    if part == RecordType.IMAGE:
        return path
    is_text = path.endswith(".txt")
    if is_text and words and "{line}" not in words:  # several on a line
        return f"{path}, {words.format(record=record)}"
    by_lines = is_text or "{line}" in words
    return f"{path}:{record + 1}" if by_lines else f"object {record} of {path}"


def counted_records(count: int, part: str) -> str:
    """So many records of a table, by the name of the table.

    >>> counted_records(1, "annotations"), counted_records(2152, "categories")
    ('1 annotation', '2,152 categories')
    """
    singular = {"images": "image", "categories": "category", "annotations": "annotation"}
    return counted(count, singular.get(part, part), part)


def image_names(images: Images, rows: Iterable[int]) -> list[str]:
    """What to call these images: their file name, or their id."""
    return [
        "no known image"
        if row == MISSING
        else str(images.name[row]) or f"the image with id {shown(images.id.value(row))}"
        for row in rows
    ]


def table_of(dataset: Dataset, part: RecordType) -> Images | Categories | Boxes:
    """The table of a part."""
    tables: dict[RecordType, Images | Categories | Boxes] = {
        RecordType.IMAGE: dataset.images,
        RecordType.CATEGORY: dataset.categories,
        RecordType.BOX: dataset.boxes,
    }
    return tables[part]


def shown(value: Any, width: int = 60) -> str:  # Any: whatever JSON holds
    """A value from a JSON file, as it is written there, and shortened.

    >>> shown("7"), shown(None), shown(["x" * 99], width=9)
    ('"7"', 'null', '["xxxx...')
    """
    if type(value) is int:  # a hundred thousand ids of as many findings
        return str(value)
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        text = "something nested too deeply"
    return text if len(text) <= width else f"{text[: width - 3]}..."
