"""Images without boxes, and what speaks for their having been forgotten."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.needs import Need
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique
from labelaudit.dataset.match import MIN_OVERLAP, best_first
from labelaudit.dataset.tables import Dataset
from labelaudit.images.frame_names import in_order, named_recordings

LONGEST_GAP = 5
"""Frames of a recording that may lack boxes between two that have some; a choice."""


@dataclass(frozen=True)
class ForgottenFrames:
    """Frames without boxes between two of one recording whose objects stay where they are."""

    images: tuple[int, ...]  # rows in Images, in the order of their names
    before: int  # row in Images
    after: int  # row in Images
    still: int  # boxes of both that are in one place
    boxes: int  # of the one that has fewer


def unlabelled_images(dataset: Dataset) -> Bools:
    """Which images have no box at all, (n,), in a split that has some."""
    count = len(dataset.images)
    labelled = np.zeros(count + 1, bool)
    labelled[dataset.boxes.image] = True
    labelled = labelled[:count]
    bare = ~labelled
    members = dataset.split_members.rows(dataset.split_members.image != MISSING)
    if not dataset.splits:
        return bare if labelled.any() else np.zeros(count, bool)
    boxes = np.bincount(members.split, labelled[members.image], len(dataset.splits))
    in_a_split, kept = np.zeros((2, count), bool)
    in_a_split[members.image] = True
    kept[members.image[boxes[members.split] > 0]] = True
    return bare & (kept | ~in_a_split)


def forgotten_frames(audit: AuditContext, bare: Bools) -> Iterator[ForgottenFrames]:
    """The gaps in the labels of recordings, in the order of the recordings and of their frames.

    Parameters
    ----------
    audit:
        of the dataset.
    bare:
        (n,) which images have no boxes.
    """
    if not bare.any() or not _may_be_frames(audit, bare):
        return
    group, names = audit.recordings.group, audit.dataset.images.name.tolist()
    usable = _by_image(audit)
    for number in unique(group[bare & (group != MISSING)]).tolist():
        frames = audit.recordings.rows(number).tolist()
        frames.sort(key=lambda row: in_order(names[row]))
        for before, gap, after in _gaps(frames, bare):
            boxes = [_boxes_in(audit, usable, row) for row in (before, after)]
            still = _still(audit, *boxes)
            yield ForgottenFrames(tuple(gap), before, after, still, min(map(len, boxes)))


def _may_be_frames(audit: AuditContext, bare: Bools) -> bool:
    """Whether images without boxes may be frames: where none is decoded, only names tell.

    To sort a hundred thousand images into recordings takes seconds, which mostly find none.
    """
    if Need.DECODED_IMAGES not in audit.lacking:
        return True
    return bool(named_recordings(audit.dataset.images.name[bare].tolist()))


def _gaps(frames: Sequence[int], bare: Bools) -> Iterator[tuple[int, list[int], int]]:
    """Runs of frames without boxes, each with the frames that have some before and after it."""
    labelled = [place for place, row in enumerate(frames) if not bare[row]]
    for first, last in pairwise(labelled):
        if 1 < last - first <= LONGEST_GAP + 1:
            yield frames[first], list(frames[first + 1 : last]), frames[last]


def _by_image(audit: AuditContext) -> Ints:
    """The boxes that have an inside and are no crowds, (n,), image by image."""
    usable = audit.derived.is_valid & audit.derived.in_range & audit.derived.is_evaluated
    rows = np.flatnonzero(usable)
    ordered: Ints = rows[np.argsort(audit.dataset.boxes.image[rows], kind="stable")]
    return ordered


def _boxes_in(audit: AuditContext, usable: Ints, image: int) -> Ints:
    """Those of some boxes, image by image, that are in one image."""
    start, stop = np.searchsorted(audit.dataset.boxes.image[usable], [image, image + 1])
    return usable[start:stop]


def _still(audit: AuditContext, first: Ints, second: Ints) -> int:
    """How many boxes of one image are in the places of boxes of one class in the other."""
    label, xyxy = audit.derived.box_class, audit.dataset.boxes.xyxy
    near = matches(label[first], xyxy[first], label[second], xyxy[second], min_overlap=MIN_OVERLAP)
    near = near.rows(np.argsort(-near.overlap, kind="stable"))
    return len(best_first(near.one.astype(np.int64), near.other.astype(np.int64))[0])


def without_label_file(dataset: Dataset, bare: Bools) -> tuple[Ints, Ints]:
    """Images without boxes that have no label file, and those that have an empty one.

    None where label files are not called as their images, and none in folders where no image has a
    box: those are negatives.

    Parameters
    ----------
    dataset:
        that they are of.
    bare:
        (n,) which images have no boxes.
    """
    file = dataset.images.file
    if not dataset.facts.paired_by_name or not bare.any():
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    written = np.append((dataset.files.stamp != MISSING).all(axis=1), False)[file]
    folders = [name.rpartition("/")[0] for name in dataset.images.name.tolist()]
    lived_in = {
        folder for folder, is_bare in zip(folders, bare.tolist(), strict=True) if not is_bare
    }
    among_others = np.array([folder in lived_in for folder in folders], bool)
    return np.flatnonzero(bare & ~written & among_others), np.flatnonzero(bare & written)
