"""Which convention the boxes of a file follow, by the evidence of all of them together.

The boxes are read by every known convention. A reading is right for a box if something beside its
numbers agrees: the mask of the object, its keypoints, the border of its image. One reading replaces
another if it wins a duel: enough boxes are right under it alone, hardly any under the other alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.conventions import CONVENTIONS, SWAPPED_AXES, transformed
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.rules.geo.bounds import in_counted_pixels
from labelaudit.rules.geo.mask_columns import mask_extent

SAMPLE = 20_000
"""Boxes, spread evenly over the file, that decide. All are counted once they find it wrong."""

MIN_WINS = 0.05
"""Fewest boxes, as a fraction, that must be wrong as declared and right under another reading.

Corners stored as sizes push over half of the boxes out of their images, centres stored as corners a
third. Where fewer than this leave them, boxes are broken one by one.
"""

MAX_LOSSES = 0.1
"""Most boxes right under the replaced reading alone, for each right under the new one alone.

Of two equally good readings, the first would lose 10 of 11 such boxes or more once in 170 files
(the binomial distribution).
"""

MAX_EDGE_LOSSES = 0.25
"""The same for edges on the border of the image, beside which chance puts some by one pixel.

In the two real sets that count from 1, edges at pixel 2 are 4 % and 17 % of those at pixel 1
("pixel-0" in benchmarks/results/rule_defaults.md).
"""

MIN_IN_ORDER = 0.7
"""Fewest boxes, as a fraction, that fit as declared if those inside out are exceptions.

