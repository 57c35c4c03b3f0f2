"""Images that show the same: found by how they look, verified on their pixels."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from labelaudit.core.columns import TEXT, Bools, Floats, Ints, Rows, Texts
from labelaudit.core.content_cache import ContentCache, content_key
from labelaudit.core.progress import StageProgress, ignore_progress
from labelaudit.core.table import Table, column, rows_column
from labelaudit.images.appearance import Appearance
from labelaudit.images.duplicates.check import (
    LEAST_DETAIL,
    MOST_NOISE,
    MOST_NOISE_OF_LIGHT,
    MOVED,
    STANDS_OUT,
    WORST_ALIKE,
)
from labelaudit.images.duplicates.facts import VERSION, Album, PairComparison, PairFacts
from labelaudit.images.duplicates.kinds import copied_picture, kind_words, whole_window
from labelaudit.images.duplicates.rough import roughly
from labelaudit.images.duplicates.search import LikelyPairs, likely_pairs

LEAST_CONTRAST = 2.0
"""Standard deviation of grey values below which there is nothing to be seen; a choice."""

ALIKE = 0.8
"""Correlation of small pictures from which on pixels are compared.

Of copies of 786 photographs cut by 10 %, 95 in 100 are above .83 and 90 in 100 above .94, of other
pictures, each with the one most like it, 90 in 100 are below .83.
"""


BEYOND = 0.012
"""By how much one picture may reach beyond the other that it is a part of, in fractions; a choice.

