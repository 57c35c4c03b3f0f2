"""Which images a detector has learned, by what their files hold: names and places change."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from labelaudit.core.columns import Bools, Texts
from labelaudit.storage.at_hand import at_hand, remote_size

FACT = "learned_images"
"""Under which the facts of a detector have the marks of the images that it learned."""

_BYTES = 8
"""Of a digest: with a million images, one in ten million millions is taken for another."""


def image_marks(paths: Iterable[str]) -> list[str]:
    """A mark for each file that can be read: its length and a digest of what it holds."""
    return [mark for mark in map(_mark, paths) if mark]


def learned_before(facts: Mapping[str, Any], paths: Texts) -> Bools:
    """Which image files a detector has learned, (n,), as far as its facts say.

    Only files of a length that one of those has are read.
    """
    known = set(facts.get(FACT) or ())
    lengths = {mark.partition("-")[0] for mark in known}
    return np.array(
        [_length(path) in lengths and _mark(path) in known for path in paths.tolist()], bool
    )


def _length(path: str) -> str:
    """How many bytes a file has, as marks write it; empty if there is none."""
    if (size := remote_size(path)) is not None:
        return f"{size:x}"
    try:
        return f"{os.stat(path).st_size:x}" if path else ""
    except OSError:
        return ""


def _mark(path: str) -> str:
    at_hand([path])
    try:
        content = Path(path).read_bytes() if path else b""
    except OSError:
        return ""
    digest = hashlib.blake2b(content, digest_size=_BYTES).hexdigest()
    return f"{len(content):x}-{digest}" if content else ""
