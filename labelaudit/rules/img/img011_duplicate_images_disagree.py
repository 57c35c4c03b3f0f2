from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.twins import twin_names
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Overlap
from labelaudit.core.columns import Ints
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.match import MIN_OVERLAP
from labelaudit.images.near_duplicates import joined
from labelaudit.rules.img.near_twin_labels import NearDifference, carried_boxes, near_differences
from labelaudit.rules.img.twin_labels import (
    TwinDifference,
    TwinLabels,
    twin_labels,
    twins_completed,
)


@rule(
    "IMG011",
    "duplicate-images-disagree",
    message="{where} {are}, and their labels differ: {how}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
    names_causes=True,
)
def duplicate_images_disagree(audit: AuditContext, *, min_overlap: Overlap = MIN_OVERLAP) -> Found:
    """Images that show the same, and whose labels do not say the same.

    Why it hurts: on the very same pixels, the detector is taught that an object is there and that
    it is not, or that it is of one class and of another. At most one of the two is right.

    Files are the same, byte for byte, or, where images are decoded, show the same as
    near-duplicate-image has it: saved again, resized, cut, mirrored, turned, in other light. Boxes
    are carried from one to the other by what was done to the picture; what was cut away, and what
    is so small that a pixel is much of it, is not expected in the other.

    All images of the same bytes are one finding. Each is compared, box by box, with the one that
    has the most boxes: what differs is a class, or a box without a partner, or that one of them was
    not labelled at all. That a box is a few pixels elsewhere is no difference, nor are crowd
    regions and difficult objects that only one has, nor a class that is a kind of the other's
    (`[contract.hierarchy]`). Not compared are images in a split without any
    labels, those that share an id, and those with boxes that nobody can read.

    Settings:
        min_overlap: least intersection over union of two boxes that are of one object, inclusive,
            above 0.

    Why this default: a choice, that of `labelaudit diff`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, images, with_image_files
        >>> dataset = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(dataset, Path(folder))
        ...     Image.open(Path(folder) / "a.jpg").save(Path(folder) / "b.jpg", quality=50)
        ...     print(before_and_after(duplicate_images_disagree, dataset))
        Found: 2 images (a.jpg, b.jpg) show the same (saved anew), and their labels differ: a.jpg
            has 1 box, b.jpg none
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900,
            "iscrowd": 0}

    Fix: each of the images gets the boxes that only the other has; of two that show the same in
    other bytes, one without any box gets small ones and those that it shows by half, too. Where
    classes differ among three or more images of the same bytes, boxes get the class that most give
    the object. Unsafe, because such a box may as well be wrong where it is. None where classes
    differ and no class has more than half of the images, and none of more than two in other bytes:
    which of the labels are right must be seen.
    """
    every = audit.twins
    each = zip(every, twin_labels(audit, every, min_overlap=min_overlap), strict=True)
    differing = [(group, labels) for group, labels in each if labels.differing]
    twins = [group for group, _ in differing]
    names = twin_names(audit.dataset, twins)
    near = _near(audit, near_differences(audit, min_overlap=min_overlap))
    told = np.concatenate([*twins, *(one.images for one in near), np.zeros(0, np.int64)])
    count = len(twins) + len(near)
    shown = [
        *(labels.differing[0].image for _, labels in differing),
        *(one.differences[0].second for one in near),
    ]
    return found(
        image=shown,
        # One at least: which of those that differ is right, they do not say.
        affects=[Affected(image=np.array([row])) for row in shown],
        # The first for all: each of thousands would be compared with all other findings.
        explains=[Explained(("IMG010", "IMG012"), image=told), *[None] * count][:count],
        fix=[
            *(twins_completed(audit, labels) for _, labels in differing),
            *(
                carried_boxes(audit, one.differences[0]) if len(one.differences) == 1 else None
                for one in near
            ),
        ],
        where=[*(counted_images(one) for one in names), *(one.where for one in near)],
        are=[*["are the same picture, byte for byte"] * len(twins), *(one.are for one in near)],
        how=[
            *(
                _how(audit, labels, dict(zip(group.tolist(), called, strict=True)))
                for (group, labels), called in zip(differing, names, strict=True)
            ),
            *(one.how for one in near),
        ],
    )


