"""What names of images say of recordings: which count on, and which name a recording."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from labelaudit.core.columns import Ints
from labelaudit.dataset.split_roles import split_roles

VERSION = ".rf."
"""What stands in names of images behind the name of the picture of which Roboflow made them."""

MOST_COUNTERS = 3
"""Numbers of a name, from the last on, of which each may count frames; a choice."""

_NUMBER = re.compile(r"([0-9]+)")
_WORDS = (
    r"(?:videos?|vid|seq|sequence|clip|scene|drive|rec|recording|mvi|dji|gopr|gx"
    r"|flight|run|take|track|session|movie|mov|footage)[-_ ]?[0-9]"
)
_MAY_BE_RECORDING = re.compile(_WORDS)
_RECORDING = re.compile(rf"(?:^|[^a-z])({_WORDS}+)(?![0-9])")
_GENERIC = ("images", "image", "imgs", "img", "jpegimages", "frames", "data", "labels")

Key: TypeAlias = tuple[str, ...]


def picture_name(name: str) -> str:
    """The name of the picture that an image is a version of, in lower case, without its ending.

    >>> picture_name("train/Frame_12_jpg.rf.0a1b2c.jpg"), picture_name("b/a.b.png")
    ('train/frame_12', 'b/a.b')
    """
    path = name.replace("\\", "/").lower()
    stem, version, _ = path.partition(VERSION)
    if version:
        return re.sub(r"[_.](jpe?g|png|bmp|webp)$", "", stem)
    return stem.rpartition(".")[0] if "." in stem.rpartition("/")[2] else stem


def in_order(name: str) -> tuple[Key, list[tuple[int, str]], str]:
    """What names are sorted by so that numbers count, whatever split they are in.

    >>> sorted(["val/b10.jpg", "b9.jpg"], key=in_order)
    ['b9.jpg', 'val/b10.jpg']
    """
    parts = _NUMBER.split(picture_name(name).rpartition("/")[2])
    numbered = [(int(part[:18]) if place % 2 else -1, part) for place, part in enumerate(parts)]
    return folder_key(name), numbered, name


def folder_key(name: str) -> Key:
    """The folders of a name but those that name a split or say nothing.

    >>> folder_key("train/images/video_12/a.jpg")
    ('video_12',)
    """
    return _key_of(name.replace("\\", "/").rpartition("/")[0])


@lru_cache(maxsize=4096)  # folders are few beside the images in them
def _key_of(folder: str) -> Key:
    kept = (part for part in folder.lower().split("/") if part not in ("", ".", "..", *_GENERIC))
    return tuple(part for part in kept if not split_roles(part))


def recording_word(text: str) -> str:
    """The name of a recording in a name or the name of a folder; empty if there is none.

    >>> recording_word("cam2_video_0012"), recording_word("restrain_3"), recording_word("img_7")
    ('video_0012', '', '')
    """
    match = _RECORDING.search(text.lower())
    return match[1] if match else ""


def named_recordings(names: Sequence[str]) -> dict[Key, list[int]]:
    """The images of each recording that folders, or names before their counter, name."""
    found: dict[Key, list[int]] = {}
    for row, name in enumerate(names):
        if not _MAY_BE_RECORDING.search(name.lower()):  # a tenth of the time of looking closely
            continue
        picture = picture_name(name)
        *_, folder = ("", *folder_key(picture))
        word = recording_word(folder)
        if word:
            found.setdefault(("folder", *folder_key(picture)), []).append(row)
            continue
        before = re.split(r"[0-9]+(?=[^0-9]*$)", picture.rpartition("/")[2])[0]
        if word := recording_word(before):
            found.setdefault(("name", *folder_key(picture), word), []).append(row)
    return found


def following(names: Sequence[str]) -> Ints:
    """Pairs of images whose names differ in one number alone and count on, (p, 2).

    Whatever their splits, and once more within each folder, where two count from one on.
    """
    pairs: set[tuple[int, int]] = set()
    keyed: dict[tuple[Key, int], list[tuple[int, int]]] = {}
    for row, name in enumerate(names):
        picture = picture_name(name)
        for place, key, number in _counters(picture.rpartition("/")[2]):
            folder = picture.rpartition("/")[0]
            for where in {folder_key(picture), ("/", folder)}:
                keyed.setdefault(((*where, *key), place), []).append((number, row))
    for rows in keyed.values():
        rows.sort()
        pairs.update((min(a, b), max(a, b)) for (_, a), (_, b) in pairwise(rows))
    return np.array(sorted(pairs), np.int64).reshape(-1, 2)


def _counters(stem: str) -> Iterator[tuple[int, Key, int]]:
    """Place, words around it and value of each number of a name that may count frames."""
    parts = _NUMBER.split(stem)
    places = range(len(parts) - 2, 0, -2)
    for place in list(places)[:MOST_COUNTERS]:
        yield place, (*parts[:place], "#", *parts[place + 1 :]), int(parts[place][:18])
