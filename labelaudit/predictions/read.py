"""Predictions on disk, recognised by what they are."""

from __future__ import annotations

from pathlib import Path

from labelaudit.dataset.derived import DatasetColumns
from labelaudit.errors import FormatError
from labelaudit.predictions.coco import read_coco
from labelaudit.predictions.validate import ImportedPredictions
from labelaudit.predictions.yolo import read_yolo


def read_predictions(path: Path | str, derived: DatasetColumns) -> ImportedPredictions:
    """The predictions in a COCO results file or in a folder of YOLO text files.

    Raises
    ------
    FormatError
        if it is neither, or nothing in it is about the labels that are audited.
    """
    path = Path(path)
    if path.is_dir():
        return read_yolo(path, derived)
    if not path.is_file():
        raise FormatError(f"{path}: no such file or folder of predictions")
    return read_coco(path, derived)
