"""Images of a dataset as a labelling tool gets them, and findings as what would change there.

What is handed over is worked out again when it comes back, so that only differences count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from labelaudit.auditing.findings import Fix
from labelaudit.auditing.findings_file import Lookup, View, encoded
from labelaudit.auditing.fixes import KINDS
from labelaudit.core.columns import MISSING, Ints
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.labelling_tools.tasks import EXACT, Corners, LabelBox, Proposal, one_line

SAME = 0.01
"""Pixels by which corners may differ that nobody moved.

CVAT exports hundredths of a pixel, which moves a corner by up to 0.005; per cent and fractions
return to within 1e-9. The least that a person moves a box by is a pixel of a screen: at the
strongest zoom of these tools, some thirtyfold, 0.03.
"""


_HAIR = 1 + 1e-6  # what lies halfway between two numbers is rounded by half a unit and a hair


def same_place(first: Corners, second: Corners, within: Corners = EXACT) -> bool:
    """Whether two boxes are one that nobody moved.

    Parameters
    ----------
    first, second:
        corners in pixels.
    within:
        pixels by which each corner may be off, because somebody rounded it.
    """
    sides = zip(first, second, within, strict=True)
    return all(abs(a - b) <= max(SAME, off * _HAIR) for a, b, off in sides)


@dataclass(frozen=True)
class SaidBeside:
    """What was said beside the last decision about a finding."""

    note: str = ""
    expert: bool = False  # whether an expert is to decide
    by: str = ""


@dataclass(frozen=True)
class HandedFinding:
    """A finding as a labelling tool gets it, with the rows that it is about."""

    proposal: Proposal
    image: int  # row in Images
    box: int  # row in Boxes; MISSING: an object without a label, or the image
    other: str | None = None  # the key of the label that this one is compared with
    other_box: int = MISSING  # its row in Boxes
    known_notes: frozenset[str] = frozenset()  # that its decisions have, each in one line

    @property
    def aspects(self) -> frozenset[str]:
        """What of a label it is about: its class, its place; both, where it says neither."""
        named = {"class": self.proposal.relabels, "place": self.proposal.moves}
        return frozenset(key for key, yes in named.items() if yes) or frozenset(named)


class Sheets:
    """The images of a dataset, each with the labels that a tool can show."""

    def __init__(self, dataset: Dataset) -> None:
        self.dataset = dataset
        self.class_names = dataset.class_names
        self._view, self._lookup = View(dataset), Lookup(dataset)
        boxes = dataset.boxes
        shown = np.isfinite(boxes.xyxy).all(axis=1)
        shown &= (boxes.label != MISSING) & (boxes.image != MISSING)
        self.hidden = int(len(boxes) - shown.sum())  # labels that no tool can show
        rows = np.flatnonzero(shown)
        order = rows[np.argsort(boxes.image[rows], kind="stable")]
        starts = np.searchsorted(boxes.image[order], np.arange(len(dataset.images) + 1))
        self._order, self._starts = order, starts
        self._keys: dict[str, int] | None = None
        self._names: dict[str, list[int]] = {}

    def rows(self, image: int) -> Ints:
        """The rows in Boxes of the labels of an image that are shown, ascending."""
        found: Ints = self._order[self._starts[image] : self._starts[image + 1]]
        return found

    def boxes(self, image: int) -> tuple[LabelBox, ...]:
        """The labels of an image that are shown."""
        return tuple(
            LabelBox(f"box-{number}", self.class_names[self.dataset.boxes.label[row]], place)
            for number, row in enumerate(self.rows(image).tolist())
            for place in [self.corners(row)]
        )

    def corners(self, box: int) -> Corners:
        """The corners of a label, in pixels."""
        left, top, right, bottom = self.dataset.boxes.xyxy[box].tolist()
        return left, top, right, bottom

    def mark(self, image: int) -> str:
        """What changes when a label of an image that is shown does."""
        labels = [[box.label, *(f"{side:.2f}" for side in box.xyxy)] for box in self.boxes(image)]
        return hashlib.blake2b(encoded(labels), digest_size=8).hexdigest()

    def key(self, image: int) -> str:
        """A name of an image that no other has, also where several bear one.

        It ends in what the labels call the image, by which it is found when records have moved.
        """
        place = self._view.record(RecordType.IMAGE, image)
        return f"{place['source']}:{place['record']}:{self.dataset.images.name[image]}"

    def image(self, key: str | None, name: str) -> int | None:
        """The row of an image by its key; else by its name, if only one is called so.

        Parameters
        ----------
        key:
            as it was handed over; None if nobody knows any more.
        name:
            of the image, as the tool has it.
        """
        if self._keys is None:
            self._keys = {self.key(row): row for row in range(len(self.dataset.images))}
            self._names = {}
            for row, one in enumerate(self.dataset.images.name.tolist()):
                self._names.setdefault(one, []).append(row)
        if key in self._keys:
            return self._keys[key]
        behind = (key or "").split(":")[2:]  # a name may hold some, too
        for words, separator in ((behind, ":"), (name.replace("\\", "/").split("/"), "/")):
            for first in range(len(words)):
                if rows := self._names.get(separator.join(words[first:])):
                    return rows[0] if len(rows) == 1 else None
        return None

    def splits(self, image: int) -> tuple[str, ...]:
        """The splits that an image is in."""
        members = self.dataset.split_members
        here = members.split[members.image == image].tolist()
        return tuple(dict.fromkeys(self.dataset.splits[split] for split in here))

    def handed(
        self,
        entry: Mapping[str, Any],
        said: SaidBeside = SaidBeside(),
        known_notes: Iterable[str] = (),
    ) -> HandedFinding | None:
        """A finding of the queue with what would change; None if it is about no image.

        Parameters
        ----------
        entry:
            of the queue.
        said:
            beside the last decision about it.
        known_notes:
            of all decisions about it.

        Raises
        ------
        LookupError, ValueError
            if it is not about the labels as they are.
        """
        found = self._lookup.finding(dict(entry))
        box, image, fix = int(found["box"]), int(found["image"]), found["fix"]
        if image == MISSING:
            return None
        plain = fix is not None and fix.part is RecordType.BOX
        about = bool(plain and box != MISSING and fix.row == box)
        adds = bool(plain and KINDS[fix.kind].adds_box)
        kind = KINDS[fix.kind] if about or adds else None
        relabels = bool(kind and not adds and "label" in kind.values)
        moves = bool(kind and not adds and "xyxy" in kind.values)
        probability = entry.get("probability")
        proposal = Proposal(
            fingerprint=entry["fingerprint"],
            code=entry["code"],
            name=entry["name"],
            message=entry["message"],
            words=_words(entry),
            probability=probability,
            doubt=entry.get("doubt", probability),
            label=self._label(box, fix if adds or relabels else None),
            xyxy=self._place(box, fix if adds or moves else None),
            box=self._box_key(image, box),
            adds=adds,
            drops=bool(kind and kind.removes),
            relabels=relabels,
            moves=moves,
            note=said.note,
            expert=said.expert,
            noted_by=said.by,
        )
        other = int(found["other"])
        key = self._box_key(image, other) if other != MISSING else None
        known = frozenset(map(one_line, known_notes))
        return HandedFinding(proposal, image, MISSING if adds else box, key, other, known)

    def _label(self, box: int, fix: Fix | None) -> str:
        label = int(fix.values["label"]) if fix else MISSING
        if label == MISSING and box != MISSING:
            label = int(self.dataset.boxes.label[box])
        return self.class_names[label] if label != MISSING else ""

    def _place(self, box: int, fix: Fix | None) -> Corners | None:
        if fix is not None:
            left, top, right, bottom = (float(side) for side in fix.values["xyxy"])
            return left, top, right, bottom
        if box == MISSING or not np.isfinite(self.dataset.boxes.xyxy[box]).all():
            return None
        return self.corners(box)

    def _box_key(self, image: int, box: int) -> str | None:
        rows = self.rows(image)
        at = int(np.searchsorted(rows, box))
        return f"box-{at}" if at < len(rows) and rows[at] == box else None


def _words(entry: Mapping[str, Any]) -> str:
    """What a finding proposes, in short."""
    fix = entry["fix"]
    return KINDS[fix["kind"]].said(fix["changes"]) if fix and fix["kind"] in KINDS else ""
