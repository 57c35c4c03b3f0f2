"""Datasets written in a format, for tests."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats import FORMATS, converter


def convert(name: str, dataset: Dataset, path: Path) -> list[str]:
    """Write a dataset in the format of a name; what is told of it, a line each."""
    conversion = converter(FORMATS[name])(dataset, path)
    conversion.write()
    return conversion.lines


write_voc = partial(convert, "voc")
write_yolo = partial(convert, "yolo")
