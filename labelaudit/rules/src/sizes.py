"""Whether boxes of a source are larger than others by a number of pixels, from their sizes alone.

Other objects, or objects nearer to the camera, are larger by a factor. A margin that somebody
leaves around each object is a number of pixels: the sizes of small boxes and of large ones differ
by the same. So a margin is told only where a number of pixels explains the quantiles of sizes
better than a factor does.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.core.columns import Bools, Floats, Ints, Rows
from labelaudit.rules.src.evidence import SURE, at_border, sourced

QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9)
"""Of sizes, that are compared; a choice."""

LEAST = 40
"""Fewest boxes of a class of a source, and of all others; a choice: a tenth are four."""

FITS = 2.0
"""Mean square, up to which a margin explains quantiles; by chance 1. A choice."""

BETTER = 1.5
"""How many times as well as a factor it has to explain them; a choice."""

MOST_CLASSES, MOST_BOXES = 10, 4000
"""Classes of a source, the most common first, and boxes of each that are looked at. A choice."""

MOSTLY = 0.5
"""Share of a margin that has to be there beside the typical one of the others, too; a choice."""


@dataclass(frozen=True)
class Margin:
    """What a source leaves around objects beyond what others leave."""

    source: int
    pixels: tuple[float, float]  # at each side, along x and y
    boxes: int
    others: int


def margins(audit: AuditContext, sources: BoxSources, min_pixels: float) -> Iterator[Margin]:
    """The sources with another margin than the others, the surest first.

    The surest is taken out before the others are looked at again: beside one who draws too large,
    all others draw too small.

    Parameters
    ----------
    audit:
        of the dataset.
    sources:
        that are compared.
    min_pixels:
        least margin at a side, inclusive.
    """
    usable = np.flatnonzero(sourced(audit, sources))
    usable = usable[~at_border(audit, usable)]
    left = list(range(len(sources.names)))
    while len(left) > 1:
        inside = usable[np.isin(sources.box[usable], left)]
        seen = [(_margin(audit, inside, sources.box[inside] == one), one) for one in left]
        sure = [
            (one.p, source, one)
            for one, source in seen
            if one
            and one.p * len(sources.names) < SURE
            and max(map(abs, one.pixels)) >= min_pixels
            and _beside_most(audit, inside, sources.box[inside], (source, one.pixels))
        ]
        if not sure or len(sure) * 2 > max(len(left), 2):  # most of them differ: no one is odd
            return
        _, source, one = min(sure, key=lambda each: each[0])
        yield Margin(source, one.pixels, one.boxes, one.others)
        left.remove(source)


def _beside_most(
    audit: AuditContext, box: Ints, of: Rows, told: tuple[int, tuple[float, float]]
) -> bool:
    """Whether a source differs from most others one by one, and not from an odd one among them.

    Parameters
    ----------
    audit:
        of the dataset.
    box, of:
        (n,) rows in Boxes, and their sources.
    told:
        a source, and by how much it differs from all others together.
    """
    source, (x, y) = told
    apart = []
    for other in np.unique(of[of != source]).tolist():
        here = (of == source) | (of == other)
        parts = _differences(audit, box[here], of[here] == source)
        if parts[0]:
            both = sum(_fit(some).pixels for some in parts) / 2
            apart.append(both / (x + y) if x + y else 0.0)
    return not apart or float(np.median(apart)) >= MOSTLY


@dataclass(frozen=True)
class _Seen:
    pixels: tuple[float, float]
    p: float
    boxes: int
    others: int


def _margin(audit: AuditContext, box: Ints, mine: Bools) -> _Seen | None:
    """The margin that explains how the sizes of some boxes differ from the others; None if none."""
    parts = _differences(audit, box, mine)
    if not parts[0]:
        return None
    fits, whole = [_fit(some) for some in parts], _fit(parts[0] + parts[1])
    if not (whole.additive <= FITS and whole.additive * BETTER <= whole.multiplicative):
        return None
    if fits[0].z * fits[1].z <= 0:
        return None
    p = math.erfc(abs(whole.z) / math.sqrt(2))
    count = int(np.count_nonzero(mine))
    return _Seen((fits[0].pixels / 2, fits[1].pixels / 2), p, count, len(box) - count)


Difference: TypeAlias = tuple[Floats, Floats, Floats]
"""By how much quantiles of sizes differ, their standard errors, and those of the others."""


def _differences(
    audit: AuditContext, box: Ints, mine: Bools
) -> tuple[list[Difference], list[Difference]]:
    """Of widths and of heights, for each class that both sides have enough boxes of."""
    label = audit.derived.box_class[box]
    parts: tuple[list[Difference], list[Difference]] = ([], [])
    often = np.bincount(label[mine], minlength=1)
    for one in np.argsort(-often, kind="stable")[:MOST_CLASSES].tolist():
        ours, theirs = (_some(box[(label == one) & side]) for side in (mine, ~mine))
        if min(len(ours), len(theirs)) >= LEAST:
            for axis in (0, 1):
                parts[axis].append(_difference(audit, ours, theirs, axis))
    return parts


@dataclass(frozen=True)
class _Fit:
    pixels: float  # by which sizes differ
    z: float
    additive: float  # mean square of what a number of pixels leaves, in standard errors
    multiplicative: float  # of what a factor leaves


def _fit(parts: Sequence[Difference]) -> _Fit:
    """A number of pixels, and a factor, for differences of quantiles with their errors."""
    difference, error, size = (np.concatenate(column) for column in zip(*parts, strict=True))
    weight = 1 / error**2
    pixels = float((difference * weight).sum() / weight.sum())
    factor = float((difference * size * weight).sum() / (size**2 * weight).sum())
    # Quantiles of one class go together: as many as there are count as one.
    z = pixels * math.sqrt(float(weight.sum()) / len(QUANTILES))
    left = ((difference - pixels) ** 2 * weight, (difference - factor * size) ** 2 * weight)
    return _Fit(pixels, z, float(left[0].mean()), float(left[1].mean()))


def _some(box: Ints) -> Ints:
    """At most `MOST_BOXES` of some boxes, spread evenly."""
    return box[:: max(1, -(-len(box) // MOST_BOXES))]


def _difference(audit: AuditContext, ours: Ints, theirs: Ints, axis: int) -> Difference:
    """By how much quantiles of sizes differ, their standard errors, and those of the others.

    Parameters
    ----------
    audit:
        of the dataset.
    ours, theirs:
        (n,) and (m,) rows in Boxes.
    axis:
        0 for widths, 1 for heights.
    """
    xyxy = audit.dataset.boxes.xyxy
    sizes = [xyxy[rows, axis + 2] - xyxy[rows, axis] for rows in (ours, theirs)]
    images = [audit.dataset.boxes.image[rows] for rows in (ours, theirs)]
    (first, first_error), (second, second_error) = (
        _quantiles(size, image) for size, image in zip(sizes, images, strict=True)
    )
    return first - second, np.hypot(first_error, second_error), second


def _quantiles(size: Floats, image: Ints | Rows) -> tuple[Floats, Floats]:
    """Quantiles of sizes, (n,), and their standard errors, half a distance of order statistics.

    Source: Woodruff, "Confidence intervals for medians and other position measures", Journal of the
    American Statistical Association 47, 1952; boxes of one image count as they are alike.
    """
    ordered = np.sort(size)
    count, worth = len(ordered), len(ordered) / _design_effect(size, image)
    at = np.array(QUANTILES)
    reach = np.sqrt(at * (1 - at) / worth)
    low, high = (np.quantile(ordered, np.clip(at + sign * reach, 0, 1)) for sign in (-1, 1))
    error = np.maximum((high - low) / 2, 0.5 / math.sqrt(count))
    return np.quantile(ordered, at), error


def _design_effect(size: Floats, image: Ints | Rows) -> float:
    """How many boxes of one image are worth one, from how alike their sizes are; 1 if not at all.

    Source: Kish, "Survey sampling", 1965, section 5.4, with the correlation within images of the
    logarithm of sizes from the analysis of variance.
    """
    _, at = np.unique(image, return_inverse=True)
    groups, total = int(at.max()) + 1, len(size)
    if groups < 2 or total <= groups:
        return 1.0
    value = np.log(size)
    many = np.bincount(at)
    means = np.bincount(at, value) / many
    within = float(((value - means[at]) ** 2).sum()) / (total - groups)
    between = float((many * (means - value.mean()) ** 2).sum()) / (groups - 1)
    typical = (total - float((many**2).sum()) / total) / (groups - 1)
    spread = max(0.0, (between - within) / typical)
    alike = spread / (spread + within) if spread + within else 0.0
    return 1 + (float((many**2).sum()) / total - 1) * alike
