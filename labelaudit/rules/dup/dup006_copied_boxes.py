from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count
from labelaudit.core.columns import MISSING, Ints, Rows
from labelaudit.core.rows import stable_argsort, unique
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.rules.dup.same_scene import SameScene, same_picture, same_scene

MIN_IMAGES = 3
"""Fewest images: two may be one picture under two names."""

WHOLE = 0.99
"""Share of both sides of its image from which on a box is the whole image, as whole-image-box has
it."""

NEARLY_ALL = 0.9
"""Share of the images with boxes from which on sets of boxes that repeat are how all were made, by
a jig or a template; a choice."""

MOST_SETS = 5
"""Sets of boxes that jigs and templates of one dataset have at most; a choice."""

VERSION = ".rf."
"""What stands in names of images behind the name of the picture of which Roboflow made them."""

Keys: TypeAlias = NDArray[np.uint64]

# Odd numbers, and the last steps of Steele et al., "Fast splittable pseudorandom number generators"
# (2014), figure 13, after which each bit depends on all.
_FACTORS = tuple(
    np.uint64((0x9E3779B97F4A7C15 + 0xD1B54A32D192ED02 * number) % 2**64) for number in range(5)
)
_STEPS = (
    (np.uint64(30), np.uint64(0xBF58476D1CE4E5B9)),
    (np.uint64(27), np.uint64(0x94D049BB133111EB)),
)


@rule(
    "DUP006",
    "copied-boxes",
    message="{where} have the same {boxes}, to the last digit{otherwise}",
    severity=Severity.WARNING,
)
def copied_boxes(audit: AuditContext, *, min_copies: Count = 10) -> Found:
    """Images of which all have exactly the same boxes.

    Why it hurts: boxes that were copied from one image to others, by a tracker that was left on or
    a template, lie where there is no object. Nobody draws a box twice to the last digit.

    It takes three images at least, and ten boxes that repeat those of another image: two boxes in
    six images, or five in three. What does not move before a camera that does not move may have one
    box throughout, and be right, and so may crops that were aligned. Their pixels tell where they
    are at hand: if the boxes hold the same in most images, nothing is said. Where no image was
    read, or all are of one colour, images whose names are numbered in a row are worth an info only.

    Where nine of ten images with boxes have one of a few sets of boxes, five at most, that is how
    the dataset was made: parts in a jig or on a conveyor lie in the same place, whatever they are.
    That is one info about all, unless the pictures as wholes are seen to differ: then nothing is in
    one place, and a template was never adjusted.

    Pictures that Roboflow made of one count once: their names begin alike, up to `.rf.`. So do
    images of the same bytes, whose boxes are right to be the same. Boxes that are the whole image
    are left to whole-image-box.

    Settings:
        min_copies: fewest boxes that repeat one of the first image.

    Why this default: a choice; of BCCD, the playing cards, COCO and TACO, no two images have the
    same boxes ("copied-boxes" in benchmarks/results/rule_defaults.md).

    Example:
        >>> from labelaudit.testing import before_and_after, images
        >>> boxes = [f"car {n} 10 {n + 30} 41" for n in range(7)]
        >>> other = {"a.jpg": ["car 9 9 50 60"]}
        >>> wrong = {f"{n}.jpg": ["car 10 10 40 41", "bus 50 20 60 66"] for n in range(7)}
        >>> right = {f"{n}.jpg": [boxes[n], "bus 50 20 60 66"] for n in range(7)}
        >>> wrong, right = images(wrong | other), images(right | other)
        >>> print(before_and_after(copied_boxes, wrong, right, min_copies=7))
        Found: 7 images (0.jpg, 1.jpg, 2.jpg, ...) have the same 2 boxes, to the last digit; or the
            camera stood still
        labels.json, wrong (-) and right (+):
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 31]}
        + {"id": 1, "image_id": 1, "category_id": 1, "bbox": [0, 10, 30, 31]}
          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 20, 10, 46]}
        - {"id": 3, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 31]}
        + {"id": 3, "image_id": 2, "category_id": 1, "bbox": [1, 10, 30, 31]}
          {"id": 4, "image_id": 2, "category_id": 2, "bbox": [50, 20, 10, 46]}
        - {"id": 5, "image_id": 3, "category_id": 1, "bbox": [10, 10, 30, 31]}
        + {"id": 5, "image_id": 3, "category_id": 1, "bbox": [2, 10, 30, 31]}
          {"id": 6, "image_id": 3, "category_id": 2, "bbox": [50, 20, 10, 46]}
          (and 12 more lines)
    """
    judged = [(*one, same_scene(audit, one[0])) for one in _groups(audit, min_copies)]
    groups = [one for one in judged if one[2] is not SameScene.YES]
    if whole := _how_all_were_made(audit, [(image, size) for image, size, _ in groups]):
        return whole
    names = audit.dataset.images.name
    return found(
        image=[int(image[0]) for image, *_ in groups],
        severity=[
            Severity.INFO if scene is SameScene.MAYBE else Severity.WARNING for *_, scene in groups
        ],
        affects=[Affected.boxes_in(audit.dataset, image) for image, *_ in groups],
        where=[counted_images(names[image].tolist()) for image, *_ in groups],
        boxes=[f"{count:,} boxes" if count > 1 else "box" for _, count, _ in groups],
        otherwise=[
            "; or the camera stood still" if scene is SameScene.MAYBE else ""
            for *_, scene in groups
        ],
    )


