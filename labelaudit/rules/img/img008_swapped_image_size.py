from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, settings
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType

ONE_SIZE = ("as it is", "turned")
"""What labels state of images of one size, if they are not of images that were resized to it."""

SLACK = 1.5
"""Pixels by which a box may reach out of its image: rounding, and pixels counted from 0 or 1."""

EXPLAINED = (
    *("IMG003", "GEO004", "GEO005", "GEO008", "GEO012", "GEO013", "GEO014"),
    *("GEO001", "GEO002", "GEO006", "GEO007", "GEO009", "GEO015", "GEO016", "GEO019"),
    *OF_MODELS,
)
"""Rules about sizes of images, and about places in them."""


@rule(
    "IMG008",
    "swapped-image-size",
    message="{where}: the labels state the height for the width; {before:,} of {boxes} {fit} "
    "the sizes that are stated, {after:,} those of the image files{cause}",
    severity=Severity.ERROR,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
    names_causes=True,
)
def swapped_image_size(audit: AuditContext) -> Found:
    """Images that are as wide as their labels say they are high, and as high as wide.

    Why it hurts: boxes are scaled by the wrong side, or clipped at a border that is none, and half
    of the dataset seems to lie outside of its images.

    All such images are one finding, with the boxes as witnesses: if more of them fit the image
    files, width and height were exchanged where they were written down. If more of them fit the
    stated sizes, the images were turned after they had been labelled: a finding of its own. Images
    that EXIF turns when they are opened are another matter, and so are square ones. Where all image
    files are of one size, the images may as well have been squeezed to it: that is said, and if
    labels state a third size, too, it is left to size-mismatch.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 250 10 300 40", size=(240, 320)))
        >>> files = {"labels.json": labels, "image.jpg": (320, 240)}
        >>> print(before_and_after(swapped_image_size, files))
        Found: image.jpg: the labels state the height for the width; 0 of 1 box fits the sizes that
            are stated, 1 those of the image files
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "image.jpg", "width": 240, "height": 320}
        + {"id": 1, "file_name": "image.jpg", "width": 320, "height": 240}

    Fix: states the true sizes. Unsafe, because they may be those on which boxes were drawn. None
    where the boxes fit the stated sizes better: to which side the images were turned, they do not
    tell. None either where all image files are of one size and no box is a witness.
    """
    exchanged = np.flatnonzero(audit.sides_exchanged)
    before, after = _fitting(audit, exchanged)
    one_size = _distinct(audit.headers.size) == 1
    stated = audit.dataset.images.size[~audit.dataset.images.assumed]
    if one_size and _distinct(stated) > len(ONE_SIZE):
        proven = after > before
        exchanged, before, after = exchanged[proven], before[proven], after[proven]
    turned = after < before
    # Boxes that fit either way have no say: their images go with the others.
    turned |= (after == before) & (after.sum() < before.sum())
    groups = [(exchanged[turned], True), (exchanged[~turned], False)]
    groups = [(image, is_turned) for image, is_turned in groups if len(image)]
    names = audit.dataset.images.name
    counts = np.bincount(audit.dataset.boxes.image + 1, minlength=len(names) + 1)[1:]
    fits = [_fitting(audit, image) for image, _ in groups]
    how = "turned, or squeezed to one size," if one_size else "turned"
    return found(
        image=[int(image[0]) for image, _ in groups],
        fix=[
            None if is_turned or (one_size and one.sum() == other.sum()) else _fix(audit, image)
            for (image, is_turned), (one, other) in zip(groups, fits, strict=True)
        ],
        explains=[Explained(EXPLAINED, image=image) for image, _ in groups],
        # Where only the sizes are stated wrongly, boxes are where their objects are.
        affects=[
            Affected.boxes_in(audit.dataset, image) if is_turned else Affected(image=image)
            for image, is_turned in groups
        ],
        where=[counted_images(names[image].tolist()) for image, _ in groups],
        before=[int(one.sum()) for one, _ in fits],
        after=[int(other.sum()) for _, other in fits],
        boxes=[counted(int(counts[image].sum()), "box", "boxes") for image, _ in groups],
        fit=["fits" if counts[image].sum() == 1 else "fit" for image, _ in groups],
        cause=[f": they were {how} after labelling" if one else "" for _, one in groups],
    )


def _distinct(size: Floats) -> int:
    """How many sizes, (n, 2), occur."""
    width, height = size[np.isfinite(size).all(axis=1)].T
    return len(unique(width + 1j * height))


def _fitting(audit: AuditContext, image: Ints) -> tuple[Ints, Ints]:
    """How many boxes of each image fit its stated size, and its size the other way round."""
    boxes, sizes = audit.dataset.boxes, audit.dataset.images.size
    counts = []
    box = np.flatnonzero(np.isin(boxes.image, image) & audit.derived.is_valid)
    row = np.searchsorted(image, boxes.image[box])
    for size in (sizes[image], sizes[image, ::-1]):
        fits = _fits(boxes.xyxy[box], size[row])
        counts.append(np.bincount(row, fits, len(image)).astype(np.int64))
    return counts[0], counts[1]


def _fits(xyxy: Floats, size: Floats) -> Floats:
    with np.errstate(over="ignore"):
        fits: Floats = (overhang(xyxy, size) <= SLACK).astype(np.float64)
    return fits


def _fix(audit: AuditContext, image: Ints) -> Fix:
    sizes = audit.dataset.images.size[image, ::-1].tolist()
    fixes = settings(RecordType.IMAGE, image.tolist(), "size", sizes, Safety.UNSAFE)
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})
