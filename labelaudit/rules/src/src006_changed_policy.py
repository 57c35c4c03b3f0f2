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
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.groups import folders
from labelaudit.dataset.times import in_words
from labelaudit.rules.src.chances import odds, power_of_chance


@rule(
    "SRC006",
    "changed-policy",
    message="{class_name} is in {with_it:,} of {there:,} {scenes} that were labelled {when}, and "
    "in none of {here:,} {others} (by chance: 1 of {odds})",
    severity=Severity.INFO,
    needs=Need.TIMES,
)
def changed_policy(audit: AuditContext, *, max_p: Share = 0.001) -> Found:
    """A class that was labelled until some day and never since, or never before some day.

    Why it hurts: somebody changed what is to be labelled, and what was labelled before is as it
    was. In one part of the images the objects have no label, or that of another class, so the
    detector is taught to overlook them.

    It takes labels that say when they were drawn, by a field called as those of annotation tools
    are: `created_at`, `annotated_at` and the like. Images are put in that order, frames of one
    recording counting once, and an image without any label has no time. Where images lie in several
    folders, only those of folders that were labelled before and after count. The chance is that of
    Fisher's exact test, times the number of days and classes that are compared (Bonferroni). It is
    worth an info only: who labels summer after winter stops to label snow. Whether boxes became
    wider is told by `--by created_at`, which compares months.

    Settings:
        max_p: largest chance of that, exclusive.

    Why this default: a choice, as in class-unused-by-source.

    Example:
        >>> from labelaudit.testing import before_and_after, drawn_by
        >>> both = [(f"{n}.jpg", ["car 10 10 40 40", "bus 50 50 90 90"]) for n in range(60)]
        >>> cars = [(name, boxes[:1]) for name, boxes in both]
        >>> days = [f"2024-0{1 + n // 20}-{1 + n % 20:02}" for n in range(60)]
        >>> wrong = {day: dict([some]) for day, some in zip(days, both[:30] + cars[30:])}
        >>> right = {day: dict([some]) for day, some in zip(days, both)}
        >>> wrong, right = (drawn_by(one, field="created_at") for one in (wrong, right))
        >>> print(before_and_after(changed_policy, wrong, right))
        Found: bus is in 30 of 30 images that were labelled until 2024-02-10, and in none of 30
            since (by chance: 1 of 10^15)
        labels.json, wrong (-) and right (+):
          {"id": 61, "image_id": 31, "category_id": 1, "bbox": [10, 10, 30, 30], "created_at":
            "2024-02-11"}
        - {"id": 62, "image_id": 32, "category_id": 1, "bbox": [10, 10, 30, 30], "created_at":
            "2024-02-12"}
        - {"id": 63, "image_id": 33, "category_id": 1, "bbox": [10, 10, 30, 30], "created_at":
            "2024-02-13"}
        - (and 27 more)
        + {"id": 62, "image_id": 31, "category_id": 2, "bbox": [50, 50, 40, 40], "created_at":
            "2024-02-11"}
        + {"id": 63, "image_id": 32, "category_id": 1, "bbox": [10, 10, 30, 30], "created_at":
            "2024-02-12"}
        + (and 57 more)

    There is no fix: look for the class in the images of the other time; a model asked with
    --detector finds what is missing.
    """
    if audit.times is None:
        return found(category=[])
    told = list(_changes(audit, audit.times, max_p))
    names, classes = audit.dataset.class_names, audit.derived.classes
    return found(
        category=[names.index(classes[one.label]) for one in told],
        with_it=[one.with_it for one in told],
        there=[one.there for one in told],
        here=[one.here for one in told],
        scenes=[one.scenes for one in told],
        when=[f"{'from' if one.appears else 'until'} {in_words(one.time)}" for one in told],
        others=["before" if one.appears else "since" for one in told],
        odds=[odds(one.power) for one in told],
    )


@dataclass(frozen=True)
class _Change:
    label: int
    appears: bool  # it was labelled from `time` on, and never before; else until it, never after
    time: float  # of the first, or of the last scene with the class
    with_it: int  # scenes with the class
    there: int  # scenes of that time
    here: int  # scenes of the other time
    scenes: str  # what these are, in words
    power: float  # of ten, of the chance


@dataclass(frozen=True, eq=False)
class _Scenes:
    """Images and recordings with labels of a known time."""

    time: Floats  # (s,) of the last label of each
    folder: Ints  # (s,)
    scene: Ints  # (p,) pairs of a scene and a class that it has, each once
    label: Ints  # (p,)
    words: str

    @classmethod
    def of(cls, audit: AuditContext, times: Floats) -> _Scenes:
        boxes, derived = audit.dataset.boxes, audit.derived
        known = np.isfinite(times) & (boxes.image != MISSING) & derived.is_valid
        box = np.flatnonzero(known & (derived.box_class != MISSING))
        recording = audit.recordings.group
        own = np.arange(len(recording)) + len(audit.recordings)  # numbers of single images
        scene_of = np.where(recording == MISSING, own, recording)
        numbers, scene = np.unique(scene_of[boxes.image[box]], return_inverse=True)
        time = np.full(len(numbers), -np.inf)
        np.maximum.at(time, scene, times[box])
        place: dict[str, int] = {}
        folder_of = [place.setdefault(name, len(place)) for name in folders(audit.dataset)]
        folder = np.zeros(len(numbers), np.int64)
        folder[scene] = np.array(folder_of, np.int64)[boxes.image[box]]
        pairs = np.unique(np.column_stack([scene, derived.box_class[box]]), axis=0).reshape(-1, 2)
        single = bool((numbers >= len(audit.recordings)).all())
        words = "images" if single else "images and recordings"
        return cls(time, folder, pairs[:, 0], pairs[:, 1].astype(np.int64), words)


def _changes(audit: AuditContext, times: Floats, max_p: float) -> Iterator[_Change]:
    """The classes that are labelled until some time only, and those from some time on only."""
    scenes = _Scenes.of(audit, times)
    if not len(scenes.time):
        return
    comparisons = 2 * len(np.unique(scenes.time)) * len(audit.derived.classes)
    for label in np.unique(scenes.label).tolist():
        has_it = np.zeros(len(scenes.time), bool)
        has_it[scenes.scene[scenes.label == label]] = True
        for appears in (False, True):
            time = float(scenes.time[has_it].min() if appears else scenes.time[has_it].max())
            there = scenes.time >= time if appears else scenes.time <= time
            counts = _counts(scenes.folder, there, has_it)
            power = power_of_chance(*counts) + math.log10(comparisons)
            here, at_its_time, with_it = (int(one.sum()) for one in counts)
            if here and power < math.log10(max_p):
                yield _Change(label, appears, time, with_it, at_its_time, here, scenes.words, power)


def _counts(folder: Ints, there: Bools, has_it: Bools) -> tuple[Ints, Ints, Ints]:
    """Scenes of the other time, of the time of a class, and with the class, folder by folder.

    Of folders with scenes of both times and with the class.
    """
    size = int(folder.max()) + 1
    here, at_its_time, with_it = (
        np.bincount(folder[which], minlength=size) for which in (~there, there, has_it)
    )
    shared = (here > 0) & (at_its_time > 0) & (with_it > 0)
    return here[shared], at_its_time[shared], with_it[shared]
