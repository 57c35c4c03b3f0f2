"""Sizes of images that labels do not state, read from the image files."""

from __future__ import annotations

import dataclasses

import numpy as np

from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.columns import Floats
from labelaudit.dataset.tables import Dataset, Headers
from labelaudit.images.headers import read_headers


def with_sizes_of_files(dataset: Dataset) -> Dataset:
    """The dataset with the sizes that its labels lack, of images that were found.

    Of an image whose width or height is stated alone, the file has to have that one. Nothing is
    read where all sizes are known, or assumed because no file says them. Where labels state none at
    all, the dataset keeps the headers, so that nothing is said to have been compared.
    """
    images = dataset.images
    unknown = np.isnan(images.size).any(axis=1)
    rows = np.flatnonzero(unknown & (images.path != ""))
    if not len(rows):
        return dataset
    none_stated = bool(unknown.all())
    if none_stated:
        rows = np.arange(len(images))
    headers, size = read_headers(images.path[rows]), images.size.copy()
    size[rows] = _completed(size[rows], headers)
    if not np.isfinite(size[rows]).all(axis=1).any():
        return dataset
    kept = headers if none_stated else dataset.headers
    known = dataclasses.replace(images, size=size)
    return dataclasses.replace(dataset, images=known, headers=kept)


def _completed(stated: Floats, headers: Headers) -> Floats:
    """Sizes (n, 2) with what they lack, of images as they are shown."""
    turned = headers.orientation >= ON_ITS_SIDE
    shown = np.where(turned[:, None], headers.size[:, ::-1], headers.size)
    agrees = (np.isnan(stated) | (stated == shown)).all(axis=1)
    return np.where(agrees[:, None], shown, stated)
