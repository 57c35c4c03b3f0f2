from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, settings
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.boxes.conventions import CONVENTIONS
from labelaudit.boxes.orientations import ON_ITS_SIDE
from labelaudit.core.columns import MISSING, Bools
from labelaudit.core.text import agreeing, part_of
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.geo.image_evidence import BoxReading, MisreadGroup, groups_that_fit, misfits

TURNED = BoxReading("turned", lambda some: some.xyxy, lambda some: some.size[:, ::-1])

EXPLAINED = (
    *("GEO001", "GEO002", "GEO004", "GEO005", "GEO006", "GEO007", "GEO008", "GEO009"),
    *("GEO012", "GEO013", "GEO014", "GEO015"),
    *OF_MODELS,
)
"""Rules about the place of a box in its image."""


@rule(
    "GEO016",
    "turned-boxes",
    message="{where}: {boxes} {fault}; with width and height exchanged, {right}{cause}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    names_causes=True,
)
def turned_boxes(audit: AuditContext, *, min_boxes: Count = 10, min_share: Share = 0.9) -> Found:
    """Boxes that fit their images only with width and height exchanged, in some images.

    Why it hurts: boxes beyond the border are clipped or dropped, and those that happen to fit lie
    where no object is.

    Either width and height were exchanged where the size was written down, or the boxes were drawn
    on pictures that were shown turned, as phones lay them, and are now read on the pictures as they
    are stored. Image files that are as the labels say rule out the first; where they are turned
    against their labels, swapped-image-size says so.

    Judged are the images of a split, a folder, a source file, a size and an orientation, then
    images that have no more in common than this. Where all boxes of a file are so, it is a
    wrong-convention. Says nothing where sizes are those of the image files and boxes are fractions
    of them, and nothing about square images.

    Settings:
        min_boxes: fewest boxes that fit only with width and height exchanged.
        min_share: fewest boxes, as a fraction, that fit so.

    Example:
        >>> from labelaudit.testing import before_and_after, images
        >>> turned = {f"b/{n}.jpg": [f"car 9 {500 + n} 400 {600 + n}"] * 4 for n in range(5)}
        >>> upright = {f"a/{n}.jpg": ["car 9 100 600 200"] * 4 for n in range(5)}
        >>> print(before_and_after(turned_boxes, images(upright | turned)))
        Found: images in b: 20 of 20 boxes do not fit their images; with width and height exchanged,
            20 do
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 5, "file_name": "a/4.jpg", "width": 640, "height": 480}
        - {"id": 6, "file_name": "b/0.jpg", "width": 640, "height": 480}
        - {"id": 7, "file_name": "b/1.jpg", "width": 640, "height": 480}
        - (and 3 more)
        + {"id": 6, "file_name": "b/0.jpg", "width": 480, "height": 640}
        + {"id": 7, "file_name": "b/1.jpg", "width": 480, "height": 640}
        + (and 3 more)

    Fix: states the sizes that the boxes fit, where no image file is at hand. Unsafe, because the
    pictures may lie on their side. None where image files have the stated size: to which side the
    pictures were turned, boxes do not tell.
    """
    groups = _groups(audit, min_boxes, min_share)
    first = [int(group.image[0]) for group in groups]
    names = audit.dataset.images.name
    stored = [_as_stored(audit, group) for group in groups]
    return found(
        image=first,
        fix=[
            None if there else _fix(audit, group)
            for there, group in zip(stored, groups, strict=True)
        ],
        explains=[Explained(EXPLAINED, image=group.image) for group in groups],
        affects=[Affected.boxes_in(audit.dataset, group.image) for group in groups],
        where=[g.words or counted_images(names[g.image].tolist()) for g in groups],
        boxes=[part_of(group.wrong, group.judged, "box", "boxes") for group in groups],
        fault=[agreeing(group.wrong, "do not fit their images") for group in groups],
        right=[f"{group.right:,} {agreeing(group.right, 'do')}" for group in groups],
        cause=[": they were drawn on turned pictures" if there else "" for there in stored],
    )


def _groups(audit: AuditContext, min_boxes: int, min_share: float) -> list[MisreadGroup]:
    """Groups of images that neither EXIF nor their own files explain."""
    normalised = CONVENTIONS[audit.dataset.facts.convention].normalised
    if normalised or len(misfits(audit)) < min_boxes:
        return []
    asked = np.append(~audit.sides_exchanged & ~_lies(audit), False)
    box = np.flatnonzero(asked[audit.dataset.boxes.image])
    return groups_that_fit(audit, box, TURNED, min_boxes, min_share)


def _lies(audit: AuditContext) -> Bools:
    """Which images EXIF turns on their side when they are opened, (images,)."""
    if not audit.dataset.image_folders:
        return np.zeros(len(audit.dataset.images), bool)
    lies: Bools = audit.headers.orientation >= ON_ITS_SIDE
    return lies


def _as_stored(audit: AuditContext, group: MisreadGroup) -> bool:
    """Whether most images of a group are found to be as the labels say."""
    if not audit.dataset.image_folders:
        return False
    same = audit.headers.size[group.image] == audit.dataset.images.size[group.image]
    return bool(2 * np.count_nonzero(same.all(axis=1)) > len(group.image))


def _fix(audit: AuditContext, group: MisreadGroup) -> Fix:
    sizes = audit.dataset.images.size[group.image, ::-1].tolist()
    fixes = settings(RecordType.IMAGE, group.image.tolist(), "size", sizes, Safety.UNSAFE)
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})
