"""Requirements about what a dataset holds: classes, attributes, sizes and numbers of boxes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.contract.outcome import (
    MOST_RECORDS,
    Requirement,
    passed_if,
    records,
    unknown,
)
from labelaudit.auditing.contract.words import as_share, bounds_words, listed
from labelaudit.auditing.requirements import Bounds, Contract
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.core.registry import suggestion
from labelaudit.core.text import counted
from labelaudit.dataset.fields import Fields
from labelaudit.errors import ConfigError
from labelaudit.network.settings import NetworkSettings


def of_records(contract: Contract, audit: AuditContext) -> Iterator[Requirement]:
    """The requirements of a contract about records, one after the other."""
    if contract.classes is not None:
        yield _classes(contract.classes, audit)
    if contract.required_classes:
        yield _required_classes(contract.required_classes, audit)
    yield from _hierarchy(contract, audit)
    fields = Fields(audit.dataset)
    for name in contract.required_attributes:
        yield _attribute(name, fields, audit)
    if contract.box_side:
        yield _box_side(contract.box_side, contract.train_size, audit)
    if contract.boxes_per_image:
        yield _boxes_per_image(contract.boxes_per_image, audit)
    if contract.images_without_boxes:
        yield _images_without_boxes(contract.images_without_boxes, audit)
    if contract.image_side:
        yield _image_side(contract.image_side, audit)
    if contract.image_sizes:
        yield _image_sizes(contract.image_sizes, audit)


def _classes(allowed: Iterable[str], audit: AuditContext) -> Requirement:
    allowed = list(allowed)
    expected = f"only {counted(len(allowed), 'class', 'classes')}: {listed(allowed)}"
    names = audit.derived.classes
    if not names:
        return unknown("classes", expected, "the labels name no class")
    strange = [row for row, name in enumerate(names) if name not in allowed]
    if not strange:
        occur = f"{counted(len(names), 'class', 'classes')}, all of these"
        return passed_if(True, "classes", expected, occur)
    boxes = np.bincount(audit.derived.box_class + 1, minlength=len(names) + 1)[1:]
    first = np.array([int(np.argmax(audit.derived.class_of == row)) for row in strange])
    messages = [
        f"{names[row]} is not allowed{suggestion(names[row], allowed)} "
        f"({counted(int(boxes[row]), 'box', 'boxes')})"
        for row in strange
    ]
    found = f"also {listed([names[row] for row in strange])}"
    order = np.argsort(-boxes[strange], kind="stable")[:MOST_RECORDS]
    worst = records(audit.dataset, [messages[row] for row in order], category=first[order])
    return passed_if(False, "classes", expected, found, worst)


def _required_classes(required: Iterable[str], audit: AuditContext) -> Requirement:
    names, required = audit.derived.classes, list(required)
    label = audit.derived.box_class
    used = {names[row] for row in np.unique(label[label != MISSING]).tolist()}
    absent = [name for name in required if name not in used]
    expected = f"boxes of {listed(required)}"
    found = f"none of {listed(absent)}" if absent else "each has some"
    return passed_if(not absent, "required-classes", expected, found)


def _hierarchy(contract: Contract, audit: AuditContext) -> Iterator[Requirement]:
    """Names that no class has: nobody can tell a slip of the pen from a class that is not there."""
    if contract.classes is not None:  # which were compared when the contract was read
        return
    known = audit.derived.classes
    for name in contract.hierarchy.names:
        if name not in known:
            why = f"no class is called {name!r}{suggestion(name, known)}"
            yield unknown("hierarchy", f"{name} is a class", why)


def _attribute(name: str, fields: Fields, audit: AuditContext) -> Requirement:
    expected = f"each box says {name}"
    try:
        values = fields.boxes(name)
    except ConfigError as error:
        return unknown("required-attributes", expected, str(error))
    if not len(values):
        return unknown("required-attributes", expected, "there are no boxes")
    bare = np.flatnonzero(values == "")
    every = f"each of {counted(len(values), 'box', 'boxes')}"
    found = _counted(len(bare), len(values), "box", "boxes", "say none") if len(bare) else every
    messages = [f"no {name}"] * min(len(bare), MOST_RECORDS)
    worst = records(audit.dataset, messages, box=bare)
    return passed_if(not len(bare), "required-attributes", expected, found, worst)


def _box_side(bounds: Bounds, train_size: float | None, audit: AuditContext) -> Requirement:
    at = f" at a training size of {train_size:g} px" if train_size else ""
    expected = f"shorter side of a box {bounds_words(bounds, ' px')}{at}"
    boxes, size = audit.dataset.boxes, audit.dataset.boxes.size
    if train_size:
        network = NetworkSettings((round(train_size), round(train_size)))
        with np.errstate(invalid="ignore"):
            size = size * network.scales(audit.derived.image_size)
    side = size.min(axis=1) if len(size) else np.zeros(0)
    if boxes.crowd.any():
        side = np.where(boxes.crowd, np.nan, side)
    known = np.isfinite(side)
    if not known.any():
        why = "there are no boxes in pixels" if len(boxes) else "there are no boxes"
        why = "no size of an image is known" if len(boxes) and train_size else why
        return unknown("box-side", expected, why)
    if train_size is None and audit.dataset.images.assumed.any():
        of = audit.dataset.images.assumed
        if of.all():
            return unknown("box-side", expected, "boxes are fractions of images of unknown sizes")
        known &= ~np.append(of, False)[boxes.image]
    outside, order = _outside(side, known, bounds)
    label = [*audit.derived.classes, "a box"]
    messages = [
        f"{label[audit.derived.box_class[row]]} is {size[row, 0]:.4g} x {size[row, 1]:.4g} px"
        for row in order.tolist()
    ]
    found = _counted(int(outside.sum()), int(known.sum()), "box", "boxes", "outside")
    unseen, every = int((~known & ~boxes.crowd).sum()), int((~boxes.crowd).sum())
    if not _is_decided(outside, unseen, every, bounds):
        why = f"the sides of {counted(unseen, 'box', 'boxes')} are not known; {found}"
        return unknown("box-side", expected, why)
    worst = records(audit.dataset, messages, box=order)
    return passed_if(_holds(outside, every, bounds), "box-side", expected, found, worst)


def _boxes_per_image(bounds: Bounds, audit: AuditContext) -> Requirement:
    expected = f"boxes of an image: {bounds_words(bounds)}"
    if not len(audit.dataset.images):
        return unknown("boxes-per-image", expected, "there are no images")
    count = _boxes_in_images(audit).astype(np.float64)
    outside, order = _outside(count, np.ones(len(count), bool), bounds)
    messages = [counted(int(count[row]), "box", "boxes") for row in order.tolist()]
    return passed_if(
        _holds(outside, len(count), bounds),
        "boxes-per-image",
        expected,
        _counted(int(outside.sum()), len(count), "image", "images", "outside"),
        records(audit.dataset, messages, image=order),
    )


def _images_without_boxes(bounds: Bounds, audit: AuditContext) -> Requirement:
    least, most = (None if one is None else as_share(one) for one in (bounds.min, bounds.max))
    words = [f"at least {least}"] if least else []
    words += [f"at most {most}"] if most else []
    expected = f"images without a box: {' and '.join(words)}"
    if not len(audit.dataset.images):
        return unknown("images-without-boxes", expected, "there are no images")
    empty = np.flatnonzero(_boxes_in_images(audit) == 0)
    share = len(empty) / len(audit.dataset.images)
    above = bounds.max is not None and share > bounds.max
    below = bounds.min is not None and share < bounds.min
    messages = ["no box"] * (min(len(empty), MOST_RECORDS) if above else 0)
    found = _counted(len(empty), len(audit.dataset.images), "image", "images", "without a box")
    worst = records(audit.dataset, messages, image=empty)
    return passed_if(not (above or below), "images-without-boxes", expected, found, worst)


def _image_side(bounds: Bounds, audit: AuditContext) -> Requirement:
    expected = f"both sides of an image {bounds_words(bounds, ' px')}"
    size, known = _image_sizes_known(audit)
    if not known.any():
        return unknown("image-side", expected, "no size of an image is known")
    least, most = bounds.min, bounds.max
    # The side that is farther outside speaks for the image.
    far = [np.zeros(len(size)), np.zeros(len(size))]
    with np.errstate(invalid="ignore"):
        if least is not None:
            far[0] = np.nan_to_num(least - size.min(axis=1), nan=0.0)
        if most is not None:
            far[1] = np.nan_to_num(size.max(axis=1) - most, nan=0.0)
    distance = np.maximum(*far)
    return _of_image_sizes("image-side", expected, (distance, known), bounds, audit)


def _image_sizes(allowed: Iterable[tuple[int, int]], audit: AuditContext) -> Requirement:
    allowed = list(allowed)
    words = listed([f"{width} x {height}" for width, height in allowed])
    expected = f"images of {words} px"
    size, known = _image_sizes_known(audit)
    if not known.any():
        return unknown("image-sizes", expected, "no size of an image is known")
    is_one = (size[:, None] == np.array(allowed, np.float64)[None]).all(axis=2).any(axis=1)
    distance = (~is_one).astype(np.float64)
    return _of_image_sizes("image-sizes", expected, (distance, known), Bounds(), audit)


def _of_image_sizes(
    key: str, expected: str, far: tuple[Floats, Bools], bounds: Bounds, audit: AuditContext
) -> Requirement:
    """A requirement about sizes of images.

    Parameters
    ----------
    key, expected:
        see `Requirement`.
    far:
        (n,) how far outside each image is, above 0 where it is, and (n,) which sizes are known.
    bounds:
        how many may be outside.
    audit:
        of the dataset.
    """
    distance, known = far
    outside = known & (distance > 0)
    order = np.flatnonzero(outside)
    order = order[np.argsort(-distance[order], kind="stable")][:MOST_RECORDS]
    sizes = audit.dataset.images.size[order].tolist()
    messages = [f"{width:g} x {height:g} px" for width, height in sizes]
    found = _counted(int(outside.sum()), int(known.sum()), "image", "images", "outside")
    unseen = int((~known).sum())
    if not _is_decided(outside, unseen, len(known), bounds):
        why = f"the sizes of {counted(unseen, 'image')} are not known; {found}"
        return unknown(key, expected, why)
    worst = records(audit.dataset, messages, image=order)
    return passed_if(_holds(outside, len(known), bounds), key, expected, found, worst)


def _image_sizes_known(audit: AuditContext) -> tuple[Floats, Bools]:
    """The size of each image, (n, 2), and which are known, (n,)."""
    images = audit.dataset.images
    return images.size, np.isfinite(images.size).all(axis=1) & ~images.assumed


def _boxes_in_images(audit: AuditContext) -> Ints:
    """How many boxes each image has, (n,); a region of many objects is one."""
    image = audit.dataset.boxes.image
    counts: Ints = np.bincount(image + 1, minlength=len(audit.dataset.images) + 1)[1:]
    return counts


def _outside(values: Floats, known: Bools, bounds: Bounds) -> tuple[Bools, Ints]:
    """Which known values, (n,), are outside, and the rows of the worst, farthest first."""
    distance = np.zeros(len(values))
    with np.errstate(invalid="ignore"):
        if bounds.min is not None:
            distance = np.maximum(distance, bounds.min - values)
        if bounds.max is not None:
            distance = np.maximum(distance, values - bounds.max)
    outside = known & (distance > 0)
    rows = np.flatnonzero(outside)
    return outside, rows[np.argsort(-distance[rows], kind="stable")][:MOST_RECORDS]


def _holds(outside: Bools, every: int, bounds: Bounds, unseen: int = 0) -> bool:
    """Whether no more are outside than may be, even if all that nobody could measure were.

    Parameters
    ----------
    outside:
        (n,) which of those that were measured are.
    every:
        those that are asked about, measured or not.
    bounds:
        how many may be outside.
    unseen:
        those that count as outside, too.
    """
    return int(outside.sum()) + unseen <= bounds.max_share * every + 1e-9


def _is_decided(outside: Bools, unseen: int, every: int, bounds: Bounds) -> bool:
    """Whether those that nobody could measure change nothing.

    Parameters
    ----------
    outside, unseen, every, bounds:
        see `_holds`.
    """
    return _holds(outside, every, bounds) == _holds(outside, every, bounds, unseen)


def _counted(count: int, of: int, thing: str, things: str, what: str) -> str:
    """How many there are, in words: 1.2 % (12 of 1,000 boxes) outside.

    Parameters
    ----------
    count:
        that there are.
    of:
        of so many.
    thing, things:
        one of them, and several.
    what:
        they are.
    """
    if not count:
        return f"none of {counted(of, thing, things)} {what}".rstrip()
    return f"{as_share(count / of)} ({count:,} of {counted(of, thing, things)}) {what}".rstrip()
