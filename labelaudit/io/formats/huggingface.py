"""Hugging Face's image folders: `metadata.jsonl` or `.csv`, a line for each image; read only.

Source: https://huggingface.co/docs/datasets/image_dataset, "Object detection": `file_name` and
`objects` with a list of `bbox` (left, top, width, height in pixels) and one of `categories`.
"""

from __future__ import annotations

import csv
import json
import posixpath
import re
from pathlib import Path
from typing import Any

from labelaudit.dataset.tables import RecordType
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.class_features import names_beside
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.metadata_table import TABLE_ENDING, is_metadata, metadata_rows
from labelaudit.io.formats.object_rows import BOXES, ObjectRows
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.text_lines import lines_of, split_named

ENDING = ".jsonl"

METADATA = "metadata."
"""What names of files begin with whose boxes are documented; in others they may be anything."""

_NAMED = re.compile(rb'"(?:file_name|image|image_path)"\s*:\s*"')
_BOXES = re.compile(rb'"(?:objects|bbox|bboxes|boxes)"\s*:\s*[\[{]')


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being the metadata of an image folder, or a folder with some."""
    why = "metadata with a file_name and objects"
    names = sample.ending(ENDING, TABLE_ENDING)
    return sample.judged(names, lambda name: _fits(name, sample.head(name)), why)


def _fits(name: str, head: bytes) -> bool:
    if _is_table(name):
        return is_metadata(head)
    return _NAMED.search(head) is not None and _BOXES.search(head) is not None


def read(path: Path) -> DatasetBuilder:
    """What is in a file of metadata, or in all such files of a folder.

    Raises
    ------
    FormatError
        if there is none.
    """
    sample = PathSample(path)
    root, names = path.parent, [path.name]
    if not path.is_file():
        names = sample.ending(ENDING, TABLE_ENDING)
        root, names = path, [name for name in names if _fits(name, sample.head(name))]
    if not names:
        raise FormatError(f"{path}: no metadata of an image folder in it (JSON Lines or CSV)")
    built = DatasetBuilder("huggingface", root)
    built.four.custom, built.four.doubted = "xywh", True
    classes = names_beside(root)
    for name in names:
        _read_file(built, name, classes)
    return built


def _read_file(built: DatasetBuilder, name: str, classes: list[str]) -> None:
    is_other = not posixpath.basename(name).lower().startswith(METADATA)
    rows = ObjectRows(built, built.add_file(name), classes, is_open=is_other)
    folder, split = posixpath.dirname(name), split_named(name)
    try:
        if _is_table(name):
            for record, value in metadata_rows(built.root / name):
                rows.read(record, value, folder=folder, split=split)
            return
        for record, line in enumerate(lines_of(built.root / name)):
            value = _value(line) if line.strip() else {}
            if not isinstance(value, dict):
                built.unreadable_record(RecordType.IMAGE, rows.file, record, line)
            elif value:
                rows.read(record, value, folder=folder, split=split)
    except OSError as error:
        built.unreadable_file(rows.file, error.strerror or str(error))
    except csv.Error as error:
        built.unreadable_file(rows.file, str(error))


def _is_table(name: str) -> bool:
    return name.lower().endswith(TABLE_ENDING)


def _value(line: str) -> Any:  # Any: whatever stands in the line
    """The value of a line of JSON; None if it is none."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


FORMATS.add(
    "huggingface",
    ReadOnly(
        "huggingface",
        "an image folder of Hugging Face (metadata.jsonl or .csv with a file_name and objects)",
        evidence,
        read,
        {
            "convention": "xywh",
            "image_record": "line {line}",
            "box_record": "object {record} of the file",
            "source_fields": {"xyxy": ("bbox",), "label": ("categories",)},
            "box_parts": BOXES,
        },
        endings=(".jsonl", ".csv"),
    ).format(),
)
