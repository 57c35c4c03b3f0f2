from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.rows import median, unique
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.margins import Beyond, beyond

SAMPLE = 20_000
"""Boxes, spread evenly over a group, that are looked at first."""

EDGE = 1.0
"""Pixels from the border of an image, scaled or not, within which an edge lies on it."""

MAX_BEYOND = 0.01
"""Most boxes, as a fraction, that reach beyond the border of the scaled image."""

MAX_AT_BORDER = 0.1
"""Most edges on the border of the real image, for each on that of the scaled one."""

FACTORS = (0.1, 10.0)
"""The factors that images are scaled by; fractions and pixels differ by more."""

MIN_SIDE = 32
"""The smallest side of images, in pixels, to which others are scaled: 1 is one of fractions."""

MIN_DIFFERENCE = 0.02
"""By how much a factor must differ from one, and two factors from each other."""

STILL = 4.0
"""Pixels by which a box must differ to be no repeat: a sign before a camera that does not move."""

MULTIPLE, MARGIN = 32, 64
"""Sides of images that were padded for a network are multiples of the first, and the margin is
smaller than the second."""

SEVERAL = 0.8
"""Most edges that images of one size may have, as a fraction, for others to speak as well."""

EXPLAINED = (
    *("GEO004", "GEO005", "GEO006", "GEO008", "GEO009", "GEO015", "GEO016", "GEO018"),
    *("IMG003", "GEO010", "GEO012"),
    *OF_MODELS,
)
"""Rules about the size and the place of a box in its image."""


@dataclass(frozen=True, eq=False)
class Scale:
    """Images of another size than the real ones, on which boxes were drawn."""

    target: Floats  # (n, 2) width and height of the image on which each box was drawn
    words: str
    edges: int  # on the borders of these
    at_border: int  # on the borders of the real ones, where these are elsewhere
    smaller: bool = False  # by factors, of which none is above one
    even: bool = True  # whether width and height have one factor, or make a square
    one_sided: bool = False  # whether the real ones are as wide or as high, or are square
    several: bool = False  # whether images of several sizes speak for it
    # whether the real ones may be these with a margin to the right and below
    doubtful: bool = False


@rule(
    "GEO019",
    "scaled-boxes",
    message="{where}{boxes:,} boxes are of images {scale}: {edges:,} edges lie on the border of "
    "these, {at_border:,} on that of the images as they are{otherwise}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    names_causes=True,
)
def scaled_boxes(audit: AuditContext, *, min_edges: Count = 10) -> Found:
    """Boxes that were drawn on images of another size, all scaled by one factor or to one size.

    Why it hurts: every box is in the wrong place and of the wrong size, and many are inside of
    their images all the same. Nothing stops.

    Objects are cut off by the border of an image, so in most datasets some edges lie exactly on it.
    If hardly one does, but many lie where the border of an image half as large would be, and none
    beyond, the boxes are of such images. Width and height may differ in their factor. Where images
    differ in size, it may also be one size for all: that of the network. A box that is at one place
    in many images counts once.

    Images that were padded to the right and below look so, too, and their boxes are right. Their
    pixels tell where they are at hand: what lies beyond is of one colour, or more of the picture.
    Else images of several sizes that share a factor were hardly padded, nor were squares to another
    shape; images as wide or as high as before, squares, and multiples of 32 with a narrow margin
    probably were, and are passed over. What remains is worth an info only.

    Judged are all boxes together, then those of a split, a folder and a source file.

    Settings:
        min_edges: fewest right and fewest lower edges on the borders of the scaled images; half as
            many must lie on the left and on the upper border.

    Why this default: a choice; BCCD, the playing cards, COCO and TACO are quiet with 5, too
    ("scaled-boxes" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after, images, with_columns
        >>> boxes = {}
        >>> for n in range(1, 10):
        ...     boxes[f"{n}.jpg"] = [f"car 0 0 {20 * n} {20 * n}", f"car {20 * n} {20 * n} 320 240"]
        ...     boxes[f"{n}.png"] = [f"car 0 0 {15 * n} {25 * n}", f"car {20 * n} {20 * n} 400 300"]
        >>> dataset = with_columns(images(boxes), "images", size=[[640, 480], [800, 600]] * 9)
        >>> print(before_and_after(scaled_boxes, dataset))
        Found: 36 boxes are of images 0.5 x as wide and 0.5 x as high: 36 edges lie on the border of
            these, 0 on that of the images as they are
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 20, 20]}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [20, 20, 300, 220]}
        - (and 34 more)
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 0, 40, 40]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [40, 40, 600, 440]}
        + (and 34 more)

    Fix: scales the boxes to the images as they are. Unsafe, because it changes every box on the
    strength of some edges. None where objects have masks, which would stay as they are, and where
    images may have been padded.
    """
    groups = list(_groups(audit, min_edges))
    boxes = audit.dataset.boxes
    return found(
        image=[int(boxes.image[box[0]]) for _, box, _ in groups],
        severity=[Severity.INFO if scale.doubtful else Severity.ERROR for *_, scale in groups],
        fix=[_fix(audit, box, scale) for _, box, scale in groups],
        explains=[
            None if scale.doubtful else _explained(audit, box, whole=not where)
            for where, box, scale in groups
        ],
        affects=[Affected(box) for _, box, _ in groups],
        where=[where and f"{where}: " for where, _, _ in groups],
        boxes=[len(box) for _, box, _ in groups],
        scale=[scale.words for _, _, scale in groups],
        edges=[scale.edges for _, _, scale in groups],
        at_border=[scale.at_border for _, _, scale in groups],
        otherwise=["; or the images were padded" if scale.doubtful else "" for *_, scale in groups],
    )


