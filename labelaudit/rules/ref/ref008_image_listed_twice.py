from __future__ import annotations

from typing import NamedTuple

import numpy as np

from labelaudit.auditing.causes import Affected
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.merging import differences, merges
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.text import part_of
from labelaudit.dataset.groups import folders
from labelaudit.dataset.tables import Dataset, Images, RecordType
from labelaudit.rules.ref.problem_rows import shown

NAMED = 3
"""Label files of one image that are named; a choice."""


NEARLY_ALL = 0.9
"""Share of the images of a folder in a list from which on the folder is in it twice; a choice."""

FEWEST = 3
"""Images of a folder that is one finding; fewer are told one by one. A choice."""


class ListedTwice(NamedTuple):
    """A split whose list has whole folders twice."""

    split: int
    image: Rows  # (n,) that are there again
    images: int  # how many it has


@rule(
    "REF008",
    "image-listed-twice",
    message="{what}",
    severity=Severity.WARNING,
    fix=Safety.SAFE,
)
def image_listed_twice(audit: AuditContext) -> Found:
    """An image of two records: in one file, in label files of one image each, or in a split's list.

    Why it hurts: it is seen twice as often as the others. Where its labels are divided between two
    records, each of the two shows the objects of the other as background.

    Names are compared as they are written, within each file. Label files that are each about one
    image are compared with each other, by the file on disk or, where none is found, by name and
    folder. An image in two splits is another matter, and two records with the same id are a
    duplicate-image-id. Where a list names nine of ten images of a folder again, three at least, the
    folder is in it twice, under two spellings perhaps: one finding for the list.

    Example:
        >>> from labelaudit.testing import before_and_after, coco_text, images, with_columns
        >>> dataset = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 50 20 60 60"]})
        >>> labels = coco_text(with_columns(dataset, "images", name=["a.jpg", "a.jpg"]))
        >>> dataset = {"labels.json": labels, "a.jpg": (640, 480)}
        >>> print(before_and_after(image_listed_twice, dataset))
        Found: a.jpg has two records: here with id 2, first with id 1
        labels.json, before (-) and after (+) an unsafe fix:
          {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
        - {"id": 2, "file_name": "a.jpg", "width": 640, "height": 480}
          {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        - {"id": 2, "image_id": 2, "category_id": 1, "bbox": [50, 20, 10, 40]}
        + {"id": 2, "image_id": 1, "category_id": 1, "bbox": [50, 20, 10, 40]}

    Fix: makes the two records one, with the labels of both. Safe where at most one of them has
    labels, the file was found, so that they are of one image, both have an id that no other image
    has, and the record that goes says nothing else that the other does not say; else unsafe,
    because the same objects may have been labelled in both, two frames may bear one name, labels
    would get an id that is of two images, or the name of somebody who saw nothing there would be
    gone. Of two records one of which has no id, that one goes: no label could name it. None for a
    list, and none for label files, of which somebody has to make one.
    """
    dataset = audit.dataset
    row, first = _records(dataset)
    images = dataset.images
    labelled = np.zeros(len(images) + 1, bool)
    labelled[dataset.boxes.image] = True
    member, times = _members(dataset)
    whole, few = _whole_folders(dataset, member)
    member, times = member[few], times[few]
    lists = dataset.split_members.rows(member)
    shared = _label_files(dataset)
    pairs = list(zip(row.tolist(), first.tolist(), strict=True))
    merged = [_to_the_one_with_an_id(images, *pair) for pair in pairs]
    alike = [_is_alike(dataset, labelled, audit.doubtful_images, *pair) for pair in merged]
    return found(
        image=[
            *row.tolist(),
            *lists.image.tolist(),
            *(group[0] for group in shared),
            *(int(one.image[0]) for one in whole),
        ],
        fix=[
            *merges(dataset, RecordType.IMAGE, merged, alike),
            *[None] * (len(member) + len(shared) + len(whole)),
        ],
        affects=[
            *[None] * (len(row) + len(member) + len(shared)),
            *(Affected(image=one.image) for one in whole),
        ],
        what=[
            *(
                f"{images.name[one]} has two records: here with id {shown(images.id.value(one))}, "
                f"first with id {shown(images.id.value(other))}{differ}"
                for (one, other), differ in zip(
                    pairs, differences(dataset, RecordType.IMAGE, pairs), strict=True
                )
            ),
            *(
                f"the list of {dataset.splits[split]} names {images.name[image]} {count} times"
                for split, image, count in zip(
                    lists.split.tolist(), lists.image.tolist(), times.tolist(), strict=True
                )
            ),
            *(
                f"{len(group):,} label files are about {images.name[group[0]]}, each with labels "
                f"of its own: {_files_of(dataset, group)}"
                for group in shared
            ),
            *(_twice(dataset, one) for one in whole),
        ],
    )


