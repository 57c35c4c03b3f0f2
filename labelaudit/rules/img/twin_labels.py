"""Whether the labels of identical images say the same, box by box."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.rows import all_but
from labelaudit.dataset.match import MIN_OVERLAP, best_first
from labelaudit.dataset.tables import RecordType


@dataclass(frozen=True, eq=False)
class TwinLabels:
    """How the labels of each twin of a group differ from those of the one that has most."""

    fullest: int  # row in Images of the twin with the most boxes
    boxes: int  # that it has
    differing: tuple[TwinDifference, ...]  # those without boxes first
    compared: bool  # whether all twins could be compared


@dataclass(frozen=True, eq=False)
class TwinDifference:
    """How the labels of one twin differ from those of the fullest one."""

    image: int  # row in Images
    boxes: int  # that it has
    other_class: int  # boxes of both that are in one place, with another class
    only_fullest: Ints  # boxes of the fullest that have no partner in this twin
    only_here: Ints  # boxes of this twin that have no partner in the fullest
    example: tuple[int, int]  # rows in Boxes of a place with two classes, MISSING if there is none


def twin_labels(
    audit: AuditContext, twins: Sequence[Ints], *, min_overlap: float = MIN_OVERLAP
) -> list[TwinLabels]:
    """How the labels of each group of identical images differ.

    Each twin is compared with the one that has the most boxes. Boxes are of one object if they
    overlap enough, those of one class first; of crowd regions and difficult objects, nobody expects
    to find them again. Not compared are images whose boxes nobody can read or that may be of
    another image, and images without boxes in a split that has none at all.

    Parameters
    ----------
    audit:
        of the dataset.
    twins:
        rows in Images of each group, ascending.
    min_overlap:
        least intersection over union of two boxes that are of one object, above 0.
    """
    if not twins:
        return []
    every = np.concatenate(twins)
    able = comparable(audit, every)
    usable = usable_in(audit, every)
    count = np.bincount(audit.dataset.boxes.image[usable], minlength=len(audit.dataset.images))
    pairs, fullest = [], []
    for group in twins:
        rows = group[able[group]]
        first = int(rows[np.argmax(count[rows])]) if len(rows) else int(group[0])
        fullest.append(first)
        pairs.append([(first, row) for row in rows.tolist() if row != first])
    found = iter(
        _differences(audit, usable, [pair for some in pairs for pair in some], min_overlap)
    )
    return [
        TwinLabels(
            first,
            int(count[first]),
            tuple(sorted(filter(_differs, [next(found) for _ in some]), key=_has_boxes)),
            compared=bool(able[group].all()),
        )
        for group, first, some in zip(twins, fullest, pairs, strict=True)
    ]


def _differs(one: TwinDifference) -> bool:
    return bool(one.other_class or len(one.only_fullest) or len(one.only_here))


def _has_boxes(one: TwinDifference) -> bool:
    return one.boxes > 0


def comparable(audit: AuditContext, image: Ints) -> Bools:
    """Which images have labels that can be compared, (images,), of some, (n,)."""
    dataset = audit.dataset
    boxes, members = dataset.boxes, dataset.split_members
    able = np.zeros(len(dataset.images), bool)
    able[image] = True
    able &= ~audit.doubtful_images
    here = np.isin(boxes.image, image)
    able[boxes.image[here & ~(audit.derived.is_valid & audit.derived.in_range)]] = False
    if not dataset.splits:
        return able
    listed = members.image != MISSING
    split, listed_image = members.split[listed], members.image[listed]
    labelled = np.zeros(len(dataset.images) + 1, bool)
    labelled[boxes.image] = True
    boxes_in_split = np.bincount(split, labelled[listed_image], len(dataset.splits))
    in_a_split, in_labelled = np.zeros((2, len(able)), bool)
    in_a_split[listed_image] = True
    in_labelled[listed_image[boxes_in_split[split] > 0]] = True
    return able & (~in_a_split | in_labelled)


def usable_in(audit: AuditContext, image: Ints) -> Ints:
    """The boxes of some images, (n,), that can be compared, image by image; of copies only one."""
    single = audit.exact_keeper == np.arange(len(audit.exact_keeper))
    usable = single & audit.derived.is_valid & audit.derived.in_range
    rows = np.flatnonzero(usable & np.isin(audit.dataset.boxes.image, image))
    ordered: Ints = rows[np.argsort(audit.dataset.boxes.image[rows], kind="stable")]
    return ordered


def _differences(
    audit: AuditContext, usable: Ints, pairs: Sequence[tuple[int, int]], min_overlap: float
) -> list[TwinDifference]:
    """How the labels of the second image of each pair differ from those of the first."""
    if not pairs:
        return []
    boxes, label = audit.dataset.boxes, audit.derived.box_class
    images = np.array(pairs, np.int64)
    (pair, box), (other_pair, other_box) = (boxes_of(audit, usable, images[:, i]) for i in (0, 1))
    near = matches(
        pair, boxes.xyxy[box], other_pair, boxes.xyxy[other_box], min_overlap=min_overlap
    )
    same = label[box[near.one]] == label[other_box[near.other]]
    near = near.rows(np.lexsort((-near.overlap, ~same)))
    first, second = best_first(near.one.astype(np.int64), near.other.astype(np.int64))
    judged = audit.derived.is_evaluated
    conflict = label[box[first]] != label[other_box[second]]
    conflict &= ~audit.are_related(label[box[first]], label[other_box[second]])
    conflict &= judged[box[first]] & judged[other_box[second]]
    lonely = [
        np.split(rows[mask], np.searchsorted(number[mask], np.arange(1, len(pairs))))
        for number, rows, mask in (
            (pair, box, all_but(len(box), first) & judged[box]),
            (other_pair, other_box, all_but(len(other_box), second) & judged[other_box]),
        )
    ]
    conflicts = np.bincount(pair[first[conflict]], minlength=len(pairs)).tolist()
    boxes_here = np.bincount(other_pair, minlength=len(pairs)).tolist()
    examples = {
        int(pair[one]): (int(box[one]), int(other_box[two]))
        for one, two in zip(first[conflict][::-1], second[conflict][::-1], strict=True)
    }
    none = (MISSING, MISSING)
    return [
        TwinDifference(
            image,
            boxes_here[row],
            conflicts[row],
            lonely[0][row],
            lonely[1][row],
            examples.get(row, none),
        )
        for row, (_, image) in enumerate(pairs)
    ]


def twins_completed(audit: AuditContext, labels: TwinLabels) -> Fix | None:
    """A fix that adds to identical images the boxes that only others of them have.

    None where classes differ: which is right must be seen. Of boxes that the fullest one lacks it
    gets those of one twin, so that none is added twice.

    Parameters
    ----------
    audit:
        of the dataset.
    labels:
        how those of some identical images differ.
    """
    if any(one.other_class for one in labels.differing):
        return None
    xyxy = audit.dataset.boxes.xyxy
    more = next((one.only_here for one in labels.differing if len(one.only_here)), _NONE)
    each = [(one.image, one.only_fullest, xyxy[one.only_fullest]) for one in labels.differing]
    return boxes_added(audit, [*each, (labels.fullest, more, xyxy[more])])


_NONE: Ints = np.zeros(0, np.int64)


def boxes_added(audit: AuditContext, wanted: Sequence[tuple[int, Ints, Floats]]) -> Fix | None:
    """A fix that adds boxes of some images to others; None where a file has no such class.

    Parameters
    ----------
    audit:
        of the dataset.
    wanted:
        the row in Images that gets boxes, the rows of these boxes, (n,), and where they are in that
        image, (n, 4).
    """
    adds = [fix for image, box, xyxy in wanted for fix in _adds(audit, image, box, xyxy)]
    if not adds or None in adds:
        return None
    if len(adds) == 1:
        return adds[0]
    return Fix(
        "together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": tuple(filter(None, adds))}
    )


def _adds(audit: AuditContext, image: int, box: Ints, xyxy: Floats) -> Sequence[Fix | None]:
    """A fix for each box that adds it to an image; None where its file has no such class.

    Parameters
    ----------
    audit:
        of the dataset.
    image:
        row in Images of the image that gets them.
    box, xyxy:
        (n,) the rows of the boxes, and (n, 4) where they are in that image.
    """
    file = int(audit.dataset.images.file[image])
    rows = _categories(audit, file)
    return [
        Fix(
            "add",
            Safety.UNSAFE,
            RecordType.BOX,
            MISSING,
            {"image": image, "label": rows[label], "xyxy": corners},
        )
        if label in rows
        else None
        for label, corners in zip(audit.derived.box_class[box].tolist(), xyxy.tolist(), strict=True)
    ]


def _categories(audit: AuditContext, file: int) -> dict[int, int]:
    """A class record for each class, by its number: of a file if it has one, else of any."""
    files = audit.dataset.categories.file
    rows: dict[int, int] = {}
    for row in np.argsort(files != file, kind="stable").tolist():
        rows.setdefault(int(audit.derived.class_of[row]), row)
    return rows


def boxes_of(audit: AuditContext, usable: Ints, image: Ints) -> tuple[Ints, Ints]:
    """The usable boxes of each of some images, (n,), and the place in them that each is of."""
    ordered = audit.dataset.boxes.image[usable]
    start, stop = (np.searchsorted(ordered, image, side) for side in ("left", "right"))
    count = stop - start
    place = np.repeat(np.arange(len(image)), count)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
    return place, usable[np.repeat(start, count) + offset]
