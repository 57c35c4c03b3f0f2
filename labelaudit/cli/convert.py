from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit.cli import CLEAN
from labelaudit.cli.cleaned_output import note
from labelaudit.cli.parameters import DatasetSource
from labelaudit.core.text import counted, either
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS, writer

WRITTEN = [name for name in FORMATS if FORMATS[name].write]
"""Formats that can be written."""


def convert(
    paths: tuple[Path, ...],
    /,
    *,
    to: Annotated[str, Parameter(help=f"The format to write: {either(WRITTEN)}.")],
    source: DatasetSource = DatasetSource(),
) -> int:
    """Write a dataset in another format, and say what that format cannot hold.

    Labels are written as they are, with what is wrong about them: clean them first.

    Parameters
    ----------
    paths:
        The dataset to read, which may be several splits, and at last the file (COCO) or folder
        (VOC, YOLO) to write, which must not exist yet.
    to:
        The format to write.
    """
    format_ = FORMATS[to]
    write = writer(format_)
    *inputs, output = paths
    if not inputs:
        raise FormatError(f"{output}: is that the dataset to read or to write? give both")
    if output.exists():
        raise FormatError(f"{output}: exists; give the name of a new file or folder")
    dataset = source.load(inputs)
    for line in (*dataset.notes, *write(dataset, output)):
        note(line)
    note(f"Wrote {output}: {counted(len(dataset.boxes), 'box', 'boxes')} as {format_.name}")
    return CLEAN
