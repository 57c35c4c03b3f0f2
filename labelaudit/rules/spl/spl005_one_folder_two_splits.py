from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.splits.leaks import by_purpose, members, severity_of
from labelaudit.auditing.splits.pictures import pictures
from labelaudit.core.columns import Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import agreeing, counted


@dataclass(frozen=True, eq=False)
class SameSplits:
    """Two splits of the very same pictures."""

    first: int  # index in Dataset.splits: the one that is trained on, if either is
    second: int
    severity: Severity
    images: Ints  # (n,) images of the second
    every: Ints  # (m,) images of both


@rule(
    "SPL005",
    "one-folder-two-splits",
    message="{first} and {second} are one folder or list: their {images}",
    severity=Severity.ERROR,
    needs=Need.SPLITS,
    names_causes=True,
    scope=Scope.RECORDS,
)
def one_folder_two_splits(audit: AuditContext) -> Found:
    """Two splits that hold exactly the same pictures.

    Why it hurts: `train` and `val` of a data.yaml lead to one folder, or a list was copied and
    never filled anew. Training then validates on what it learns from; no figure means anything, and
    early stopping never stops.

    It explains the leaked-image, recording-in-two-splits and duplicate-image of the two. Which
    splits may share pictures is as there. One picture in both is no folder; it takes two.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> train = coco_text(images({"a.jpg": ["car 9 9 40 40"], "b.jpg": ["car 9 9 50 50"]}))
        >>> val = coco_text(images({"c.jpg": ["car 9 9 40 40"]}))
        >>> wrong, right = (
        ...     {"train.json": train, "val.json": train},
        ...     {"train.json": train, "val.json": val},
        ... )
        >>> print(before_and_after(one_folder_two_splits, wrong, right))
        Found: train and val are one folder or list: their 2 images are the same
        val.json, wrong (-) and right (+):
        - {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
        + {"id": 1, "file_name": "c.jpg", "width": 640, "height": 480}
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [9, 9, 31, 31]}
        - {"id": 2, "image_id": 2, "category_id": 1, "bbox": [9, 9, 41, 41]}

    There is no fix: `labelaudit split` proposes splits.
    """
    each = list(_same(audit))
    splits = audit.dataset.splits
    return found(
        image=[int(one.images[0]) for one in each],
        severity=[one.severity for one in each],
        explains=[Explained(("SPL001", "SPL003", "IMG010"), image=one.every) for one in each],
        affects=[Affected(image=one.images) for one in each],
        first=[splits[one.first] for one in each],
        second=[splits[one.second] for one in each],
        images=[
            f"{counted(len(one.images), 'image')} {agreeing(len(one.images), 'are the same')}"
            for one in each
        ],
    )


def _same(audit: AuditContext) -> Iterator[SameSplits]:
    dataset, picture = audit.dataset, pictures(audit)
    split, image = members(dataset)
    rows = [image[split == number] for number in range(len(dataset.splits))]
    held = [unique(picture[some]) for some in rows]
    own = np.array([len(some) for some in held])
    for pair in combinations(range(len(rows)), 2):
        first, second = by_purpose(dataset, pair, own)
        severity = severity_of(dataset, pair, part=True)
        if severity and own[first] > 1 and np.array_equal(held[first], held[second]):
            every = unique(np.concatenate([rows[first], rows[second]]))
            yield SameSplits(first, second, severity, rows[second], every)