def _how_all_were_made(audit: AuditContext, groups: list[tuple[Ints, int]]) -> Found | None:
    """The one finding of a dataset whose images have one of a few sets of boxes; None of others."""
    boxes = audit.dataset.boxes
    with_boxes = len(unique(boxes.image[boxes.image != MISSING]))
    image = np.concatenate([image for image, _ in groups]) if groups else np.zeros(0, np.int64)
    if len(groups) > MOST_SETS or not groups or len(image) < NEARLY_ALL * with_boxes:
        return None
    if any(same_picture(audit, some) is False for some, _ in groups):
        return None
    most, size = max(groups, key=lambda group: len(group[0]))
    one_set = f"{size:,} boxes" if size > 1 else "box"
    several = f"boxes as others, {len(groups)} sets in all"
    return found(
        image=[int(most[0])],
        severity=[Severity.INFO],
        affects=[Affected.boxes_in(audit.dataset, image)],
        where=[f"{len(image):,} of {counted(with_boxes, 'image')} with boxes"],
        boxes=[one_set if len(groups) == 1 else several],
        otherwise=["; right if all show parts in one place, as in a jig, else a template"],
    )


def _groups(audit: AuditContext, min_copies: int) -> list[tuple[Ints, int]]:
    """The images of each set of boxes that is copied, and the size of the set."""
    image, box = audit.dataset.boxes.image, _suspects(audit)
    if not len(box):
        return []
    image, start, size = image[box], *_images_in(image[box])
    # A sum does not ask in which order the boxes stand.
    key = np.add.reduceat(_keys(audit, box), start)
    _, group, often = np.unique(key, return_inverse=True, return_counts=True)
    found_in = (often[group] >= MIN_IMAGES) & ((often[group] - 1) * size >= min_copies)
    groups = [
        (image[start][group == number].astype(np.int64), int(size[group == number][0]))
        for number in np.unique(group[found_in]).tolist()
    ]
    return [one for one in groups if _is_copied(audit, *one, min_copies)]


def _is_copied(audit: AuditContext, image: Ints, size: int, min_copies: int) -> bool:
    """Whether images with the same boxes, so many each, are of enough pictures."""
    names = audit.dataset.images.name[image].tolist()
    twins = audit.identical_images.group[image].tolist()
    pictures = len(
        {
            name.rpartition("/")[2].partition(VERSION)[0] if twin == MISSING else twin
            for name, twin in zip(names, twins, strict=True)
        }
    )
    return pictures >= MIN_IMAGES and (pictures - 1) * size >= min_copies


def _images_in(image: Rows) -> tuple[Ints, Ints]:
    """Where each image starts among boxes in the order of images, and how many boxes it has."""
    start = np.flatnonzero(np.append(True, image[1:] != image[:-1]))[: len(image)]
    return start, np.diff(np.append(start, len(image)))


def _suspects(audit: AuditContext) -> Ints:
    """Boxes of images whose boxes are as many as those of others and add up to the same corners.

    In the order of images. Sums are quick, and hardly any images have one in common by chance.
    Without boxes that are the whole image.
    """
    image, xyxy = audit.dataset.boxes.image, audit.dataset.boxes.xyxy
    order = np.arange(len(image))
    if (image[1:] < image[:-1]).any():
        order = stable_argsort(image)
        image, xyxy = image[order], xyxy[order]
    start, size = _images_in(image)
    if not len(start):
        return start
    with np.errstate(over="ignore", invalid="ignore"):
        sums = np.round(np.add.reduceat(xyxy, start), 2)
    mixed = size.astype(np.uint64) * _FACTORS[4]
    for side, factor in zip(sums.T, _FACTORS[:4], strict=True):
        mixed += np.ascontiguousarray(side + 0.0).view(np.uint64) * factor
    _, group, often = np.unique(mixed, return_inverse=True, return_counts=True)
    suspected = (often[group] >= MIN_IMAGES) & (image[start] != MISSING)
    suspects: Ints = order[np.repeat(suspected, size)]
    width, height = audit.derived.image_size_of(suspects).T
    left, top, right, bottom = audit.dataset.boxes.xyxy[suspects].T
    with np.errstate(invalid="ignore", over="ignore"):
        whole = (right - left >= WHOLE * width) & (bottom - top >= WHOLE * height)
    parts: Ints = suspects[~whole]
    return parts


def _keys(audit: AuditContext, box: Ints) -> Keys:
    """A number for the class and the corners of each box, (n,), which hardly another box has.

    Of boxes without an inside, which say nothing, no two have one number.
    """
    mixed = audit.derived.box_class[box].astype(np.uint64) * _FACTORS[4]
    for side, factor in zip(audit.dataset.boxes.xyxy[box].T, _FACTORS[:4], strict=True):
        mixed += np.ascontiguousarray(side + 0.0).view(np.uint64) * factor
    mixed = np.where(audit.derived.is_valid[box], mixed, box.astype(np.uint64) * _FACTORS[4])
    for shift, factor in _STEPS:
        mixed = (mixed ^ (mixed >> shift)) * factor
    return mixed ^ (mixed >> np.uint64(31))
