from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple, TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.setting_types import Amount, Count, Factor
from labelaudit.core.columns import MISSING, Floats, Ints, Rows
from labelaudit.core.rows import blocks, median
from labelaudit.rules.geo.bounds import Block, on_image

NORMAL = 1.4826
"""The standard deviation of a normal distribution over its median absolute deviation."""


class ClassSizes(NamedTuple):
    """What the sizes of the boxes of a class are like: the logarithms of their shares."""

    boxes: int
    median: float
    spread: float  # the median distance from that

    def limits(self, max_deviation: float, least: float, min_count: int) -> tuple[float, float]:
        """The middle, NaN where there is none, and the distance from it above which one is far.

        Parameters
        ----------
        max_deviation:
            standard deviations.
        least:
            the least distance that is far.
        min_count:
            a class of fewer boxes has no middle.
        """
        middle = self.median if self.boxes >= max(min_count, 1) else np.nan
        return middle, max(max_deviation * NORMAL * self.spread, least)


NOTHING = ClassSizes(0, np.nan, np.nan)

Sizes: TypeAlias = Mapping[str, ClassSizes]
"""By the name of the class."""


def _log_share(audit: AuditContext, min_side: float) -> Floats:
    """The logarithm of the share that each box has of its image, (n,); NaN if it is not judged."""
    share = np.empty(len(audit.dataset.boxes))
    for rows in blocks(len(share)):
        some = Block(audit, rows)
        compared = (
            some.is_valid & some.is_evaluated & (some.width >= min_side) & (some.height >= min_side)
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            width, height = some.image_size.T  # times each other; `prod` over two is slow
            part = np.log(some.width * some.height / (width * height))
        share[rows] = np.where(compared & np.isfinite(part), part, np.nan)
    return share


def _shares(audit: AuditContext, share: Floats) -> dict[str, Floats]:
    """The shares of the boxes of each class by its name, where any is judged."""
    return by_group(share, audit.derived.box_class, audit.derived.classes)


def by_group(values: Floats, group: Rows, names: Sequence[str]) -> dict[str, Floats]:
    """The values of each group that has some, by its name.

    Parameters
    ----------
    values, group:
        (n,) each; NaN and a negative group take no part.
    names:
        of the groups.
    """
    place = np.where(np.isnan(values), MISSING, group) + 1
    count = np.bincount(place, minlength=len(names) + 1)
    # The narrower the integers, the faster they are sorted: by radix up to 16 bits.
    order = np.argsort(place.astype(np.min_scalar_type(len(count))), kind="stable")
    each = zip(names, pairwise(np.cumsum(count).tolist()), strict=True)
    return {name: values[order[start:end]] for name, (start, end) in each if end > start}


def sizes_of_all(parts: Sequence[Mapping[str, Floats]]) -> Sizes:
    """What the sizes of each class are like, by its name, in all parts together."""
    sizes = {}
    for name in dict.fromkeys(name for part in parts for name in part):
        values = np.concatenate([part[name] for part in parts if name in part])
        middle = median(values)
        values -= middle
        sizes[name] = ClassSizes(len(values), middle, median(np.abs(values, out=values)))
    return sizes


SIZES = Gathering(
    "sizes of boxes by class",
    lambda audit, settings: _shares(audit, _log_share(audit, settings["min_side"])),
    sizes_of_all,
)
"""Median and spread of the sizes of each class, which need all of them: 8 bytes a box."""


@rule(
    "GEO009",
    "size-outlier",
    message="{label} is {w:g} x {h:g} px, {factor:.3g} times {than} the median area of its class",
    severity=Severity.WARNING,
    scope=Scope.IMAGE,
    gathers=SIZES,
)
def size_outlier(
    audit: AuditContext,
    *,
    max_deviation: Amount = 7.0,
    min_factor: Factor = 4.0,
    min_boxes: Count = 20,
    min_side: Amount = 2.0,
) -> Found:
    """A box far larger or smaller than nearly all others of its class.

    Why it hurts: often it is not of that class at all, or it is a group, a part or a slip of the
    mouse, and a regression loss weighs what is far off the most.

    What is compared is the logarithm of the box's share of its image. Its distance from the median
    of the class is measured in median absolute deviations, scaled to be standard deviations where
    sizes are log-normal (Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993).

    Settings:
        max_deviation: standard deviations from the median, above which a box is found.
        min_factor: only boxes this many times larger or smaller than the median are found.
        min_boxes: classes with fewer boxes are not judged.
        min_side: boxes with a side below this many pixels are left to tiny-box.

    Why these defaults: three boxes of BCCD deviate by 8.0 or more and all three have the wrong
    class (a platelet called white cell, two white cells called platelets); the next that is 4 times
    larger or smaller is at 3.2. What is right stays below: a cigarette close to the lens in TACO at
    6.7, a car in the sample of COCO at 4.9, cards at 3.3 ("size-outlier" in
    benchmarks/results/rule_defaults.md). The factor spares classes of which nearly all boxes have
    one size.

    Crowds and difficult boxes are not counted. Says nothing where the image's size is unknown.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image
        >>> cells = [f"cell {x} 0 {x + 9 + x % 3} 10" for x in range(0, 600, 20)]
        >>> wrong, right = (
        ...     one_image("cell 0 20 200 200", *cells),
        ...     one_image("cell 0 20 11 30", *cells),
        ... )
        >>> print(before_and_after(size_outlier, wrong, right))
        Found: cell is 200 x 180 px, 360 times above the median area of its class
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 20, 200, 180]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 20, 11, 10]}
          {"id": 2, "image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 10]}

    Fix: none; somebody has to look.
    """
    share = _log_share(audit, min_side)
    sizes: Sizes = SIZES.known(audit, lambda: _shares(audit, share))
    of_class = [sizes.get(name, NOTHING) for name in audit.derived.classes]
    least = np.log(max(min_factor, 1.0))
    limits = [one.limits(max_deviation, least, min_boxes) for one in of_class]
    box, distance = outliers(share, audit.derived.box_class, limits)
    kept = np.isin(box, on_image(audit, box))
    return found(
        box[kept],
        factor=np.exp(np.abs(distance[kept])),
        than=np.where(distance[kept] > 0, "above", "below"),
    )


def outliers(
    values: Floats, group: Rows, limits: Sequence[tuple[float, float]]
) -> tuple[Ints, Floats]:
    """The rows of values far from the middle of their group, in order, and how far they are.

    Parameters
    ----------
    values, group:
        (n,) each; NaN and a negative group take no part.
    limits:
        the middle of each group, and the distance from it above which a value is far.
    """
    middle, limit = np.array([*limits, (np.nan, np.nan)]).T
    far, distances = [np.empty(0, np.int64)], [values[:0]]
    for rows in blocks(len(values)):
        distance = values[rows] - middle[group[rows]]
        beyond = np.flatnonzero(np.abs(distance) > limit[group[rows]])
        far.append(beyond + rows.start)
        distances.append(distance[beyond])
    return np.concatenate(far), np.concatenate(distances)
