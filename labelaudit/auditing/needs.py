"""What rules need to have anything to look at, and what a dataset lacks of it.

A rule that has nothing to look at finds nothing, which must not read as: all is well. So it
declares what it needs, and is reported as not checked, with the reason, where that is lacking.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import MISSING
from labelaudit.core.parallel import cores
from labelaudit.core.rows import unique
from labelaudit.dataset.tables import Dataset, DatasetPart
from labelaudit.images.jpeg_pixels import EXTRA, can_tell_damage
from labelaudit.images.whereabouts import are_inside

if TYPE_CHECKING:
    from labelaudit.network.settings import NetworkSettings

NO_MODEL = "no model was asked; --detector or --predictions FILE asks one"

NO_STRICT_JPEG = f"simplejpeg is not installed: pip install 'labelaudit[{EXTRA}]'"

NO_NETWORK = "no network was named; --train-size 320 does"

NO_SOURCES = "nothing says who drew which boxes; --by FIELD names what does"

ASKED_WITH: Mapping[str, str] = {
    NO_MODEL: "--detector or --predictions FILE",
    NO_NETWORK: "--train-size 320",
    NO_SOURCES: "--by FIELD",
}
"""Of reasons that nobody asked, the options that do."""

MOST_DECODED = 10_000
"""Images that are decoded without anybody asking for it, at most; a choice: a minute or two."""

PIXELS_PER_S = 100e6
"""Pixels of photographs in JPEG files that a core looks at in a second; a rough figure."""


class PixelPolicy(StrEnum):
    """Whether images are decoded, for rules that look at their pixels."""

    AUTO = "auto"  # where there are no more than `MOST_DECODED`
    ALWAYS = "always"
    NEVER = "never"


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
    WHOLE = "whole dataset"  # all images of it, not a split or what is not excluded
    DECODED_IMAGES = "decoded images"  # that may be decoded, and are there
    STRICT_JPEG = "strict decoder of JPEG"  # one that says what is wrong with data
    NETWORK = "network"  # for which the labels are
    ANCHORS = "anchors"  # of that network
    SOURCES = "several sources"  # boxes of several annotators, batches, folders or files
    WHO = "who drew the boxes"  # a field that says so, or boxes of several sources in one picture
    RATERS = "images labelled twice"  # by several whom a field names, or files that the user names
    TIMES = "times"  # at which boxes were drawn
    SAME_OBJECTS = "objects drawn twice"  # in one picture by several sources, or by a model


FOR_TRAINING = (Need.IMAGE_FOLDERS, Need.IMAGE_FILES, Need.IMAGE_SIZES, Need.PIXELS)
"""What a training needs, too: rules that lack it leave unknown what they would have found.

The others have nothing to compare (splits, class lists), or need what nobody asked for (a model).
"""


def lacking(
    dataset: Dataset,
    label_issues: LabelIssues | None,
    network: NetworkSettings | None = None,
    *,
    pixels: PixelPolicy = PixelPolicy.AUTO,
) -> Mapping[Need, str]:
    """What a dataset does not have, and why rules that need it are not checked, in words.

    Parameters
    ----------
    dataset:
        that is audited.
    label_issues:
        what a model makes of the labels, if one was asked.
    network:
        that the labels are for, if one was named.
    pixels:
        whether images may be decoded.
    """
    reasons = {need: reason(dataset) for need, reason in _REASONS.items()}
    reasons[Need.MODEL] = "" if label_issues else NO_MODEL
    reasons[Need.DECODED_IMAGES] = _no_image(dataset) or _undecoded(dataset, pixels)
    reasons[Need.STRICT_JPEG] = "" if can_tell_damage() else NO_STRICT_JPEG
    reasons[Need.NETWORK] = "" if network else NO_NETWORK
    reasons[Need.ANCHORS] = _no_anchors(network)
    return {need: reason for need, reason in reasons.items() if reason}


def _no_anchors(network: NetworkSettings | None) -> str:
    if network is None:
        return NO_NETWORK
    if network.anchors:
        return ""
    name = network.name or "the network"
    return f"{name} has no anchors, or none were given"


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


def _undecoded(dataset: Dataset, pixels: PixelPolicy) -> str:
    """Why images are not decoded; empty if they are."""
    if pixels is PixelPolicy.NEVER:
        return "no image is decoded: --pixels never"
    found = dataset.images.path != ""
    count = int(np.count_nonzero(found))
    if pixels is PixelPolicy.ALWAYS or count <= MOST_DECODED:
        return ""
    seconds = float(np.nansum(dataset.images.size[found].prod(axis=1))) / PIXELS_PER_S / cores()
    about = f"about {max(1, round(seconds / 60)):,} min the first time"
    return f"{count:,} images are decoded only with --pixels always, {about}"


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


def _no_whole(dataset: Dataset) -> str:
    return (
        f"a part of the dataset is looked at: {dataset.part}"
        if dataset.part != DatasetPart()
        else ""
    )


def _no_class_lists(dataset: Dataset) -> str:
    if dataset.part.split:
        return _no_splits(dataset)
    file = dataset.categories.file
    several = len(unique(file[file != MISSING])) > 1
    return "" if several else "there are no splits with a list of classes each"


def _no_splits(dataset: Dataset) -> str:
    if dataset.part.split:
        return f"one split alone is looked at: {dataset.part.split}"
    return "" if len(dataset.splits) > 1 else "there are no splits"


_REASONS: Mapping[Need, Callable[[Dataset], str]] = {
    Need.IMAGE_FOLDERS: _no_folder,
    Need.IMAGE_FILES: _no_image,
    Need.STATED_SIZES: _no_stated_size,
    Need.IMAGE_SIZES: _no_size,
    Need.PIXELS: _no_pixels,
    Need.CLASS_LISTS: _no_class_lists,
    Need.SPLITS: _no_splits,
    Need.WHOLE: _no_whole,
}
