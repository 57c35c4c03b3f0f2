"""Lists of boxes for each image as people's own scripts write them; they are read only.

JSON, JSON Lines, YAML and tables with such a list in a cell: an object with a key for each image,
or a list of images. Source: there is none, which is why keys are known by many names, and what four
numbers mean is told by them; Bosch Small Traffic Lights and LISA have such YAML, Kaggle's Great
Barrier Reef such a table.
"""

from __future__ import annotations

from pathlib import Path

from labelaudit.core.later import later
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.boxlists.finding import evidence
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.read_only import ReadOnly

_read = later("labelaudit.io.formats.boxlists.reading", "read")


def read(path: Path) -> DatasetBuilder:
    """What is in a file with boxes for each image, or in those of a folder.

    Raises
    ------
    FormatError
        if there is none in the folder.
    """
    built: DatasetBuilder = _read(path)
    return built


FORMATS.add(
    "boxlists",
    ReadOnly(
        "boxlists",
        "lists of boxes for each image (JSON, JSON Lines, YAML or CSV of people's own scripts)",
        evidence,
        read,
        {
            "box_record": "box {record} of the file",
            "image_record": "image {record} of the file",
            "source_fields": {"xyxy": ("bbox",), "label": ("label",)},
        },
        endings=(".json", ".jsonl", ".ndjson", ".yaml", ".yml", ".csv"),
        placed=True,
    ).format(),
)
