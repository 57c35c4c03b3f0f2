"""Datasets with images whose files are the same."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from labelaudit.dataset.tables import Dataset
from labelaudit.testing import with_image_files


def with_twins(dataset: Dataset, folder: Path, *groups: Iterable[int]) -> Dataset:
    """The dataset with a file for each image, those of each group the same.

    Parameters
    ----------
    dataset:
        whose images are drawn.
    folder:
        where to; records of one name share a file.
    groups:
        rows in Images.
    """
    dataset = with_image_files(dataset, folder)
    paths = [Path(path) for path in dataset.images.path.tolist()]
    for first, *others in groups:
        for row in others:
            paths[row].write_bytes(paths[first].read_bytes())
    return dataset
