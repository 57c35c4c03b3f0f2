from __future__ import annotations

from collections import Counter

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.img.naming import may_be_of_another

Size = list[float]  # width, height

MOST = 0.9
"""Part of the images at hand that must be resized alike to be one finding; a choice."""


SLACK = 1.5
"""Pixels by which a box may reach out of its image: rounding, and pixels counted from 0 or 1."""


@rule(
    "IMG003",
    "size-mismatch",
    message="{what}{reason}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
    needs=(Need.IMAGE_FILES, Need.STATED_SIZES),
)
def size_mismatch(audit: AuditContext, *, min_images: Count = 10) -> Found:
    """An image whose size is not the one that its labels state.

    Why it hurts: boxes drawn on an image of another size lie in the wrong places, and a loader that
    scales boxes by the stated size moves even the right ones.

    The message tells apart an image that was resized in proportion, one that lies on its side, and
    one that EXIF turns when it is opened. Missing and unreadable images are not compared.

    Labels that state no sizes, as those of YOLO, cannot disagree.

    Where all images at hand, but for one in ten, were resized by one factor or to one size, that is
    one finding: the labels are of the originals, and the images are copies.

    Settings:
        min_images: how many resized images it takes to be one finding.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, one_image
        >>> labels = coco_text(one_image("car 10 10 40 40", size=(200, 150)))
        >>> print(before_and_after(size_mismatch, {"labels.json": labels, "image.jpg": (320, 240)}))
        Found: image image.jpg is 320 x 240 px, its labels say 200 x 150: resized by 1.6
        labels.json, before (-) and after (+) an unsafe fix:
        - {"id": 1, "file_name": "image.jpg", "width": 200, "height": 150}
        + {"id": 1, "file_name": "image.jpg", "width": 320, "height": 240}

    Fix: states the true size, for images one by one. Safe where the stated one is no size at all:
    some labelling tools write 0 x 0 for every image. Unsafe where it may be the size on which the
    boxes were drawn, and where the labels name a file of another stem, as the image may then not be
    theirs. Where more boxes of images that were resized by one factor reach beyond the true sizes
    than beyond the stated ones, they were drawn on the stated ones, and are scaled with them; none
    where objects have masks or keypoints, which would stay as they are, or where the image was not
    resized in proportion. None where EXIF explains it, because some trainers turn the image and
    some do not.
    """
    images, headers = audit.dataset.images, audit.headers
    known = np.isfinite(headers.size).all(axis=1) & np.isfinite(images.size).all(axis=1)
    known &= ~images.assumed
    image = np.flatnonzero(known & (headers.size != images.size).any(axis=1))
    true, stated = headers.size[image], images.size[image]
    how = ""
    if len(image) >= max(min_images, MOST * np.count_nonzero(known)):
        how = _together(true, stated)
    if how:
        where = counted_images(images.name[image].tolist())
        what = f"{where} are not of the sizes that their labels state"
        reason = f": {how}; give the folder of the originals with --images, or scale the boxes"
        return found(image=image[:1], fix=[None], what=[what], reason=[reason])
    turns = headers.orientation[image] >= 5  # the EXIF orientations that lie on a side
    each = list(zip(true.tolist(), stated.tolist(), turns.tolist(), strict=True))
    names = images.name[image].tolist()
    beyond, drawn = _witnesses(audit, image, true, stated)
    return found(
        image=image,
        fix=[
            _scaled(audit, row, *sizes[:2]) if on_stated else _fix(audit, row, *sizes)
            for row, sizes, on_stated in zip(image.tolist(), each, drawn.tolist(), strict=True)
        ],
        what=[_what(name, *sizes) for name, (*sizes, _) in zip(names, each, strict=True)],
        reason=[
            _reason(*sizes) + (f"; {counted(many, 'box', 'boxes')} beyond it" if many else "")
            for sizes, many in zip(each, beyond.tolist(), strict=True)
        ],
    )