def _explained(audit: AuditContext, box: Ints, *, whole: bool) -> Explained:
    """What is said of the images of some boxes; of files, if it is all boxes."""
    image = unique(audit.dataset.boxes.image[box])
    files = np.arange(len(audit.dataset.files) if whole else 0)
    return Explained(EXPLAINED, image=image, also=(Explained(("GEO015",), file=files),))


def _groups(audit: AuditContext, min_edges: int) -> Iterator[tuple[str, Ints, Scale]]:
    """Boxes that were drawn on scaled images, with words for where they are."""
    boxes = audit.dataset.boxes
    known = audit.derived.is_valid & audit.derived.in_range & (boxes.image != MISSING)
    box = np.flatnonzero(known)
    if scale := _scale(audit, box, min_edges):
        yield "", box, scale
        return
    done = np.zeros(len(boxes), bool)
    for partition in audit.made_by_hand:
        places = partition.places(boxes.image[box])
        for number in partition.crowded(boxes.image[box], 2 * min_edges):
            rows = box[places(number)]
            rows = rows[~done[rows]]
            others = partial(np.setdiff1d, box, rows, assume_unique=True)
            if scale := _scale(audit, rows, min_edges, others):
                done[rows] = True
                yield partition.words(number), rows, scale


def _scale(
    audit: AuditContext, box: Ints, min_edges: int, others: Callable[[], Ints] | None = None
) -> Scale | None:
    """On what images boxes were drawn, if not on those of their real size; `others` were."""
    sample = box[:: -(-len(box) // SAMPLE) or 1]
    if not _found(audit, sample, min_edges):
        return None
    scale = _found(audit, box, min_edges)
    if (
        scale
        and others is not None
        and _fill(audit, others(), audit.derived.image_size_of(box), min_edges)
    ):
        scale = dataclasses.replace(scale, several=True, one_sided=False)
    return scale and _looked_at(audit, box, scale)


def _fill(audit: AuditContext, box: Ints, size: Floats, min_edges: int) -> bool:
    """Whether boxes end at the borders of images of such a size, which then has no margin."""
    real = audit.derived.image_size_of(box)
    alike = np.isin(real[:, 0] + 1j * real[:, 1], size[:, 0] + 1j * size[:, 1])
    on_it = np.abs(audit.dataset.boxes.xyxy[box, 2:] - real) <= EDGE
    return bool((on_it[alike].sum(axis=0) >= min_edges).all())


def _looked_at(audit: AuditContext, box: Ints, scale: Scale) -> Scale | None:
    """The scale, in doubt where images may have been padded; None where they probably were."""
    size = audit.derived.image_size_of(box)
    if not scale.smaller:
        return scale
    image, first = np.unique(audit.dataset.boxes.image[box].astype(np.int64), return_index=True)
    seen = beyond(audit, image, scale.target[first] / size[first])
    if seen is Beyond.NOTHING:
        return None
    if seen is Beyond.UNKNOWN and (_padded_for_a_network(size, scale.target) or scale.one_sided):
        return None
    certain = scale.even and (seen is Beyond.SCENE or scale.several)
    certain |= seen is Beyond.SCENE and not scale.one_sided
    return dataclasses.replace(scale, doubtful=not certain)


def _padded_for_a_network(size: Floats, target: Floats) -> bool:
    """Whether images (n, 2) are `target` made as wide and high as a network takes them."""
    sized = np.isfinite(size).all(axis=1)
    margin = size[sized] - target[sized]
    return bool((size[sized] % MULTIPLE == 0).all() and (margin < MARGIN).all())


def _found(audit: AuditContext, box: Ints, min_edges: int) -> Scale | None:
    xyxy, size = audit.dataset.boxes.xyxy[box], audit.derived.image_size_of(box)
    sized = np.isfinite(size).all(axis=1)
    if np.count_nonzero(sized) < max(2 * min_edges, 0.5 * len(box)):
        return None
    scales = [_by_factors(xyxy, size, min_edges)]
    if not CONVENTIONS[audit.dataset.facts.convention].normalised:
        scales.append(_to_one_size(xyxy, size, min_edges))
    # Of images of several sizes, the smallest may fit by chance where all have one size.
    return max(filter(None, scales), key=lambda scale: scale.edges, default=None)


def _by_factors(xyxy: Floats, size: Floats, min_edges: int) -> Scale | None:
    sized = np.isfinite(size).all(axis=1)
    axes = [_factor(xyxy[sized, 2 + axis], size[sized, axis], min_edges) for axis in (0, 1)]
    x, y = axes
    if x is None or y is None or x == y == 1:
        return None
    words = f"{x:.3g} x as wide and {y:.3g} x as high"
    scale = _proven(xyxy, size, size * [x, y], words, min_edges)
    if scale is None or max(x, y) > 1:
        return scale
    squeezed = _square(scale.target) and not _square(size)
    even = abs(x - y) < MIN_DIFFERENCE or squeezed
    return dataclasses.replace(
        scale,
        smaller=True,
        even=even,
        one_sided=not even and (max(x, y) == 1 or _square(size)),
        several=squeezed or _several(xyxy, size, scale.target),
    )


def _several(xyxy: Floats, size: Floats, target: Floats) -> bool:
    """Whether edges lie on the borders of the targets in images of several sizes."""
    on_it = (np.abs(xyxy[:, 2:] - target) <= EDGE).any(axis=1)
    sizes = size[on_it].view(np.complex128)  # two numbers as one: sorting rows takes much longer
    _, often = np.unique(sizes, return_counts=True, equal_nan=False)
    return bool(often.max(initial=0) <= SEVERAL * np.count_nonzero(on_it))


def _square(size: Floats) -> bool:
    """Whether most images are square: others are squeezed to that, but no margin makes others."""
    square = np.abs(size[:, 0] / size[:, 1] - 1) < MIN_DIFFERENCE
    return bool(2 * np.count_nonzero(square) > len(size))


def _to_one_size(xyxy: Floats, size: Floats, min_edges: int) -> Scale | None:
    sized = np.isfinite(size).all(axis=1)
    if (size[sized] == size[sized][:1]).all():
        return None
    ones = np.ones(np.count_nonzero(sized))
    x, y = (round(_end(xyxy[sized, 2 + axis], ones)) for axis in (0, 1))
    target = np.tile(np.array([x, y], float), (len(xyxy), 1))
    # Edges in images of one size alone are of images scaled by a factor, or of none.
    if min(x, y) < MIN_SIDE or not _several(xyxy, size, target):
        return None
    return _proven(xyxy, size, target, f"of {x} x {y} px", min_edges)


def _end(edge: Floats, side: Floats) -> float:
    """Where nearly all edges end, in sides of their image."""
    share = edge / side
    last = len(share) - 1 - int(MAX_BEYOND * len(share))
    limit = np.partition(share, last)[last]
    return median(share[np.abs(share - limit) * side <= EDGE])


def _factor(edge: Floats, side: Floats, min_edges: int) -> float | None:
    """The factor of the images at whose borders many edges end, 1 if it is their own."""
    factor = _end(edge, side)
    on_it = np.count_nonzero(np.abs(edge - factor * side) <= EDGE)
    if on_it < min_edges or not FACTORS[0] <= factor <= FACTORS[1]:
        return None
    return 1.0 if abs(factor - 1) < MIN_DIFFERENCE else factor


def _proven(xyxy: Floats, size: Floats, target: Floats, words: str, min_edges: int) -> Scale | None:
    """The scale, if enough edges lie on the borders of its images and hardly one on the real ones.

    Parameters
    ----------
    xyxy, size:
        (n, 4) boxes, (n, 2) the real sizes of their images.
    target:
        (n, 2) the sizes on which they may have been drawn.
    words:
        for these.
    min_edges:
        see the rule.
    """
    far = xyxy[:, 2:]
    apart: Bools = np.abs(target - size) > 2 * EDGE
    turned = (np.abs(target - size[:, ::-1]) <= 2 * EDGE).all(axis=1)
    elsewhere = np.count_nonzero(apart.any(axis=1))
    if 2 * np.count_nonzero(turned & apart.any(axis=1)) >= elsewhere:  # not scaled, but exchanged
        return None
    on_it, at_border = np.abs(far - target) <= EDGE, np.abs(far - size) <= EDGE
    near = _different(xyxy, np.abs(xyxy[:, :2]) <= EDGE)
    least = np.where(apart.any(axis=0), _different(xyxy, on_it & apart), min_edges)
    edges, others = (_different(xyxy, one).sum() for one in (on_it, at_border & apart & ~on_it))
    enough = (least >= min_edges).all() and (near >= min_edges / 2).all()
    beyond = np.count_nonzero((far > target + EDGE).any(axis=1)) > 2 * MAX_BEYOND * len(far)
    if not enough or beyond or others > MAX_AT_BORDER * edges:
        return None
    on_real = np.count_nonzero(at_border & apart & ~on_it)
    return Scale(target, words, int(np.count_nonzero(on_it)), int(on_real))


def _different(xyxy: Floats, edge: Bools) -> Ints:
    """How many of the edges in x and in y, (n, 2), are of boxes at different places, (2,)."""
    place = np.rint(xyxy / STILL)
    along = (place[edge[:, axis]][:, 1 - axis :: 2] for axis in (0, 1))
    # Two numbers are compared as one that is complex.
    return np.array([len(unique(ends.copy().view(np.complex128)[:, 0])) for ends in along])


def _fix(audit: AuditContext, box: Ints, scale: Scale) -> Fix | None:
    if scale.doubtful or len(audit.dataset.masks) or len(audit.dataset.keypoints):
        return None
    factor = np.tile(audit.derived.image_size_of(box) / scale.target, 2)
    sized = np.isfinite(factor).all(axis=1)
    new = audit.dataset.boxes.xyxy[box[sized]] * factor[sized]
    fixes = tuple(moves(box[sized].tolist(), new, Safety.UNSAFE))
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})
