"""Open Images: tables of boxes in fractions, with codes of classes; they can be read only.

Source: https://storage.googleapis.com/openimages/web/download_v7.html, "Boxes": ImageID, Source,
LabelName, Confidence, XMin, XMax, YMin, YMax, then flags, 1, 0 or -1 for unknown. A group of more
than five objects that touch has IsGroupOf. Names of classes are in a table of two columns beside.
"""

from __future__ import annotations

import csv
import dataclasses
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.csv_boxes import BOX, HEAD, CsvBoxes
from labelaudit.io.formats.csv_layout import TableLayout, cells_of, layout_of, plain
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import beside
from labelaudit.io.formats.text_lines import first_lines, lines_in

ENDING = ".csv"

_KEYS = {"imageid", "labelname", "xmin", "xmax", "ymin", "ymax"}
_CODES = ("/m/", "/g/", "/t/")
_LARGEST_LIST = 1 << 24  # bytes; that of all 20,000 classes has 0.5 MB


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a table of Open Images, or a folder with some."""
    why = "tables of Open Images (ImageID, LabelName, XMin)"
    return sample.judged(sample.ending(ENDING), lambda name: _layout(sample, name) is not None, why)


def is_open_images(header: str) -> bool:
    """Whether the first line of a table is that of boxes of Open Images."""
    try:
        cells = cells_of(header, ",")
    except csv.Error:
        return False
    return {plain(cell) for cell in cells} >= _KEYS


def _layout(sample: PathSample, name: str) -> TableLayout | None:
    lines = first_lines(sample.head(name, HEAD), sample.size(name))
    layout = layout_of(lines) if lines and is_open_images(lines[0]) else None
    return dataclasses.replace(layout, fractions=True) if layout else None


def read(path: Path) -> DatasetBuilder:
    """What is in a table, or in all tables of boxes of a folder.

    Raises
    ------
    FormatError
        if there is none.
    """
    sample = PathSample(path)
    root = path.parent if path.is_file() else path
    names = [path.name] if path.is_file() else sample.ending(ENDING)
    tables = {name: layout for name in names if (layout := _layout(sample, name))}
    if not tables:
        raise FormatError(f"{path}: no table of boxes of Open Images in it")
    built = DatasetBuilder("openimages", root)
    known: dict[str, str] = {}
    for name in beside(path, [ENDING]):
        if name not in tables and (names_of := _class_names(root / name)):
            built.add_file(name)
            known.update(names_of)
    unnamed: set[str] = set()

    def name_of(code: str) -> str:
        if code.startswith(_CODES) and code not in known:
            unnamed.add(code)
        return known.get(code, code)

    for name, layout in tables.items():
        CsvBoxes(built, name, layout, name_of).read()
    if unnamed and not known:
        built.notes.append("no class-descriptions table lies beside: classes are called by codes")
    return built


def _class_names(path: Path) -> dict[str, str]:
    """The names of classes by their codes, of a table of both; none if it is another table.

    Other tools write tables under the same name in which classes have no codes.
    """
    own = path.name.startswith("class-descriptions")
    try:
        if path.stat().st_size > _LARGEST_LIST:
            return {}
        rows = [cells_of(line, ",") for line in lines_in(path.read_bytes())]
    except (OSError, csv.Error):
        return {}
    return {row[0]: row[1] for row in rows if len(row) == 2 and (own or row[0].startswith(_CODES))}


FORMATS.add(
    "openimages",
    ReadOnly(
        "openimages",
        "tables of Open Images (CSV with ImageID, LabelName, XMin)",
        evidence,
        read,
        {
            "box_record": "line {line}",
            "image_record": "line {line}",
            "source_fields": {"xyxy": (BOX,)},
        },
        endings=(".csv",),
    ).format(),
)
