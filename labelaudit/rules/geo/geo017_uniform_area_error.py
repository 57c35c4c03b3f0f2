from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Explained, Fix, Safety, Severity, settings
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.groups import made_by_hand
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.mask_columns import mask_row_of

ROUNDING = 1e-3
"""By what fraction, or how many square pixels, a stated area may be off because it was rounded."""

MIN_FACTOR = 0.02
"""By how much a factor must differ from one: images are not resized by less, and rounding is."""

TRIANGLE, POLYGONS = (0.499, 0.501), (0.685, 0.83)
"""Parts of their box that objects of one shape fill: triangles and diamonds; ellipses, pi / 4, and
regular polygons of five corners and more, by how they are turned."""

SAMPLE = 20_000
"""Boxes, spread evenly, that are looked at first."""


@dataclass(frozen=True, eq=False)
class AreaError:
    """Boxes that state their area by one other formula."""

    where: str
    formula: str
    box: Ints  # rows in Boxes
    judged: int  # boxes of the group that state an area and have no mask
    right: int  # of these, those whose area is width times height
    safety: Safety


@rule(
    "GEO017",
    "uniform-area-error",
    message="{where}{wrong:,} of {judged:,} boxes state {formula} for their area, {right:,} "
    "width x height",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    names_causes=True,
)
def uniform_area_error(
    audit: AuditContext, *, min_boxes: int = 10, min_share: float = 0.9
) -> Found:
    """Stated areas that are all wrong by one formula: (w + 1) x (h + 1), or a constant factor.

    Why it hurts: COCO's evaluation sorts objects into small, medium and large by area. A factor
    says that boxes or areas are of another size of the images.

    Converters from formats that count the last pixel in add one to width and height. Boxes that
    were scaled with their images and whose areas were not, or the other way round, are off by one
    factor. Objects of one shape have areas that are a part of their boxes' and right, so factors of
    ellipses, regular polygons and triangles are passed over. Judged are all boxes without a mask,
    then those of a split, a folder and a source file.

    Settings:
        min_boxes: fewest boxes that state such an area.
        min_share: fewest boxes that state an area and have no mask, as a fraction.

    Why these defaults: a choice.

    Example:
        >>> from labelaudit.testing import one_image, with_columns
        >>> dataset = one_image(*(f"car 10 {10 * n} {20 + n} {10 * n + 5}" for n in range(20)))
        >>> dataset = with_columns(dataset, "boxes", area=[(11 + n) * 6 for n in range(20)])
        >>> print(uniform_area_error(AuditContext(dataset)).message[0])
        20 of 20 boxes state (w + 1) x (h + 1) for their area, 0 width x height

    Fix: states width times height. Safe for (w + 1) x (h + 1), as it is only counted again; unsafe
    for a factor, as the boxes may be wrong instead.
    """
    errors = _errors(audit, min_boxes, min_share)
    boxes = audit.dataset.boxes
    return found(
        image=[int(boxes.image[error.box[0]]) for error in errors],
        file=[int(boxes.file[error.box[0]]) for error in errors],
        fix=[_fix(audit, error) for error in errors],
        explains=[Explained(("GEO010",), box=error.box) for error in errors],
        where=[error.where and f"{error.where}: " for error in errors],
        wrong=[len(error.box) for error in errors],
        judged=[error.judged for error in errors],
        formula=[error.formula for error in errors],
        right=[error.right for error in errors],
    )


def _errors(audit: AuditContext, min_boxes: int, min_share: float) -> list[AreaError]:
    stated = audit.dataset.boxes.area
    judged = audit.derived.is_valid & audit.derived.in_range & (stated > 0)
    judged &= mask_row_of(audit, slice(None)) == MISSING
    box = np.flatnonzero(judged)
    sample = box[:: -(-len(box) // SAMPLE) or 1]
    odd = sample[~_is(stated[sample], audit.dataset.boxes.size[sample].prod(axis=1))]
    if not len(odd):
        return []
    if whole := _error(audit, "", box, min_boxes, min_share):
        return [whole]
    return list(_of_groups(audit, box, odd, min_boxes, min_share))


def _of_groups(
    audit: AuditContext, box: Ints, odd: Ints, min_boxes: int, min_share: float
) -> Iterator[AreaError]:
    image, done = audit.dataset.boxes.image, np.zeros(len(audit.dataset.boxes), bool)
    for partition in made_by_hand(audit.dataset):
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
    stated, (width, height) = audit.dataset.boxes.area[box], audit.dataset.boxes.size[box].T
    right = _is(stated, width * height)
    factor = float(np.median(stated / (width * height))) if len(box) else 1.0
    formulas = {
        "(w + 1) x (h + 1)": ((width + 1) * (height + 1), Safety.SAFE),
        "(w - 1) x (h - 1)": ((width - 1) * (height - 1), Safety.SAFE),
    }
    if abs(factor - 1) >= MIN_FACTOR and not _is_shape(factor):
        with np.errstate(over="ignore"):
            formulas[f"{factor:.3g} x w x h"] = (factor * width * height, Safety.UNSAFE)
    least = max(1, min_boxes, min_share * len(box))
    for formula, (area, safety) in formulas.items():
        wrong = _is(stated, area) & ~right
        if np.count_nonzero(wrong) >= least:
            count = int(np.count_nonzero(right))
            return AreaError(where, formula, box[wrong], len(box), count, safety)
    return None


def _is_shape(factor: float) -> bool:
    """Whether objects of one shape may fill such a part of their boxes."""
    return any(low <= factor <= high for low, high in (TRIANGLE, POLYGONS))


def _is(stated: Floats, area: Floats) -> Bools:
    """Which areas are stated as they are, (n,), but for rounding."""
    same: Bools = np.abs(stated - area) <= ROUNDING * np.maximum(np.abs(area), 1)
    return same


def _fix(audit: AuditContext, error: AreaError) -> Fix:
    area = audit.dataset.boxes.size[error.box].prod(axis=1).tolist()
    fixes = settings(RecordType.BOX, error.box.tolist(), "area", area, error.safety)
    return Fix("together", error.safety, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})