@dataclass(frozen=True, eq=False)
class _NearTwins:
    """Images that show the same in other bytes and whose labels differ."""

    images: Ints  # rows in Images of all of the group
    differences: tuple[NearDifference, ...]
    where: str
    are: str
    how: str


def _near(audit: AuditContext, differences: Sequence[NearDifference]) -> list[_NearTwins]:
    """The near duplicates whose labels differ, a group at a time."""
    near = audit.near_duplicates
    pairs = np.array([(one.first, one.second) for one in differences], np.int64).reshape(-1, 2)
    group = joined(len(audit.dataset.images), pairs)
    groups: dict[int, list[NearDifference]] = {}
    for one in differences:
        groups.setdefault(int(group[one.first]), []).append(one)
    every = [
        np.array(sorted({row for one in some for row in (one.first, one.second)}), np.int64)
        for some in groups.values()
    ]
    found = []
    for some, images, names in zip(
        groups.values(), every, twin_names(audit.dataset, every), strict=True
    ):
        called = dict(zip(images.tolist(), names, strict=True))
        kinds = list(dict.fromkeys(near.kind[[one.pair for one in some]].tolist()))
        more = f", and {counted(len(kinds) - 1, 'more way')}" if len(kinds) > 1 else ""
        how = _near_words(audit, some[0], called)
        if len(some) > 1:
            how += f"; {counted(len(some) - 1, 'more pair')} of them differ"
        found.append(
            _NearTwins(
                images,
                tuple(some),
                counted_images(names),
                f"show the same ({kinds[0]}{more})",
                how,
            )
        )
    return found


def _near_words(audit: AuditContext, one: NearDifference, names: dict[int, str]) -> str:
    first, second = names[one.first], names[one.second]
    if 0 in one.boxes:
        full, bare = (first, second) if one.boxes[0] else (second, first)
        return f"{full} has {_counted(max(one.boxes))}, {bare} none"
    difference = TwinDifference(
        one.second,
        one.boxes[1],
        one.conflicts,
        one.only_first,
        one.only_second,
    )
    return _words(audit, difference, first, second)


def _how(audit: AuditContext, labels: TwinLabels, names: dict[int, str]) -> str:
    """What differs, in words: all of one twin, the first of several."""
    fullest, first = names[labels.fullest], labels.differing[0]
    has = f"{fullest} has {_counted(labels.boxes)}"
    bare = [one for one in labels.differing if not one.boxes]
    others = [one for one in labels.differing if one.boxes]
    if len(names) == 2:
        there = names[first.image]
        return f"{has}, {there} none" if bare else _words(audit, first, fullest, there)
    parts = [has]
    if bare:
        parts.append(f"{len(bare):,} of them {'has' if len(bare) == 1 else 'have'} none")
    if others:
        there = names[others[0].image]
        more = f", and {len(others) - 1:,} more differ" if len(others) > 1 else ""
        parts.append(f"{_words(audit, others[0], fullest, there)}{more}")
    return "; ".join(parts)


def _words(audit: AuditContext, one: TwinDifference, fullest: str, there: str) -> str:
    parts = []
    if len(one.conflicts):
        classes = [*audit.derived.classes, "of no known class"]
        box, other = one.conflicts[0].tolist()
        left, top = audit.dataset.boxes.xyxy[box][:2]
        which = f"{_counted(len(one.conflicts))} of another class"
        parts.append(
            f"{which} (at {left:.0f}, {top:.0f}: {classes[audit.derived.box_class[box]]} in "
            f"{fullest}, {classes[audit.derived.box_class[other]]} in {there})"
        )
    if len(one.only_fullest):
        parts.append(f"{_counted(len(one.only_fullest))} only in {fullest}")
    if len(one.only_here):
        parts.append(f"{_counted(len(one.only_here))} only in {there}")
    return ", ".join(parts)


def _counted(boxes: int) -> str:
    return counted(boxes, "box", "boxes")
