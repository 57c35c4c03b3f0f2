"""Tables with a row for each box: TensorFlow, RetinaNet, AutoML and those that people write.

They can be read only. Source:
https://github.com/datitran/raccoon_dataset (filename,width,height,class,xmin,ymin,xmax,ymax) and
https://github.com/fizyr/keras-retinanet, "CSV datasets".
"""

from __future__ import annotations

import csv
import posixpath
import re
from collections.abc import Iterable
from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.builder import DatasetBuilder
from labelaudit.io.formats.csv_boxes import BOX, HEAD, ONE_CLASS, CsvBoxes
from labelaudit.io.formats.csv_layout import TableLayout, cells_of, layout_of, plain
from labelaudit.io.formats.evidence import FormatEvidence, PathSample
from labelaudit.io.formats.openimages import is_open_images
from labelaudit.io.formats.read_only import ReadOnly
from labelaudit.io.formats.sources import beside
from labelaudit.io.formats.text_lines import first_lines, lines_at, split_named

ENDINGS = (".csv", ".tsv")

TEXT = ".txt"
"""What tables without names of columns may end in, too."""

_IMAGE_FIRST = re.compile(
    rb'(?:\xef\xbb\xbf)?"?[^\r\n,;|\t"]+\.(?:jpe?g|png|ppm|bmp|tiff?)"?[,;|\t ]', re.I
)
_CLASSES = ("class", "label", "categor", "names")
"""One of these stands in the name of a table of classes."""


def evidence(sample: PathSample) -> FormatEvidence | None:
    """What speaks for a path being a table with a row for each box, or a folder with some."""

    def fits(name: str) -> bool:
        return _layout(sample, name) is not None

    return sample.judged(_candidates(sample), fits, "tables with a row for each box")


def _candidates(sample: PathSample) -> list[str]:
    """Tables by their names, and text files if some of a sample begin with an image and a comma."""
    texts = sample.ending(TEXT)
    tables = sample.ending(*ENDINGS)
    return tables + texts if any(_begins(sample, name) for name in sample.spread(texts)) else tables


def _begins(sample: PathSample, name: str) -> bool:
    return _IMAGE_FIRST.match(sample.head(name, 1 << 9)) is not None


def _layout(sample: PathSample, name: str) -> TableLayout | None:
    """How a file is laid out; None if it is no table of boxes."""
    if name.lower().endswith(TEXT) and not _begins(sample, name):
        return None
    lines = first_lines(sample.head(name, HEAD), sample.size(name))
    return layout_of(lines) if lines and not is_open_images(lines[0]) else None


def read(path: Path) -> DatasetBuilder:
    """What is in a table, or in all tables of a folder, and the classes that one of them lists.

    Raises
    ------
    FormatError
        if none has a column for images and columns for boxes.
    """
    sample = PathSample(path)
    root = path.parent if path.is_file() else path
    names = [path.name] if path.is_file() else _candidates(sample)
    layouts = {name: _layout(sample, name) for name in names}
    tables = {name: layout for name, layout in layouts.items() if layout}
    if not tables:
        raise FormatError(f"{path}: no table with columns for an image and for a box in it")
    built = DatasetBuilder("csv", root)
    for name in beside(path, ENDINGS):
        if name not in tables:
            _add_classes(built, name)
    built.four.custom = _custom(tables.values())
    built.four.doubted = any(one.is_open and not one.is_documented for one in tables.values())
    readers = [CsvBoxes(built, name, layout) for name, layout in tables.items()]
    for reader in _without_unions(built, readers):
        reader.read()
    _note_scores(built, tables)
    built.notes += [
        f"{name}: its column {layout.guessed_label} is taken to be the classes"
        for name, layout in tables.items()
        if layout.guessed_label
    ]
    if unclassed := [name for name, layout in tables.items() if layout.label is None]:
        words = f"no column of classes: its boxes are called {ONE_CLASS!r}"
        built.notes.append(f"{unclassed[0]} has {words}")
    return built


def _custom(layouts: Iterable[TableLayout]) -> str:
    """What four numbers are by custom in tables that do not say it: in one cell, a size."""
    return "xywh" if any(one.is_open and one.form == "size" for one in layouts) else "xyxy"


def _without_unions(built: DatasetBuilder, readers: list[CsvBoxes]) -> list[CsvBoxes]:
    """The tables but those that only repeat the images of the splits, which a note names."""
    splits = [one for one in readers if split_named(one.name)]
    others = [one for one in readers if one not in splits]
    if len(splits) < 2 or not others:
        return readers
    known = set().union(*(one.image_names() for one in splits))
    unions = [one for one in others if one.image_names() <= known]
    for one in unions:
        names = " and ".join(split.name for split in splits)
        built.notes.append(f"not read: {one.name}, whose images are all in {names}")
    return [one for one in readers if one not in unions]


def _note_scores(built: DatasetBuilder, tables: dict[str, TableLayout]) -> None:
    scored = [name for name, layout in tables.items() if "score" in layout.others]
    if scored:
        header, place = tables[scored[0]].header, tables[scored[0]].others["score"]
        column = header[place] if header else "of scores"
        words = "its boxes may be results of a detector, and are read as labels"
        built.notes.append(f"{scored[0]} has a column {column}: {words}")


def _add_classes(built: DatasetBuilder, name: str) -> None:
    """Take in the classes of a table of names and numbers, if it is one."""
    if not any(word in posixpath.basename(name).lower() for word in _CLASSES):
        return
    try:
        rows = [cells_of(line, ",") for line in lines_at(built.root / name) if line.strip()]
    except (ValueError, csv.Error):
        return
    if rows and [plain(cell) for cell in rows[0]][1:] in (["id"], ["index"], ["classid"]):
        rows = rows[1:]
    if not rows or not all(len(row) == 2 and row[0] and row[1].isdecimal() for row in rows):
        return
    file = built.add_file(name)
    for record, (label, number) in enumerate(rows):
        built.add_category(label, id=int(number), file=file, record=record)


FORMATS.add(
    "csv",
    ReadOnly(
        "csv",
        "a table with a row for each box (CSV of TensorFlow, RetinaNet, AutoML)",
        evidence,
        read,
        {
            "box_record": "line {line}",
            "image_record": "line {line}",
            "source_fields": {"xyxy": (BOX,)},
        },
        endings=(".csv", ".tsv", ".txt"),
    ).format(),
)
