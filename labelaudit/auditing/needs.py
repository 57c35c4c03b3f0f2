"""What rules need to have anything to look at, and what a dataset lacks of it.

A rule that has nothing to look at finds nothing, which must not read as: all is well. So it
declares what it needs, and is reported as not checked, with the reason, where that is lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

import numpy as np

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import MISSING
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset
from labelaudit.images.whereabouts import are_inside

NO_MODEL = "no model was asked; --detector or --predictions FILE asks one"


class Need(StrEnum):
    """Something without which a rule has nothing to go by."""

    MODEL = "model"  # what a model makes of the labels
    IMAGE_FOLDERS = "image folders"  # folders in which images are looked for
    IMAGE_FILES = "image files"  # an image that was found, at least
    STATED_SIZES = "stated sizes"  # sizes that the labels themselves state
    IMAGE_SIZES = "image sizes"  # the size of an image, from wherever, or boxes in fractions of it
    PIXELS = "pixels"  # boxes in pixels, not in fractions of images whose sizes nobody knows
    CLASS_LISTS = "several class lists"  # those of splits, say
    SPLITS = "several splits"


def lacking(dataset: Dataset, label_issues: LabelIssues | None) -> Mapping[Need, str]:
    """What a dataset does not have, and why rules that need it are not checked, in words."""
    reasons = {need: reason(dataset) for need, reason in _REASONS.items()}
    reasons[Need.MODEL] = "" if label_issues else NO_MODEL
    return {need: reason for need, reason in reasons.items() if reason}


def _no_folder(dataset: Dataset) -> str:
    return "" if dataset.image_folders else _no_image(dataset)


def _no_image(dataset: Dataset) -> str:
    if any(dataset.images.path.tolist()):
        return ""
    if not len(dataset.images):
        return "the labels name no image"
    if are_inside(dataset):
        return "the images are in the files of the labels"
    return "no image was found; --images says where they are"


def _no_stated_size(dataset: Dataset) -> str:
    if len(dataset.headers):  # a loader reads them to learn sizes that its labels do not state
        return "the labels do not state the sizes of all images: they were read from the files"
    return _no_size(dataset) and "the labels state no size of an image"


def _no_size(dataset: Dataset) -> str:
    size = dataset.images.size
    if not len(size) or np.isfinite(size).any():
        return ""
    return "the labels state no size of an image, and no image was found"


def _no_pixels(dataset: Dataset) -> str:
    assumed = dataset.images.assumed
    if len(assumed) and assumed.all():
        return "boxes are fractions of images whose sizes are unknown"
    return ""


def _no_class_lists(dataset: Dataset) -> str:
    file = dataset.categories.file
    several = len(unique(file[file != MISSING])) > 1
    return "" if several else "there are no splits with a list of classes each"


def _no_splits(dataset: Dataset) -> str:
    return "" if len(dataset.splits) > 1 else "there are no splits"


_REASONS: Mapping[Need, Callable[[Dataset], str]] = {
    Need.IMAGE_FOLDERS: _no_folder,
    Need.IMAGE_FILES: _no_image,
    Need.STATED_SIZES: _no_stated_size,
    Need.IMAGE_SIZES: _no_size,
    Need.PIXELS: _no_pixels,
    Need.CLASS_LISTS: _no_class_lists,
    Need.SPLITS: _no_splits,
}
