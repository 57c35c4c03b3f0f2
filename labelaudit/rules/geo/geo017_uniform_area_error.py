from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, settings
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.text import agreeing, part_of
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.mask_columns import mask_area, mask_areas, mask_row_of

ROUNDING = 1e-3
"""By what fraction, or how many square pixels, a stated area may be off because it was rounded."""

MIN_FACTOR = 0.02
"""By how much a factor must differ from one: images are not resized by less, and rounding is."""

MOST_CORNERS = 64
"""Corners of regular polygons that objects may be; with more, they are as good as ellipses."""

OF_SHAPE = 0.002
"""By how much a factor may differ from the part of its box that a shape fills; a choice."""

SAMPLE = 20_000
"""Boxes, spread evenly, that are looked at first."""


@dataclass(frozen=True, eq=False)
class AreaError:
    """Boxes that state their area by one other formula."""

    where: str
    formula: str
    box: Ints  # rows in Boxes
    judged: int  # boxes of the group that state an area and have no mask, or that have one
    right: int  # of these, those that state the true area
    shape: str  # whose area that is
    safety: Safety


@rule(
    "GEO017",
    "uniform-area-error",
    message="{where}{boxes} {state}, {right:,} {shape}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    names_causes=True,
)
def uniform_area_error(
    audit: AuditContext, *, min_boxes: Count = 10, min_share: Share = 0.9
) -> Found:
    """Stated areas that are all wrong by one formula: (w + 1) x (h + 1), or a constant factor.

    Why it hurts: COCO's evaluation sorts objects into small, medium and large by area. A factor
    says that boxes or areas are of another size of the images.

    Converters from formats that count the last pixel in add one to width and height. Boxes that
    were scaled with their images and whose areas were not, or the other way round, are off by one
    factor. Objects of one shape have areas that are a part of their boxes' and right, so factors of
    ellipses, of regular polygons that stand upright or on a corner, and of triangles are passed
    over. Judged are all boxes without a mask, then those of a split, a folder and a source file; in
    the same way all boxes with a mask of one part, by a factor of its area, as where the half of a
    polygon's sum was forgotten.

    Settings:
        min_boxes: fewest boxes that state such an area.
        min_share: fewest of the boxes that are judged, as a fraction.

    Why these defaults: a choice.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_columns
        >>> dataset = one_image(*(f"car 10 {10 * n} {20 + n} {10 * n + 5}" for n in range(20)))
        >>> dataset = with_columns(dataset, "boxes", area=[(11 + n) * 6 for n in range(20)])
        >>> print(before_and_after(uniform_area_error, dataset))
        Found: 20 of 20 boxes state (w + 1) x (h + 1) for their area, 0 width x height
        labels.json, before (-) and after (+) a safe fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 0, 10, 5], "area": 66}
        - {"id": 2, "image_id": 1, "category_id": 1, "bbox": [10, 10, 11, 5], "area": 72}
        - (and 18 more)
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 0, 10, 5], "area": 50}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [10, 10, 11, 5], "area": 55}
        + (and 18 more)

    Fix: states width times height, or the area of the mask. Safe for (w + 1) x (h + 1), as it is
    only counted again; unsafe for a factor, as the boxes may be wrong instead.
    """
    errors = _errors(audit, min_boxes, min_share)
    boxes = audit.dataset.boxes
    return found(
        image=[int(boxes.image[error.box[0]]) for error in errors],
        file=[int(boxes.file[error.box[0]]) for error in errors],
        fix=[_fix(audit, error) for error in errors],
        explains=[Explained(("GEO010",), box=error.box) for error in errors],
        affects=[Affected(error.box) for error in errors],
        where=[error.where and f"{error.where}: " for error in errors],
        boxes=[part_of(len(error.box), error.judged, "box", "boxes") for error in errors],
        state=[
            agreeing(len(error.box), f"state {error.formula} for their area") for error in errors
        ],
        shape=[error.shape for error in errors],
        right=[error.right for error in errors],
    )


def _errors(audit: AuditContext, min_boxes: int, min_share: float) -> list[AreaError]:
    stated = audit.dataset.boxes.area
    judged = audit.derived.is_valid & audit.derived.in_range & (stated > 0) & (stated < np.inf)
    row = mask_row_of(audit, slice(None))
    parts = np.append(audit.dataset.masks.parts, 0)[row]
    drawn = (parts == 1) & ~np.isnan(mask_areas(audit)[row])
    every = (np.flatnonzero(judged & some) for some in (row == MISSING, drawn))
    return [error for box in every for error in _of_boxes(audit, box, min_boxes, min_share)]


