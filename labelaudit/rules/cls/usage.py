"""How often classes are used, and how often two of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.core.columns import MISSING, Bools, Ints
from labelaudit.core.rows import unique

SAME_OBJECT = 0.5
"""The least overlap at which two boxes are taken to be around one object, as VOC evaluates."""


MARKED = 16
"""Bytes for each box, up to which a table of classes and images is marked: sorting takes longer."""


@dataclass(frozen=True)
class UseTogether:
    """How often two classes are used, and used together."""

    images: int  # of the rarer one of the two
    together: int  # images that have both
    on_one_object: int  # pairs of boxes

    def __str__(self) -> str:
        if not self.together:
            return "never in one image"
        same = f", {times(self.on_one_object)} on one object" if self.on_one_object else ""
        return f"together in {counted(self.together, 'image')}{same}"


def boxes_of(audit: AuditContext, which: Bools | None = None) -> Ints:
    """How many boxes each of the `classes` has, (c,); of those in `which`, if given."""
    used = audit.derived.box_class if which is None else audit.derived.box_class[which]
    # Those without a class are counted, and left out: to select the others takes twice as long.
    return np.bincount(used + 1, minlength=len(audit.derived.classes) + 1)[1:]


def images_of(audit: AuditContext, which: Bools) -> Ints:
    """In how many images each class has a box of `which`, (n,), for each class, (c,)."""
    image, used = audit.dataset.boxes.image, audit.derived.box_class
    some = which & (image != MISSING) & (used != MISSING)
    count = len(audit.dataset.images)
    place = used[some].astype(np.int64) * count + image[some]
    if len(audit.derived.classes) * count <= MARKED * len(place):
        marked = np.zeros((len(audit.derived.classes), count), bool)
        marked.reshape(-1)[place] = True
        return np.asarray(np.count_nonzero(marked, axis=1))
    # np.unique takes four times as long as sorting and looking at neighbours.
    place.sort()
    place = place[np.diff(place, prepend=-1) > 0]
    return np.bincount(place // max(count, 1), minlength=len(audit.derived.classes))


@dataclass(frozen=True, eq=False)
class ClassUse:
    """Classes by name, and how often each is used."""

    names: Sequence[str]  # each once
    boxes: Ints  # (c,) of each class
    evaluated: Ints  # (c,) of these boxes, those that are to be judged
    images: Ints  # (c,) that have a box to be judged of each class

    def of(self, classes: Sequence[str]) -> ClassUse:
        """The same of these classes, in this order; one that is not known is not used."""
        place = {name: row for row, name in enumerate(self.names)}
        rows = np.array([place.get(name, MISSING) for name in classes], np.int64)
        each = (np.append(counts, 0)[rows] for counts in (self.boxes, self.evaluated, self.images))
        return ClassUse(classes, *each)


def class_use(audit: AuditContext) -> ClassUse:
    """How often each of the `classes` is used, in all shards where the audit is of one."""
    known: ClassUse = CLASS_USE.known(audit, lambda: _class_use(audit), keep=True)
    return known.of(audit.derived.classes)


def _class_use(audit: AuditContext) -> ClassUse:
    """How often the classes of the dataset are used."""
    judged = audit.derived.is_evaluated
    counts = boxes_of(audit), boxes_of(audit, judged), images_of(audit, judged)
    return ClassUse(audit.derived.classes, *counts)


def _added_up(parts: Sequence[ClassUse]) -> ClassUse:
    """How often classes are used in all parts, no two of which have an image in common."""
    names = list(dict.fromkeys(name for part in parts for name in part.names))
    each = [part.of(names) for part in parts]
    boxes = np.stack([one.boxes for one in each]).sum(axis=0)
    evaluated = np.stack([one.evaluated for one in each]).sum(axis=0)
    images = np.stack([one.images for one in each]).sum(axis=0)
    return ClassUse(names, boxes, evaluated, images)


CLASS_USE = Gathering("use of classes", lambda audit, _: _class_use(audit), _added_up)
"""What rules about the number of boxes and images of classes have to know of all of them."""


def first_rows(audit: AuditContext) -> Ints:
    """The first class record of each class in `DatasetColumns.classes`, (c,)."""
    _, first = np.unique(audit.derived.class_of, return_index=True)
    return first


def used_together(
    audit: AuditContext, pairs: Iterable[tuple[int, int]]
) -> dict[tuple[int, int], UseTogether]:
    """How each of these pairs of classes is used together."""
    wanted = [(min(pair), max(pair)) for pair in pairs]
    images = {name: _images(audit, name) for name in {name for pair in wanted for name in pair}}
    return {
        (one, other): UseTogether(
            images=min(len(images[one]), len(images[other])),
            together=len(np.intersect1d(images[one], images[other], assume_unique=True)),
            on_one_object=_on_one_object(audit, one, other),
        )
        for one, other in wanted
    }


def _images(audit: AuditContext, name: int) -> Ints:
    image = audit.dataset.boxes.image[audit.derived.box_class == name]
    return unique(image[image != MISSING])


def _on_one_object(audit: AuditContext, one: int, other: int) -> int:
    near = audit.pairs.overlap >= SAME_OBJECT
    first = audit.derived.box_class[audit.pairs.first[near]]
    second = audit.derived.box_class[audit.pairs.second[near]]
    both = (np.minimum(first, second) == one) & (np.maximum(first, second) == other)
    return int(np.count_nonzero(both))


def is_common(count: int, every: int, max_each: int) -> bool:
    """Whether so many of all classes are alike that this is about the dataset, not about each."""
    return count > max_each and 2 * count > every


def listed(names: Sequence[str]) -> str:
    """The first three names, and how many follow.

    >>> listed(["car", "van"]), listed(["car", "van", "bus", "cat", "dog"])
    ('car, van', 'car, van, bus and 2 more')
    """
    more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def counted(count: int, noun: str) -> str:
    """A count with its noun.

    >>> counted(1, "box"), counted(1200, "box"), counted(0, "image")
    ('1 box', '1,200 boxes', '0 images')
    """
    ending = "" if count == 1 else "es" if noun.endswith("x") else "s"
    return f"{count:,} {noun}{ending}"


def times(count: int) -> str:
    """How often, in words.

    >>> times(1), times(2000)
    ('once', '2,000 times')
    """
    return "once" if count == 1 else f"{count:,} times"
