from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.twins import splits_of, twin_names
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.scopes.scope import Scope
from labelaudit.auditing.splits.leaks import Leak, leaks, members
from labelaudit.auditing.splits.pictures import pictures
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.rows import unique
from labelaudit.core.text import part_of
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import Dataset


@rule(
    "SPL001",
    "leaked-image",
    message="{what}: {leaked} of {split} {are} in {another}",
    severity=Severity.ERROR,
    needs=Need.SPLITS,
    names_causes=True,
    scope=Scope.RECORDS,
)
def leaked_image(audit: AuditContext) -> Found:
    """A picture that is in two splits.

    Why it hurts: a detector is measured on what it has learned by heart. The figures look better
    than they are, and who chooses by them chooses the one that overfits.

    An image is in two splits if their lists name it, if files of both are the same, byte for byte,
    or, where images are not at hand, if both have an image of one name with the same boxes.

    An error between a split for training and one for validation or test; a warning between these
    two, and where the names of splits do not say what they are for. `trainval` may share images
    with `train` and `val`, what is called `all` with every split, and two for training with each
    other. Where names do not say it, a split that lies wholly in another one is taken for a part
    or another version of it.

    Each picture is one finding, with the share of the images that leaked; where nine in ten images
    of a split did, or more, that is one.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> train = coco_text(images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 90 10 120 40"]}))
        >>> leaked = coco_text(
        ...     images({"c.jpg": ["car 20 10 50 40"], "b.jpg": ["car 90 10 120 40"]})
        ... )
        >>> val = coco_text(images({"c.jpg": ["car 20 10 50 40"]}))
        >>> wrong = {"train.json": train, "val.json": leaked}
        >>> print(before_and_after(leaked_image, wrong, {"train.json": train, "val.json": val}))
        Found: 2 images (b.jpg (train), b.jpg (val)) are one picture, by name and boxes: 1 of 2
            images of val is in train
        val.json, wrong (-) and right (+):
          {"id": 1, "file_name": "c.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "b.jpg", "width": 640, "height": 480}
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [20, 10, 30, 30]}
        - {"id": 2, "image_id": 2, "category_id": 1, "bbox": [90, 10, 30, 30]}

    There is no fix: take the pictures out of one of the splits.
    """
    dataset = audit.dataset
    first = pictures(audit)
    found_leaks = leaks(dataset, first)
    shared = {one for leak in found_leaks for one in leak.shared}
    rows = _rows_by_picture(dataset, first, shared)
    each = list(_told(found_leaks))
    groups = [np.concatenate([rows[one] for one in some]) for _, some in each]
    told = unique(np.concatenate([*groups, np.zeros(0, np.int64)]))
    splits = dataset.splits
    leaked = _in_their_splits(dataset, [leak.split for leak, _ in each], groups)
    return found(
        image=[int(some[0]) for some in leaked],
        affects=[Affected(image=some) for some in leaked],
        severity=[leak.severity for leak, _ in each],
        # The first for all: each of thousands would be compared with all other findings.
        explains=[Explained(("IMG010",), image=told), *[None] * len(each)][: len(each)],
        what=_what(dataset, each, groups),
        leaked=[part_of(leak.leaked, leak.images, "image") for leak, _ in each],
        are=["is" if leak.leaked == 1 else "are" for leak, _ in each],
        split=[splits[leak.split] for leak, _ in each],
        another=[splits[leak.other] for leak, _ in each],
    )


def _rows_by_picture(dataset: Dataset, first: Ints, wanted: set[int]) -> Mapping[int, Ints]:
    """The images of some pictures that are in a split."""
    listed = unique(members(dataset)[1])
    listed = listed[np.isin(first[listed], np.array(sorted(wanted), np.int64))]
    rows: dict[int, list[int]] = {}
    for row, number in zip(listed.tolist(), first[listed].tolist(), strict=True):
        rows.setdefault(number, []).append(row)
    return {number: np.array(some, np.int64) for number, some in rows.items()}


def _told(every: Sequence[Leak]) -> Iterator[tuple[Leak, Sequence[int]]]:
    """The pictures of each finding: all where a split has hardly others, else one that none had."""
    told: set[int] = set()
    for leak in every:
        if leak.is_whole:
            told.update(leak.shared)
            yield leak, leak.shared
    for leak in every:
        for one in leak.shared:
            if one not in told:
                told.add(one)
                yield leak, [one]


def _in_their_splits(dataset: Dataset, splits: Sequence[int], groups: Sequence[Ints]) -> list[Ints]:
    """The images of each group that are in a split, one split for each."""
    inside = {one: np.zeros(len(dataset.images), bool) for one in set(splits)}
    for one, mask in inside.items():
        split, image = dataset.split_members.split, dataset.split_members.image
        mask[image[(split == one) & (image != MISSING)]] = True
    return [group[inside[one][group]] for one, group in zip(splits, groups, strict=True)]


def _what(
    dataset: Dataset, each: Sequence[tuple[Leak, Sequence[int]]], groups: Sequence[Ints]
) -> list[str]:
    """What is one picture, in words."""
    words = []
    for (leak, some), group, names in zip(each, groups, twin_names(dataset, groups), strict=True):
        if len(some) > 1:
            few = "no" if leak.leaked == leak.images else "hardly a"
            words.append(f"{dataset.splits[leak.split]} has {few} picture of its own")
        elif len(group) == 1:
            row = int(group[0])
            both = " and ".join(splits_of(dataset, group)[row])
            words.append(f"{dataset.images.name[row]} is listed in {both}")
        else:
            found = bool((dataset.images.path[group] != "").all())
            how = "byte for byte" if found else "by name and boxes"
            named = counted_images(list(dict.fromkeys(names)))
            words.append(f"{named} are one picture, {how}")
    return words
