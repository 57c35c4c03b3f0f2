"""Whether the labels of identical images say the same, box by box."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
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
    twins: int = 1  # that were compared, the fullest with them


@dataclass(frozen=True, eq=False)
class TwinDifference:
    """How the labels of one twin differ from those of the fullest one."""

    image: int  # row in Images
    boxes: int  # that it has
    conflicts: Ints  # (k, 2) boxes of both that are in one place, with another class
    only_fullest: Ints  # boxes of the fullest that have no partner in this twin
    only_here: Ints  # boxes of this twin that have no partner in the fullest


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
            twins=len(some) + 1,
        )
        for group, first, some in zip(twins, fullest, pairs, strict=True)
    ]


def _differs(one: TwinDifference) -> bool:
    return bool(len(one.conflicts) or len(one.only_fullest) or len(one.only_here))


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
    places = np.stack([box[first[conflict]], other_box[second[conflict]]], axis=1)
    of_pair = pair[first[conflict]]
    order = np.argsort(of_pair, kind="stable")
    conflicts = np.split(places[order], np.searchsorted(of_pair[order], np.arange(1, len(pairs))))
    boxes_here = np.bincount(other_pair, minlength=len(pairs)).tolist()
    return [
        TwinDifference(image, boxes_here[row], conflicts[row], lonely[0][row], lonely[1][row])
        for row, (_, image) in enumerate(pairs)
    ]


def twins_completed(audit: AuditContext, labels: TwinLabels) -> Fix | None:
    """A fix that adds to identical images the boxes that only others of them have.

    Where classes differ, boxes get the class that most of the images with such a box give it; None
    where no class has more than half of them, as with two images: which is right must be seen. Of
    boxes that the fullest one lacks it gets those of one twin, so that none is added twice.

    Parameters
    ----------
    audit:
        of the dataset.
    labels:
        how those of some identical images differ.
    """
    classes = _voted(audit, labels)
    if classes is None:
        return None
    xyxy, of_box = audit.dataset.boxes.xyxy, audit.derived.box_class.copy()
    of_box[list(classes)] = list(classes.values())
    more = next((one.only_here for one in labels.differing if len(one.only_here)), _NONE)
    each = [(one.image, one.only_fullest, xyxy[one.only_fullest]) for one in labels.differing]
    adds = _all_added(audit, [*each, (labels.fullest, more, xyxy[more])], of_box)
    fixes = [*_relabels(audit, classes), *adds]
    return _together(fixes)


def _voted(audit: AuditContext, labels: TwinLabels) -> dict[int, int] | None:
    """The class of each box that most of the twins give another; None where there is no most."""
    of_box = audit.derived.box_class
    contested: dict[int, list[int]] = {}
    for one in labels.differing:
        for mine, theirs in one.conflicts.tolist():
            contested.setdefault(mine, []).append(theirs)
    lacking = Counter(row for one in labels.differing for row in one.only_fullest.tolist())
    voted: dict[int, int] = {}
    for mine, others in contested.items():
        own = int(of_box[mine])
        votes = Counter({own: labels.twins - lacking[mine] - len(others)})
        votes.update(of_box[others].tolist())
        winner, count = votes.most_common(1)[0]
        if 2 * count <= votes.total():
            return None
        voted.update({row: winner for row in (mine, *others) if of_box[row] != winner})
    return voted


def _relabels(audit: AuditContext, classes: Mapping[int, int]) -> Sequence[Fix | None]:
    """A fix for each box that gives it a class; None where its file has no such class."""
    fixes: list[Fix | None] = []
    for box, number in classes.items():
        rows = _categories(audit, int(audit.dataset.boxes.file[box]))
        values = {"label": rows.get(number)}
        fixes.append(
            Fix("relabel", Safety.UNSAFE, RecordType.BOX, box, values) if number in rows else None
        )
    return fixes


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
    return _together(_all_added(audit, wanted, audit.derived.box_class))


def _all_added(
    audit: AuditContext, wanted: Sequence[tuple[int, Ints, Floats]], of_box: Rows
) -> list[Fix | None]:
    """The fixes of `boxes_added`, of boxes of these classes, (boxes,)."""
    return [
        fix
        for image, box, xyxy in wanted
        for fix in _adds(audit, image, of_box[box].tolist(), xyxy)
    ]


def _together(fixes: Sequence[Fix | None]) -> Fix | None:
    """Some fixes as one; None where there is none, or one of them cannot be."""
    known = tuple(fix for fix in fixes if fix is not None)
    if not known or len(known) < len(fixes):
        return None
    if len(known) == 1:
        return known[0]
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": known})


def _adds(
    audit: AuditContext, image: int, classes: Sequence[int], xyxy: Floats
) -> Sequence[Fix | None]:
    """A fix for each box that adds it to an image; None where its file has no such class.

    Parameters
    ----------
    audit:
        of the dataset.
    image:
        row in Images of the image that gets them.
    classes, xyxy:
        (n,) the classes of the boxes, and (n, 4) where they are in that image.
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
        for label, corners in zip(classes, xyxy.tolist(), strict=True)
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
