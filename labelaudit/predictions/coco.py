"""COCO results: a list of predictions, or a COCO file whose annotations have a score."""

from __future__ import annotations

import codecs
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labelaudit.core.columns import MISSING, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.conventions import as_fractions, class_numbers, corners
from labelaudit.predictions.lookup import ImageNames, classes_of, images_of, named_classes
from labelaudit.predictions.rows import Id, Row, RowColumns, columns_of, rows_in_parts
from labelaudit.predictions.validate import ImportedPredictions, PredictionColumns, validate

UNDER_NAMES = ("annotations", "predictions", "results", "detections")
"""What tools call the list of predictions in an object without images and classes of its own."""


class _Named(msgspec.Struct):
    id: Id = None
    name: str = ""
    file_name: str = ""


class _File(msgspec.Struct):
    annotations: list[msgspec.Raw]
    images: list[_Named]
    categories: list[_Named]


def read_coco(path: Path, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a COCO results file, or in a COCO file with scores.

    Raises
    ------
    FormatError
        if it is no JSON, or holds neither.
    """
    content = in_utf8(path.read_bytes())
    if not content.strip():
        raise FormatError(
            f"{path}: the file is empty; predictions of nothing are an empty list, []"
        )
    if content.lstrip(b" \t\r\n").startswith(b"{"):
        listed = _listed(content)
        if listed is None:
            return _with_own_names(path, content, derived)
        content = listed
    columns, unreadable = _columns(path, content)
    del content  # it takes more memory than the columns
    return _of_columns(derived, columns, unreadable, path)


def of_rows(
    derived: DatasetColumns, rows: Sequence[Row], unreadable: int, path: Path
) -> ImportedPredictions:
    """Predictions whose images and classes are ids or names of the dataset's.

    Parameters
    ----------
    derived:
        the dataset.
    rows:
        that were read.
    unreadable:
        how many more there are that could not be.
    path:
        of their file.
    """
    return _of_columns(derived, columns_of([rows]), unreadable, path)


def _of_columns(
    derived: DatasetColumns, columns: RowColumns, unreadable: int, path: Path
) -> ImportedPredictions:
    """As `of_rows`."""
    image = images_of(derived, columns.image_id)
    label = classes_of(derived, columns.category_id)
    numbers = columns.category_id
    return _validated(derived, columns, (image, label), path, unreadable, numbers=numbers)


def _listed(content: bytes) -> bytes | None:
    """A JSON list of what stands in lines, or under a name for results; None of anything else."""
    lines = [line for line in content.splitlines() if line.strip()]
    if len(lines) > 1 and _object(lines[0]) is not None:
        return b"[" + b",".join(lines) + b"]"
    file = _object(content)
    if file is None or {"annotations", "images", "categories"} <= file.keys():
        return None
    return next((bytes(file[name]) for name in UNDER_NAMES if name in file), None)


def _object(content: bytes) -> dict[str, msgspec.Raw] | None:
    """What a JSON object holds, by name; None of anything else."""
    try:
        return msgspec.json.decode(content, type=dict[str, msgspec.Raw])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None


def in_utf8(content: bytes) -> bytes:
    """The text of a JSON file in UTF-8 without a byte order mark, whichever UTF it is in."""
    encoding = json.detect_encoding(content[:4])
    if encoding.startswith("utf-8"):
        return content.removeprefix(codecs.BOM_UTF8)
    return content.decode(encoding, "replace").encode("utf-8", "replace")


def _no_json(path: Path, error: Exception) -> FormatError:
    """The error for a file that is no JSON, or in another encoding than those of JSON."""
    if isinstance(error, UnicodeDecodeError):
        found = f"0x{error.object[error.start]:02x}"
        return FormatError(f"{path}: not UTF-8, byte {found} is in a text; save it as UTF-8")
    return FormatError(f"{path}: not a JSON file: {error}")


def _check_utf8(path: Path, content: bytes) -> None:
    try:
        content.decode()
    except UnicodeDecodeError as error:
        raise _no_json(path, error) from error


def _with_own_names(path: Path, content: bytes, derived: DatasetColumns) -> ImportedPredictions:
    """Predictions whose file says itself what its images and classes are called."""
    try:
        file = msgspec.json.decode(content, type=_File)
    except (UnicodeDecodeError, RecursionError) as error:
        raise _no_json(path, error) from error
    except msgspec.MsgspecError as error:
        _check_utf8(path, content)  # of which some versions of msgspec say no more than that
        raise FormatError(
            f"{path}: neither a list of predictions nor a COCO file with scores: {error}"
        ) from error
    columns, unreadable = _columns(path, b"[" + b",".join(map(bytes, file.annotations)) + b"]")
    if len(columns) and np.isnan(columns.score).all():
        raise FormatError(f"{path}: its annotations have no score: these are labels")
    names = ImageNames(derived)
    image_row = dict(
        zip(
            [i.id for i in file.images], names.rows([i.file_name for i in file.images]), strict=True
        )
    )
    label_row = dict(
        zip(
            [category.id for category in file.categories],
            named_classes(derived, [category.name for category in file.categories]),
            strict=True,
        )
    )
    image = np.array([image_row.get(one, MISSING) for one in columns.image_id], np.int32)
    label = np.array([label_row.get(one, MISSING) for one in columns.category_id], np.int32)
    return _validated(derived, columns, (image, label), path, unreadable)


def _columns(path: Path, content: bytes) -> tuple[RowColumns, int]:
    """The predictions in a JSON list, and how many of its items are none."""
    try:
        return columns_of(rows_in_parts(content)), 0
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        items = _tolerant(path, content)
    rows = []
    for item in items:
        try:
            rows.append(msgspec.convert(item, Row, strict=False))  # numbers may be texts
        except (msgspec.ValidationError, UnicodeEncodeError):  # half a pair of surrogates
            continue
    return columns_of([rows]), len(items) - len(rows)


def _tolerant(path: Path, content: bytes) -> list[Any]:
    """The items of a JSON list that may hold NaN, which Python writes and JSON does not know."""
    try:
        items = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise _no_json(path, error) from error
    if not isinstance(items, list):
        raise FormatError(f"{path}: expected a list of predictions, found {type(items).__name__}")
    return items


def _validated(
    derived: DatasetColumns,
    read: RowColumns,
    found: tuple[Rows, Rows],
    path: Path,
    unreadable: int,
    *,
    numbers: Sequence[Id] | None = None,
) -> ImportedPredictions:
    """What was read, by the convention that the labels speak for.

    `found` are the image and the class of each row, `numbers` its class as it is written, where the
    file does not say itself what that means.
    """
    image, label = found
    score, notes = as_fractions(read.score)
    xyxy, words = corners(derived, image, read.bbox, score)
    notes += words
    if numbers is not None:
        label, words = class_numbers(derived, numbers, label, (image, xyxy, score))
        notes += words
    columns = PredictionColumns(image, label, xyxy, score, read.class_scores)
    notes = [f"{path}: {words}" for words in notes]
    return validate(derived, columns, str(path), notes=notes, unreadable=unreadable)
