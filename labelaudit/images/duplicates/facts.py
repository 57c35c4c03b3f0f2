"""What the pixels of pairs of images say, remembered by their contents."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.boxes.orientations import UPRIGHT
from labelaudit.core.columns import Floats
from labelaudit.core.content_cache import ContentCache, content_key
from labelaudit.core.parallel import cores, map_groups
from labelaudit.core.progress import StageProgress
from labelaudit.images.duplicates.check import (
    Compared,
    PixelDigest,
    Seen,
    compared,
    pixel_digest,
    same_pixels,
    seen,
    turned,
)
from labelaudit.images.duplicates.search import LikelyPairs

VERSION = 5
"""Of what is remembered of pairs: another one, and they are compared anew."""

TOGETHER = 16
"""Pairs that a thread compares at a time."""

KEPT = 600
"""Pictures that are kept in memory, some 150 MB."""

MAYBE_SAME = 0.9999
"""Correlation from which on all pixels are compared, to see whether they are the same."""

SAME_PICTURES = 4096
"""Comparisons that are kept in memory, for pairs of the same pictures: thousands of copies of one
image make thousands of pairs and hardly one comparison.
"""

SAVED = 256
"""Pairs after which what was found is written to the cache; a choice."""

STAGE = "comparing images"

PAIR = np.dtype(
    [
        ("window", np.float64, 4),
        ("correlation", np.float64),
        ("noise", np.float64),
        ("stands_out", np.float64),
        ("detail", np.float64),
        ("brighter", np.float64),
        ("lit", np.bool_),
        ("same", np.bool_),
    ]
)
"""What is remembered of two images whose pixels were compared."""

_MEASURED = ("window", "correlation", "noise", "stands_out", "detail", "brighter", "lit")

PairFacts: TypeAlias = NDArray[np.void]


class Album:
    """Pictures as they are compared, the last of them kept."""

    def __init__(self, paths: Sequence[str], inner: Floats) -> None:
        self.paths, self._inner = paths, inner
        self._kept: OrderedDict[int, Seen | None] = OrderedDict()
        self._pixels: dict[int, PixelDigest | None] = {}
        self._lock = Lock()

    def picture(self, row: int) -> Seen | None:
        """The picture of an image; None if it cannot be read."""
        with self._lock:
            if row in self._kept:
                self._kept.move_to_end(row)
                return self._kept[row]
        picture = seen(self.paths[row], self._inner[row])
        with self._lock:
            self._kept[row] = picture
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return picture

    def same_pixels(self, first: int, second: int) -> bool:
        """Whether two images show the same pixels, each and every one; each is read once."""
        one, other = self._digest(first), self._digest(second)
        if one is None or other is None or one.size != other.size:
            return False
        if one.mode == other.mode:
            return one.digest == other.digest
        return same_pixels(self.paths[first], self.paths[second])

    def _digest(self, row: int) -> PixelDigest | None:
        if row not in self._pixels:
            self._pixels[row] = pixel_digest(self.paths[row])
        return self._pixels[row]


class Comparisons:
    """What pictures say beside one another, the last of it kept by what the pictures are."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[bytes, bytes, int, bytes], Compared] = OrderedDict()
        self._lock = Lock()

    def compared(self, first: Seen, second: Seen, orientation: int, window: Floats) -> Compared:
        """As `check.compared`, the second turned by an orientation of EXIF.

        Parameters
        ----------
        first, second:
            as they are seen.
        orientation:
            of EXIF: how the second looks as the first.
        window:
            (4,) about where the second lies in the first, in fractions.
        """
        key = (first.digest, second.digest, orientation, window.tobytes())
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        found = compared(first, turned(second, orientation), window)
        with self._lock:
            self._kept[key] = found
            while len(self._kept) > SAME_PICTURES:
                self._kept.popitem(last=False)
        return found


@dataclass(frozen=True, eq=False)
class PairComparison:
    """Pairs of images whose pixels are compared."""

    album: Album
    likely: LikelyPairs
    window: Floats  # (n, 4) about where the second lies in the first
    comparisons: Comparisons = field(default_factory=Comparisons)

    def facts(
        self, known: ContentCache, content: NDArray[np.uint64], progress: StageProgress
    ) -> PairFacts:
        """What the pixels of each pair say, (n,); NaN where an image cannot be read any more.

        Parameters
        ----------
        known:
            what was compared before.
        content:
            (images, 2) digests of the files.
        progress:
            told how many are done.
        """
        keys = self._keys(content)
        before = known.values(keys)
        facts, left = np.zeros(len(keys), PAIR), []
        for row, key in enumerate(keys):
            if len(before.get(key, b"")) == PAIR.itemsize:
                facts[row] = np.frombuffer(before[key], PAIR)[0]
            else:
                left.append(row)
        known.remember({}, used=before)
        groups = [left[start : start + TOGETHER] for start in range(0, len(left), TOGETHER)]
        done = len(keys) - len(left)
        new: dict[bytes, bytes] = {}
        for some, found in map_groups(self._compared, [[group] for group in groups], cores()):
            facts[some] = found
            done += len(some)
            progress(STAGE, done, len(keys))
            finite = np.isfinite(found["correlation"])
            new |= {
                keys[row]: fact.tobytes()
                for row, fact, told in zip(some, found, finite, strict=True)
                if told
            }
            if len(new) >= SAVED or done == len(keys):
                known.remember(new)
                new = {}
        return facts

    def _keys(self, content: NDArray[np.uint64]) -> list[bytes]:
        likely = self.likely
        return [
            content_key(content[[first, second]].tobytes(), "pair", VERSION, orientation)
            for first, second, orientation in zip(
                likely.first.tolist(),
                likely.second.tolist(),
                likely.orientation.tolist(),
                strict=True,
            )
        ]

    def _compared(self, rows: Sequence[int]) -> PairFacts:
        """What the pixels of some pairs say."""
        facts = np.zeros(len(rows), PAIR)
        facts["correlation"] = np.nan
        for place, row in enumerate(rows):
            first, second = int(self.likely.first[row]), int(self.likely.second[row])
            orientation = int(self.likely.orientation[row])
            one, other = self.album.picture(first), self.album.picture(second)
            if one is None or other is None:
                continue
            found = self.comparisons.compared(one, other, orientation, self.window[row])
            for name in _MEASURED:
                facts[name][place] = getattr(found, name)
            if orientation == UPRIGHT and found.correlation >= MAYBE_SAME:
                facts["same"][place] = self.album.same_pixels(first, second)
        return facts
