from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from labelaudit.cli import CLEAN
from labelaudit.cli.notes import note
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.core.text import either
from labelaudit.core.whole_files import whole
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.images.own_links import remember_links
from labelaudit.io.formats import FORMATS, converter
from labelaudit.io.formats.conversion import Conversion, summary
from labelaudit.io.formats.unnamed_images import named_by_files
from labelaudit.io.targets import check_apart, check_free

WRITTEN = [name for name in FORMATS if FORMATS[name].convert]
"""Formats that can be written."""


def convert(
    paths: tuple[Path, ...],
    /,
    *,
    to: Annotated[str, Parameter(help=f"The format to write: {either(WRITTEN)}.")],
    allow_loss: bool = False,
    copy_images: bool = False,
    overwrite: bool = False,
    source: DatasetSource = DatasetSource(),
    part: PartChoice = PartChoice(),
) -> int:
    """Write a dataset in another format, and say what that format cannot hold.

    Labels are written as they are, with what is wrong about them: clean them first. What is lost is
    said before anything is written; if boxes are, nothing is, and the exit code is 2.

    Parameters
    ----------
    paths:
        The dataset to read, which may be several splits, and at last the file (COCO) or folder
        (COCO, VOC, YOLO) to write, which must not exist yet.
    to:
        The format to write.
    allow_loss:
        Write what can be held even if boxes are lost.
    copy_images:
        Copy the images instead of linking to them.
    overwrite:
        Replace what is there already.
    """
    format_ = FORMATS[to]
    plan = converter(format_)
    *inputs, output = paths
    if not inputs:
        raise FormatError(f"{output}: is that the dataset to read or to write? give both")
    check_free(output, overwrite=overwrite)
    dataset = named_by_files(source.load(inputs, part=part))
    for line in dataset.notes:
        note(line)
    check_apart(output, dataset)
    with whole(output, overwrite=overwrite) as place:
        conversion = plan(dataset, place, copy_images=copy_images)
        _tell(conversion, dataset, allow_loss=allow_loss)
        written = conversion.write()
        remember_links(place)
    first, *parts = summary(written, format_.name)
    note(f"Wrote {output}: {first}")
    for line in parts:
        note(line)
    return CLEAN


def _tell(conversion: Conversion, dataset: Dataset, *, allow_loss: bool) -> None:
    """Say what is lost; stop if boxes are, unless that is allowed."""
    for line in (*conversion.reasons, *conversion.lost):
        note(f"Lost: {line}")
    for line in conversion.notes:
        note(f"Note: {line}")
    if conversion.reasons and not allow_loss:
        given = " ".join(map(os.fspath, dataset.sources))
        raise FormatError(
            f"{given}: boxes would be lost, so nothing was written ("
            f"{'; '.join(conversion.reasons)}); --allow-loss writes the rest"
        )