def _of_boxes(audit: AuditContext, box: Ints, min_boxes: int, min_share: float) -> list[AreaError]:
    """The errors of boxes that all have a mask, or that all have none; see `_error`."""
    sample = box[:: -(-len(box) // SAMPLE) or 1]
    odd = sample[~_is(audit.dataset.boxes.area[sample], _true(audit, sample))]
    if not len(odd):
        return []
    if whole := _error(audit, "", box, min_boxes, min_share):
        return [whole]
    return list(_of_groups(audit, box, odd, min_boxes, min_share))


def _true(audit: AuditContext, box: Ints) -> Floats:
    """The area of the mask of each box, else of the box itself, (n,)."""
    mask = mask_area(audit, box)
    return np.where(np.isnan(mask), audit.dataset.boxes.size[box].prod(axis=1), mask)


def _of_groups(
    audit: AuditContext, box: Ints, odd: Ints, min_boxes: int, min_share: float
) -> Iterator[AreaError]:
    image, done = audit.dataset.boxes.image, np.zeros(len(audit.dataset.boxes), bool)
    for partition in audit.made_by_hand:
        of_box = np.append(partition.group, MISSING)[image[box]]
        for number in partition.crowded(image[odd], 1):
            rows = box[(of_box == number) & ~done[box]]
            if error := _error(audit, partition.words(number), rows, min_boxes, min_share):
                done[error.box] = True
                yield error


def _error(
    audit: AuditContext, where: str, box: Ints, min_boxes: int, min_share: float
) -> AreaError | None:
    """What boxes state together, if it is the area by another formula.

    Parameters
    ----------
    audit:
        of the dataset.
    where:
        the words for the boxes.
    box:
        rows of boxes that state an area.
    min_boxes, min_share:
        see the rule.
    """
    stated, true = audit.dataset.boxes.area[box], _true(audit, box)
    right = _is(stated, true) | _is(stated, audit.dataset.boxes.size[box].prod(axis=1))
    least = max(1, min_boxes, min_share * len(box))
    masked = bool(len(box)) and bool((mask_row_of(audit, box[:1]) != MISSING).all())
    for formula, (area, safety) in _formulas(audit, box, true, masked=masked).items():
        wrong = _is(stated, area) & ~right
        if np.count_nonzero(wrong) >= least:
            count = int(np.count_nonzero(right))
            shape = "that of mask or box" if masked else "width x height"
            return AreaError(where, formula, box[wrong], len(box), count, shape, safety)
    return None


def _formulas(
    audit: AuditContext, box: Ints, true: Floats, *, masked: bool
) -> dict[str, tuple[Floats, Safety]]:
    """What may be stated in place of the true areas, (n,) each, and how safely these replace it."""
    formulas: dict[str, tuple[Floats, Safety]] = {}
    if not masked:
        width, height = audit.dataset.boxes.size[box].T
        formulas["(w + 1) x (h + 1)"] = ((width + 1) * (height + 1), Safety.SAFE)
        formulas["(w - 1) x (h - 1)"] = ((width - 1) * (height - 1), Safety.SAFE)
    with np.errstate(over="ignore", divide="ignore"):  # sides of 1e-300 make an area of zero
        factor = float(np.median(audit.dataset.boxes.area[box] / true)) if len(box) else 1.0
    if MIN_FACTOR <= abs(factor - 1) < np.inf and (masked or not _is_of_one_shape(factor)):
        with np.errstate(over="ignore"):
            words = "x the area of their mask" if masked else "x w x h"
            formulas[f"{factor:.3g} {words}"] = (factor * true, Safety.UNSAFE)
    return formulas


def _is_of_one_shape(factor: float) -> bool:
    """Whether objects of one shape fill this part of their boxes, whatever these measure."""
    return any(abs(factor - part) <= OF_SHAPE for part in _filled())


def _filled() -> Iterator[float]:
    """Parts of their boxes that shapes fill: triangles and diamonds, ellipses, regular polygons.

    Stretching a shape across or down stretches its box alike. What is turned by any angle fills
    another part of each box, so that there is no one factor.
    """
    yield from (0.5, np.pi / 4)
    for corners in range(5, MOST_CORNERS + 1):
        area = corners / 2 * np.sin(2 * np.pi / corners)
        # A corner to the right, a side to the right; the same up.
        for turn in (0, np.pi / corners, np.pi / 2, np.pi / 2 + np.pi / corners):
            angle = turn + 2 * np.pi / corners * np.arange(corners)
            yield float(area / np.ptp(np.cos(angle)) / np.ptp(np.sin(angle)))


def _is(stated: Floats, area: Floats) -> Bools:
    """Which areas are stated as they are, (n,), but for rounding."""
    same: Bools = np.abs(stated - area) <= ROUNDING * np.maximum(np.abs(area), 1)
    return same & np.isfinite(area)


def _fix(audit: AuditContext, error: AreaError) -> Fix:
    area = _true(audit, error.box).tolist()
    fixes = settings(RecordType.BOX, error.box.tolist(), "area", area, error.safety)
    return Fix("together", error.safety, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})
