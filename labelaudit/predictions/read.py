"""Predictions on disk, recognised by what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.images.files import listed
from labelaudit.predictions.coco import read_coco
from labelaudit.predictions.predictions import Predictions
from labelaudit.predictions.table import SUFFIXES, read_table
from labelaudit.predictions.validate import ImportedPredictions
from labelaudit.predictions.yolo import read_yolo


def read_predictions(path: Path | str, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a COCO results file, a table, or a folder of YOLO files or of these.

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
            return joined([read_predictions(one, derived) for one in several], str(path))
        return read_yolo(path, derived)
    if not path.is_file():
        raise FormatError(f"{path}: no such file or folder of predictions")
    if path.suffix.lower() in SUFFIXES:
        return read_table(path, derived)
    return read_coco(path, derived)


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
