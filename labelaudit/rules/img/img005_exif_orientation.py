from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from labelaudit.auditing.causes import OF_MODELS, Affected, Explained
from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Fix, Safety, Severity, moves, settings
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.boxes.ops import overhang
from labelaudit.boxes.orientations import (
    ON_ITS_SIDE,
    UPRIGHT,
    WORDS,
    shown_from_stored,
    stored_from_shown,
)
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Texts, texts
from labelaudit.core.rows import unique
from labelaudit.core.text import agreeing, part_of
from labelaudit.dataset.groups import counted_images
from labelaudit.dataset.tables import RecordType

SLACK = 1.5
"""Pixels by which a box may reach out of its image: rounding, and pixels counted from 0 or 1."""

MOSTLY = 0.9
"""Share of the boxes with a say that decides for all images of a group; a choice."""

_PLACES = (
    *("IMG003", "GEO004", "GEO005", "GEO008", "GEO012", "GEO015", "GEO016"),
    *("GEO001", "GEO002", "GEO006", "GEO007", "GEO009"),
    *OF_MODELS,
)
"""Rules about sizes of images, and about places in them."""


class Frame(StrEnum):
    """The picture that a size or boxes are of."""

    STORED = "stored"  # as the file holds it
    SHOWN = "shown"  # as EXIF turns it
    UNKNOWN = ""


@dataclass(frozen=True, eq=False)
class TurnedImages:
    """Images that EXIF turns in one way and whose labels are alike."""

    orientation: int
    image: Ints  # rows in Images
    stated: Frame  # the picture whose size the labels state
    drawn: Frame  # the picture on which the boxes fit
    only_stored: int  # boxes that fit the stored picture alone
    only_shown: int  # boxes that fit the shown picture alone

    @property
    def contradicts(self) -> bool:
        """Whether boxes were drawn on another picture than the one whose size is stated."""
        return Frame.UNKNOWN not in (self.stated, self.drawn) and self.stated != self.drawn


@rule(
    "IMG005",
    "exif-orientation",
    message="{where}: EXIF shows {what} {way} (orientation {orientation}); {evidence}",
    severity=Severity.INFO,
    fix=Safety.UNSAFE,
    needs=Need.IMAGE_FILES,
    names_causes=True,
)
def exif_orientation(audit: AuditContext) -> Found:
    """Images that are stored in another position than they are shown in, and what their boxes fit.

    Why it hurts: some trainers turn a picture as its EXIF says when they open it (OpenCV,
    Ultralytics), and some do not (Pillow, torchvision, pycocotools). Boxes are right for one kind
    alone: for the other they lie where no object is.

    The boxes tell on which picture they were drawn, if they fit only one: images that are turned in
    the same way and state the same size are judged together. It is an error where boxes were drawn
    on one picture and the labels state the size of the other, which is right for nobody. Fractions
    of an image fit every picture, so they do not tell, nor do pictures that are only mirrored or
    upside down.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from labelaudit.testing import before_and_after, one_image, with_image_files
        >>> dataset = one_image("car 10 120 60 180", size=(200, 100))
        >>> with tempfile.TemporaryDirectory() as wrong, tempfile.TemporaryDirectory() as right:
        ...     stored = with_image_files(dataset, Path(wrong, "small", "images"), orientation=6)
        ...     dataset = one_image("car 10 120 60 180", size=(100, 200))
        ...     upright = with_image_files(dataset, Path(right, "small", "images"))
        ...     print(before_and_after(exif_orientation, stored, upright))
        Found: image.jpg: EXIF shows it turned clockwise (orientation 6); the only box fits only the
            picture as it is shown, but the size is that of the stored one
        image.jpg, wrong (-) and right (+):
        - JPEG RGB, 200 x 100 px, brightness 54%, EXIF orientation 6
        + JPEG RGB, 100 x 200 px, brightness 54%
        labels.json, wrong (-) and right (+):
        - {"id": 1, "file_name": "image.jpg", "width": 200, "height": 100}
        + {"id": 1, "file_name": "image.jpg", "width": 100, "height": 200}

    Fix: turns the boxes onto the stored picture, whose size is stated; or states the size of the
    picture on which they were drawn, where they were drawn on the stored one or have masks. Unsafe,
    because it goes by most of the boxes. None where size and boxes agree: strip EXIF from the
    images, and turn their pixels if the boxes were drawn on what is shown.
    """
    groups = list(_groups(audit))
    names = audit.dataset.images.name
    return found(
        image=[int(group.image[0]) for group in groups],
        severity=[Severity.ERROR if group.contradicts else Severity.INFO for group in groups],
        fix=[_fix(audit, group) if group.contradicts else None for group in groups],
        explains=[_explained(group) for group in groups],
        affects=[Affected.boxes_in(audit.dataset, group.image) for group in groups],
        where=[counted_images(names[group.image].tolist()) for group in groups],
        what=["them" if len(group.image) > 1 else "it" for group in groups],
        way=[WORDS[group.orientation] for group in groups],
        orientation=[group.orientation for group in groups],
        evidence=[_evidence(audit, group) for group in groups],
    )


def _groups(audit: AuditContext) -> Iterator[TurnedImages]:
    """Images by orientation, by the size that is stated and by what their boxes say."""
    if not audit.dataset.image_folders:
        return
    headers = audit.headers
    orientations = unique(headers.orientation[headers.orientation != UPRIGHT]).tolist()
    stated = _stated(audit) if orientations else texts([])
    for orientation in orientations:
        for frame in Frame:
            image = np.flatnonzero((headers.orientation == orientation) & (stated == frame.value))
            yield from _judged(audit, orientation, image, frame)


