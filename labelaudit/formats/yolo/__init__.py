"""YOLO: a text file of labels for each image, as Ultralytics and darknet read it."""

from __future__ import annotations

from pathlib import Path

from labelaudit.dataset import Dataset
from labelaudit.formats import FORMATS, Format
from labelaudit.formats.yolo.finding import recognises
from labelaudit.formats.yolo.loading import load
from labelaudit.formats.yolo.patching import patch


def _write(dataset: Dataset, path: Path) -> list[str]:
    from labelaudit.formats.yolo.writing import write  # noqa: PLC0415  # it imports YAML, in 25 ms

    return write(dataset, path)


FORMATS.add(
    "yolo",
    Format(
        "yolo",
        "a YOLO dataset (data.yaml, or a folder with labels in text files)",
        recognises,
        load,
        patch,
        _write,
        folder=True,
    ),
)