Sizes read as corners turn seven of ten boxes of cards inside out, nine of ten and more of BCCD,
COCO and TACO ("wrong-convention" in benchmarks/results/rule_defaults.md). A choice below these.
"""

MIN_RIVAL_WINS = 3
"""Fewest boxes by which one reading replaces another if it is not the declared one."""

SLACK = 1.5
"""Pixels by which a box may reach out of its image: rounding, and pixels counted from 0 or 1."""

MASK_SLACK = (2.0, 0.1)
"""How far an edge may miss the mask: pixels, or a fraction of the side if that is more."""

EXACT_SLACK = (0.3, 0.0)
"""The same where a shift by one pixel is in question."""

FIRST_PIXELS = 2.02
"""Where fractions end that are read as pixels: at one, or at two if a corner was read as a size."""

TOUCH = 0.01
"""Pixels from the border of the image within which an edge lies on it."""


@dataclass(frozen=True, eq=False)
class Witness:
    """What is known of the edges of some boxes without reading their numbers."""

    at_least: Floats  # (n, 4) pixels
    at_most: Floats  # (n, 4) pixels
    known: Bools  # (n,) whether anything is known
    # (n,) pixels from the first corner of the image within which most boxes cannot end
    first: Floats | float = -np.inf

    def fits(self, xyxy: Floats) -> Bools:
        """Which of the boxes that something is known of are as it says, and have an inside.

        Fractions read as pixels are in their images, too: all in the first pixel. If most of what
        fits is there, it does not fit.
        """
        within = (xyxy >= self.at_least) & (xyxy <= self.at_most)
        fitting = _each(xyxy[:, 2:] > xyxy[:, :2]) & _each(within) & self.known
        crowded = fitting & (np.maximum(xyxy[:, 2], xyxy[:, 3]) <= self.first)
        if 2 * np.count_nonzero(crowded) > np.count_nonzero(fitting):
            fitting &= ~crowded
        return fitting[self.known]


def _each(flags: Bools) -> Bools:
    """Which rows are true in every column, (n,): `flags.all(axis=1)`, in a third of the time."""
    rows: Bools = flags[:, 0].copy()
    for column in range(1, flags.shape[1]):
        rows &= flags[:, column]
    return rows


class Readings:
    """Some boxes of a dataset with all that is needed to read them by any convention."""

    def __init__(self, audit: AuditContext, box: Ints) -> None:
        self.audit = audit
        box = box[audit.derived.in_range[box]]
        xyxy = audit.dataset.boxes.xyxy[box]
        drawn = _each(xyxy[:, :2] != xyxy[:, 2:])  # an empty box says nothing about a convention
        self.box, self.xyxy = box[drawn], xyxy[drawn]
        self.declared = audit.dataset.facts.convention
        self.size = audit.derived.image_size_of(self.box)
        if not CONVENTIONS[self.declared].normalised:  # fractions need no true size
            self.size[~in_counted_pixels(audit, self.box)] = np.nan

    def read(self, convention: str) -> Floats:
        """The corners of the boxes by a convention, (n, 4)."""
        if convention == self.declared:
            return self.xyxy
        return transformed(self.xyxy, self.size, declared=self.declared, true=convention)

    def border_distance(self, convention: str) -> Floats:
        """How far each edge lies inside the image, (n, 4); NaN for boxes of which no part does."""
        xyxy = self.read(convention)
        distance = np.hstack([xyxy[:, :2], self.size - xyxy[:, 2:]])
        low, high = np.maximum(xyxy[:, :2], 0), np.minimum(xyxy[:, 2:], self.size)
        distance[~_each(low < high)] = np.nan
        return distance


def mask(readings: Readings, slack: tuple[float, float] = MASK_SLACK) -> Witness:
    """Each edge is where the mask of the object ends."""
    extent = mask_extent(readings.audit, readings.box)
    reach = _reach(extent, slack)
    return Witness(extent - reach, extent + reach, _each(np.isfinite(extent)))


def exact_mask(readings: Readings) -> Witness:
    """The same, to a fraction of a pixel."""
    return mask(readings, EXACT_SLACK)


def surroundings(readings: Readings) -> Witness:
    """The box is in the image, and around the keypoints, if any."""
    size = readings.size
    slack = np.minimum(SLACK, 0.02 * size)
    at_least, at_most = np.hstack([-slack, -slack]), np.tile(size + slack, 2)
    keypoints = readings.audit.dataset.keypoints
    if len(keypoints):
        row = np.full(len(readings.audit.dataset.boxes), MISSING, np.int32)
        row[keypoints.box] = np.arange(len(keypoints))
        extent = np.vstack([keypoints.xyxy, np.full((1, 4), np.nan)])[row[readings.box]]
        reach = _reach(extent, MASK_SLACK)
        at_most[:, :2] = np.fmin(at_most[:, :2], (extent + reach)[:, :2])
        at_least[:, 2:] = np.fmax(at_least[:, 2:], (extent - reach)[:, 2:])
    first = np.where(_each(size > 4 * FIRST_PIXELS), FIRST_PIXELS, -np.inf)
    return Witness(at_least, at_most, _each(np.isfinite(size)), first)


def border(readings: Readings) -> Witness:
    """The box is in the image, to a fraction of a pixel."""
    at_most = np.tile(readings.size + TOUCH, 2)
    known = _each(np.isfinite(readings.size))
    return Witness(np.full_like(at_most, -TOUCH), at_most, known)


def _reach(extent: Floats, slack: tuple[float, float]) -> Floats:
    pixels, fraction = slack
    return np.maximum(pixels, fraction * np.tile(extent[:, 2:] - extent[:, :2], 2))


@dataclass(frozen=True)
class Evidence:
    """A kind of witness, and the words for what boxes do by its word."""

    witness: Callable[[Readings], Witness]
    fault: str  # wrong ones
    merit: str  # right ones, after these words


MASK = Evidence(mask, "disagree with their masks", "agree")
EXACT_MASK = Evidence(exact_mask, "lie a pixel beside their masks", "do not")
SURROUNDINGS = Evidence(surroundings, "do not fit their images", "do")
KEYPOINTS = Evidence(surroundings, "do not fit their images and keypoints", "do")
BORDER = Evidence(border, "reach out of their images", "do not")


@dataclass(frozen=True)
class ConventionVerdict:
    """The convention that the boxes of a file follow in place of the declared one, and why."""

    declared: str  # names in CONVENTIONS
    true: str
    evidence: Evidence
    shared: bool = False  # masks follow it too: to move only the boxes would tear them apart
    judged: int = 0  # boxes that the evidence says something of
    wrong: int = 0  # of these, those that do not fit as declared
    right: int = 0  # of these, those that fit by the true convention

    @property
    def by_a_pixel(self) -> bool:
        """Whether the conventions differ by no more than where pixels begin and end."""
        return _differences(self.declared, self.true) == ["shift"]

    @property
    def swaps_axes(self) -> bool:
        """Whether the conventions differ by no more than the order of x and y."""
        order = CONVENTIONS[self.true].order
        return _differences(self.declared, self.true) == ["order"] and order == SWAPPED_AXES


@dataclass(frozen=True)
class Bar:
    """How much evidence it takes."""

    min_boxes: int
    min_share: float


def verdict(
    audit: AuditContext, box: Ints, *, min_boxes: int, min_share: float
) -> ConventionVerdict | None:
    """What the boxes in these rows say together; None if nothing is wrong, or nobody can know.

    Parameters
    ----------
    audit, box:
        the dataset, and the rows of all boxes that were written in one way.
    min_boxes:
        fewest boxes that must be wrong as declared and right under another reading.
    min_share:
        fewest boxes, as a fraction, that must be right under it.
    """
    bar = Bar(max(1, min_boxes), min_share)
    if len(box) < bar.min_boxes:
        return None
    step = -(-len(box) // SAMPLE)
    with np.errstate(over="ignore", invalid="ignore"):  # masks and keypoints may be at 1e308
        found = _found(Readings(audit, box[::step]), bar)
        return _counted(found, Readings(audit, box)) if found else None


def _found(readings: Readings, bar: Bar) -> ConventionVerdict | None:
    """The verdict on some boxes, without counts."""
    if not len(readings.audit.dataset.masks):
        return _found_without_masks(readings, bar)
    stated = mask(readings)
    if 2 * np.count_nonzero(stated.known) < max(1, len(readings.box)):
        return _found_without_masks(readings, bar)
    declared = readings.declared
    true = champion(readings, stated, all_but_shifts(declared), bar)
    if true != declared:
        return ConventionVerdict(declared, true, MASK)
    if not _mostly(stated.fits(readings.xyxy), bar):
        return None
    # The boxes are where their masks are. Both together may still be in the wrong place.
    true = champion(readings, surroundings(readings), _frames(declared), bar)
    if true != declared:
        return ConventionVerdict(declared, true, SURROUNDINGS, shared=True)
    true = champion(readings, exact_mask(readings), only_shifts(declared), bar)
    return ConventionVerdict(declared, true, EXACT_MASK) if true != declared else None


def _found_without_masks(readings: Readings, bar: Bar) -> ConventionVerdict | None:
    declared, candidates = readings.declared, all_but_shifts(readings.declared)
    evidence = KEYPOINTS if len(readings.audit.dataset.keypoints) else SURROUNDINGS
    if evidence is SURROUNDINGS:  # turned upside down, boxes fit as before
        candidates = tuple(name for name in candidates if not CONVENTIONS[name].upward)
    # In small images a pixel is no slack, and another reading may fit as well as a shift.
    shifts = only_shifts(declared)
    witness = evidence.witness(readings)
    true = champion(readings, witness, [*shifts, *candidates], bar)
    if true not in (declared, *shifts):
        return ConventionVerdict(declared, true, evidence)
    if not _mostly(witness.fits(readings.read(true)), bar):
        return None
    true = border_champion(readings, shifts, bar)
    return ConventionVerdict(declared, true, BORDER) if true != declared else None


def _counted(found: ConventionVerdict, readings: Readings) -> ConventionVerdict:
    witness = found.evidence.witness(readings)
    stated, fitting = witness.fits(readings.xyxy), witness.fits(readings.read(found.true))
    return replace(
        found,
        judged=len(stated),
        wrong=int(np.count_nonzero(~stated)),
        right=int(np.count_nonzero(fitting)),
    )


def champion(
    readings: Readings,
    witness: Witness,
    candidates: Iterable[str],
    bar: Bar,
) -> str:
    """The convention by which boxes fit best: the declared one, if no other beats it.

    A candidate must win its duel with the best so far, so of two that fit equally the first is
    taken. It takes more to beat the declared one than to beat another candidate.
    """
    stated = best = _mended(witness, readings.xyxy)
    least = max(bar.min_boxes, MIN_WINS * len(stated))
    if np.count_nonzero(~stated) < least:
        return readings.declared
    name = readings.declared
    for candidate in candidates:
        fitting = witness.fits(readings.read(candidate))
        needed = least if best is stated else max(MIN_RIVAL_WINS, MIN_WINS * len(stated))
        if beats(fitting, best, needed, MAX_LOSSES):
            name, best = candidate, fitting
    return name if _mostly(best, bar) else readings.declared


def _mostly(fitting: Bools, bar: Bar) -> bool:
    return bool(np.count_nonzero(fitting) >= bar.min_share * len(fitting))


def _mended(witness: Witness, xyxy: Floats) -> Bools:
    """Which boxes fit as declared, or would with their corners in order if that is an exception.

    Sizes read as corners leave most boxes inside out. A few such boxes have no other fault.
    """
    stated = witness.fits(xyxy)
    if np.count_nonzero(stated) < MIN_IN_ORDER * len(stated):
        return stated
    if (xyxy[:, :2] <= xyxy[:, 2:]).all():  # the usual case, in half the time
        return stated
    low, high = np.minimum(xyxy[:, :2], xyxy[:, 2:]), np.maximum(xyxy[:, :2], xyxy[:, 2:])
    return stated | witness.fits(np.hstack([low, high]))


def border_champion(readings: Readings, candidates: Iterable[str], bar: Bar) -> str:
    """The convention by which most edges lie on the borders of the images.

    Objects are cut off by the border, so many edges lie exactly on it. If pixels are counted from
    the wrong number, these edges lie beside it, and on one side beyond it.
    """
    candidates = tuple(candidates)
    if not candidates:
        return readings.declared
    distance = readings.border_distance(readings.declared)
    beyond, best = distance < -TOUCH, np.abs(distance) <= TOUCH
    needed = max(bar.min_boxes, np.count_nonzero(beyond) / 2)
    name = readings.declared
    for candidate in candidates:
        touching = np.abs(readings.border_distance(candidate)) <= TOUCH
        repaired = np.count_nonzero(beyond & touching)
        if repaired >= needed and beats(touching, best, bar.min_boxes, MAX_EDGE_LOSSES):
            name, best = candidate, touching
    return name


def beats(new: Bools, old: Bools, least: float, max_losses: float) -> bool:
    """Whether enough is right in `new` alone, and little enough in `old` alone.

    >>> beats(np.arange(12) > 0, np.arange(12) == 0, 10, 0.1)
    True
    """
    wins, losses = np.count_nonzero(new & ~old), np.count_nonzero(old & ~new)
    return bool(wins >= least and losses <= max_losses * wins)


@cache
def all_but_shifts(declared: str) -> tuple[str, ...]:
    """Conventions that differ in more than `shift`, those with the fewest differences first."""
    # A pixel on top of another mistake is below what can be told apart.
    shifts = ((0, 0), CONVENTIONS[declared].shift)
    others = [
        name
        for name in CONVENTIONS
        if CONVENTIONS[name].shift in shifts and _differences(declared, name) not in ([], ["shift"])
    ]
    return tuple(sorted(others, key=lambda name: len({*_differences(declared, name)} - {"shift"})))


@cache
def only_shifts(declared: str) -> tuple[str, ...]:
    """Conventions that count pixels from another number, and differ in nothing else."""
    return tuple(name for name in CONVENTIONS if _differences(declared, name) == ["shift"])


def _frames(declared: str) -> list[str]:
    """Conventions by which a mask, too, would be elsewhere: other axes, fractions or pixels."""
    return [
        name
        for name in all_but_shifts(declared)
        if set(_differences(declared, name)) <= {"order", "normalised"}
    ]


def _differences(a: str, b: str) -> list[str]:
    return CONVENTIONS[a].differences(CONVENTIONS[b])
