"""Image files of a dataset that may be shown to people, asked for by their row, never by a path.

A stranger's labels may name any file of this machine. What is shown on a page, or sent away in a
report, lies in a folder that images are looked for in.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

from labelaudit.core.mirror_names import is_mirrored
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import LabelauditError
from labelaudit.images.headers import REFUSALS
from labelaudit.images.own_links import is_own_link
from labelaudit.storage.at_hand import at_hand

LARGEST_PIXELS = 200_000_000
"""Images of more pixels than this, 0.8 GB decoded, are not shown."""


class NotShownError(LabelauditError):
    """An image that cannot be shown, and why."""


class ShownFiles:
    """The image files of a dataset, by row."""

    def __init__(self, dataset: Dataset) -> None:
        self._images = dataset.images
        self._roots = tuple(
            dict.fromkeys(folder.resolve() for folder in (*dataset.image_folders, dataset.root))
        )

    def path(self, row: int) -> Path:
        """The file of an image, links followed.

        Raises
        ------
        NotShownError
            if it was not found, or lies outside of the folders that images are looked for in, and
            the link to it is not of labelaudit.
        """
        if not 0 <= row < len(self._images):
            raise NotShownError("there is no such image")
        found = str(self._images.path[row])
        if not found:
            raise NotShownError("no file of this name was found; --images says where to look")
        at_hand([found])
        try:
            path = Path(found).resolve(strict=True)
        except (OSError, RuntimeError, ValueError) as error:
            raise NotShownError("the file is gone") from error
        if is_mirrored(found):  # links of a mirror lead to objects, whatever these are called
            return path
        inside = any(path.is_relative_to(root) for root in self._roots)
        if not inside and not is_own_link(Path(found)):
            raise NotShownError(
                "the file is a link that leads out of the image folders; "
                "name the folder that it leads to with --images"
            )
        return path


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """An image file, its header read; whatever is wrong with it is a `NotShownError`."""
    try:
        # Opening a pipe would wait for ever.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as file:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise NotShownError("it is not a file")
            image = Image.open(file)
            if image.width * image.height > LARGEST_PIXELS:
                raise NotShownError(f"{image.width} x {image.height} px are too many to show")
            yield image
    except REFUSALS as error:
        raise NotShownError("it is no image of a known kind, or broken") from error
