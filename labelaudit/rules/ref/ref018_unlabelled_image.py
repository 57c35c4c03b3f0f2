from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.core.columns import Bools
from labelaudit.core.rows import unique
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.rules.ref.unlabelled import (
    ForgottenFrames,
    forgotten_frames,
    unlabelled_images,
    without_label_file,
)

HABIT = 3
"""Images with an empty label file from which on that is how negatives are written; a choice."""


class Doubt(NamedTuple):
    """Why an image without boxes, or several, may have been forgotten."""

    images: Sequence[int]  # rows in Images
    severity: Severity
    what: str


@rule(
    "REF018",
    "unlabelled-image",
    message="{what}",
    severity=Severity.WARNING,
)
def unlabelled_image(
    audit: AuditContext, *, min_still: Share = 0.5, min_probability: Share = 0.5
) -> Found:
    """Images without a box that were probably forgotten.

    Why it hurts: an image without boxes teaches that all in it is background. That is right for a
    true negative, of which every good dataset has some, and poison for an image that nobody came
    to: objects that are learned elsewhere are unlearned there.

    An image without boxes is no finding in itself; `labelaudit stats` counts them. It is one where
    something speaks for its having been forgotten:

    - frames of a recording, a few in a row, between two frames in which the same objects stay in
      one place;
    - images without a label file, where the others without objects have an empty one;
    - a model sees objects (`--detector` or `--predictions`): one finding for all, as each object is
      a missing-box.

    One whose copy has boxes is told by duplicate-images-disagree. Nothing is said of splits without
    any box, nor of folders in which no image has one, which hold negatives.

    Settings:
        min_still: fewest boxes, as a fraction of those in the frame that has fewer, that stay in
            one place from the frame before to the frame after.
        min_probability: least probability that an object is there, of what a model sees.

    Why these defaults: choices. Nothing is found in BCCD, cards and COCO.

    Example:
        >>> from labelaudit.testing import before_and_after, images
        >>> car = "car 10 10 90 90"
        >>> wrong = images({"video_1/1.jpg": [car], "video_1/2.jpg": [], "video_1/3.jpg": [car]})
        >>> right = images({"video_1/1.jpg": [car], "video_1/2.jpg": [car], "video_1/3.jpg": [car]})
        >>> print(before_and_after(unlabelled_image, wrong, right))
        Found: video_1/2.jpg has no box, but 1 of 1 object is in one place in video_1/1.jpg before
            it and in video_1/3.jpg after it
        labels.json, wrong (-) and right (+):
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 80, 80]}
        - {"id": 2, "image_id": 3, "category_id": 1, "bbox": [10, 10, 80, 80]}
        + {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 80, 80]}
        + {"id": 3, "image_id": 3, "category_id": 1, "bbox": [10, 10, 80, 80]}

    Fix: none. Label them; if they are true negatives, write empty label files, or leave it.
    """
    bare = unlabelled_images(audit.dataset)
    doubts = [
        *_frames(audit, bare, min_still),
        *_files(audit, bare),
        *_seen(audit, bare, min_probability),
    ]
    return found(
        image=[doubt.images[0] for doubt in doubts],
        affects=[Affected(image=np.array(doubt.images)) for doubt in doubts],
        severity=[doubt.severity for doubt in doubts],
        what=[doubt.what for doubt in doubts],
    )


def _frames(audit: AuditContext, bare: Bools, min_still: float) -> Iterator[Doubt]:
    for gap in forgotten_frames(audit, bare):
        if gap.still and gap.still >= min_still * gap.boxes:
            yield Doubt(gap.images, Severity.WARNING, _gap_words(audit, gap))


def _gap_words(audit: AuditContext, gap: ForgottenFrames) -> str:
    names = audit.dataset.images.name
    several = len(gap.images) > 1
    where = counted_images([str(names[row]) for row in gap.images])
    objects = counted(gap.boxes, "object is", "objects are")
    it = "them" if several else "it"
    return (
        f"{where} {'have' if several else 'has'} no box, but {gap.still:,} of {objects} in one "
        f"place in {names[gap.before]} before {it} and in {names[gap.after]} after {it}"
    )


def _files(audit: AuditContext, bare: Bools) -> Iterator[Doubt]:
    lacking, empty = without_label_file(audit.dataset, bare)
    if not len(lacking) or len(empty) < max(HABIT, len(lacking)):
        return
    where = counted_images(audit.dataset.images.name[lacking].tolist())
    have = "have" if len(lacking) > 1 else "has"
    yield Doubt(
        lacking.tolist(),
        Severity.WARNING,
        f"{where} {have} no label file, where {len(empty):,} images without objects have an empty "
        "one",
    )


def _seen(audit: AuditContext, bare: Bools, min_probability: float) -> Iterator[Doubt]:
    if audit.label_issues is None:
        return
    missing = audit.label_issues.missing
    image = unique(missing.image[missing.probability >= min_probability])
    image = image[image >= 0]
    seen = image[bare[image]]
    if len(seen):
        where = counted_images(audit.dataset.images.name[seen].tolist())
        yield Doubt(
            seen.tolist(),
            Severity.INFO,
            f"of {counted(int(bare.sum()), 'image')} without a box the model sees objects in "
            f"{where}: each is a missing-box",
        )
