from __future__ import annotations

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.twins import twin_names
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import Ints
from labelaudit.core.text import counted
from labelaudit.dataset.groups import counted_images
from labelaudit.rules.img.near_groups import near_groups
from labelaudit.rules.img.near_twin_labels import near_differences
from labelaudit.rules.img.record_drops import copies_dropped

MOST_WORDS = 2
"""Ways in which images of a group are copies that a message says at most."""


@rule(
    "IMG012",
    "near-duplicate-image",
    message="{where} show the same: {how} (similarity {similarity:.2f})",
    severity=Severity.WARNING,
    fix=Safety.UNSAFE,
    needs=(Need.IMAGE_FILES, Need.DECODED_IMAGES),
)
def near_duplicate_image(audit: AuditContext) -> Found:
    """Images that show the same picture, but not in the same pixels.

    Why it hurts: as with duplicate-image, what they show is learned more often than the rest, and
    counts more where it is measured. Bytes do not tell: one was saved again, resized or cut.

    A copy may have been saved again, in whatever quality, resized, cut by some ten per cent, given
    a border, made lighter or darker, mirrored or turned. Images that look alike are laid over each
    other, and every part of them has to be the same but for what compression does. So frames of a
    video are not found, in which something moved, nor pictures of a camera that turns, of which
    each shows something that the other does not. Pictures in which there is next to nothing to be
    seen are not compared, and of versions that Roboflow made of one picture, whose names begin
    alike up to `.rf.`, nothing is said. Of copies so much lighter that their brightest parts are
    white, some are not found ("brighter by 30 %" in benchmarks/results/near_duplicates.md).

    All images that show the same are one finding, with what was done to them and the least
    correlation of pixels. Those with other labels are a duplicate-images-disagree, those in splits
    that must not share any a near-leaked-image: what one of these says is not said again.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from PIL import Image
        >>> from labelaudit.testing import before_and_after, images, with_image_files
        >>> boxes = ["car 10 10 40 40"]
        >>> dataset = images({"a.jpg": boxes, "b.jpg": boxes})
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     dataset = with_image_files(dataset, Path(folder))
        ...     picture = Image.open(Path(folder) / "a.jpg").resize((320, 240)).resize((640, 480))
        ...     picture.save(Path(folder) / "b.jpg")
        ...     print(before_and_after(near_duplicate_image, dataset))
        Found: 2 images (a.jpg, b.jpg) show the same: saved anew (similarity 1.00)
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    Fix: drops the records of all but the one that shows most, in most pixels, with their boxes.
    Unsafe, because the picture may have been repeated on purpose. None where their labels differ or
    they are in different splits, and none where each has a label file of its own.
    """
    groups = near_groups(audit)
    near = audit.near_duplicates
    place = np.full(len(audit.dataset.images), -1)
    for number, group in enumerate(groups):
        place[group] = number
    of_pair = place[near.first]
    of_pair[place[near.first] != place[near.second]] = -1
    pairs = [np.flatnonzero(of_pair == number) for number in range(len(groups))]
    differing = {image for one in near_differences(audit) for image in (one.first, one.second)}
    return found(
        image=[int(group[0]) for group in groups],
        fix=[
            None
            if differing.intersection(group.tolist())
            else copies_dropped(audit.dataset, group, _best(audit, group))
            for group in groups
        ],
        where=[counted_images(names) for names in twin_names(audit.dataset, groups)],
        how=[_kinds(near.kind[some].tolist()) for some in pairs],
        similarity=[float(near.similarity[some].min()) for some in pairs],
    )


def _best(audit: AuditContext, group: Ints) -> int:
    """The image of a group that shows most, in most pixels."""
    near = audit.near_duplicates
    part = set(near.second[(near.window[:, :2] > 0.01).any(axis=1)].tolist())
    size = audit.headers.size[group].prod(axis=1)
    each = zip(group.tolist(), size.tolist(), strict=True)
    best: int = min(each, key=lambda one: (one[0] in part, -one[1]))[0]
    return best


def _kinds(kinds: list[str]) -> str:
    """What was done to images of a group, in words, most often first."""
    words = sorted(dict.fromkeys(kinds), key=lambda kind: -kinds.count(kind))
    left = len(words) - MOST_WORDS
    more = f", and {counted(left, 'more way')}" if left > 0 else ""
    return "; ".join(words[:MOST_WORDS]) + more
