from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Severity
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Share
from labelaudit.auditing.sources.box_sources import BoxSources
from labelaudit.core.columns import Ints
from labelaudit.dataset.groups import folders
from labelaudit.rules.src.chances import odds, power_of_chance
from labelaudit.rules.src.evidence import sourced


@rule(
    "SRC004",
    "class-unused-by-source",
    message="{source} has no {class_name} in {images:,} images, where others would have one in "
    "{expected:.0f} (by chance: 1 of {odds})",
    severity=Severity.WARNING,
    needs=(Need.SOURCES, Need.WHO),
)
def class_unused_by_source(audit: AuditContext, *, max_p: Share = 0.001) -> Found:
    """A class that an annotator, batch or file never uses, where others use it often.

    Why it hurts: the objects are there, without a label or under another class. For the detector
    they are background, so it is taught to overlook them. Somebody worked by an older list of
    classes, or takes two for one.

    Compared is in how many images of others the class is. Where images lie in several folders, only
    those of folders with images of others as well, each folder by itself: that a folder of cats has
    no dogs is no error of whoever labelled it. The chance is that of Fisher's exact test, times the
    number of classes and sources that are compared (Bonferroni). Frames of one video count each, so
    that nothing of the kind may have come by.

    Settings:
        max_p: largest chance of that, exclusive.

    Why this default: a choice; with ten classes and three annotators it takes 20 images of one,
    where others have the class in half of their 40.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> both = {f"{n}.jpg": ["car 10 10 40 40", "bus 50 50 90 90"] for n in range(30)}
        >>> cars = {f"{n}.png": ["car 10 10 40 40"] for n in range(30)}
        >>> buses = {f"{n}.png": ["car 10 10 40 40", "bus 40 50 80 90"] for n in range(30)}
        >>> wrong = drawn_by({"a": both, "b": cars})
        >>> right = drawn_by({"a": both, "b": buses})
        >>> print(before_and_after(class_unused_by_source, wrong, right))
        Found: annotator b has no bus in 30 images, where others would have one in 30 (by chance: 1
            of 10^16)
        labels.json, wrong (-) and right (+):
          {"id": 61, "image_id": 31, "category_id": 1, "bbox": [10, 10, 30, 30], "annotator": "b"}
        - {"id": 62, "image_id": 32, "category_id": 1, "bbox": [10, 10, 30, 30], "annotator": "b"}
        - {"id": 63, "image_id": 33, "category_id": 1, "bbox": [10, 10, 30, 30], "annotator": "b"}
        - (and 27 more)
        + {"id": 62, "image_id": 31, "category_id": 2, "bbox": [40, 50, 40, 40], "annotator": "b"}
        + {"id": 63, "image_id": 32, "category_id": 1, "bbox": [10, 10, 30, 30], "annotator": "b"}
        + (and 57 more)

    There is no fix: look for the class in images of the source; a model asked with --detector finds
    what is missing.
    """
    sources = audit.sources
    if sources is None:
        return found(category=[])
    told = list(_unused(audit, sources, max_p))
    names, classes = audit.dataset.class_names, audit.derived.classes
    return found(
        category=[names.index(classes[one.label]) for one in told],
        source=[sources.words(one.source) for one in told],
        images=[one.images for one in told],
        expected=[one.expected for one in told],
        odds=[odds(one.power) for one in told],
    )


def _unused(audit: AuditContext, sources: BoxSources, max_p: float) -> Iterator[_Unused]:
    """Each source with a class that it never uses, though others do."""
    used = _Images.of(audit, sources)
    tests = max(1, len(audit.derived.classes) * len(sources.names))
    for label in range(len(audit.derived.classes)):
        with_it = used.with_class(label)
        for one in np.flatnonzero(
            (with_it.sum(axis=0) == 0) & (used.images.sum(axis=0) > 0)
        ).tolist():
            mine = used.images[:, one]
            others = used.images.sum(axis=1) - mine
            theirs = with_it.sum(axis=1)
            shared = (mine > 0) & (others > 0) & (theirs > 0)
            power = power_of_chance(mine[shared], others[shared], theirs[shared]) + math.log10(
                tests
            )
            if shared.any() and power < math.log10(max_p):
                expected = float((mine[shared] * theirs[shared] / others[shared]).sum())
                yield _Unused(one, label, int(mine[shared].sum()), expected, power)


@dataclass(frozen=True)
class _Unused:
    source: int
    label: int
    images: int  # of the source, in folders with images of others that have the class
    expected: float  # of them, that would have the class
    power: float  # of ten, of the chance


@dataclass(frozen=True, eq=False)
class _Images:
    """How many images each source has in each folder."""

    images: Ints  # (folders, sources) with a box of the source
    cells: Ints  # folder and source of each image with a box of a class, as one number
    label: Ints  # the class of each

    @classmethod
    def of(cls, audit: AuditContext, sources: BoxSources) -> _Images:
        """Counted from boxes; an image may be of several sources."""
        box = np.flatnonzero(sourced(audit, sources))
        image, source = audit.dataset.boxes.image[box].astype(np.int64), sources.box[box]
        names: dict[str, int] = {}
        of_image = [names.setdefault(name, len(names)) for name in folders(audit.dataset)]
        count = len(sources.names)
        cell = np.array(of_image, np.int64)[image] * count + source
        label = audit.derived.box_class[box].astype(np.int64)
        # An image counts once for each source, and once for each of its classes.
        by_source = np.unique(np.column_stack([image, cell]), axis=0)
        by_class = np.unique(np.column_stack([image, cell, label]), axis=0)
        images = np.bincount(by_source[:, 1], minlength=len(names) * count)
        return cls(images.reshape(-1, count), by_class[:, 1], by_class[:, 2])

    def with_class(self, label: int) -> Ints:
        """Those of them with a class, (folders, sources)."""
        cells = self.cells[self.label == label]
        return np.bincount(cells, minlength=self.images.size).reshape(self.images.shape)
