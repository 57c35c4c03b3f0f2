"""Predictions on disk, recognised by what they are."""

from __future__ import annotations

from pathlib import Path

from labelaudit.errors import FormatError
from labelaudit.evidence import Audit
from labelaudit.predicted.coco import read_coco
from labelaudit.predicted.heard import Heard
from labelaudit.predicted.yolo import read_yolo


def read_predictions(path: Path | str, audit: Audit) -> Heard:
    """The predictions in a COCO results file or in a folder of YOLO text files.

    Raises
    ------
    FormatError
        if it is neither, or nothing in it is about the labels that are audited.
    """
    path = Path(path)
    if path.is_dir():
        return read_yolo(path, audit)
    if not path.is_file():
        raise FormatError(f"{path}: no such file or folder of predictions")
    return read_coco(path, audit)
