"""Image folders whose metadata is a table: `metadata.csv` with a cell of objects for each image.

Cells are JSON, or what Python prints of a list or an object, as pandas writes them.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from labelaudit.io.formats.object_rows import BOXES, CONTAINERS, IMAGES
from labelaudit.io.formats.text_lines import text_in
from labelaudit.io.formats.values import number_in

TABLE_ENDING = ".csv"

_LARGEST_CELL = 1 << 24
_LITERAL = re.compile(r"\s*[\[{]")
_SEVERAL = re.compile(r"\s*\[\s*(?:\[|\{|\])")
"""A list of boxes, not one of four numbers: tables with a row for each box are another format."""


def is_metadata(head: bytes) -> bool:
    r"""Whether the beginning of a file is that of a table with an image and objects in each row.

    >>> is_metadata(b'file_name,objects\na.jpg,"{""bbox"": [[1, 2, 3, 4]]}"\n')
    True
    >>> is_metadata(b'file_name,bbox\na.jpg,"[1, 2, 3, 4]"\n')
    False
    """
    try:
        rows = csv.reader(text_in(head).splitlines(keepends=True))
        header, first = next(rows), next(rows)
    except (StopIteration, csv.Error):
        return False
    cells = dict(zip(map(str.strip, header), first, strict=False))
    if not any(name in cells for name in IMAGES):
        return False
    inside = [cells[name] for name in CONTAINERS if name in cells]
    several = [cells[name] for name in BOXES if name in cells]
    return any(map(_LITERAL.match, inside)) or any(map(_SEVERAL.match, several))


def metadata_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """The line of each row, counted from 0, and its values by their names.

    Raises
    ------
    OSError
        if the file cannot be read.
    csv.Error
        if it is no table.
    """
    csv.field_size_limit(_LARGEST_CELL)
    lines = text_in(path.read_bytes()).splitlines(keepends=True)
    table = csv.DictReader(lines, skipinitialspace=True)
    for row in table:
        if any(row.values()):
            yield (
                table.line_num - 1,
                {
                    name.strip(): _value(name.strip(), cell)
                    for name, cell in row.items()
                    if isinstance(name, str) and isinstance(cell, str)
                },
            )


def _value(name: str, cell: str) -> Any:  # Any: whatever stands in a cell
    """What a cell holds: a list or an object that is written in it, a number, or its text."""
    if name in IMAGES or not cell.strip():
        return cell or None
    if not _LITERAL.match(cell):
        number = number_in(cell)
        return cell if number is None else number
    return literal_in(cell)


def literal_in(cell: str) -> Any:  # Any: whatever stands in a cell
    """The list or the object that is written in a cell, as JSON or as Python prints it; its text.

    >>> literal_in("[{'x': 1}]"), literal_in("[1 2]"), literal_in("a")
    ([{'x': 1}], '[1 2]', 'a')
    """
    if not _LITERAL.match(cell):
        return cell
    from ast import literal_eval  # noqa: PLC0415  # hardly anybody has such a table

    for read in (json.loads, literal_eval):
        try:
            return read(cell)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            continue
    return cell
