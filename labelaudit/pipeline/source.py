"""What a pipeline has at hand, a path, a COCO dictionary or a dataset, as a dataset."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats.coco.dictionary import CocoDict
from labelaudit.io.load import PathLike, load

Source: TypeAlias = PathLike | Sequence[PathLike] | CocoDict | Dataset


@contextmanager
def opened(
    source: Source, *, images: PathLike | Sequence[PathLike] = (), format_name: str | None = None
) -> Iterator[Dataset]:
    """The dataset that `source` is or leads to; its masks can be read until this ends.

    Parameters
    ----------
    source:
        what `labelaudit.load` takes, what a COCO file holds, or a dataset.
    images:
        folders to look for the images in. A dictionary lies in no folder, so that without them its
        images are not at hand.
    format_name:
        of the format of a path; recognised if absent.

    Raises
    ------
    FormatError
        if it is none of these, or cannot be read.
    """
    if isinstance(source, Dataset):
        if images or format_name:
            raise FormatError(
                "a dataset was given with folders of images or a format: say these to "
                "labelaudit.load, which made it"
            )
        yield source
    elif isinstance(source, Mapping):
        if format_name:
            raise FormatError("a format was given for a dictionary, which is read as a COCO file")
        yield load(source, images=images)
    else:
        yield load(source, images=images, format=format_name)


def in_memory(source: Source, dataset: Dataset) -> Dataset:
    """The dataset without the file that a dictionary is read from, which nobody knows of."""
    if isinstance(source, Mapping):
        return dataclasses.replace(dataset, sources=(), root=Path(), kept=None)
    return dataset
