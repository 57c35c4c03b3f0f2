"""Image files as labels mean them: which are there, how each is turned, and their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from PIL import Image, ImageFile

from labelaudit.boxes.orientations import ON_ITS_SIDE, UPRIGHT
from labelaudit.core.columns import Bools, Floats, Rows, Texts, texts
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.images.cut_files import CUT
from labelaudit.images.decoding import rgb_for_networks
from labelaudit.images.headers import REFUSALS, headers_of
from labelaudit.images.namesakes import namesakes
from labelaudit.storage.at_hand import at_hand

TURNS = MappingProxyType(
    {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }
)
"""How a picture of each EXIF orientation is turned to be shown; as `PIL.ImageOps` does it."""


MOST_PIXELS = 2
"""Times `PIL.Image.MAX_IMAGE_PIXELS`: Pillow warns of images above 1, and opens none above this."""

TOO_LARGE = "it has more pixels than Pillow opens: PIL.Image.MAX_IMAGE_PIXELS = None allows any"


class ImageReadError(LabelauditError):
    """An image that cannot be read while a network is trained."""


@dataclass(frozen=True, eq=False)
class ImageFiles:
    """The image files of a dataset, a row each."""

    path: Texts  # (n,) where each is; empty if it was not found
    error: Texts  # (n,) why it cannot be read; empty if it can, as far as its header says
    size: Floats  # (n, 2) width, height of what `picture` gives; NaN if unknown
    turn: Rows  # (n,) the EXIF orientation that is undone; 1: none


def image_files(dataset: Dataset) -> ImageFiles:
    """What the headers of the images of a dataset say.

    An image is turned as its EXIF says where the labels mean the picture that is shown: their size
    is that of the picture as it is shown, or they state none, as labels in fractions do. Otherwise
    it stays as it is stored, which is what torchvision trains on.

    Pillow decides what it reads: files that are cut off where `LOAD_TRUNCATED_IMAGES` of
    `PIL.ImageFile` is set, and up to twice the pixels of `PIL.Image.MAX_IMAGE_PIXELS`.
    """
    headers = headers_of(dataset)
    path, error = dataset.images.path, headers.error.copy()
    lost = path == ""
    if lost.any():
        error[lost] = _why_not_found(dataset, lost)
    turned = _means_what_is_shown(dataset, headers.size, headers.orientation)
    turn = np.where(turned, headers.orientation, UPRIGHT).astype(np.int32)
    on_its_side = turn >= ON_ITS_SIDE
    size = np.where(on_its_side[:, None], headers.size[:, ::-1], headers.size)
    if ImageFile.LOAD_TRUNCATED_IMAGES:
        error[error == CUT] = ""
    error[(error == "") & np.isnan(size).any(axis=1)] = "its size cannot be read"
    if Image.MAX_IMAGE_PIXELS is not None:
        too_large = size.prod(axis=1) > MOST_PIXELS * Image.MAX_IMAGE_PIXELS
        error[(error == "") & too_large] = TOO_LARGE
    return ImageFiles(path, error, size, turn)


def _why_not_found(dataset: Dataset, lost: Bools) -> Texts:
    """Of images without a file, (m,): whether there is none of that name, or there are several."""
    return texts(
        f"{count} files are called so, and which is meant is not said"
        if count > 1
        else "it was not found on disk"
        for count in namesakes(dataset.images.name[lost], dataset.image_folders).tolist()
    )


def _means_what_is_shown(dataset: Dataset, stored: Floats, orientation: Rows) -> Bools:
    """Which images EXIF turns before the labels fit, (n,)."""
    turned: Bools = orientation != UPRIGHT
    if len(dataset.headers):  # the labels state no sizes: fractions of what is shown
        return turned
    stated = dataset.images.size
    on_its_side = orientation >= ON_ITS_SIDE
    is_shown = (stated == stored[:, ::-1]).all(axis=1) & (stated != stored).any(axis=1)
    means: Bools = on_its_side & is_shown
    return means


def picture(path: str, turn: int) -> Image.Image:
    """The image in a file as RGB, turned as an EXIF orientation says.

    Raises
    ------
    ImageReadError
        if it cannot be decoded; the message names it.
    """
    at_hand([path])
    try:
        with Image.open(path) as image:
            rgb = image.convert("RGB") if image.mode == "RGB" else rgb_for_networks(image)
            return rgb.transpose(TURNS[turn]) if turn in TURNS else rgb
    except (*REFUSALS, MemoryError, Image.DecompressionBombError) as error:
        reason = str(error).split("\n")[0] or type(error).__name__
        raise ImageReadError(
            f"{path}: the image cannot be read while training: {reason}; "
            "unreadable='skip' takes the next one in its place"
        ) from error