What pans shows something new on one side, and no more of the old on the other.
"""

ROUGHLY = 3
"""How often that much by small pictures, of which a point is 3 % of a side; a choice."""


@dataclass(frozen=True, eq=False, repr=False)
class NearDuplicates(Table):
    """One row per two images of which one is a copy of the other, or of a part of it.

    Of images of the same bytes, only the first is in any row.
    """

    first: Rows = rows_column()  # (n,) row of the image that shows more
    second: Rows = rows_column()  # (n,) row of the other one
    orientation: Rows = column(np.int32, fill=1)  # (n,) of EXIF: how the second looks as the first
    similarity: Floats = column(np.float64, fill=np.nan)  # (n,) correlation of pixels, in 0..1
    kind: Texts = column(TEXT, fill="")  # (n,) what was done to the second, in words
    # (n, 4) where the second, once turned, lies in the first: left, top, right, bottom in fractions
    window: Floats = column(np.float64, 4, fill=np.nan)
    same_pixels: Bools = column(bool, fill=False)  # (n,) not one pixel is different


@dataclass(frozen=True, eq=False, repr=False)
class NearFrames(Table):
    """One row per two images of one scene that are no copies, as frames of a video are."""

    first: Rows = rows_column()  # (n,) row of one image
    second: Rows = rows_column()  # (n,) row of the other
    similarity: Floats = column(np.float64, fill=np.nan)  # (n,) correlation of pixels, in 0..1


@dataclass(frozen=True, eq=False)
class NearPairs:
    """Which images show the same, and which the same scene."""

    copies: NearDuplicates
    frames: NearFrames


def near_pairs(
    paths: Texts,
    appearance: Appearance,
    size: Floats,
    *,
    cache: Path | None = None,
    progress: StageProgress = ignore_progress,
) -> NearPairs:
    """The images that show the same, without those of the same bytes.

    Parameters
    ----------
    paths:
        (n,) absolute, of the images.
    appearance:
        (n,) what they look like.
    size:
        (n, 2) width and height in pixels, as they are stored.
    cache:
        the folder of the cache; the user's own if absent.
    progress:
        told how far it is.
    """
    rows = _compared(appearance)
    with ContentCache(cache) as known:
        key = content_key(
            np.column_stack([appearance.content[rows], rows, size[rows]]).tobytes(), "all", VERSION
        )
        found = _unpacked(known.values([key]).get(key, b""))
        if found is None:
            found = _searched(_Images(paths, appearance, size, rows), known, progress)
            known.remember({key: _packed(found)})
        else:
            known.remember({}, used=[key])
    return found


def _packed(pairs: NearPairs) -> bytes:
    """What was found, as bytes to be remembered."""
    return msgspec.json.encode(
        [
            {name: values.tolist() for name, values in vars(table).items()}
            for table in (pairs.copies, pairs.frames)
        ]
    )


def _unpacked(packed: bytes) -> NearPairs | None:
    """What was found before; None of what says nothing."""
    try:
        copies, frames = msgspec.json.decode(
            packed, type=tuple[dict[str, list[Any]], dict[str, list[Any]]]
        )
        count, more = len(copies["first"]), len(frames["first"])
        return NearPairs(NearDuplicates.of(count, **copies), NearFrames.of(more, **frames))
    except (msgspec.DecodeError, LookupError, TypeError, ValueError):
        return None


@dataclass(frozen=True, eq=False)
class _Images:
    """What is known of images; see `near_pairs`."""

    paths: Texts
    appearance: Appearance
    size: Floats
    rows: Ints  # of those that are compared


def _searched(images: _Images, known: ContentCache, progress: StageProgress) -> NearPairs:
    """`near_pairs` of images that were not compared as a whole before.

    Parameters
    ----------
    images:
        in which others are looked for.
    known:
        what was compared before.
    progress:
        told how far it is.
    """
    appearance, rows = images.appearance, images.rows
    likely = likely_pairs(appearance.small[rows], progress=progress)
    likely = likely.replaced(first=rows[likely.first], second=rows[likely.second])
    window, correlation = roughly(appearance.small, likely)
    alike = correlation >= ALIKE
    likely, window, correlation = likely.rows(alike), window[alike], correlation[alike]
    contained = _is_contained(window, BEYOND * ROUGHLY)
    pans = NearFrames.of(
        int((~contained).sum()),
        first=likely.first[~contained],
        second=likely.second[~contained],
        similarity=correlation[~contained],
    )
    likely, window = likely.rows(contained), window[contained]
    album = Album(images.paths.tolist(), appearance.inner)
    facts = PairComparison(album, likely, window).facts(known, appearance.content, progress)
    same = facts["correlation"] >= WORST_ALIKE  # not of what cannot be read any more, either
    likely, facts = likely.rows(same), facts[same]
    is_copy = _is_copy(facts)
    others = likely.rows(~is_copy)
    frames = NearFrames.of(
        len(others),
        first=others.first,
        second=others.second,
        similarity=facts["correlation"][~is_copy],
    )
    copies = _copies(likely.rows(is_copy), facts[is_copy], appearance.inner, images.size)
    return NearPairs(copies, NearFrames.concat([pans, frames]))


def _is_copy(facts: PairFacts) -> Bools:
    """Which pairs show the same and not only the same scene, (n,)."""
    most = np.where(facts["lit"], MOST_NOISE_OF_LIGHT, MOST_NOISE)
    inside = _is_contained(facts["window"], BEYOND)
    moved = (facts["noise"] >= MOVED) & (facts["stands_out"] > STANDS_OUT)
    found: Bools = inside & (facts["noise"] <= most) & (facts["detail"] >= LEAST_DETAIL) & ~moved
    return found


def _compared(appearance: Appearance) -> Ints:
    """The images that are compared: with something to be seen, and of the same bytes the first.

    By their bytes, so that of two images the same is always compared with the other.
    """
    rows = np.flatnonzero(appearance.seen & (appearance.contrast >= LEAST_CONTRAST))
    content = appearance.content[rows]
    key = content[:, 0] ^ (content[:, 1] * np.uint64(0x9E3779B97F4A7C15))
    _, first = np.unique(key, return_index=True)
    found: Ints = rows[first]
    return found


def _is_contained(window: Floats, beyond: float) -> Bools:
    """Whether one of two pictures lies in the other, (n,), by windows (n, 4)."""
    inside = (window[:, :2] >= -beyond).all(axis=1) & (window[:, 2:] <= 1 + beyond).all(axis=1)
    around = (window[:, :2] <= beyond).all(axis=1) & (window[:, 2:] >= 1 - beyond).all(axis=1)
    return np.asarray(inside | around, bool)


def _copies(likely: LikelyPairs, facts: PairFacts, inner: Floats, size: Floats) -> NearDuplicates:
    """The table of copies, the one that shows more first, with windows of whole images.

    Parameters
    ----------
    likely, facts:
        (n,) the pairs, and what their pixels say.
    inner, size:
        (images, 4) and (images, 2), see `near_pairs`.
    """
    copies = [
        copied_picture(first, second, orientation, window, brighter=brighter)
        for first, second, orientation, window, brighter in zip(
            likely.first.tolist(),
            likely.second.tolist(),
            likely.orientation.tolist(),
            facts["window"],
            facts["brighter"].tolist(),
            strict=True,
        )
    ]
    same = facts["same"].tolist()
    return NearDuplicates.of(
        len(copies),
        first=[copy.first for copy in copies],
        second=[copy.second for copy in copies],
        orientation=[copy.orientation for copy in copies],
        similarity=facts["correlation"],
        kind=[
            kind_words(copy, inner, size, same_pixels=one)
            for copy, one in zip(copies, same, strict=True)
        ],
        window=np.array([whole_window(copy, inner) for copy in copies]).reshape(-1, 4),
        same_pixels=same,
    )
