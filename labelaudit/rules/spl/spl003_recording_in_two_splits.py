from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from labelaudit.auditing.causes import Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.splits.groups import near_pairs
from labelaudit.auditing.splits.leaks import Leak, leaks, members
from labelaudit.core.columns import MISSING, Ints
from labelaudit.core.text import part_of


@rule(
    "SPL003",
    "recording-in-two-splits",
    message="{what}: {leaked} of {split} ({share:.1%}) {are} of a recording that is in {another}",
    severity=Severity.WARNING,
    needs=Need.SPLITS,
    names_causes=True,
)
def recording_in_two_splits(audit: AuditContext) -> Found:
    """Frames of one recording that are in two splits.

    Why it hurts: frames a second apart show the same objects before the same background. Dealt out
    at random, each frame of val has its neighbours in train, and figures say how well a detector
    knows these scenes by heart, not how it does in others.

    That names count on is no evidence, since most datasets number their images. Images are taken
    for frames where their names count on and three or more of them show one scene, shifted as a
    camera moves; where they are in a folder that is called as recordings are (`video_12`, `seq-3`),
    in several splits; or where names begin with such a word and pictures that follow each other are
    more alike than others. Where a camera stood still over all of the dataset, nothing is said.
    Without pictures (`--pixels`), folders alone are judged.

    A warning where one of the splits is trained on, an info otherwise; an error where frames in
    both are near duplicates, whose near-leaked-image it explains. One finding for each recording,
    and one in all where nine in ten images of a split are of recordings in another.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images
        >>> boxes = ["car 10 10 40 40"]
        >>> train = coco_text(images({f"video_7/{n}.jpg": boxes for n in range(6)}))
        >>> leaked = coco_text(images({"video_8/1.jpg": boxes, "video_7/6.jpg": boxes}))
        >>> val = coco_text(images({"video_8/1.jpg": boxes}))
        >>> wrong, right = (
        ...     {"train.json": train, "val.json": leaked},
        ...     {"train.json": train, "val.json": val},
        ... )
        >>> print(before_and_after(recording_in_two_splits, wrong, right))
        Found: recording video_7 is in train (6 frames) and val (1): 1 of 2 images of val (50.0%) is
            of a recording that is in train
        val.json, wrong (-) and right (+):
          {"id": 1, "file_name": "video_8/1.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "video_7/6.jpg", "width": 640, "height": 480}
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 2, "category_id": 1, "bbox": [10, 10, 30, 30]}

    There is no fix: `labelaudit split` proposes splits in which recordings stay whole.
    """
    picture = _recordings(audit)
    near = near_pairs(audit)
    each = list(_told(_leaks(audit, picture)))
    frames = [np.flatnonzero(np.isin(picture, shared)) for _, shared in each]
    splits = audit.dataset.splits
    return found(
        image=[
            _first_in(audit, leak.split, rows) for (leak, _), rows in zip(each, frames, strict=True)
        ],
        severity=[
            _severity(audit, leak, rows, near) for (leak, _), rows in zip(each, frames, strict=True)
        ],
        explains=[Explained(("SPL002",), image=rows) for rows in frames],
        affects=[
            Affected(image=_inside(audit, leak.split, rows))
            for (leak, _), rows in zip(each, frames, strict=True)
        ],
        what=[
            _what(audit, leak, shared, rows)
            for (leak, shared), rows in zip(each, frames, strict=True)
        ],
        leaked=[part_of(leak.leaked, leak.images, "image") for leak, _ in each],
        share=[leak.leaked / leak.images for leak, _ in each],
        are=["is" if leak.leaked == 1 else "are" for leak, _ in each],
        split=[splits[leak.split] for leak, _ in each],
        another=[splits[leak.other] for leak, _ in each],
    )


def _recordings(audit: AuditContext) -> Ints:
    """The first image of the recording of each image, (images,); its own of one that is of none."""
    group = audit.recordings.group
    known, first = np.unique(group, return_index=True)
    return np.where(group != MISSING, first[np.searchsorted(known, group)], np.arange(len(group)))


def _leaks(audit: AuditContext, picture: Ints) -> Iterator[Leak]:
    """The leaks of recordings, without images that are of none and in two splits all the same."""
    group = audit.recordings.group
    for leak in leaks(audit.dataset, picture):
        shared = [one for one in leak.shared if group[one] != MISSING]
        if shared:
            frames = np.flatnonzero(np.isin(picture, shared))
            leaked = len(_inside(audit, leak.split, frames))
            yield dataclasses.replace(leak, shared=shared, leaked=leaked)


def _told(found_leaks: Iterable[Leak]) -> Iterator[tuple[Leak, Sequence[int]]]:
    """The recordings of each finding: all where a split has hardly others, else one."""
    every, told = list(found_leaks), set[int]()
    for leak in every:
        if leak.is_whole and len(leak.shared) > 1:
            told.update(leak.shared)
            yield leak, leak.shared
    for leak in every:
        for one in leak.shared:
            if one not in told:
                told.add(one)
                yield leak, [one]


def _inside(audit: AuditContext, split: int, rows: Ints) -> Ints:
    """Those of some images that are in a split."""
    of_split, image = members(audit.dataset)
    here: Ints = rows[np.isin(rows, image[of_split == split])]
    return here


def _first_in(audit: AuditContext, split: int, rows: Ints) -> int:
    return int(_inside(audit, split, rows)[0])


def _severity(audit: AuditContext, leak: Leak, rows: Ints, near: Ints) -> Severity:
    """How bad it is, by whether the splits have near duplicates of each other among the frames."""
    here, there = (_inside(audit, split, rows) for split in (leak.split, leak.other))
    for first, second in (near.T, near.T[::-1]):
        if (np.isin(first, here) & np.isin(second, there)).any():
            return leak.severity
    return Severity.WARNING if leak.severity == Severity.ERROR else Severity.INFO


def _what(audit: AuditContext, leak: Leak, shared: Sequence[int], rows: Ints) -> str:
    splits = audit.dataset.splits
    split, other = splits[leak.split], splits[leak.other]
    if len(shared) > 1:
        return f"{len(shared):,} recordings are in {other} and {split}"
    name = audit.recordings.names[int(audit.recordings.group[rows[0]])]
    here, there = (len(_inside(audit, one, rows)) for one in (leak.split, leak.other))
    frames = "frame" if there == 1 else "frames"
    return f"recording {name} is in {other} ({there:,} {frames}) and {split} ({here:,})"