def _whole_folders(dataset: Dataset, member: Ints) -> tuple[list[ListedTwice], Bools]:
    """The lists that have whole folders twice, and which of the repeated members are not of these.

    Parameters
    ----------
    dataset:
        that is audited.
    member:
        (n,) the first of several members that name one image in one split.
    """
    members, few = dataset.split_members, np.ones(len(member), bool)
    if len(member) < FEWEST:
        return [], few
    of_image = np.unique(np.array(folders(dataset), str), return_inverse=True)[1]
    known = np.flatnonzero(members.image != MISSING)
    key = members.split[known].astype(np.int64) * len(dataset.images) + members.image[known]
    once = known[np.unique(key, return_index=True)[1]]
    places = int(of_image.max()) + 1
    place, own = (
        members.split[some].astype(np.int64) * places + of_image[members.image[some]]
        for some in (once, member)
    )
    count, repeated = (np.bincount(some, minlength=place.max() + 1) for some in (place, own))
    full = (repeated >= FEWEST) & (repeated >= NEARLY_ALL * count)
    few = ~full[own]
    of_split = [
        (number, member[~few & (members.split[member] == number)])
        for number in np.unique(members.split[member[~few]]).tolist()
    ]
    listed = members.split[once]
    return [
        ListedTwice(number, members.image[rows], int(np.count_nonzero(listed == number)))
        for number, rows in of_split
    ], few


def _twice(dataset: Dataset, one: ListedTwice) -> str:
    """What is told of a list that has whole folders twice."""
    part, split = part_of(len(one.image), one.images, "image"), dataset.splits[one.split]
    return f"the list of {split} names {part} again: it has a folder or a list twice"


def _label_files(dataset: Dataset) -> list[list[int]]:
    """Images, a list for each that several label files are about, where each should be of one."""
    images = dataset.images
    if not dataset.facts.one_image_a_file:
        return []
    paths = images.path.tolist()
    if len(set(paths)) == len(paths):
        return []
    splits: dict[int, tuple[int, ...]] = {}
    members = dataset.split_members
    for row, split in sorted(zip(members.image.tolist(), members.split.tolist(), strict=True)):
        splits[row] = (*splits.get(row, ()), split)
    groups: dict[tuple[str, str, tuple[int, ...]], list[int]] = {}
    each = zip(paths, images.name.tolist(), images.file.tolist(), strict=True)
    for row, (path, name, file) in enumerate(each):
        if (path or name) and file != MISSING:
            folder = "" if path else dataset.files.path[file].rpartition("/")[0]
            groups.setdefault((folder, path or name, splits.get(row, ())), []).append(row)
    files = images.file
    return [rows for rows in groups.values() if len(set(files[rows].tolist())) > 1]


def _files_of(dataset: Dataset, image: list[int]) -> str:
    """The label files of some images, of which the first are named."""
    paths = [dataset.files.path[row] for row in dict.fromkeys(dataset.images.file[image].tolist())]
    return ", ".join([*paths[:NAMED], *["..."] * (len(paths) > NAMED)])


def _records(dataset: Dataset) -> tuple[Ints, Ints]:
    """Records with the name of an earlier one in their file, under another id, and that one."""
    images = dataset.images
    names = images.name.tolist()
    if len(set(names)) == len(names):  # the usual case, in a third of the time
        return np.flatnonzero([]), np.flatnonzero([])
    seen: dict[tuple[int, str], int] = {}
    each = enumerate(zip(images.file.tolist(), names, strict=True))
    first = np.array([seen.setdefault(key, row) if key[1] else row for row, key in each], np.int64)
    same_id = images.id.first(images.file)
    row = np.flatnonzero((first != np.arange(len(images))) & (same_id == np.arange(len(images))))
    return row, first[row]


def _is_alike(dataset: Dataset, labelled: Bools, doubtful: Bools, row: int, first: int) -> bool:
    """Whether two records are of one image for sure, and not both have labels."""
    sizes, paths = dataset.images.size, dataset.images.path
    same = np.array_equal(sizes[row], sizes[first], equal_nan=True)
    apart = labelled[row] and labelled[first]
    one = bool(paths[row]) and paths[row] == paths[first]
    named = _has_id(dataset.images, row) and _has_id(dataset.images, first)
    return bool(same and one and named and not apart and not doubtful[[row, first]].any())


def _to_the_one_with_an_id(images: Images, row: int, first: int) -> tuple[int, int]:
    """Which record goes, and which takes over: the first, unless no label could name it."""
    return (row, first) if _has_id(images, first) or not _has_id(images, row) else (first, row)


def _has_id(images: Images, row: int) -> bool:
    return images.id.value(row) is not None


def _members(dataset: Dataset) -> tuple[Ints, Ints]:
    """The first of several members that name one image in one split, and how many they are."""
    members = dataset.split_members
    known = np.flatnonzero(members.image != MISSING)
    key = members.split[known].astype(np.int64) * len(dataset.images) + members.image[known]
    _, first, times = np.unique(key, return_index=True, return_counts=True)
    return known[first[times > 1]], times[times > 1]
