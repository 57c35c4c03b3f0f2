"""Images that the page will not be able to show, known before anybody opens it."""

from __future__ import annotations

import os

import numpy as np

from labelaudit.core.columns import Bools
from labelaudit.core.mirror_names import is_mirrored
from labelaudit.core.text import counted, plain
from labelaudit.dataset.tables import Dataset
from labelaudit.images.headers import headers_of
from labelaudit.images.shown_files import LARGEST_PIXELS, NotShownError, ShownFiles

NAMED = 3
"""Images that are named of each kind of trouble; a choice."""


def unshown_images(dataset: Dataset) -> str:
    """Which images cannot be shown, and why, in a line; empty if all can, or there are none.

    By names and headers alone: an image that is damaged farther on is told where it is shown.
    """
    troubles = {
        "not found": dataset.images.path == "",
        "no image, or broken": headers_of(dataset).error != "",
        f"of more than {LARGEST_PIXELS // 10**6} megapixels": _huge(dataset),
        "a link out of the image folders": _leading_out(dataset),
    }
    left = np.ones(len(dataset.images), bool)
    parts = []
    for words, rows in troubles.items():
        here = np.flatnonzero(rows & left)
        left[here] = False
        if len(here):
            names = ", ".join(plain(str(name)) for name in dataset.images.name[here[:NAMED]])
            more = ", ..." if len(here) > NAMED else ""
            parts.append(f"{len(here):,} {words} ({names}{more})")
    if not parts:
        return ""
    count = int(np.count_nonzero(~left))
    told = f"{count:,} of {counted(len(left), 'image')} cannot be shown"
    return f"{told}: {'; '.join(parts)}; --images says where to look"


def _huge(dataset: Dataset) -> Bools:
    with np.errstate(invalid="ignore", over="ignore"):
        huge: Bools = headers_of(dataset).size.prod(axis=1) > LARGEST_PIXELS
    return huge


def _leading_out(dataset: Dataset) -> Bools:
    """Which are links that may not be followed. Only links are looked at: each costs a call."""
    files = ShownFiles(dataset)
    out = np.zeros(len(dataset.images), bool)
    for row, path in enumerate(dataset.images.path.tolist()):
        if path and os.path.islink(path) and not is_mirrored(path):
            try:
                files.path(row)
            except NotShownError:
                out[row] = True
    return out
