from __future__ import annotations

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.twins import twin_names
from labelaudit.auditing.findings import Fix, Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType
from labelaudit.rules.img.copied_folders import CopiedPlace, copied_places
from labelaudit.rules.img.near_groups import same_pixels
from labelaudit.rules.img.record_drops import copies_dropped
from labelaudit.rules.img.twin_labels import TwinLabels, twin_labels


@rule(
    "IMG010",
    "duplicate-image",
    message="{what}",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
)
def duplicate_image(audit: AuditContext) -> Found:
    """Images whose files are the same, byte for byte, or whose pixels are.

    Why it hurts: what they show is learned twice as often as the rest, and counts twice where it is
    measured. Who changes the labels of one forgets the other.

    All images of the same bytes are one finding: some hundred black frames of a video, say. So are
    those of a folder, a split or a file of labels nine of ten of whose images, and three at least,
    are in the same other one: it was copied. Links count as what they lead to. A record that
    repeats the name of another in its file is an image-listed-twice, and of several label files
    about one image none repeats it. Twins in splits that must not share any are a leaked-image,
    those with other labels duplicate-images-disagree: what one of these says is not said again.

    A file that cannot be read as far as that takes is worth knowing. Where images are decoded,
    those that have the same pixels in other bytes are found as well: saved again without a loss, or
    with other metadata. Pictures of which some pixels differ are a near-duplicate-image.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from labelaudit.testing import before_and_after, images, with_image_files
        >>> boxes = ["car 10 10 40 40"]
        >>> dataset = images({"a.jpg": boxes, "b.jpg": boxes, "c.jpg": boxes})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(dataset, Path(folder))
        ...     _ = (Path(folder) / "c.jpg").write_bytes((Path(folder) / "a.jpg").read_bytes())
        ...     print(before_and_after(duplicate_image, dataset))
        Found: 2 images (a.jpg, c.jpg) are the same picture, byte for byte
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        - {"id": 3, "file_name": "c.jpg", "width": 640, "height": 480}
          {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 3, "image_id": 3, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the records of all but the first, with their boxes. Unsafe, because the picture may
    have been repeated on purpose, so that it counts more. None where their labels differ or they
    are in different splits, and none where each has a label file of its own: delete all but one.
    """
    pixels = same_pixels(audit)
    known = {int(row) for group in pixels for row in group}
    every = [*(group for group in audit.twins if not known.intersection(group.tolist())), *pixels]
    copied = copied_places(audit, every)
    folded = {number for place in copied for number in place.groups}
    twins = [group for number, group in enumerate(every) if number not in folded]
    names, labels = twin_names(audit.dataset, twins), twin_labels(audit, twins)
    unread = audit.identical_images.unread
    image = audit.dataset.images
    agreeing = [_agreeing_first(audit, [every[number] for number in one.groups]) for one in copied]
    of_places = [np.concatenate(groups) for groups in agreeing]
    return found(
        image=[
            *(int(rows[0]) for rows in of_places),
            *(int(group[0]) for group in twins),
            *unread,
        ],
        severity=[
            *[Severity.WARNING] * (len(copied) + len(twins)),
            *[Severity.INFO] * len(unread),
        ],
        fix=[
            *(_fix_of_place(audit, groups) for groups in agreeing),
            *(_fix(audit, *each) for each in zip(twins, labels, strict=True)),
            *[None] * len(unread),
        ],
        affects=[
            *(Affected(image=rows) for rows in of_places),
            *[None] * (len(twins) + len(unread)),
        ],
        what=[
            *map(_what_of_place, copied),
            *(_what(audit, *each) for each in zip(twins, names, strict=True)),
            *(
                f"{image.name[row]} could not be compared with other images: {reason}"
                for row, reason in unread.items()
            ),
        ],
    )


def _what_of_place(one: CopiedPlace) -> str:
    count = f"{len(one.groups):,} of {one.images:,}"
    return f"{count} {one.words} are the same pictures as {' and '.join(one.others)}"


def _agreeing_first(audit: AuditContext, groups: list[Ints]) -> list[Ints]:
    """The same, last those whose labels differ: of them duplicate-images-disagree tells."""
    each = zip(twin_labels(audit, groups), groups, strict=True)
    return [group for _, group in sorted(each, key=lambda one: bool(one[0].differing))]


def _fix_of_place(audit: AuditContext, groups: list[Ints]) -> Fix | None:
    """The fixes of all groups together; None where one has none."""
    each = zip(groups, twin_labels(audit, groups), strict=True)
    fixes = [_fix(audit, *one) for one in each]
    known = tuple(fix for fix in fixes if fix is not None)
    if len(known) < len(fixes):
        return None
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": known})


def _what(audit: AuditContext, group: Ints, names: list[str]) -> str:
    paths = set(audit.dataset.images.path[group].tolist())
    if len(paths) == 1:
        return f"{counted_images(names)} are one file: {paths.pop()}"
    twin = set(audit.identical_images.group[group].tolist())
    how = "byte for byte" if len(twin) == 1 and MISSING not in twin else "pixel for pixel"
    return f"{counted_images(names)} are the same picture, {how}"


def _fix(audit: AuditContext, group: Ints, labels: TwinLabels) -> Fix | None:
    if labels.differing or not labels.compared:
        return None
    return copies_dropped(audit.dataset, group, int(group[0]))
