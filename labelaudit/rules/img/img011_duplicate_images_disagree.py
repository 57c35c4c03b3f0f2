from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Explained, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.twins import twin_names
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.match import MIN_OVERLAP
from labelaudit.rules.img.twin_labels import TwinDifference, TwinLabels, twin_labels


@rule(
    "IMG011",
    "duplicate-images-disagree",
    message="{where} are the same picture, byte for byte, and their labels differ: {how}",
    severity=Severity.WARNING,
    needs=Need.IMAGE_FILES,
    names_causes=True,
)
def duplicate_images_disagree(audit: AuditContext, *, min_overlap: float = MIN_OVERLAP) -> Found:
    """Images whose files are the same, byte for byte, and whose labels are not.

    Why it hurts: on the very same pixels, the detector is taught that an object is there and that
    it is not, or that it is of one class and of another. At most one of the two is right.

    All images of the same bytes are one finding. Each is compared, box by box, with the one that
    has the most boxes: what differs is a class, or a box without a partner, or that one of them was
    not labelled at all. That a box is a few pixels elsewhere is no difference, nor are crowd
    regions and difficult objects that only one has. Not compared are images in a split without any
    labels, those that share an id, and those with boxes that nobody can read.

    Settings:
        min_overlap: least intersection over union of two boxes that are of one object, inclusive,
            above 0.

    Why this default: a choice, that of `labelaudit diff`.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from labelaudit.testing import images, with_image_files
        >>> dataset = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": []})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(dataset, Path(folder))
        ...     path = dataset.images.path.tolist()
        ...     _ = Path(path[1]).write_bytes(Path(path[0]).read_bytes())
        ...     duplicate_images_disagree(AuditContext(dataset)).message.tolist()
        ...     # doctest: +ELLIPSIS
        ['2 images (a.jpg, b.jpg) are the same picture, ... differ: a.jpg has 1 box, b.jpg none']

    There is no fix: which of the labels are right must be seen.
    """
    every = audit.twins
    each = zip(every, twin_labels(audit, every, min_overlap=min_overlap), strict=True)
    differing = [(group, labels) for group, labels in each if labels.differing]
    twins = [group for group, _ in differing]
    names = twin_names(audit.dataset, twins)
    told = np.concatenate([*twins, np.zeros(0, np.int64)])
    return found(
        image=[labels.differing[0].image for _, labels in differing],
        # The first for all: each of thousands would be compared with all other findings.
        explains=[Explained(("IMG010",), image=told), *[None] * len(twins)][: len(twins)],
        where=[counted_images(one) for one in names],
        how=[
            _how(audit, labels, dict(zip(group.tolist(), called, strict=True)))
            for (group, labels), called in zip(differing, names, strict=True)
        ],
    )


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
    if one.other_class:
        classes = [*audit.derived.classes, "of no known class"]
        box, other = one.example
        left, top = audit.dataset.boxes.xyxy[box][:2]
        which = f"{_counted(one.other_class)} of another class"
        parts.append(
            f"{which} (at {left:.0f}, {top:.0f}: {classes[audit.derived.box_class[box]]} in "
            f"{fullest}, {classes[audit.derived.box_class[other]]} in {there})"
        )
    if one.only_fullest:
        parts.append(f"{_counted(one.only_fullest)} only in {fullest}")
    if one.only_here:
        parts.append(f"{_counted(one.only_here)} only in {there}")
    return ", ".join(parts)


def _counted(boxes: int) -> str:
    return "1 box" if boxes == 1 else f"{boxes:,} boxes"