def _stated(audit: AuditContext) -> Texts:
    """The picture whose size is that of each image in the labels, (n,), a Frame."""
    size, stored = audit.dataset.images.size, audit.headers.size
    as_stored = (size == stored).all(axis=1)
    as_shown = (size == stored[:, ::-1]).all(axis=1) & (audit.headers.orientation >= ON_ITS_SIDE)
    frames = texts([Frame.UNKNOWN.value] * len(size))
    frames[as_shown] = Frame.SHOWN.value
    frames[as_stored] = Frame.STORED.value
    return frames


def _judged(
    audit: AuditContext, orientation: int, image: Ints, stated: Frame
) -> Iterator[TurnedImages]:
    """Some images as one group if their boxes agree, else those of each kind.

    Parameters
    ----------
    audit:
        of the dataset.
    orientation, stated:
        of all of the images.
    image:
        (n,) rows in Images.
    """
    if not len(image):
        return
    stored, shown = _votes(audit, orientation, image)
    total = int(stored.sum() + shown.sum())
    whole = _verdict(int(stored.sum()), int(shown.sum()))
    if whole is not Frame.UNKNOWN or not total:
        parts = [(whole, np.ones(len(image), bool))]
    else:
        each = [_verdict(*votes) for votes in zip(stored.tolist(), shown.tolist(), strict=True)]
        parts = [(frame, np.array([one is frame for one in each], bool)) for frame in Frame]
    for drawn, here in parts:
        if here.any():
            votes = int(stored[here].sum()), int(shown[here].sum())
            yield TurnedImages(orientation, image[here], stated, drawn, *votes)


def _verdict(stored: int, shown: int) -> Frame:
    """The picture that most boxes with a say were drawn on."""
    if max(stored, shown) < MOSTLY * (stored + shown) or not stored + shown:
        return Frame.UNKNOWN
    return Frame.STORED if stored > shown else Frame.SHOWN


def _votes(audit: AuditContext, orientation: int, image: Ints) -> tuple[Ints, Ints]:
    """How many boxes of each image fit only the stored picture, and only the shown one, (n,)."""
    boxes = audit.dataset.boxes
    none = np.zeros(len(image), np.int64)
    if orientation < ON_ITS_SIDE:
        return none, none
    box = np.flatnonzero(np.isin(boxes.image, image) & audit.derived.is_valid)
    row = np.searchsorted(image, boxes.image[box])
    stored = audit.headers.size[image][row]
    on_stored, on_shown = (_fits(boxes.xyxy[box], size) for size in (stored, stored[:, ::-1]))
    votes = [
        np.bincount(row, only, len(image)).astype(np.int64)
        for only in (on_stored & ~on_shown, on_shown & ~on_stored)
    ]
    # Fractions were read as fractions of what is shown, where the labels state no size.
    return votes[0], none if len(audit.dataset.headers) else votes[1]


def _fits(xyxy: Floats, size: Floats) -> Bools:
    with np.errstate(over="ignore", invalid="ignore"):
        fits: Bools = overhang(xyxy, size) <= SLACK
    return fits


def _explained(group: TurnedImages) -> Explained | None:
    if group.contradicts:
        return Explained(_PLACES, image=group.image)
    return Explained(("IMG003",), image=group.image) if group.stated is Frame.SHOWN else None


def _evidence(audit: AuditContext, group: TurnedImages) -> str:
    count = int(np.isin(audit.dataset.boxes.image, group.image).sum())
    if group.drawn is Frame.UNKNOWN:
        if not count:
            return "no boxes"
        return "the boxes do not tell on which picture they were drawn"
    votes = group.only_stored if group.drawn is Frame.STORED else group.only_shown
    fit = f"{part_of(votes, count, 'box', 'boxes')} {agreeing(votes, 'fit')} only"
    picture = {Frame.STORED: "the stored picture", Frame.SHOWN: "the picture as it is shown"}
    words = f"{fit} {picture[group.drawn]}"
    if not group.contradicts:
        return f"{words}: use what opens it so, or strip the tag"
    other = {Frame.STORED: "stored", Frame.SHOWN: "shown"}[group.stated]
    return f"{words}, but the size is that of the {other} one"


def _fix(audit: AuditContext, group: TurnedImages) -> Fix | None:
    dataset = audit.dataset
    box = np.flatnonzero(np.isin(dataset.boxes.image, group.image) & audit.derived.in_range)
    outlined = np.isin(box, dataset.masks.box).any() or np.isin(box, dataset.keypoints.box).any()
    has_size = "size" in dataset.facts.image_fields
    if has_size and (outlined or group.drawn is Frame.STORED):
        size = audit.headers.size[group.image]
        size = size if group.drawn is Frame.STORED else size[:, ::-1]
        rows = group.image.tolist()
        fixes = settings(RecordType.IMAGE, rows, "size", size.tolist(), Safety.UNSAFE)
    elif outlined:
        return None
    else:
        fixes = moves(box.tolist(), _turned(audit, group, box), Safety.UNSAFE)
    return Fix("together", Safety.UNSAFE, RecordType.FILE, MISSING, {"fixes": tuple(fixes)})


def _turned(audit: AuditContext, group: TurnedImages, box: Ints) -> Floats:
    """The corners of boxes on the picture whose size is stated, (n, 4)."""
    turn = stored_from_shown if group.stated is Frame.STORED else shown_from_stored
    boxes = audit.dataset.boxes
    return turn(boxes.xyxy[box], audit.headers.size[boxes.image[box]], group.orientation)
