"""Classes of which nearly every image has a box that is the whole image: one cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.scopes.gathering import Gathering
from labelaudit.boxes.ops import overhang
from labelaudit.core.columns import MISSING, Bools, Ints, Rows
from labelaudit.core.rows import all_but, unique
from labelaudit.core.text import has_or_have, part_of
from labelaudit.dataset.groups import MOST_NAMED
from labelaudit.rules.geo.bounds import Block, boxes_where, sides
from labelaudit.rules.geo.mask_columns import mask_area

NEARLY_ALL = 0.9
"""Share of the images of a class from which on whole-image boxes are how its labels were made; a
choice."""

Place: TypeAlias = tuple[str, int, tuple[float, ...]]
"""Image, record and corners of a box, which are the same however a dataset is divided."""


class WholeImages(NamedTuple):
    """The images that have a box of a class, or of any."""

    images: int = 0
    whole: int = 0  # those of which such a box is all of it
    beside: int = 0  # those of these that have another box of the class
    first: Place | None = None  # the first box that is a whole image

    def plus(self, other: WholeImages) -> WholeImages:
        """Those of two parts of a dataset."""
        places = [one for one in (self.first, other.first) if one is not None]
        return WholeImages(
            self.images + other.images,
            self.whole + other.whole,
            self.beside + other.beside,
            min(places, default=None),
        )

    def are_nearly_all(self, min_images: int) -> bool:
        """Whether nearly every image, and at least so many, has a box that is all of it."""
        return self.whole >= max(min_images, 1) and self.whole >= NEARLY_ALL * self.images


Known: TypeAlias = Mapping[str | None, WholeImages]
"""By the name of the class; None: of any."""


class Fold(NamedTuple):
    """What one finding about many boxes says."""

    first: int  # the box that it is shown at
    box: Ints  # those of this part of the dataset that are the whole image
    severity: Severity
    what: str
    beside: str


def whole_image_boxes(audit: AuditContext, min_share: float, max_filled: float) -> Ints:
    """The boxes that are the whole of their image, but for those with a mask that is not.

    Parameters
    ----------
    audit:
        of the dataset.
    min_share, max_filled:
        the settings of whole-image-box.
    """

    def whole(some: Block) -> Bools:
        width, height = some.image_size.T
        whole: Bools = (some.width >= min_share * width) & (some.height >= min_share * height)
        whole &= some.is_valid & some.is_evaluated
        whole &= overhang(some.xyxy, some.image_size) <= 1
        return whole

    box = boxes_where(audit, whole)
    width, height = sides(audit, box)
    drawn = mask_area(audit, box) < max_filled * width * height
    return box[~drawn]


def whole_images(audit: AuditContext, box: Ints, among: Bools | None = None) -> Known:
    """How many images of each class there are, and how many have a box that is all of them.

    Parameters
    ----------
    audit:
        of the dataset, or of a part.
    box:
        (n,) those that `whole_image_boxes` gave.
    among:
        which classes are counted, (classes,); all if absent. Of others it is said where they begin.
    """
    names, label, judged = audit.derived.classes, audit.derived.box_class, _judged(audit)
    image, whole = audit.dataset.boxes.image, ~all_but(len(label), box)
    counted = np.ones(len(names), bool) if among is None else among
    rows = np.flatnonzero(judged & np.append(counted, False)[label])
    key = image[rows].astype(np.int64) * len(names) + label[rows]
    here, others = unique(key[whole[rows]]), unique(key[~whole[rows]])
    both = here[np.isin(here, others)]
    columns = [np.append(here, others[~np.isin(others, here)]), here, both]
    counts = [np.bincount(some % max(len(names), 1), minlength=len(names)) for some in columns]
    first: dict[int, Place] = {}
    for row, place in zip(label[box].tolist(), _places(audit, box), strict=True):
        first[row] = min(place, first.get(row, place))
    each = zip(*(some.tolist() for some in counts), map(first.get, range(len(names))), strict=True)
    known: dict[str | None, WholeImages] = {
        name: WholeImages(*numbers) for name, numbers in zip(names, each, strict=True)
    }
    known[None] = WholeImages(
        _distinct(image[judged]),
        _distinct(image[box]),
        len(unique(both // max(len(names), 1))),
        min(first.values(), default=None),
    )
    return known


def may_be_nearly_all(audit: AuditContext, box: Ints) -> Bools:
    """Of which classes, (classes,), nearly every image may have a box that is all of it.

    By numbers of boxes alone, which is quicker than to count the images of each class: where those
    in no such image are too many, nearly all cannot be. All may be where nearly all of the dataset
    are.

    Parameters
    ----------
    audit:
        of the whole dataset.
    box:
        (n,) those that `whole_image_boxes` gave.
    """
    label, image = audit.derived.box_class, audit.dataset.boxes.image
    judged, classes = _judged(audit), len(audit.derived.classes)
    if _distinct(image[box]) >= NEARLY_ALL * _distinct(image[judged]):
        return np.ones(classes, bool)
    has = np.zeros(len(audit.dataset.images) + 1, bool)
    has[image[box]] = True
    rest = label[judged & ~has[image]]
    most = int(np.bincount(image + 1).max(initial=0))
    whole, beyond = (
        np.bincount(some + 1, minlength=classes + 1)[1:] for some in (label[box], rest)
    )
    # One more: what is just nine of ten must not fail by rounding.
    possible: Bools = beyond * NEARLY_ALL <= most * (1 - NEARLY_ALL) * whole + 1
    return possible & (whole > 0)


def _judged(audit: AuditContext) -> Bools:
    """Which boxes are judged, (n,), whether they are the whole image or not."""
    width, height = audit.derived.image_size.T
    judged: Bools = audit.derived.is_valid & audit.derived.is_evaluated
    judged &= np.isfinite(width + height)
    return judged


def _distinct(image: Rows) -> int:
    """How many images some rows name."""
    return int(np.count_nonzero(np.bincount(image)))


def _places(audit: AuditContext, box: Ints) -> Iterator[Place]:
    boxes = audit.dataset.boxes
    names = audit.dataset.images.name[boxes.image[box]].tolist()
    corners = map(tuple, boxes.xyxy[box].tolist())
    return zip(names, boxes.record[box].tolist(), corners, strict=True)


def _of_all(parts: Sequence[Known]) -> Known:
    known: dict[str | None, WholeImages] = {}
    for part in parts:
        for name, some in part.items():
            known[name] = known.get(name, WholeImages()).plus(some)
    return known


WHOLE_IMAGES = Gathering(
    "images with a box that is all of them, by class",
    lambda audit, settings: whole_images(
        audit, whole_image_boxes(audit, settings["min_share"], settings["max_filled"])
    ),
    _of_all,
)
"""A few numbers for each class."""


def folds(audit: AuditContext, box: Ints, known: Known, min_images: int) -> tuple[list[Fold], Ints]:
    """What is told of many boxes at once, and the boxes that are told one by one.

    Of a dataset nearly all of whose images have such a box it is one finding, whatever their
    classes are; else one of each class of which nearly all have. Of parts of a dataset, one has the
    finding, and of the boxes names its own.

    Parameters
    ----------
    audit:
        of the dataset, or of a part.
    box:
        (n,) those of it that `whole_image_boxes` gave.
    known:
        of all parts.
    min_images:
        the setting of whole-image-box.
    """
    label = audit.derived.box_class[box]
    classes = [name for name, some in known.items() if name is not None and some.first]
    if len(classes) != 1 and known[None].are_nearly_all(min_images):
        what = f"a box, of {_listed(classes)}, that is"
        return list(_fold(audit, box, known[None], "", what)), box[:0]
    made, left = list[Fold](), np.ones(len(box), bool)
    place = {name: row for row, name in enumerate(audit.derived.classes)}
    for name in classes:
        if known[name].are_nearly_all(min_images):
            here = label == place.get(name, MISSING - 1)
            what = "a box of it that is"
            made += _fold(audit, box[here], known[name], f" with {name}", what)
            left &= ~here
    return made, box[left]


def _fold(audit: AuditContext, box: Ints, some: WholeImages, of: str, what: str) -> Iterator[Fold]:
    """The finding about some boxes, if the first of all that it is about is among them."""
    first = next((at for at, one in enumerate(_places(audit, box)) if one == some.first), MISSING)
    if first == MISSING:
        return
    often = some.beside * 2 > some.whole
    yield Fold(
        int(box[first]),
        box,
        Severity.WARNING if often else Severity.INFO,
        f"{part_of(some.whole, some.images, 'image')}{of} {has_or_have(some.whole)} {what}",
        f", {some.beside:,} of them beside another of its class" if some.beside else "",
    )


def _listed(classes: Sequence[str]) -> str:
    """How many classes, and the first of them."""
    more = ", ..." if len(classes) > MOST_NAMED else ""
    return f"{len(classes):,} classes ({', '.join(classes[:MOST_NAMED])}{more})"