def _witnesses(
    audit: AuditContext, image: Ints, true: Floats, stated: Floats
) -> tuple[Ints, Bools]:
    """How many boxes of each image reach beyond its true size alone, and if they were drawn so.

    They were, (n,), where of all images that were resized by one factor more boxes fit the stated
    sizes and not the true ones than the reverse.

    Parameters
    ----------
    audit:
        of the dataset.
    image:
        (n,) rows in Images, ascending.
    true, stated:
        (n, 2) their sizes.
    """
    boxes = audit.dataset.boxes
    box = np.flatnonzero(np.isin(boxes.image, image) & audit.derived.is_valid)
    row = np.searchsorted(image, boxes.image[box])
    with np.errstate(over="ignore"):
        fits_true, fits_stated = (
            overhang(boxes.xyxy[box], size[row]) <= SLACK for size in (true, stated)
        )
    beyond = np.bincount(row, fits_stated & ~fits_true, len(image)).astype(np.int64)
    inside = np.bincount(row, fits_true & ~fits_stated, len(image)).astype(np.int64)
    totals: Counter[str | int] = Counter()
    groups: list[str | int] = []
    sizes = zip(true.tolist(), stated.tolist(), strict=True)
    for number, (one, other) in enumerate(sizes):
        factor = _factor(one, other)
        groups.append(number if factor is None else f"{factor:.2g}")
        totals[groups[-1]] += int(beyond[number] - inside[number])
    return beyond, np.array([totals[group] > 0 for group in groups], bool)


def _scaled(audit: AuditContext, image: int, true: Size, stated: Size) -> Fix | None:
    """The fix that states the true size and scales all boxes of the image to it."""
    dataset = audit.dataset
    box = np.flatnonzero(dataset.boxes.image == image)
    shaped = np.isin(box, dataset.masks.box).any() or np.isin(box, dataset.keypoints.box).any()
    if shaped or _factor(true, stated) is None:
        return None
    box = box[np.isfinite(dataset.boxes.xyxy[box]).all(axis=1)]
    factor = np.array(true) / np.array(stated)
    new = dataset.boxes.xyxy[box] * np.tile(factor, 2)
    size = {"field": "size", "value": true}
    fixes = (
        Fix("set-field", Safety.UNSAFE, RecordType.IMAGE, image, size),
        *moves(box.tolist(), new, Safety.UNSAFE),
    )
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": fixes})


def _together(true: Floats, stated: Floats) -> str:
    """How all images were resized, in words, from sizes (n, 2); empty if each in its own way."""
    if (stated <= 0).any():
        return ""
    scale = float(np.median(true / stated))
    if (np.abs(stated * scale - true) <= 1).all():  # sides are rounded to whole pixels
        return f"all are resized by {scale:.3g}"
    if (true == true[0]).all():
        width, height = true[0]
        return f"all are {width:.0f} x {height:.0f} px"
    return ""


def _what(name: str, true: Size, stated: Size) -> str:
    return (
        f"image {name} is {true[0]:.0f} x {true[1]:.0f} px, its labels say "
        f"{stated[0]:g} x {stated[1]:g}"
    )


def _fix(audit: AuditContext, image: int, true: Size, stated: Size, turns: bool) -> Fix | None:
    if turns and true == stated[::-1]:
        return None
    doubtful = min(stated) > 0 or may_be_of_another(audit, image)
    safety = Safety.UNSAFE if doubtful else Safety.SAFE
    values = {"field": "size", "value": true}
    return Fix("set-field", safety, RecordType.IMAGE, image, values)


def _reason(true: Size, stated: Size, turns: bool) -> str:
    if true == stated[::-1]:
        return ", its size once EXIF has turned it" if turns else ": width and height are swapped"
    if min(stated) <= 0:
        return ""
    scale = _factor(true, stated)
    return "" if scale is None else f": resized by {scale:.3g}"


def _factor(true: Size, stated: Size) -> float | None:
    """The factor by which an image was resized in proportion; None if it was not."""
    if min(stated) <= 0:
        return None
    scale = true[0] / stated[0]
    resized = abs(stated[1] * scale - true[1]) <= 1  # sides are rounded to whole pixels
    return scale if resized else None
