from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.boxes.pairs import first_equal
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.rules.src.evidence import first_image, sourced

STEPS = (64, 50, 32, 25, 20, 16, 10, 8, 5, 4)
"""Grids that are looked for, in pixels, the coarsest first; a choice. On half-size images every
coordinate is even, and scaled back by two it is no grid that anybody set."""

CLOSE = 0.02
"""Pixels from a line of the grid within which an edge is on it: fractions of images are rounded."""

LEAST = 40
"""Fewest corners away from the border; a choice: by chance a quarter of them are on a grid of 4."""

MOST_OTHERS = 0.6
"""Most corners of all others that are on the grid: else the images were scaled, and all labels with
them. A choice, for a few others may snap as well."""


@rule(
    "SRC003",
    "snapped-source",
    message="boxes of {source} end on multiples of {step} px: {on_grid:.0%} of {corners:,} edges, "
    "and {others:.0%} of those of others",
    severity=Severity.WARNING,
    needs=Need.SOURCES,
)
def snapped_source(audit: AuditContext, *, min_share: Share = 0.9) -> Found:
    """All boxes of one annotator, batch or file end on the lines of a grid.

    Why it hurts: a tool that snaps to a grid of 8 pixels, or a script that rounded, is off by two
    pixels in the mean and four at most, at every side. Small objects lose half of their overlap,
    and a detector learns that edges are where no edges are.

    Edges at the border of an image do not count, nor do boxes that repeat others. If most other
    sources are on the grid, too, the images were scaled, and their labels with them.

    Settings:
        min_share: least share of edges on the grid, inclusive.

    Why this default: a choice; someone who snaps now and then is left alone. On a grid of 4, a
    quarter of edges lie by chance.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> free = {f"{n}.jpg": [f"car {n} 13 {n + 41} {57 + n}"] for n in range(30)}
        >>> grid = {f"{n}.png": [f"car {8 * n} 16 {8 * n + 40} {56 + 8 * n}"] for n in range(30)}
        >>> exact = {f"{n}.png": [f"car {7 * n} 15 {7 * n + 41} {51 + 9 * n}"] for n in range(30)}
        >>> wrong = drawn_by({"ann": free, "bob": grid})
        >>> right = drawn_by({"ann": free, "bob": exact})
        >>> print(before_and_after(snapped_source, wrong, right))
        Found: boxes of annotator bob end on multiples of 8 px: 100% of 119 edges, and 8% of those
            of others
        labels.json, wrong (-) and right (+):
          {"id": 30, "image_id": 30, "category_id": 1, "bbox": [29, 13, 41, 73], "annotator": "ann"}
        - {"id": 31, "image_id": 31, "category_id": 1, "bbox": [0, 16, 40, 40], "annotator": "bob"}
        - {"id": 32, "image_id": 32, "category_id": 1, "bbox": [8, 16, 40, 48], "annotator": "bob"}
        - (and 28 more)
        + {"id": 31, "image_id": 31, "category_id": 1, "bbox": [0, 15, 41, 36], "annotator": "bob"}
        + {"id": 32, "image_id": 32, "category_id": 1, "bbox": [7, 15, 41, 45], "annotator": "bob"}
        + (and 28 more)

    There is no fix: where the edges were, nobody knows. Draw the boxes again, or let a model say.
    """
    sources = audit.sources
    if sources is None:
        return found(box=[])
    told = list(_snapped(audit, sources, min_share))
    usable = np.flatnonzero(sourced(audit, sources))
    boxes = [usable[sources.box[usable] == one] for one, *_ in told]
    return found(
        image=[first_image(audit, box) for box in boxes],
        affects=[Affected(box) for box in boxes],
        source=[sources.words(one) for one, *_ in told],
        step=[step for _, step, *_ in told],
        on_grid=[share for *_, share, _, _ in told],
        corners=[count for *_, count, _ in told],
        others=[others for *_, others in told],
    )


def _snapped(
    audit: AuditContext, sources: BoxSources, min_share: float
) -> Iterator[tuple[int, int, float, int, float]]:
    """Source, step, share of edges, how many there are, and the share of others' edges."""
    box = _distinct(audit, sources)
    xyxy, inner = audit.dataset.boxes.xyxy[box], _inner(audit, box)
    source = np.repeat(sources.box[box], 4)[inner.ravel()]
    value = xyxy.ravel()[inner.ravel()]
    count = np.bincount(source, minlength=len(sources.names))
    told: set[int] = set()
    for step in STEPS:
        on_it = _on_grid(value, step)
        hits = np.bincount(source, on_it, minlength=len(sources.names))
        for one in np.flatnonzero((count >= LEAST) & (hits >= min_share * count)).tolist():
            rest = int(count.sum() - count[one])
            others = float(hits.sum() - hits[one]) / rest if rest else 1.0
            if one not in told and others <= MOST_OTHERS:
                told.add(one)
                yield one, step, float(hits[one] / count[one]), int(count[one]), others


def _distinct(audit: AuditContext, sources: BoxSources) -> Ints:
    """Boxes with a source, each place once for each."""
    usable = np.flatnonzero(sourced(audit, sources))
    first = first_equal(audit.dataset.boxes.xyxy[usable], sources.box[usable])
    rows: Ints = usable[first == np.arange(len(usable))]
    return rows


def _inner(audit: AuditContext, box: Ints) -> Bools:
    """Which edges of some boxes, (n, 4), are away from the border of their image."""
    xyxy, size = audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    with np.errstate(invalid="ignore"):
        beyond = xyxy[:, 2:] >= size - 1
    inner: Bools = np.hstack([xyxy[:, :2] > 1, ~beyond])
    return inner


def _on_grid(value: Floats, step: int) -> Bools:
    on_it: Bools = np.abs(value - step * np.rint(value / step)) <= CLOSE
    return on_it
