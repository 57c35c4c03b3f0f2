"""Images in pixels among fractions, or in fractions among pixels: the numbers alone tell."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.conventions import CONVENTIONS, Form
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.rows import unique
from labelaudit.rules.geo.image_evidence import ByImage, MisreadGroup
from labelaudit.rules.geo.misread_conventions import FIRST_PIXELS, SLACK, Readings, mask

BEYOND_FRACTIONS = 2.0
"""A number above is no fraction of an image, however far a box reaches out of it."""

MIN_FRACTIONS = 3
"""Fewest boxes, in images where all are, that lie in the first pixel because they are fractions."""

ROUNDING = 1e-6
"""By how much a fraction may be off when numbers are worked out from corners."""

MIN_CORNERS = 3
"""Fewest boxes that, if each fits as two corners, are not left, top, width, height by chance."""


def of_another_unit(audit: AuditContext, box: Ints) -> Iterator[MisreadGroup]:
    """Images in pixels among fractions, or in fractions among pixels: the numbers alone tell."""
    xyxy, boxes = audit.dataset.boxes.xyxy, audit.dataset.boxes
    normalised = CONVENTIONS[audit.dataset.facts.convention].normalised
    if normalised:
        suspects = box[audit.derived.is_misfit[box]]
    else:
        with np.errstate(invalid="ignore"):
            suspects = box[(xyxy[box, 2] <= FIRST_PIXELS) & (xyxy[box, 3] <= FIRST_PIXELS)]
    suspects = suspects[boxes.image[suspects] != MISSING]
    if not len(suspects):
        return
    suspected = np.zeros(len(audit.dataset.images) + 1, bool)
    suspected[boxes.image[suspects]] = True
    readings = Readings(audit, box[suspected[boxes.image[box]]])
    numbers = _written(audit, readings.box)
    smallest, largest = numbers.min(axis=1), numbers.max(axis=1)
    if normalised:
        odd = largest > BEYOND_FRACTIONS
    else:
        odd = (smallest >= -ROUNDING) & (largest <= 1 + ROUNDING) & (numbers % 1 > 0).any(axis=1)
    images = ByImage(boxes.image[readings.box], len(audit.dataset.images))
    here = images.every(odd)[images.image]
    if np.count_nonzero(here) >= (1 if normalised else MIN_FRACTIONS):
        odd_ones = Readings(audit, readings.box[here])
        others = np.isin(box, odd_ones.box, invert=True).any()
        linked = "among" if others else "in place of"
        group = _converted(audit, odd_ones, linked, normalised=normalised)
        if group.true or not mask(readings).known.any():
            yield group


def _written(audit: AuditContext, box: Ints) -> Floats:
    """The numbers of the boxes as they are written, (n, 4)."""
    size = audit.derived.image_size_of(box)
    with np.errstate(over="ignore", invalid="ignore"):
        declared = CONVENTIONS[audit.dataset.facts.convention]
        return declared.write(audit.dataset.boxes.xyxy[box], size)


def _converted(
    audit: AuditContext, readings: Readings, linked: str, *, normalised: bool
) -> MisreadGroup:
    """The group of these boxes, with the one convention of the other unit that they fit by.

    Parameters
    ----------
    audit, readings:
        the dataset, and the boxes.
    linked:
        what they are to boxes as the format has them, a word: among these, or in their place.
    normalised:
        whether the format has fractions.
    """
    box, unit = readings.box, "" if normalised else "normalised-"
    counted = ~audit.dataset.images.assumed[audit.dataset.boxes.image[box]]
    fits = {
        unit + form: _fits(readings, readings.read(unit + form)) & counted
        for form in ("cxcywh", "xyxy", "xywh")
    }
    every = [name for name, fitting in fits.items() if fitting.all()]
    corners, own = f"{unit}xyxy", _own_form(audit, unit)
    true = ""
    if len(every) == 1:
        true = every[0]
    elif corners in every and len(box) >= MIN_CORNERS:
        true = corners
    elif own in every and corners not in every:
        true = own
    image = unique(audit.dataset.boxes.image[box]).astype(np.int64)
    one, other = ("pixels", "fractions") if normalised else ("fractions", "pixels")
    return MisreadGroup(
        "",
        image,
        judged=len(box),
        wrong=len(box),
        right=int(np.count_nonzero(fits[true])) if true else 0,
        fault=f"are in {one} {linked} {other}",
        merit="fit their images",
        true=true,
    )


def _own_form(audit: AuditContext, unit: str) -> str:
    """The name of the declared convention in another unit."""
    form = CONVENTIONS[audit.dataset.facts.convention].form
    return unit + {Form.CORNERS: "xyxy", Form.SIZE: "xywh", Form.CENTRE: "cxcywh"}[form]


def _fits(readings: Readings, xyxy: Floats) -> Bools:
    """Which boxes lie in their images, at their masks, and are a pixel wide and high, (n,)."""
    large = (xyxy[:, 2:] - xyxy[:, :2] >= 1).all(axis=1)
    fitting: Bools = large & (overhang(xyxy, readings.size) <= SLACK)
    witness = mask(readings)
    fitting[witness.known] &= witness.fits(xyxy)
    return fitting
