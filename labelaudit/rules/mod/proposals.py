"""What a model would write in the place of labels: fixes, and what it sees there in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, drops, moves
from labelaudit.auditing.label_issues import MissingObjects
from labelaudit.boxes.ops import is_valid
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.mod.label_issue_rows import (
    category_rows,
    class_words,
    clipped,
    label_issues_of,
    shares,
)

MOST_MOVED = 0.8
"""Overlap with the model's box above which a box stays: models agree with right boxes by 0.83 to
0.86 themselves."""


@dataclass(frozen=True)
class Proposals:
    """What is proposed for some labels or places, (n,) each."""

    fix: Sequence[Fix | None]
    seen: Sequence[str]  # what the model sees there


def relabelled(audit: AuditContext, box: Ints, safety: Safety) -> Proposals:
    """Each box with the class that the model sees; no fix where that is its own."""
    judged = label_issues_of(audit).boxes.rows(box)
    category = category_rows(audit, judged.label, audit.dataset.boxes.file[box])
    differs = better_class(audit, box)
    rows = zip(box.tolist(), category.tolist(), differs.tolist(), strict=True)
    fix = [
        Fix("relabel", safety, RecordType.BOX, row, {"label": label}) if other else None
        for row, label, other in rows
    ]
    return Proposals(fix, _seen_classes(audit, box, differs))


def better_class(audit: AuditContext, box: Ints) -> Bools:
    """At which boxes, (n,), the model sees another class than theirs."""
    label = label_issues_of(audit).boxes.label[box]
    differs: Bools = (label != audit.derived.box_class[box]) & (label != MISSING)
    return differs


def _seen_classes(audit: AuditContext, box: Ints, differs: Bools) -> list[str]:
    """What the model sees at each box, where no class fits better in words of its own."""
    judged = label_issues_of(audit).boxes.rows(box)
    own, other = class_words(audit, audit.derived.box_class[box]), class_words(audit, judged.label)
    scores = zip(
        own, shares(judged.given_score), other, shares(judged.other_score), differs, strict=True
    )
    return [
        f"the model sees {theirs} {other_score}, {mine} {score}"
        if better
        else f"the model sees {mine} {score} there, and no class that fits better"
        for mine, score, theirs, other_score, better in scores
    ]


def reframed(
    audit: AuditContext, box: Ints, safety: Safety, *, max_overlap: float = MOST_MOVED
) -> Proposals:
    """Each box where the model sees its object; no fix where that is much the same.

    Parameters
    ----------
    audit:
        with what a model makes of the labels.
    box:
        (n,) rows in Boxes.
    safety:
        of the fixes.
    max_overlap:
        largest overlap with the model's box of one that is moved there, inclusive.
    """
    judged = label_issues_of(audit).boxes.rows(box)
    better = clipped(judged.xyxy, audit.derived.image_size_of(box))
    usable = is_valid(better) & (judged.overlap <= max_overlap)
    if audit.dataset.facts.box_of_polygon:  # where there is a mask, no box could be moved
        usable &= ~np.isin(box, audit.dataset.masks.box)
    fixes = zip(moves(box, better, safety), usable.tolist(), strict=True)
    fix = [one if wanted else None for one, wanted in fixes]
    return Proposals(fix, _seen_boxes(better, judged.overlap))


def _seen_boxes(better: Floats, overlap: Floats) -> list[str]:
    """Where the model sees each object in words, from boxes (n, 4) and their IoU (n,)."""
    sides = (better[:, 2:] - better[:, :2]).tolist()
    return [
        f"the model's box, {width:.0f} x {height:.0f} px, overlaps it by {share}"
        if part < 1
        else "the model has no box of this class that fits better"
        for (width, height), share, part in zip(
            sides, shares(overlap), overlap.tolist(), strict=True
        )
    ]


def dropped(audit: AuditContext, box: Ints, safety: Safety) -> Proposals:
    """Each box removed."""
    judged = label_issues_of(audit).boxes.rows(box)
    scores = zip(
        shares(judged.background),
        class_words(audit, audit.derived.box_class[box]),
        shares(judged.given_score),
        strict=True,
    )
    seen = [f"background {nothing}, {label} {score}" for nothing, label, score in scores]
    return Proposals(drops(RecordType.BOX, box.tolist(), safety), seen)


def added(audit: AuditContext, places: MissingObjects, safety: Safety) -> Proposals:
    """A box for each of some places, which have an image and a class."""
    images = audit.dataset.images
    box = clipped(places.xyxy, images.size[places.image])
    category = category_rows(audit, places.label, images.file[places.image])
    rows = zip(places.image.tolist(), category.tolist(), box.tolist(), strict=True)
    fix = [
        Fix(
            "add",
            safety,
            RecordType.BOX,
            MISSING,
            {"image": image, "label": label, "xyxy": corners},
        )
        for image, label, corners in rows
    ]
    near = [f"; a label overlaps it by {o:.2f}" if o >= 0.1 else "" for o in places.overlap]
    scores = zip(shares(places.score), near, strict=True)
    return Proposals(fix, [f"the detector's score is {score}{words}" for score, words in scores])
