"""Recordings: images that are frames of one video, or of one pass of a camera over a scene.

That names count on proves nothing, since most datasets number their images. Frames are taken for
one recording where their pictures show the same, shifted as a camera moves, or where folders, or
names with pictures that are alike, say which recording they are of.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Texts
from labelaudit.images.frame_names import following, in_order, named_recordings
from labelaudit.images.likeness import likeness
from labelaudit.images.near_duplicates import joined

if TYPE_CHECKING:  # nobody who decodes no image waits for it
    from labelaudit.images.appearance import Appearance

ALIKE = 0.75
"""Correlation of two pictures, shifted against each other, from which on they show one scene.

Of frames of a panned photograph, 99 in 100 are above .78; of pictures of three datasets that are
half of it apart, 999 in 1,000 below .44 ("half of all apart" in benchmarks/results/splits.md).
"""

SURELY_ALIKE = 0.8
"""The same where no name says that one picture follows the other; a choice.

Of what overlaps in BCCD and the playing cards, the least alike pair that shows one scene is at .85,
the most alike one that does not at .75.
"""

LEAST_FRAMES = 3
"""Fewest frames of a recording: two that look alike are near duplicates; a choice."""

SAMPLE = 2_000
"""Pairs of images whose names are far apart, to learn how alike pictures are anyway; a choice."""

FAR = (2, 3)
"""How far apart: a half and a third of all images, in the order of their names."""

ANYWAY = 0.99
"""Quantile of these pairs that frames have to reach, too; where a camera stands still over
the whole dataset, nothing tells recordings apart."""

USUAL = 0.95
"""Quantile of these pairs that consecutive frames of a named recording exceed often enough."""

ABOVE = 0.25
"""Share of consecutive frames of a named recording that have to be so; by chance .05 are."""


@dataclass(frozen=True, eq=False)
class Recordings:
    """Which images are of one recording."""

    group: Ints  # (images,) number of the recording; MISSING of an image that is of none
    names: tuple[str, ...]  # by number, what a recording is called

    def __len__(self) -> int:
        return len(self.names)

    def rows(self, number: int) -> Ints:
        """The images of a recording, ascending."""
        return np.flatnonzero(self.group == number)


def recordings(names: Texts, appearance: Appearance | None) -> Recordings:
    """The recordings among images.

    Parameters
    ----------
    names:
        (n,) of the images, as the labels write them.
    appearance:
        (n,) what they look like; None if none was decoded. Those that were not are judged by their
        folders alone.
    """
    every = names.tolist()
    seen = _Seen(every, appearance) if appearance is not None and appearance.seen.any() else None
    # Where no picture was seen, none is like the one whose name it follows.
    pairs = following(every) if seen else np.zeros((0, 2), np.int64)
    links = [pairs[seen.one_scene(pairs)] if seen else pairs]
    called: dict[int, str] = {}
    for key, rows in named_recordings(every).items():
        frames, by_folder = np.array(rows, np.int64), key[0] == "folder"
        fits = seen.fits(frames, pairs, by_folder=by_folder) if seen else by_folder
        if len(frames) >= LEAST_FRAMES and fits:
            links.append(np.stack([frames[:-1], frames[1:]], axis=1))
            called.update(dict.fromkeys(rows, key[-1]))
    return _numbered(every, joined(len(every), np.concatenate(links)), called)


def of_one_scene(names: Texts, appearance: Appearance, pairs: Ints) -> Bools:
    """Which pairs of images, whatever they are called, show one scene, (p,).

    Parameters
    ----------
    names:
        (n,) of the images.
    appearance:
        (n,) what they look like.
    pairs:
        (p, 2) rows of images that may.
    """
    seen = _Seen(names.tolist(), appearance)
    scene: Bools = seen.likeness(pairs) >= max(SURELY_ALIKE, seen.anyway)
    return scene


class _Seen:
    """How alike images are, as far as they were decoded."""

    def __init__(self, names: list[str], appearance: Appearance) -> None:
        self.small = appearance.small
        self.seen = appearance.seen & (appearance.contrast > 1)
        self.anyway, self.usual = self._quantiles(names)

    def _quantiles(self, names: list[str]) -> tuple[float, float]:
        """How alike hardly any, and few, pairs of images are whose names are far apart."""
        rows = np.flatnonzero(self.seen)
        if len(rows) < 2 * max(FAR):
            return 0.0, 0.0
        rows = np.array(sorted(rows.tolist(), key=lambda row: in_order(names[row])))
        some = np.linspace(0, len(rows) - 1, min(SAMPLE, len(rows))).astype(np.int64)
        first = np.tile(some, len(FAR))
        second = (first + np.repeat([len(rows) // far for far in FAR], len(some))) % len(rows)
        values = likeness(self.small, rows[first], rows[second])
        anyway, usual = np.quantile(values, [ANYWAY, USUAL]).tolist()
        return anyway, usual

    def likeness(self, pairs: Ints) -> Floats:
        """How alike each pair is, (p,); NaN where one was not decoded."""
        value = np.full(len(pairs), np.nan)
        both = self.seen[pairs].all(axis=1)
        value[both] = likeness(self.small, pairs[both, 0], pairs[both, 1])
        return value

    def one_scene(self, pairs: Ints) -> Bools:
        """Which pairs of images show one scene, (p,)."""
        scene: Bools = self.likeness(pairs) >= max(ALIKE, self.anyway)
        return scene

    def fits(self, frames: Ints, pairs: Ints, *, by_folder: bool) -> bool:
        """Whether what is called a recording may be one.

        Parameters
        ----------
        frames:
            the images of it.
        pairs:
            (p, 2) images whose names count on.
        by_folder:
            whether they are in a folder of their own, which is enough where none was decoded.
        """
        inside = pairs[np.isin(pairs, frames).all(axis=1)]
        value = self.likeness(inside)
        value = value[~np.isnan(value)]
        if not len(value):
            return by_folder
        return float(np.mean(value > self.usual)) >= ABOVE


def _numbered(names: list[str], group: Ints, called: dict[int, str]) -> Recordings:
    """The groups that are large enough, in the order of their first image."""
    found = np.full(len(names), MISSING, np.int64)
    told = []
    for number, rows in enumerate(_large(group)):
        found[rows] = number
        ordered = sorted((names[row] for row in rows.tolist()), key=in_order)
        said = next((called[row] for row in rows.tolist() if row in called), "")
        told.append(said or f"{ordered[0]} to {ordered[-1]}")
    return Recordings(found, tuple(told))


def _large(group: Ints) -> Iterator[Ints]:
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    count = np.diff(starts, append=len(order))
    large = count >= LEAST_FRAMES
    for start, stop in zip(starts[large], (starts + count)[large], strict=True):
        yield order[start:stop]
