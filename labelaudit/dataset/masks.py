"""Masks: extents, areas and faults of masks, worked out while a file is read.

The points of 860,000 polygons take 344 MB as numbers, so they are not kept: of each mask only what
rules ask for stays. Polygons and run-length encodings are as COCO defines them (Lin et al.,
"Microsoft COCO: Common Objects in Context", 2014, and its mask API).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.crossings import self_crossing
from labelaudit.dataset.tables import Keypoints, MaskFault, MaskKind, Masks

Polygons = Sequence[Sequence[float]]  # of one object: x, y, x, y, ... for each part

MOST_PIXELS = 2**31
"""The longest run, and the longest side of a mask, that is taken for one."""


@dataclass(frozen=True, eq=False)
class Flat:
    """The polygons of several objects, as numbers without lists."""

    xy: Floats  # (2 * points,) x and y in turn, of all polygons one after the other
    lengths: Ints  # (polygons,) numbers of each polygon, twice its points
    parts: Ints  # (objects,) polygons of each object

    @property
    def is_valid(self) -> bool:
        """Whether every object has polygons, and every polygon at least three whole points."""
        return bool(
            len(self.lengths)
            and not (self.lengths % 2).any()
            and self.lengths.min() >= 6
            and self.parts.min() > 0
        )

    @classmethod
    def joined(cls, parts: Sequence[Flat]) -> Flat:
        """The polygons of several, one after the other."""
        return cls(
            np.concatenate([part.xy for part in parts]),
            np.concatenate([part.lengths for part in parts]),
            np.concatenate([part.parts for part in parts]),
        )

    def lists(self) -> list[Polygons]:
        """The polygons of each object as lists again."""
        polygons = [one.tolist() for one in np.split(self.xy, np.cumsum(self.lengths)[:-1])]
        ends = np.cumsum(self.parts).tolist()
        return [polygons[end - count : end] for end, count in zip(ends, self.parts, strict=True)]


def flattened(objects: Sequence[Polygons]) -> Flat:
    """The polygons of objects as arrays."""
    parts = np.array([len(polygons) for polygons in objects], np.int64)
    lengths = np.array([len(polygon) for polygons in objects for polygon in polygons], np.int64)
    # Told how many numbers come, numpy takes two thirds of the time.
    numbers = chain.from_iterable(chain.from_iterable(objects))
    return Flat(np.fromiter(numbers, np.float64, int(lengths.sum())), lengths, parts)


def polygon_masks(objects: Sequence[Polygons], *, validity: bool = True) -> Masks:
    """The mask of each object from its polygons, in order; `box` numbers the objects from 0.

    Parameters
    ----------
    objects:
        for each object its polygons, each a flat list of coordinates in pixels.
    validity:
        whether to look for self-crossing polygons, which costs more than all else here.
    """
    flat = flattened(objects)
    if flat.is_valid:
        return whole_polygon_masks(flat, validity=validity)
    return Masks.concat([_faulty(row, one, validity) for row, one in enumerate(objects)])


def whole_polygon_masks(flat: Flat, *, validity: bool = True) -> Masks:
    """The mask of each object from polygons that are valid; see `polygon_masks`."""
    points, parts = flat.lengths // 2, flat.parts
    first = np.cumsum(parts) - parts  # the first polygon of each object
    start = np.cumsum(points) - points  # the first point of each polygon
    x, y = np.ascontiguousarray(flat.xy[0::2]), np.ascontiguousarray(flat.xy[1::2])
    with np.errstate(invalid="ignore", over="ignore"):
        twice = _twice_signed_area(x, y, start, points)
        area = np.add.reduceat(np.abs(twice) / 2, first)
        xyxy = np.stack(
            [
                np.minimum.reduceat(x, start[first]),
                np.minimum.reduceat(y, start[first]),
                np.maximum.reduceat(x, start[first]),
                np.maximum.reduceat(y, start[first]),
            ],
            axis=1,
        )
    fault = np.full(len(parts), MaskFault.NONE, np.uint8)
    fault[area == 0] = MaskFault.ZERO_AREA
    if validity:
        suspect = np.isfinite(twice) & ~_star_shaped(x, y, start, points)
        crossing = self_crossing(flat.xy, points, np.abs(twice) / 2, suspect)
        crossing = np.logical_or.reduceat(crossing, first)
        fault[crossing] = MaskFault.SELF_CROSSING  # the two halves of a bow tie cancel out
    fault[~np.isfinite(xyxy).all(axis=1)] = MaskFault.NOT_FINITE
    return Masks.of(
        len(parts),
        box=np.arange(len(parts)),
        fault=fault,
        xyxy=xyxy,
        area=area,
        parts=parts,
        points=np.add.reduceat(points, first),
    )


def _twice_signed_area(x: Floats, y: Floats, start: Ints, points: Ints) -> Floats:
    """Twice the signed area of each polygon, (n,): Gauss's shoelace formula."""
    last = start + points - 1
    products = np.empty(len(x))
    products[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    products[last] = x[last] * y[start] - x[start] * y[last]
    return np.add.reduceat(products, start)


def _star_shaped(x: Floats, y: Floats, start: Ints, points: Ints) -> Bools:
    """Which polygons can be seen whole from the mean of their points, (n,).

    Around that point their corners turn always the same way, and once. Such a polygon cannot cross
    itself, and this is found in a tenth of the time that looking for crossings takes.
    """
    last = start + points - 1
    with np.errstate(invalid="ignore", over="ignore"):
        u = x - np.repeat(np.add.reduceat(x, start) / points, points)
        v = y - np.repeat(np.add.reduceat(y, start) / points, points)
        next_u, next_v = np.append(u[1:], 0), np.append(v[1:], 0)
        next_u[last], next_v[last] = u[start], v[start]
        turn = u * next_v - next_u * v
    left, right = turn > 0, turn < 0
    still = (turn == 0) & (u == next_u) & (v == next_v)  # a point that stands twice turns nowhere
    polygon = np.repeat(np.arange(len(points)), points)
    not_left, not_right, rounds = (
        np.bincount(polygon[np.flatnonzero(which)], minlength=len(points))
        for which in (~(left | still), ~(right | still), (v < 0) & (next_v >= 0))
    )
    star: Bools = ((not_left == 0) | (not_right == 0)) & (rounds == 1)
    return star


def _faulty(row: int, polygons: Polygons, validity: bool) -> Masks:
    """The mask of one object whose polygons may be empty, odd or too short."""
    fault = MaskFault.NONE
    if not polygons:
        fault = MaskFault.EMPTY
    elif any(len(polygon) % 2 for polygon in polygons):
        fault = MaskFault.ODD_COORDINATES
    elif any(len(polygon) < 6 for polygon in polygons):
        fault = MaskFault.TOO_FEW_POINTS
    whole = [polygon[: len(polygon) // 2 * 2] for polygon in polygons if len(polygon) > 1]
    if not whole:
        return unreadable_mask(row, MaskKind.POLYGON, fault or MaskFault.TOO_FEW_POINTS)
    summary = whole_polygon_masks(flattened([whole]), validity=validity and not fault)
    columns = {"box": [row], "xyxy": summary.xyxy, "area": summary.area, "points": summary.points}
    return Masks.of(1, **columns, fault=[fault or summary.fault[0]], parts=[len(polygons)])


def with_extents(xyxy: Floats, wanted: Bools, masks: Masks, keypoints: Keypoints) -> Floats:
    """The corners of boxes, where `wanted` those of the mask; of labelled keypoints without one.

    Parameters
    ----------
    xyxy:
        (n, 4) corners in pixels.
    wanted:
        (n,) which boxes have none of their own; they keep theirs if nothing says where they are.
    masks, keypoints:
        of these boxes; a faulty mask counts as well, if its extent has an inside.
    """
    if not wanted.any():
        return xyxy
    found = xyxy.copy()
    for shapes in (keypoints, masks):
        some = shapes.rows(np.flatnonzero(wanted[shapes.box]))
        with np.errstate(invalid="ignore", over="ignore"):
            inside = np.isfinite(some.xyxy).all(axis=1)
            inside &= (some.xyxy[:, :2] < some.xyxy[:, 2:]).all(axis=1)
        found[some.box[inside]] = some.xyxy[inside]
    return found


def unreadable_mask(row: int, kind: MaskKind, fault: MaskFault) -> Masks:
    """The mask of one object of which nothing is known, in one row.

    Parameters
    ----------
    row:
        of its box.
    kind:
        how it is written.
    fault:
        what is wrong with it.
    """
    return Masks.of(1, box=[row], kind=[kind], fault=[fault])


def rle_masks(counts: Sequence[Sequence[float] | str], sizes: Floats) -> Masks:
    """The mask of each run-length encoding, in order; `box` numbers them from 0.

    Parameters
    ----------
    counts:
        of each mask, the lengths of runs of background and foreground in turn, down the columns; as
        a list, or as the text that the COCO mask API compresses them to.
    sizes:
        (n, 2) height and width of each mask in pixels.

    pycocotools decodes these too, but reads and writes outside its memory when the runs add up to
    more than the size, and it is such encodings that are looked for here.
    """
    compressed = np.array([isinstance(one, str) for one in counts], bool)
    runs = [decompressed(one) if isinstance(one, str) else one for one in counts]
    lengths = np.array([len(one) for one in runs], np.int64)
    every = np.fromiter(chain.from_iterable(runs), np.float64, int(lengths.sum()))
    mask = np.repeat(np.arange(len(runs)), lengths)
    with np.errstate(invalid="ignore", over="ignore"):
        broken = mask[~((every >= 0) & (every <= MOST_PIXELS) & (every == np.floor(every)))]
        is_valid = ((sizes > 0) & (sizes == np.floor(sizes))).all(axis=1)
        # Both are exact: whole numbers below 2**53 add up without loss.
        is_valid &= sizes.prod(axis=1) == np.bincount(mask, every, minlength=len(runs))
    is_valid &= (lengths > 0) & (sizes.max(axis=1, initial=0) <= MOST_PIXELS)
    is_valid[broken] = False
    kind = np.where(compressed, MaskKind.COMPRESSED_RLE, MaskKind.RLE)
    fault = np.where(is_valid, MaskFault.NONE, MaskFault.RLE_COUNTS)
    xyxy, area = np.full((len(runs), 4), np.nan), np.full(len(runs), np.nan)
    if is_valid.any():
        whole = every[is_valid[mask]].astype(np.int64)
        height = sizes[is_valid, 0].astype(np.int64)
        xyxy[is_valid], area[is_valid] = _extents(whole, lengths[is_valid], height)
    fault[area == 0] = MaskFault.EMPTY
    return Masks.of(
        len(runs),
        box=np.arange(len(runs)),
        kind=kind,
        fault=fault,
        xyxy=xyxy,
        area=area,
        parts=np.ones(len(runs)),
    )


def _extents(every: Ints, lengths: Ints, height: Ints) -> tuple[Floats, Floats]:
    """Extent, (n, 4), and number of foreground pixels, (n,), of masks from all their runs."""
    mask = np.repeat(np.arange(len(lengths)), lengths)
    place = np.arange(len(mask)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    end = np.cumsum(every)
    before = np.append(0, end)[np.cumsum(lengths) - lengths]  # pixels of the masks before
    inside = (place % 2 == 1) & (every > 0)
    mask, end = mask[inside], (end - np.repeat(before, lengths))[inside]
    begin = end - every[inside]
    area: Floats = np.bincount(mask, end - begin, minlength=len(lengths)).astype(np.float64)
    xyxy = np.full((len(lengths), 4), np.nan)
    if not len(mask):
        return xyxy, area
    tall = height[mask]
    left, right = begin // tall, (end - 1) // tall
    spans = left != right  # a run that goes on in the next column touches both edges
    top = np.where(spans, 0, begin % tall)
    bottom = np.where(spans, tall, (end - 1) % tall + 1)
    first = np.flatnonzero(np.diff(mask, prepend=MISSING))
    xyxy[mask[first]] = np.stack(
        [
            np.minimum.reduceat(left, first),
            np.minimum.reduceat(top, first),
            np.maximum.reduceat(right, first) + 1,
            np.maximum.reduceat(bottom, first),
        ],
        axis=1,
    )
    return xyxy, area


def decompressed(text: str) -> list[int]:
    """Runs from the mask API's text; none if it is not what the API writes.

    Six bits a character, the least first; from the fourth on, a run is what it differs by from the
    last but one.

    There are none if the text ends within a run, or holds a character or a run that the API never
    writes.
    """
    if not text.isascii():
        return []
    code = np.frombuffer(text.encode("ascii"), np.uint8).astype(np.int64) - 48
    if not len(code) or code.min() < 0 or code.max() > 63 or code[-1] & 32:
        return []
    last = np.flatnonzero((code & 32) == 0)
    first = np.append(0, last[:-1] + 1)
    digit = np.arange(len(code)) - np.repeat(first, last - first + 1)
    if digit.max() > 6:  # 35 bits hold any run of an image that exists
        return []
    value = np.add.reduceat((code & 31) << (5 * digit), first)
    negative = (code[last] & 16) != 0
    value[negative] -= np.int64(1) << (5 * (digit[last][negative] + 1))
    runs = value.copy()
    runs[2::2] = np.cumsum(value[2::2])  # the first foreground run and the two before it are whole
    runs[1::2] = np.cumsum(value[1::2])
    decompressed: list[int] = runs.tolist()
    return decompressed
