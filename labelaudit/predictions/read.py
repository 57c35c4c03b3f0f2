"""Predictions on disk, recognised by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labelaudit.core.columns import MISSING
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.images.files import listed
from labelaudit.predictions.coco import read_coco
from labelaudit.predictions.lookup import ImageNames
from labelaudit.predictions.one_image import about_one_image, read_images, read_one_image
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.table import SUFFIXES, read_table
from labelaudit.predictions.validate import ImportedPredictions
from labelaudit.predictions.yolo import read_yolo

NOTHING = (b"", b"[]")
"""What stands in the file of an image in which a detector sees nothing."""


def read_predictions(path: Path | str, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a COCO results file, a table, or a folder of YOLO files or of these.

    A list that does not name its images is of the one that its file is called as (`one_image`).

    Raises
    ------
    FormatError
        if it is neither, or nothing in it is about the labels that are audited.
    """
    path = Path(path)
    if path.is_dir():
        files = [path / name for name in listed(path)]
        several = [one for one in files if one.suffix.lower() in (".json", *SUFFIXES)]
        if several and not any(one.suffix == ".txt" for one in files):
            return _read_folder(path, several, derived)
        return read_yolo(path, derived)
    if not path.is_file():
        raise FormatError(f"{path}: no such file or folder of predictions")
    if path.suffix.lower() in SUFFIXES:
        return read_table(path, derived)
    items = about_one_image(path.read_bytes())
    if items is not None:
        return read_one_image(path, items, derived)
    return read_coco(path, derived)


def _read_folder(
    folder: Path, files: Sequence[Path], derived: DatasetColumns
) -> ImportedPredictions:
    """The predictions in files of splits, say, and in files of one image each, read as one."""
    of_one = {}
    for file in files:
        if file.suffix.lower() == ".json":
            items = about_one_image(file.read_bytes())
            if items is not None:
                of_one[file] = items
    rest = [file for file in files if file not in of_one]
    if not of_one:
        return joined([read_predictions(file, derived) for file in rest], str(folder))
    # In some images a detector sees nothing.
    names = ImageNames(derived)
    rest = [
        file
        for file in rest
        if names.row(file.stem) == MISSING or file.read_bytes().strip() not in NOTHING
    ]
    parts = [read_predictions(file, derived) for file in rest]
    return joined([read_images(of_one, derived, str(folder)), *parts], str(folder))


def joined(parts: Sequence[ImportedPredictions], source: str) -> ImportedPredictions:
    """Predictions of several files, of the splits of a dataset say, as if they were of one.

    Scores of all classes are kept where every file has them.

    Parameters
    ----------
    parts:
        one or more.
    source:
        what they are called together.
    """
    tables = [part.predictions for part in parts]
    widths = {table.class_scores.shape[1] for table in tables if len(table)}
    if len(widths) > 1:
        tables = [Predictions.of(one.image, one.label, one.xyxy, one.score, None) for one in tables]
    notes = dict.fromkeys(note for part in parts for note in part.notes)
    wide = [table for table in tables if len(table)] or tables[:1]
    return ImportedPredictions(source, Predictions.concat(wide), tuple(notes))
