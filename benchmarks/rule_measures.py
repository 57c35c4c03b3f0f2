"""What is measured of a dataset for the defaults of each rule; see `benchmarks.rule_defaults`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import like_masks, shift
from labelaudit.auditing.rule import RULES
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.boxes.ops import area, clip, overhang
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.tables import MaskFault, MaskKind, Masks
from labelaudit.rules.dup.dup004_group_box import LARGEST_MEMBER
from labelaudit.rules.dup.nesting import Nested, nested
from labelaudit.rules.geo.bounds import off_image
from labelaudit.rules.geo.geo009_size_outlier import NORMAL
from labelaudit.rules.geo.mask_columns import has_extent, mask_areas, mask_row_of

Values: TypeAlias = Sequence[float] | Floats | Ints
Measured: TypeAlias = Mapping[str, Values]
Measure: TypeAlias = Callable[[AuditContext], Measured]

FEW = 10
"""Extreme values that a row lists."""

MEASURES: list[tuple[str, Measure]] = []
"""What is measured, by the rule whose defaults it is for."""


def measures(rule: str) -> Callable[[Measure], Measure]:
    """Register what is measured for a rule, or for a constant by its name."""

    def register(measure: Measure) -> Measure:
        MEASURES.append((rule, measure))
        return measure

    return register


def largest(values: Floats, most: int = FEW) -> Floats:
    """The largest values, the first of all first."""
    return np.sort(values[np.isfinite(values)])[::-1][:most]


def smallest(values: Floats, most: int = FEW) -> Floats:
    """The smallest values, the first of all first."""
    return np.sort(values[np.isfinite(values)])[:most]


def evaluated(audit: AuditContext) -> Ints:
    """Rows of boxes that rules look at: with an inside, no crowds, not difficult."""
    derived = audit.derived
    return np.flatnonzero(derived.is_valid & derived.is_evaluated & derived.in_range)


def sides(audit: AuditContext, box: Ints) -> Floats:
    """Width and height of boxes in pixels, (n, 2)."""
    xyxy = audit.dataset.boxes.xyxy[box]
    return xyxy[:, 2:] - xyxy[:, :2]


@measures("out-of-bounds")
def beyond_the_edge(audit: AuditContext) -> Measured:
    """How far boxes that are not wholly outside reach out of their image."""
    box = np.flatnonzero(audit.derived.is_valid & audit.derived.in_range)
    over = overhang(audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box))
    return {"pixels beyond the edge, above 0.1": largest(over[over > 0.1])}


@measures("tiny-box")
def thinnest(audit: AuditContext) -> Measured:
    """The shorter sides of boxes, in their images and at a training size of 640."""
    box = evaluated(audit)
    side = sides(audit, box).min(axis=1)
    trained = side * 640 / audit.derived.image_size_of(box).max(axis=1)
    return {
        "shorter sides, px": smallest(side),
        "shorter sides at 640, px": smallest(trained),
        "boxes": [len(box)],
        "share with a side below 8 px at 640": [float(np.mean(trained < 8))],
    }


@measures("extreme-aspect-ratio")
def longest(audit: AuditContext) -> Measured:
    """The longer side over the shorter one, of boxes of two pixels and more."""
    side = sides(audit, evaluated(audit))
    side = side[side.min(axis=1) >= 2]
    return {"longer side over shorter": largest(side.max(axis=1) / side.min(axis=1))}


@measures("whole-image-box")
def widest(audit: AuditContext) -> Measured:
    """How much of both sides of its image a box has at least."""
    box = evaluated(audit)
    share = sides(audit, box) / audit.derived.image_size_of(box)
    return {
        "least share of a side of the image": largest(share.min(axis=1), 3),
        "share of the area of the image": largest(share.prod(axis=1), 3),
    }


@measures("size-outlier")
def deviations(audit: AuditContext) -> Measured:
    """How far boxes are from the median of their class, in robust standard deviations."""
    box = evaluated(audit)
    side = sides(audit, box)
    box, side = box[side.min(axis=1) >= 2], side[side.min(axis=1) >= 2]
    share = np.log((side / audit.derived.image_size_of(box)).prod(axis=1))
    label, deviation = audit.derived.box_class[box], np.full(len(box), np.nan)
    for one in np.flatnonzero(np.bincount(label + 1) >= 20) - 1:
        rows = np.flatnonzero(label == one)
        away = np.abs(share[rows] - np.median(share[rows]))
        far = away > np.log(4)
        deviation[rows[far]] = away[far] / (NORMAL * np.median(away))
    return {"deviations of boxes 4 times larger or smaller, classes of 20": largest(deviation)}


@measures("area-mismatch")
def stated_areas(audit: AuditContext) -> Measured:
    """How far stated areas are off those of masks of one part."""
    masks, areas = audit.dataset.masks, mask_areas(audit)[:-1]
    off = np.abs(audit.dataset.boxes.area[masks.box] - areas) / areas
    found: dict[str, Values] = {}
    for what, which in _kinds(masks).items():
        single = off[which & (masks.parts == 1)]
        if len(single):
            found[f"fraction by which the stated area is off, {what}"] = largest(single, 5)
    return found


def _kinds(masks: Masks) -> dict[str, Bools]:
    """Which masks are polygons, and which run lengths, as those of crowds."""
    polygon: Bools = masks.kind == MaskKind.POLYGON
    return {"polygons": polygon, "run lengths": ~polygon}


def _with_extent(audit: AuditContext) -> Masks:
    """Masks of boxes that rules compare with them."""
    masks, derived = audit.dataset.masks, audit.derived
    usable = (derived.in_range & derived.is_valid)[masks.box]
    return masks.rows(np.flatnonzero(usable & has_extent(masks)))


@measures("box-polygon-mismatch")
def mask_distances(audit: AuditContext) -> Measured:
    """How far the edge of a box is from its mask, both cut to the image."""
    masks = _with_extent(audit)
    box, size = audit.dataset.boxes.xyxy[masks.box], audit.derived.image_size_of(masks.box)
    apart = np.abs(clip(box, size) - clip(masks.xyxy, size))
    share = apart / np.tile(box[:, 2:] - box[:, :2], 2)
    outside = off_image(box, size) | off_image(masks.xyxy, size)
    wrong = (apart > 2) & (share > 0.02) & ~outside[:, None]
    found: dict[str, Values] = {}
    for what, which in _kinds(masks).items():
        if which.any():
            found[f"pixels between box and mask, {what}"] = largest(apart[which].max(axis=1), 5)
    if wrong.any():
        least = np.where(wrong, share, 0).max(axis=1)[wrong.any(axis=1)]
        found["boxes beyond 2 px and 0.02 of a side"] = [len(least)]
        found["fraction of a side between these and their masks"] = smallest(least, 5)
    return found


@measures("invalid-polygon")
def polygons(audit: AuditContext) -> Measured:
    """How far polygons reach out of their image, and how many cross themselves."""
    masks = audit.dataset.masks.rows(audit.dataset.masks.kind == MaskKind.POLYGON)
    if not len(masks):
        return {}
    over = overhang(masks.xyxy, audit.derived.image_size_of(masks.box))
    return {
        "polygons": [len(masks)],
        "of these that cross themselves": [np.sum(masks.fault == MaskFault.SELF_CROSSING)],
        "pixels beyond the edge, above 0": largest(over[over > 0]),
    }


@measures("mixed-masks")
def masked(audit: AuditContext) -> Measured:
    """How many boxes have a mask."""
    count = len(np.unique(audit.dataset.masks.box))
    return {"boxes with a mask": [count], "boxes": [len(audit.dataset.boxes)]}


def _closest(audit: AuditContext, pairs: Pairs, what: str) -> Measured:
    """Overlaps of pairs and pixels between their sides; then of all, whatever their masks say."""
    pairs = pairs.rows(pairs.overlap >= 0.5)  # less is never near
    pairs = pairs.rows(np.argsort(-pairs.overlap, kind="stable"))
    like = pairs.rows(like_masks(audit.dataset, pairs.first, pairs.second))
    return {
        f"overlaps of {what}": like.overlap[:12],
        "px between the sides of these": shift(audit.dataset.boxes, like)[:12],
        "overlaps, also where masks are unlike": pairs.overlap[:12],
        "px between the sides of all these": shift(audit.dataset.boxes, pairs)[:12],
    }


@measures("near-duplicate-box")
def one_class(audit: AuditContext) -> Measured:
    """Overlaps of boxes of one class that are no copies."""
    return _closest(audit, audit.one_class_pairs, "one class")


@measures("conflicting-classes")
def two_classes(audit: AuditContext) -> Measured:
    """Overlaps of boxes of two classes."""
    pairs, label = audit.distinct_pairs, audit.derived.box_class
    first, second = label[pairs.first], label[pairs.second]
    pairs = pairs.rows((first != second) & (first != MISSING) & (second != MISSING))
    return _closest(audit, pairs, "two classes")


@measures("duplicate-box")
def mask_ratios(audit: AuditContext) -> Measured:
    """Smaller over larger area of the masks of boxes of two classes in nearly one place."""
    pairs, label = audit.distinct_pairs, audit.derived.box_class
    pairs = pairs.rows((label[pairs.first] != label[pairs.second]) & (pairs.overlap >= 0.7))
    first, second = (
        mask_areas(audit)[mask_row_of(audit, one.astype(np.int64))]
        for one in (pairs.first, pairs.second)
    )
    ratio = np.minimum(first, second) / np.maximum(first, second)
    if not np.isfinite(ratio).any():
        return {}
    return {
        "ratios of mask areas, overlap 0.7 or more, falling": largest(ratio, 20),
    }


def _inside(audit: AuditContext, least: float) -> Nested:
    inner = nested(audit, least)
    return inner.rows(np.argsort(inner.whole, kind="stable"))


@measures("group-box")
def groups(audit: AuditContext) -> Measured:
    """How much of a box two others of its class and more, inside it, reach over together."""
    inner, fits = _inside(audit, 0.9), []
    inner = inner.rows(inner.share <= LARGEST_MEMBER)
    boxes = audit.dataset.boxes.xyxy
    for whole, members in Counter(inner.whole.tolist()).items():
        parts = boxes[inner.part[inner.whole == whole]]
        low = np.maximum(parts[:, :2].min(axis=0), boxes[whole, :2])
        high = np.minimum(parts[:, 2:].max(axis=0), boxes[whole, 2:])
        if members > 1:
            fits.append(float((high - low).prod() / area(boxes[[whole]])[0]))
    return {
        "boxes around two and more of their class": [len(fits)],
        "fraction of the box that these reach over": largest(np.array(fits)),
    }


@measures("part-box")
def parts(audit: AuditContext) -> Measured:
    """On how many sides a box ends where the one around it does, by the tolerance of the rule."""
    inner = _inside(audit, 0.95)
    inner = inner.rows((inner.share >= 0.2) & (inner.share < 0.8))
    whole, part = (audit.dataset.boxes.xyxy[one] for one in (inner.whole, inner.part))
    size = audit.derived.image_size_of(inner.whole)
    side = np.tile(whole[:, 2:] - whole[:, :2], 2)
    slack = np.maximum(0.02 * side, np.minimum(1, 0.1 * side))
    border = np.hstack([whole[:, :2] <= 1, whole[:, 2:] >= size - 1])
    common = ((np.abs(whole - part) <= slack) & ~border).sum(axis=1)
    return {
        "boxes in one of their class, 0.2 to 0.8 of its area": [len(common)],
        "of these by the sides they share, none to four": np.bincount(common, minlength=5),
    }


@measures("copied-boxes")
def equal_images(audit: AuditContext) -> Measured:
    """Images that have the same boxes of the same classes, one at least."""
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    held: dict[int, list[tuple[object, ...]]] = {}
    columns = (boxes.image.tolist(), label.tolist(), boxes.xyxy.tolist())
    for image, one, box in zip(*columns, strict=True):
        held.setdefault(image, []).append((one, *box))
    times = Counter(tuple(sorted(some, key=str)) for image, some in held.items() if image >= 0)
    return {"images with the boxes of another": [sum(n for n in times.values() if n > 1)]}


@measures("pixel-0")
def first_pixels(audit: AuditContext) -> Measured:
    """Left and upper edges at pixels 0, 1 and 2, where a format counts from 1."""
    if CONVENTIONS[audit.dataset.facts.convention].shift[0] != -1:
        return {}
    low = audit.dataset.boxes.xyxy[:, :2]
    return {"left and upper edges at pixels 0, 1 and 2": [np.sum(low == n) for n in (-1, 0, 1)]}


@measures("scaled-boxes")
def scaled(audit: AuditContext) -> Measured:
    """What the rule finds with half as many edges as its default asks for."""
    return {"findings with min_edges 5": [len(RULES["GEO019"](audit, min_edges=5))]}


@measures("wrong-convention")
def inside_out(audit: AuditContext) -> Measured:
    """Boxes that would be inside out if width and height were taken for right and lower corner."""
    box = evaluated(audit)
    low, size = audit.dataset.boxes.xyxy[box, :2], sides(audit, box)
    return {"share inside out if sizes were corners": [float(np.mean((size <= low).any(axis=1)))]}


@measures("tiny-image")
def image_sides(audit: AuditContext) -> Measured:
    """The shortest sides of images."""
    return {"shortest side of an image, px": [audit.dataset.images.size.min()]}


@measures("mispaired-images")
def stated_sizes(audit: AuditContext) -> Measured:
    """Images whose file has another size than the labels state."""
    true = audit.headers.size
    read = np.flatnonzero(np.isfinite(true).all(axis=1))
    differs = (true[read] != audit.dataset.images.size[read]).any(axis=1)
    return {"images read, and of another size": [len(read), int(np.count_nonzero(differs))]}


@measures("shifted-class-numbers")
def unknown_classes(audit: AuditContext) -> Measured:
    """Boxes of a class that no list has."""
    return {"boxes without a known class": [np.sum(audit.derived.box_class == MISSING)]}
