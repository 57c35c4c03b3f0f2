"""Where images of Pascal VOC lie in a copy of its annotations, if they lie elsewhere."""

from __future__ import annotations

import os
import posixpath

from labelaudit.dataset.tables import Dataset
from labelaudit.io.formats.copy_plan import CopyPlan, by_place, file_places, image_places
from labelaudit.io.formats.voc.layout import ANNOTATIONS, IMAGES


def copy_plan(dataset: Dataset) -> CopyPlan:
    """Images from elsewhere go to `JPEGImages`, called as their annotation, else beside it."""
    files = file_places(dataset)

    def outside(row: int, path: str) -> str:
        stem = posixpath.splitext(files[int(dataset.images.file[row])])[0]
        parts = stem.split("/")
        if ANNOTATIONS in parts[:-1]:
            parts[parts.index(ANNOTATIONS)] = IMAGES
        return "/".join(parts) + os.path.splitext(path)[1]

    return CopyPlan(files, by_place(dataset, image_places(dataset, outside)))
