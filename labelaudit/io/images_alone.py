"""What images are of which there are no other files: masks beside them, or folders of classes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Sequence

from labelaudit.errors import FormatError
from labelaudit.io.formats.other_tasks import DRAW
from labelaudit.io.formats.text_lines import SPLITS
from labelaudit.io.formats.unread import some

SHARE = 0.5
"""The part of masks that have an image of their name, from which on they are such; a choice."""

_MASK = re.compile(
    r"(?:^|[^a-z])(?:masks?|seg(?:mentations?|maps?)?|gt|gtfine|gtcoarse|ground_?truths?|labels?"
    r"|labelids|annotations?|trimaps?|semantic|mattes?|alpha)(?:$|[^a-z])"
)
"""A word of a path, in small letters, by which an image is a mask of another."""

_WORDS = re.compile(r"[^a-z0-9]+")
_OF_MASKS = frozenset(
    (
        *("mask", "masks", "seg", "segmentation", "gt", "gtfine", "gtcoarse", "label", "labels"),
        *("labelids", "labeltrainids", "instanceids", "color", "annotation", "trimap", "matte"),
        *("alpha", "image", "img", "leftimg8bit", "rgb", "photo", "sat"),
    )
)
_PLAIN = frozenset(
    (
        *("images", "image", "imgs", "img", "jpegimages", "photos", "pictures", "frames", "data"),
        *("dataset", "datasets", "raw", "input", "jpg", "png", "rgb", "originals", "all", *SPLITS),
    )
)
"""Names of folders, in small letters, that say nothing of what is in images."""


def images_alone(names: Sequence[str]) -> str:
    """What a folder holds of which all files are images, in words.

    Parameters
    ----------
    names:
        of the images, relative to the folder.

    >>> images_alone(["images/a.jpg", "masks/a.png"]).partition(",")[0]
    'there are segmentation masks (masks/a.png)'
    >>> images_alone(["train/cat/1.jpg", "train/dog/2.jpg"]).partition("),")[0]
    'there are images in folders of classes (cat, dog'
    """
    if masks := _masks(names):
        way = "write a COCO file with the extent of each region as its bbox"
        return f"there are segmentation masks ({some(masks)}), no boxes; {way}"
    if classes := _classes(names):
        return f"there are images in folders of classes ({some(classes)}), no boxes; {DRAW}"
    return f"there are only images, no labels; {DRAW}"


def _masks(names: Iterable[str]) -> list[str]:
    """The images that are masks of others; none unless most that seem so have an image."""
    masks = [name for name in names if _MASK.search(name.lower())]
    images = {_stem(name) for name in {*names}.difference(masks)}
    paired = [name for name in masks if _stem(name) in images]
    return masks if masks and len(paired) >= SHARE * len(masks) else []


def _stem(name: str) -> tuple[str, ...]:
    """The words of the name of an image but those that say that it is a mask or none."""
    stem = posixpath.splitext(posixpath.basename(name.lower()))[0]
    return tuple(word for word in _WORDS.split(stem) if word and word not in _OF_MASKS)


def _classes(names: Iterable[str]) -> list[str]:
    """The folders that images lie in, if they are called by classes, each once; else none."""
    folders = {posixpath.basename(posixpath.dirname(name)): None for name in names}
    said = [name for name in folders if name.lower() not in _PLAIN]
    return sorted(said) if len(said) > 1 and len(said) == len(folders) else []


def without_labels(error: FormatError) -> str:
    """Why a path is no dataset, for somebody who gave images and has no need of labels.

    >>> without_labels(FormatError(f"a: there are only images, no labels; {DRAW}"))
    'a: there are only images, no labels'
    """
    return str(error).partition("; formats that are read")[0].replace(f"; {DRAW}", "")
