"""Hugging Face's image folders: `metadata.jsonl`, a line for each image; read only.

Source: https://huggingface.co/docs/datasets/image_dataset, "Object detection": `file_name` and
`objects` with a list of `bbox` (left, top, width, height in pixels) and one of `categories`.
"""

from __future__ import annotations

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
from labelaudit.io.formats.object_rows import BOXES, ObjectRows
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.text_lines import lines_of, split_named

ENDING = ".jsonl"

_NAMED = re.compile(rb'"(?:file_name|image|image_path)"\s*:\s*"')
_BOXES = re.compile(rb'"(?:objects|bbox|bboxes|boxes)"\s*:\s*[\[{]')


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being the metadata of an image folder, or a folder with some."""
    why = "JSON Lines with a file_name and objects"
    return sample.judged(sample.ending(ENDING), lambda name: _fits(sample.head(name)), why)


def _fits(head: bytes) -> bool:
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
        root, names = path, [n for n in sample.ending(ENDING) if _fits(sample.head(n))]
    if not names:
        raise FormatError(f"{path}: no metadata of an image folder in it (JSON Lines)")
    built = DatasetBuilder("huggingface", root)
    classes = names_beside(root)
    for name in names:
        _read_file(built, name, classes)
    return built


def _read_file(built: DatasetBuilder, name: str, classes: list[str]) -> None:
    rows = ObjectRows(built, built.add_file(name), classes)
    folder, split = posixpath.dirname(name), split_named(name)
    try:
        for record, line in enumerate(lines_of(built.root / name)):
            value = _value(line) if line.strip() else {}
            if not isinstance(value, dict):
                built.unreadable_record(RecordType.IMAGE, rows.file, record, line)
            elif value:
                rows.read(record, value, folder=folder, split=split)
    except OSError as error:
        built.unreadable_file(rows.file, error.strerror or str(error))


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
        "an image folder of Hugging Face (metadata.jsonl with a file_name and objects)",
        evidence,
        read,
        {
            "convention": "xywh",
            "image_record": "line {line}",
            "box_record": "object {record} of the file",
            "source_fields": {"xyxy": ("bbox",), "label": ("categories",)},
            "box_parts": BOXES,
        },
    ).format(),
)
