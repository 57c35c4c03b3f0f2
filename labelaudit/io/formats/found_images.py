"""Where images are that labels name with or without an ending."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from labelaudit.core.columns import Texts, texts
from labelaudit.images.files import is_image, locate, locate_stems


def found_images(names: Texts, folders: Sequence[Path]) -> tuple[Texts, Texts]:
    """The names of images with their endings, and where each is on disk, (n,) both.

    A name without an ending of images is looked for as a stem, and gets the ending of the file that
    is found; a path is empty where none is.
    """
    whole = np.array([is_image(name) for name in names.tolist()], bool)
    if whole.all():
        return names, locate(names, folders)
    named, paths = names.copy(), texts([""] * len(names))
    if whole.any():
        paths[whole] = locate(names[whole], folders)
    paths[~whole] = locate_stems(names[~whole], folders)
    for row in np.flatnonzero(~whole & (paths != "")).tolist():
        named[row] = str(names[row]) + os.path.splitext(str(paths[row]))[1]
    return named, paths
