"""Boxes that several sources, or a source and a model, drew around the same objects."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Bools, Floats, Ints
from labelaudit.rules.src.evidence import SURE, Shift, shift, sourced

SAME = 0.5
"""Least overlap of two boxes of one class that are of one object; the usual choice of COCO."""

LEAST = 20
"""Fewest pairs by which a source is judged; a choice."""

LEAST_IMAGES = 5
"""Fewest images that they are in; a choice."""

STILL = 1e-4
"""Pixels by which shifts change in a sweep over all sources when they hold."""

ROUNDS = 20_000
"""Most sweeps: of sources in a chain, each of which shares objects with the next alone, a shift
goes one link further in each. A few are enough where many share objects."""


@dataclass(frozen=True, eq=False)
class ComparedBoxes:
    """Boxes beside those that somebody else drew around the same objects."""

    box: Ints  # (n,) row in Boxes
    source: Ints  # (n,) its source
    other: Ints  # (n,) the source of the other one; as many as there are sources: the model
    image: Ints  # (n,) row in Images
    sides: Floats  # (n, 4) by how much each side of the box is right of or below the other's


@dataclass(frozen=True)
class Differing:
    """What one source does otherwise."""

    source: int
    pixels: tuple[float, float]  # along x and y
    seen: Shift  # the surer of both
    beside: str  # what it is compared with, in words
    known: bool  # whether it is known which of two is wrong: the odd one out of three or more


def compared(audit: AuditContext, sources: BoxSources) -> ComparedBoxes:
    """Each pair of boxes of one object, from either side, and of boxes and what a model drew."""
    usable = np.flatnonzero(sourced(audit, sources))
    boxes, derived = audit.dataset.boxes, audit.derived
    picture = audit.identical_images.group
    same = np.where(picture >= 0, picture, np.arange(len(picture)))
    place = same[boxes.image[usable]] * (len(derived.classes) + 1) + derived.box_class[usable]
    xyxy = boxes.xyxy[usable]
    found = matches(place, xyxy, place, xyxy, min_overlap=SAME)
    source = sources.box[usable].astype(np.int64)
    found = found.rows(source[found.one] != source[found.other])
    order = np.argsort(-found.overlap, kind="stable")
    one, other = found.one[order].astype(np.int64), found.other[order].astype(np.int64)
    # Of several, the best: one object has one box of each source.
    kept = _first(one, source[other]) & _first(other, source[one])
    one, other = usable[one[kept]], usable[other[kept]]
    parts = [(one, sources.box[other].astype(np.int64), boxes.xyxy[one] - boxes.xyxy[other])]
    if audit.label_issues is not None:
        model = audit.label_issues.boxes.xyxy
        seen = usable[np.isfinite(model[usable]).all(axis=1)]
        seen = seen[iou(boxes.xyxy[seen], model[seen]) >= SAME]
        whom = np.full(len(seen), len(sources.names))
        parts.append((seen, whom, boxes.xyxy[seen] - model[seen]))
    box = np.concatenate([part[0] for part in parts]).astype(np.int64)
    return ComparedBoxes(
        box,
        sources.box[box].astype(np.int64),
        np.concatenate([part[1] for part in parts]).astype(np.int64),
        boxes.image[box].astype(np.int64),
        np.concatenate([part[2] for part in parts]),
    )


def _first(box: Ints, source: Ints) -> Bools:
    """Which pairs, (n,), are the first of their box and source."""
    _, first = np.unique(box.astype(np.int64) * (1 << 20) + source, return_index=True)
    kept = np.zeros(len(box), bool)
    kept[first] = True
    return kept


def differing(
    sources: BoxSources, pairs: ComparedBoxes, value: Floats, min_pixels: float
) -> Iterator[Differing]:
    """The sources whose boxes differ from those of the others, throughout.

    Of each source one shift is found that explains the medians of all pairs of sources best (least
    absolute deviations), so that who is compared with the odd one does not seem odd. Most sources
    are taken to be right. Of two alone nobody can say which is; then the first is told.

    Parameters
    ----------
    sources:
        that are compared.
    pairs:
        boxes beside others.
    value:
        (n, 2) what is compared of them, along x and y.
    min_pixels:
        least shift that is told, inclusive.
    """
    if not len(pairs.box):
        return
    effect = np.stack([_effects(pairs, value[:, axis]) for axis in (0, 1)], axis=1)
    judged = sorted(set(pairs.source.tolist()))
    model = len(sources.names)
    for source in judged:
        here = pairs.source == source
        if not np.isfinite(effect[source]).all():
            continue
        true = value[here] + effect[pairs.other[here]]
        seen = [shift(true[:, axis], pairs.image[here]) for axis in (0, 1)]
        surest = min(seen, key=lambda one: one.p)
        x, y = (
            float(effect[source, axis]) if seen[axis].p * 2 * len(judged) < SURE else 0.0
            for axis in (0, 1)
        )
        enough = surest.values >= LEAST and surest.images >= LEAST_IMAGES
        if enough and max(abs(x), abs(y)) >= min_pixels:
            others = set(pairs.other[here].tolist())
            known = len(judged) > 2 or model in others
            yield Differing(source, (x, y), surest, _beside(sources, others), known)


def _beside(sources: BoxSources, others: set[int]) -> str:
    """What a source was compared with."""
    people = sorted(others - {len(sources.names)})
    named = ", ".join(sources.names[one] for one in people[:3])
    words = [f"{named}{', ...' if len(people) > 3 else ''}"] if people else []
    return " and ".join([*words, *(["the model"] if len(sources.names) in others else [])])


def _effects(pairs: ComparedBoxes, value: Floats) -> Floats:
    """The shift of each source, and of the model behind them, (s + 1,); NaN where nobody knows."""
    count = int(max(pairs.source.max(), pairs.other.max())) + 1
    effect = np.full(count + 1, np.nan)
    keys, at = np.unique(pairs.source * (count + 1) + pairs.other, return_inverse=True)
    order = np.argsort(at, kind="stable")
    groups = np.split(value[order], np.cumsum(np.bincount(at))[:-1])
    median = {
        divmod(int(key), count + 1): float(np.median(some))
        for key, some in zip(keys, groups, strict=True)
        if len(some) >= LEAST
    }
    for one, other in list(median):
        median.setdefault((other, one), -median[one, other])
    known = sorted({one for one, _ in median})
    beside = {one: [(b, apart) for (a, b), apart in median.items() if a == one] for one in known}
    asked = set(pairs.source.tolist())
    people = [one for one in known if one in asked]
    effect[known] = 0.0
    for _ in range(ROUNDS):
        before = effect[known]
        for one in known:
            effect[one] = float(np.median([apart + effect[b] for b, apart in beside[one]]))
        effect -= float(np.median(effect[people])) if len(people) > 2 else 0.0
        if (np.abs(effect[known] - before) <= STILL).all():
            break
    return effect
