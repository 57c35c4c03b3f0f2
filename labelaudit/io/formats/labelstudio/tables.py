"""Tables that Label Studio writes (CSV, TSV): the items of JSON_MIN, a row each.

Source: `exports/csv.py` of https://github.com/HumanSignal/label-studio-converter: the columns are
sorted by their names; lists and objects stand in their cells as JSON.
"""

from __future__ import annotations

import csv
import io
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_HEADER = re.compile(rb"\A(?:\xef\xbb\xbf)?[^\r\n]*\bannotation_id\b[^\r\n]*\blead_time\b")


def is_table(head: bytes) -> bool:
    """Whether a file begins as such a table, with the columns that every export has."""
    return _HEADER.match(head) is not None


def items_of(path: Path) -> list[dict[str, Any]]:  # Any: whatever stands in a cell
    """The rows of a table as items of JSON_MIN.

    Raises
    ------
    ValueError
        in words, if it cannot be read.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from error
    before = csv.field_size_limit(sys.maxsize)  # the regions of an image are one cell
    try:
        return list(_rows(text))
    except csv.Error as error:
        raise ValueError(str(error)) from error
    finally:
        csv.field_size_limit(before)


def _rows(text: str) -> Iterator[dict[str, Any]]:
    header = text.partition("\n")[0]
    delimiter = max(",;\t", key=header.count)
    for row in csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter):
        yield {str(key): _value(cell) for key, cell in row.items() if isinstance(cell, str)}


def _value(cell: str) -> Any:  # Any: whatever JSON holds
    """What a cell holds: the list or the object that is written there, else its text."""
    if cell[:1] not in ("[", "{"):
        return cell
    try:
        return json.loads(cell)
    except ValueError:
        return cell
