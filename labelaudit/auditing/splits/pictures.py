"""Which images are of one picture: by their bytes, or by name and boxes where there is no file."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.boxes.pairs import digests
from labelaudit.core.columns import MISSING, Ints

GRID = 0.01
"""Pixels to which boxes are rounded: tools write them with other numbers of decimals."""

WHOLE = 0.99
"""Share of both sides of its image from which on a box is the whole image, as whole-image-box has
it: such boxes tell no pictures apart."""


def pictures(audit: AuditContext) -> Ints:
    """The first row of the images of one picture, for each image, (n,).

    Images whose files were found are one picture if these are the same, byte for byte. Others are
    if they have one file name and the same boxes and classes, which no image of another name has.
    """
    group = audit.identical_images.group
    first = np.where(group != MISSING, group, np.arange(len(group)))
    for alike in _alike(audit):
        first[alike] = alike[0]
    return first


def _alike(audit: AuditContext) -> list[Ints]:
    """Groups of images without files that have one name and the same boxes."""
    image, name = _of_one_name(audit)
    if not len(image):
        return []
    box = _boxes_in(audit, image)
    if not len(box):
        return []
    of = audit.dataset.boxes.image[box]
    start = np.flatnonzero(np.append(True, of[1:] != of[:-1]))
    corners = np.round(audit.dataset.boxes.xyxy[box] / GRID)
    # A sum does not ask in which order the boxes stand.
    sums = np.add.reduceat(digests(corners, audit.derived.box_class[box] + 1), start)
    rows, names = of[start].astype(np.int64), name[np.searchsorted(image, of[start])]
    _, content = np.unique(sums, return_inverse=True)
    groups: dict[int, list[int]] = {}
    for place, number in enumerate(content.tolist()):
        groups.setdefault(number, []).append(place)
    return [
        rows[places]
        for places in groups.values()
        if len(places) > 1 and len(set(names[places].tolist())) == 1
    ]


def _of_one_name(audit: AuditContext) -> tuple[Ints, Ints]:
    """The images without a file whose file name another has, and a number of that name."""
    images = audit.dataset.images
    lost = np.flatnonzero((images.path == "") & (images.name != "") & ~audit.doubtful_images)
    names = images.name[lost].tolist()
    if "/" in "".join(names) or "\\" in "".join(names):
        names = [name.replace("\\", "/").rpartition("/")[2] for name in names]
    if len(set(names)) == len(names):  # the usual case, in less time
        return lost[:0], lost[:0]
    known: dict[str, int] = {}
    number = np.array([known.setdefault(name, len(known)) for name in names], np.int64)
    repeated = np.bincount(number, minlength=1)[number] > 1
    return lost[repeated], number[repeated]


def _boxes_in(audit: AuditContext, image: Ints) -> Ints:
    """The boxes of some images, (n,), that tell pictures apart, image by image."""
    boxes = audit.dataset.boxes
    usable = audit.derived.is_valid & audit.derived.in_range & np.isin(boxes.image, image)
    box = np.flatnonzero(usable)
    box = box[np.argsort(boxes.image[box], kind="stable")]
    with np.errstate(invalid="ignore"):
        whole = (boxes.size[box] >= WHOLE * audit.derived.image_size_of(box)).all(axis=1)
    ordered: Ints = box[~whole]
    return ordered
