"""Which images of a file follow another convention than the others, by the evidence of their boxes.

First the images of a split, a folder, a file, an orientation and a size are each judged as a whole
file is. Then images that have no more in common than their boxes: those in which every box fits by
one other convention, and in which not every box fits by the declared one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.conventions import CONVENTIONS, SWAPPED_AXES, SWAPPED_CORNERS
from labelaudit.core.columns import Floats, Ints
from labelaudit.core.rows import unique
from labelaudit.rules.geo.image_evidence import BoxReading, MisreadGroup, explained
from labelaudit.rules.geo.misread_conventions import (
    SAMPLE,
    SURROUNDINGS,
    ConventionVerdict,
    Readings,
    all_but_shifts,
    mask,
    only_shifts,
    verdict,
)
from labelaudit.rules.geo.other_units import of_another_unit


def misread_groups(
    audit: AuditContext, box: Ints, *, min_boxes: int, min_share: float
) -> list[MisreadGroup]:
    """Groups of images among those of some boxes that follow another convention than declared.

    Parameters
    ----------
    audit, box:
        the dataset, and the rows of boxes that as a whole are as declared.
    min_boxes, min_share:
        see `misread_conventions.verdict`.
    """
    groups = list(of_another_unit(audit, box))
    suspects = _left(audit, _suspects(audit, box), groups)
    for group, words, rows in _parts(audit, box, suspects, min_boxes):
        if not np.isin(group, suspects, kind="table").any():
            continue
        found = verdict(audit, group, min_boxes=min_boxes, min_share=min_share)
        if found and not _swaps_axes(found) and (rows or not found.by_a_pixel):
            groups.append(_group(audit, words, group, found))
            suspects = _left(audit, suspects, groups)
    if len(suspects) >= min_boxes:
        groups += _scattered(audit, _left(audit, box, groups), min_boxes)
    return groups


def _swaps_axes(found: ConventionVerdict) -> bool:
    """Whether the sizes of the images may as well be exchanged, or the pictures turned."""
    return found.swaps_axes and found.evidence is SURROUNDINGS


def _left(audit: AuditContext, box: Ints, groups: list[MisreadGroup]) -> Ints:
    """Those of the boxes that are in no group yet."""
    if not groups:
        return box
    taken = np.concatenate([group.image for group in groups])
    return box[~np.isin(audit.dataset.boxes.image[box], taken)]


def _suspects(audit: AuditContext, box: Ints) -> Ints:
    """Those of the boxes that do not fit their image, and of a sample those beside their mask."""
    suspects = box[audit.derived.is_misfit[box]]
    if not len(audit.dataset.masks):
        return suspects
    readings = Readings(audit, box[:: -(-len(box) // SAMPLE) or 1])
    with np.errstate(over="ignore", invalid="ignore"):
        witness = mask(readings)
        beside = readings.box[witness.known][~witness.fits(readings.xyxy)]
    return unique(np.concatenate([suspects, beside]))


def _parts(
    audit: AuditContext, box: Ints, suspects: Ints, min_boxes: int
) -> Iterator[tuple[Ints, str, bool]]:
    """Boxes of images with something in common, its words, and whether one hand may have made it.

    Only those of which enough are suspected.
    """
    if len(suspects) < min_boxes:
        return
    image = audit.dataset.boxes.image
    for partition in audit.partitions:
        places = partition.places(image[box])
        for number in partition.crowded(image[suspects], min_boxes):
            yield box[places(number)], partition.words(number), partition.by_hand


def _group(audit: AuditContext, words: str, box: Ints, found: ConventionVerdict) -> MisreadGroup:
    image = unique(audit.dataset.boxes.image[box]).astype(np.int64)
    return MisreadGroup(
        words,
        image,
        found.judged,
        found.wrong,
        found.right,
        found.evidence.fault,
        found.evidence.merit,
        found.true,
        shared=found.shared,
        by_a_pixel=found.by_a_pixel,
    )


def _scattered(audit: AuditContext, box: Ints, min_boxes: int) -> list[MisreadGroup]:
    """The images, if enough, in which one other convention explains what does not fit."""
    declared = audit.dataset.facts.convention
    others = [name for name in all_but_shifts(declared) if _is_told_by_fit(name, declared)]
    shifts = only_shifts(declared)  # in small images a pixel is no slack
    candidates = [BoxReading(name, _read_as(name)) for name in (*shifts, *others)]
    found = explained(audit, box, candidates, min_boxes)
    return [found] if found and found.true not in shifts else []


def _read_as(name: str) -> Callable[[Readings], Floats]:
    return lambda readings: readings.read(name)


def _is_told_by_fit(name: str, declared: str) -> bool:
    convention = CONVENTIONS[name]
    # Where two corners are exchanged, inverted-box mends each box by itself. Fractions read as
    # pixels fit whatever they say; `other_units` tells them by their numbers.
    return (
        convention.normalised == CONVENTIONS[declared].normalised
        and not convention.upward
        and convention.order not in (SWAPPED_AXES, SWAPPED_CORNERS)
    )
