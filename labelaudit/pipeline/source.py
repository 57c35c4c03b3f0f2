"""What a pipeline has at hand, a path, a COCO dictionary or a dataset, as a dataset."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

from labelaudit.auditing.between_scans.baseline import read_baseline
from labelaudit.auditing.config import Config
from labelaudit.auditing.run import Options
from labelaudit.core.text import counted
from labelaudit.dataset.arguments import check_kind, file_path
from labelaudit.dataset.part import part_of
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.formats import FORMATS
from labelaudit.io.formats.coco.dictionary import CocoDict
from labelaudit.io.load import PathLike, load

Source: TypeAlias = PathLike | Sequence[PathLike] | CocoDict | Dataset


def known_findings(baseline: object) -> frozenset[str]:
    """The fingerprints of a baseline; none where none is given.

    Raises
    ------
    ArgumentError
        if it is no path.
    ConfigError
        if nothing can be read there.
    """
    if baseline is None:
        return frozenset()
    takes = "a file that labelaudit scan --write-baseline wrote"
    return read_baseline(file_path(baseline, "baseline=", takes))


def configuration(given: Options | Config | None) -> Config:
    """What a pipeline was told of rules, or of all that a configuration file says."""
    if isinstance(given, Config):
        return given
    if given is not None:
        made = "labelaudit.Options(select='GEO') makes some, labelaudit.read_config() reads them"
        check_kind(given, Options, "options=", made)
    return Config(options=given or Options())


@contextmanager
def opened(
    source: Source,
    *,
    images: PathLike | Sequence[PathLike] = (),
    format_name: str | None = None,
    config: Config | None = None,
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
    config:
        whose folders and format hold where nothing else is said of a path; what it excludes is left
        out of whatever is given.

    Raises
    ------
    FormatError
        if it is none of these, or cannot be read.
    """
    config = config or Config()
    if isinstance(source, Dataset):
        if images or format_name:
            raise FormatError(
                "a dataset was given with folders of images or a format: say these to "
                "labelaudit.load, which made it"
            )
        yield _without(source, config.exclude)
    elif isinstance(source, Mapping):
        if format_name:
            raise FormatError("a format was given for a dictionary, which is read as a COCO file")
        yield load(source, images=images or config.images, exclude=config.exclude)
    else:
        yield load(
            source,
            images=images or config.images,
            format=format_name or config.format_of(FORMATS),
            exclude=config.exclude,
        )


NO_LABELS = "REF012"
"""The rule about labels without a box."""


def but_for_emptiness(options: Options, *, allowed: bool) -> Options:
    """Rules that say nothing of labels without a box, where these are allowed."""
    if not allowed:
        return options
    return dataclasses.replace(options, ignore=(*options.ignore, NO_LABELS))


def without_boxes(dataset: Dataset) -> str:
    """What is said of labels that hold no box: who asks expects that there are some."""
    where = counted(len(dataset.images), "image")
    return f"there is no box in {where}; is it the right path? allow_empty=True lets it pass"


def _without(dataset: Dataset, patterns: Sequence[str]) -> Dataset:
    """A dataset without what is excluded, as far as it still is there."""
    more = [pattern for pattern in patterns if pattern not in dataset.part.exclude]
    if not more:
        return dataset
    exclude = (*dataset.part.exclude, *more)
    return part_of(dataset, dataclasses.replace(dataset.part, exclude=exclude))


def in_memory(source: Source, dataset: Dataset) -> Dataset:
    """The dataset without the file that a dictionary is read from, which nobody knows of."""
    if isinstance(source, Mapping):
        return dataclasses.replace(dataset, sources=(), root=Path(), kept=None)
    return dataset
