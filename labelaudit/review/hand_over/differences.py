"""What a person changed in a tool: the labels that came back beside those that were handed over."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.io.labelling_tools.tasks import Corners, FinishedBox, LabelBox
from labelaudit.review.hand_over.sheets import SAME, same_place

NEAR = 0.5
"""Overlap from which a box without a key is taken for the one that it was; as for COCO's AP50."""


@dataclass(frozen=True)
class BoxChange:
    """What became of a label; nothing, if neither is given and it is not gone."""

    gone: bool = False
    label: str | None = None  # the new class
    xyxy: Corners | None = None  # the new corners
    answer: str = ""  # of the person, to what is found about it

    @property
    def aspects(self) -> frozenset[str]:
        """What of the label is another: its class, its place; both, if it is gone."""
        named = {"class": self.label is not None, "place": self.xyxy is not None}
        return frozenset(key for key, yes in named.items() if yes or self.gone)


@dataclass
class Differences:
    """What a person changed in an image."""

    changes: dict[str, BoxChange] = field(default_factory=dict)  # by the key of the label
    added: list[FinishedBox] = field(default_factory=list)
    odd: list[FinishedBox] = field(default_factory=list)  # that cannot be read as boxes
    held: bool = False  # whether a label that one of these may be was taken to be there still

    @property
    def is_same(self) -> bool:
        """Whether nobody changed anything."""
        return not (self.added or self.odd or any(one.aspects for one in self.changes.values()))


def differences(
    before: Sequence[LabelBox], after: Sequence[FinishedBox], about: Mapping[str, str]
) -> Differences:
    """What changed from the labels that were handed over to those that came back.

    A box is known by its class and place, if it is the same, also where keys were given anew; else
    by its key; else by a proposal that the tool holds together with it; else by its overlap with
    what is left, from `NEAR` on, if each is the nearest to the other. What is known by nothing was
    added, and a label that nothing is known to be is gone, unless something that cannot be read as
    a box lies where it was.

    Parameters
    ----------
    before:
        (n,) labels of an image.
    after:
        (m,) boxes in the tool.
    about:
        the key of the label that a proposal is about, by fingerprint.
    """
    found = Differences(odd=[box for box in after if box.odd])
    left = {box.key: box for box in before}
    rest = [box for box in after if not box.odd]
    matched: dict[str, FinishedBox] = {}
    for pairs in (_by_equality, _by_key, _by_proposal, _by_overlap):
        taken: set[int] = set()
        for key, box in list(pairs(left, rest, about)):
            if key in left and id(box) not in taken:
                matched[key] = box
                taken.add(id(box))
                del left[key]
        rest = [box for box in rest if id(box) not in taken]
    kept = {key for box in found.odd for key in _may_be(box, left, about)}
    found.held = bool(kept)
    for one in before:
        if one.key in matched:
            found.changes[one.key] = _change(one, matched[one.key])
        elif one.key not in kept:  # what cannot be read is not gone
            found.changes[one.key] = BoxChange(gone=True)
    found.added = rest
    return found


Pairs = Iterable[tuple[str, FinishedBox]]


def _about(box: FinishedBox, about: Mapping[str, str]) -> list[str]:
    return [about[fingerprint] for fingerprint in box.beside if fingerprint in about]


def _by_key(
    left: Mapping[str, LabelBox], rest: Sequence[FinishedBox], _: Mapping[str, str]
) -> Pairs:
    """Boxes with a key; of copies, which have one key, first what nobody changed."""
    keyed = [(box.key, box) for box in rest if box.key is not None and box.key in left]
    return sorted(keyed, key=lambda pair: bool(_change(left[pair[0]], pair[1]).aspects))


def _may_be(
    box: FinishedBox, left: Mapping[str, LabelBox], about: Mapping[str, str]
) -> Iterable[str]:
    """The labels that something may be which cannot be read as a box."""
    own = [] if box.key is None else [box.key]
    if known := [key for key in (*own, *_about(box, about)) if key in left]:
        return known
    if box.around is None:
        return left if box.key is None else []  # with a key it is one that was drawn
    here = np.array([box.around])
    return [key for key, one in left.items() if iou(here, np.array([one.xyxy]))[0] > 0]


def _by_equality(
    left: Mapping[str, LabelBox], rest: Sequence[FinishedBox], _: Mapping[str, str]
) -> Pairs:
    """Boxes that nobody changed; of labels that are alike, first that of the box's own key."""
    columns: dict[tuple[str, int], list[str]] = {}
    for key, one in left.items():
        columns.setdefault((one.label, math.floor(one.xyxy[0])), []).append(key)
    same: list[tuple[str, FinishedBox]] = []
    for box in rest:
        if box.xyxy is None:
            continue
        off = max(SAME, box.within[0])
        first, last = math.floor(box.xyxy[0] - off), math.floor(box.xyxy[0] + off)
        for column in range(first, last + 1):
            keys = columns.get((box.label, column), ())
            same += [(k, box) for k in keys if same_place(box.xyxy, left[k].xyxy, box.within)]
    return sorted(same, key=lambda pair: pair[0] != pair[1].key)


def _by_proposal(
    left: Mapping[str, LabelBox], rest: Sequence[FinishedBox], about: Mapping[str, str]
) -> Pairs:
    return [(key, box) for box in rest for key in _about(box, about) if key in left]


def _by_overlap(
    left: Mapping[str, LabelBox], rest: Sequence[FinishedBox], _: Mapping[str, str]
) -> Pairs:
    keys, free = list(left), [box for box in rest if box.xyxy and box.key is None]
    if not keys or not free:
        return []
    overlap = np.array(
        [
            iou(np.tile([left[key].xyxy], (len(free), 1)), np.array([box.xyxy for box in free]))
            for key in keys
        ]
    )
    return [
        (key, free[best])
        for row, key in enumerate(keys)
        for best in [int(overlap[row].argmax())]
        if overlap[row, best] >= NEAR and int(overlap[:, best].argmax()) == row
    ]


def _change(before: LabelBox, after: FinishedBox) -> BoxChange:
    """How a box differs from the label that it was."""
    moved = after.xyxy is not None and not same_place(before.xyxy, after.xyxy, after.within)
    return BoxChange(
        label=after.label if after.label != before.label else None,
        xyxy=after.xyxy if moved else None,
        answer=after.answer,
    )
