"""Decisions from a labelling tool into the queue: all of an export, or none of it.

What is there already counts once: a reviewer who says again what they said last changes nothing.
Decisions of others stay on record; where they differ the last one counts, as it does everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.labelling_tools.tasks import (
    Corners,
    Finished,
    FinishedBox,
    FinishedTask,
    one_line,
)
from labelaudit.review.hand_over.assign import check_current
from labelaudit.review.hand_over.differences import BoxChange, Differences, differences
from labelaudit.review.hand_over.sheets import SAME, HandedFinding, Sheets
from labelaudit.review.hand_over.verdicts import Judgement, meant
from labelaudit.review.hand_over.written import Fixes, KnownItems, Maker, Said, TakenBack, write
from labelaudit.review.queue.decisions import LONGEST_NOTE
from labelaudit.review.queue.items import Verdict
from labelaudit.review.queue.manual_boxes import (
    added_entry,
    added_fixes,
    changed_entry,
    own_fixes,
)
from labelaudit.review.queue.new_classes import with_named_classes
from labelaudit.review.queue.ranking import rank
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue, checked_reviewer, stamped


class UnusableEditError(FormatError):
    """Something drawn in a tool that no label of the dataset can be."""


def take_back(queue: Queue, dataset: Dataset, finished: Finished, *, reviewer: str) -> TakenBack:
    """Take what people did in a tool into the queue.

    Parameters
    ----------
    queue:
        whose findings were handed over.
    dataset:
        that they are about.
    finished:
        the export of the tool.
    reviewer:
        who decided, where the tool does not say.

    Raises
    ------
    FixError
        if the labels changed since they were scanned into the queue.
    FormatError
        if nothing in the export was handed over, or nothing of this queue.
    """
    checked_reviewer(reviewer)
    check_current(queue, dataset)
    if not any(map(_is_handed, finished.tasks)):
        raise FormatError(
            "nothing in it was handed over by labelaudit queue export, or the tool has not kept "
            "it: the class of proposals needs all of its attributes"
        )
    taken = TakenBack(unclear=list(map(one_line, finished.unclear)))
    sheets = Sheets(with_named_classes(queue, dataset))
    with queue.writing() as database:
        marks = list(dict.fromkeys(mark for task in finished.tasks for mark in _handed(task)))
        known = KnownItems.of(database, marks)
        if marks and not known.items:
            raise FormatError(
                f"the queue has none of the {len(marks):,} findings that were handed over with it: "
                "it is of another queue, or of an older scan; import it into that queue"
            )
        taker = _Taker(queue.clock(), known, sheets, taken)
        for task in finished.tasks:
            taker.take(task, reviewer)
        write(database, queue, taker.said, taken)
        rank(database)
    return taken


def _handed(task: FinishedTask) -> Sequence[str]:
    """The fingerprints of what was handed over with an image."""
    return list(dict.fromkeys([*(task.given or ()), *(one.fingerprint for one in task.proposals)]))


def _is_handed(task: FinishedTask) -> bool:
    """Whether anything says that an image was handed over."""
    return bool(task.key or task.mark or task.proposals)


@dataclass
class _Taker:
    """One import, within a transaction."""

    now: float  # seconds since 1970
    known: KnownItems
    sheets: Sheets
    taken: TakenBack
    said: list[Said] = field(default_factory=list)

    def take(self, task: FinishedTask, reviewer: str) -> None:
        """Take in what one person made of one image.

        Parameters
        ----------
        task:
            the image.
        reviewer:
            who it was, if the tool does not say.
        """
        image = self.sheets.image(task.key, task.name)
        if not _is_handed(task):
            self._not_handed(task, image)
            return
        if image is None:
            self._unclear(task, "no image of the dataset, or several, bears this name")
            return
        try:
            who = checked_reviewer(task.reviewer or reviewer)
        except QueueError as error:
            self._unclear(task, f"made by {task.reviewer!r}: {error}: mend the name in the export")
            return
        task = self._with_known_classes(task)
        self.taken.images += 1
        handed_findings = dict(self._outcomes(task, image))
        found = self._differences(task, image, handed_findings)
        here = meant(task, handed_findings, found)
        self.taken.open += here.open
        for line in here.unclear:
            self._unclear(task, line)
        maker = Maker(who, self._at(task), task.place)
        for judged in here.judgements:
            self._tried(task, self._judge, judged, image, maker)
        for key, change in here.changes.items():
            self._tried(task, self._change, self._row(image, key), change, maker)
        for box in here.added:
            self._tried(task, self._add, image, box, maker)

    def _not_handed(self, task: FinishedTask, image: int | None) -> None:
        """Say so of an image that the tool had otherwise, if its labels there are others."""
        if image is not None and task.boxes is not None:
            task = self._with_known_classes(task)
            found = differences(self.sheets.boxes(image), task.boxes or (), {})
            if found.is_same:
                return
        self._unclear(
            task, "it was not handed over, or the tool has not kept what says so: nothing is taken"
        )

    def _with_known_classes(self, task: FinishedTask) -> FinishedTask:
        """An image with its classes as the dataset writes them: tools drop blanks around names."""
        known = self._known_class
        boxes = task.boxes and tuple(replace(box, label=known(box.label)) for box in task.boxes)
        proposals = tuple(
            replace(one, label=known(one.label)) if one.label else one for one in task.proposals
        )
        return replace(task, boxes=boxes, proposals=proposals)

    def _unclear(self, task: FinishedTask, line: str) -> None:
        self.taken.unclear.append(one_line(f"{task.place}: {line}"))

    def _tried(self, task: FinishedTask, take: Callable[..., None], *arguments: object) -> None:
        """Take something in, or say why it cannot be."""
        try:
            take(*arguments)
        except UnusableEditError as error:
            self._unclear(task, str(error))

    def _at(self, task: FinishedTask) -> str:
        """When it was done: now, if the tool does not say or its clock is ahead."""
        return stamped(self.now if task.at is None else min(task.at, self.now))

    @cached_property
    def _classes(self) -> Mapping[str, str]:
        """Names of classes by what they are without blanks around them, if that is one alone."""
        plain: dict[str, list[str]] = {}
        for name in dict.fromkeys(self.sheets.class_names):
            plain.setdefault(name.strip(), []).append(name)
        alone = {short: names[0] for short, names in plain.items() if len(names) == 1}
        return alone | {name: name for name in self.sheets.class_names}

    def _known_class(self, name: str) -> str:
        return self._classes.get(name) or self._classes.get(name.strip()) or name

    def _outcomes(self, task: FinishedTask, image: int) -> Iterator[tuple[str, HandedFinding]]:
        """The findings that were handed over with an image, as far as the queue has them."""
        for fingerprint in _handed(task):
            item = self.known.items.get(fingerprint)
            if item is None:
                self._unclear(task, f"the queue has no finding {fingerprint}")
                continue
            notes = self.known.notes.get(fingerprint, ())
            try:
                handed = (
                    None if item.obsolete else self.sheets.handed(item.entry, known_notes=notes)
                )
            except (LookupError, TypeError, ValueError):
                handed = None
            if handed is None:
                self._unclear(task, f"the last scan has not found {fingerprint}")
            elif handed.image != image:
                self._unclear(task, f"the finding {fingerprint} is about another image")
            else:
                yield fingerprint, handed

    def _differences(
        self, task: FinishedTask, image: int, handed_findings: Mapping[str, HandedFinding]
    ) -> Differences | None:
        """What changed in an image; None, which is told, where nobody can know."""
        why = ""
        if task.boxes is None:
            why = "the export does not have its labels"
        elif task.mark is None:
            why = "the tool has not kept which labels were handed over"
        elif task.mark != self.sheets.mark(image):
            why = "its labels have changed since they were handed over"
        if task.boxes is None or why:
            self._unclear(
                task,
                f"{why}: only what was said of findings is taken, not what was done to boxes",
            )
            return None
        about = {
            fingerprint: handed.proposal.box
            for fingerprint, handed in handed_findings.items()
            if handed.proposal.box is not None
        }
        return differences(self.sheets.boxes(image), task.boxes, about)

    def _row(self, image: int, key: str) -> int:
        return int(self.sheets.rows(image)[int(key.removeprefix("box-"))])

    def _judge(self, judged: Judgement, image: int, maker: Maker) -> None:
        """A verdict on a finding of a scan."""
        handed = judged.handed
        fixes: Fixes = ()
        if judged.verdict is Verdict.EDIT:
            box = handed.other_box if judged.other else handed.box
            fixes = self._fixes(judged, image, box)
        note = _checked(judged.note)
        what = handed.proposal.rule
        one = Said(judged.handed.proposal.fingerprint, judged.verdict, fixes, maker, what)
        self.said.append(replace(one, note=note, expert=judged.expert, removed=judged.removed))

    def _fixes(self, judged: Judgement | BoxChange, image: int, box: int) -> Fixes:
        """The fixes of an edit."""
        dataset = self.sheets.dataset
        if box == MISSING:
            if not judged.label or judged.xyxy is None:
                raise UnusableEditError("an object without a class or a place was edited")
            self._check(judged.xyxy)
            return added_fixes(dataset, image, self._label(judged.label), judged.xyxy)
        if judged.gone:
            return own_fixes(dataset, box)
        label = None if judged.label is None else self._label(judged.label)
        label = None if label == int(dataset.boxes.label[box]) else label
        xyxy = judged.xyxy
        with np.errstate(invalid="ignore"):
            if xyxy and (np.abs(dataset.boxes.xyxy[box] - xyxy) <= SAME).all():
                xyxy = None
        if xyxy is None and label is None:
            raise UnusableEditError(
                "an edit changes nothing; if the label is right, reject the finding"
            )
        if xyxy is not None:
            self._check(xyxy)
        return own_fixes(dataset, box, xyxy=xyxy, label=label)

    def _label(self, name: str) -> int:
        if name not in self.sheets.class_names:
            raise UnusableEditError(
                f"a box has the class {name!r}, which the dataset does not have; give it one that "
                "the dataset has, and import again"
            )
        return self.sheets.class_names.index(name)

    def _check(self, xyxy: Corners) -> None:
        if not (xyxy[0] < xyxy[2] and xyxy[1] < xyxy[3]):
            raise UnusableEditError("a box was drawn that has no inside")

    def _change(self, box: int, change: BoxChange, maker: Maker) -> None:
        """A label that no finding is about."""
        fixes = self._fixes(change, int(self.sheets.dataset.boxes.image[box]), box)
        entry = changed_entry(self.sheets.dataset, box)
        self._by_hand(entry, Verdict.EDIT, fixes, maker)

    def _add(self, image: int, box: FinishedBox, maker: Maker) -> None:
        """An object that no finding is about."""
        if box.xyxy is None:
            raise UnusableEditError("a box was drawn that is nowhere")
        self._check(box.xyxy)
        label = self._label(box.label)
        entry = added_entry(self.sheets.dataset, image, label, box.xyxy)
        self._by_hand(entry, Verdict.ACCEPT, (), maker)

    def _by_hand(
        self, entry: Mapping[str, Any], verdict: Verdict, fixes: Fixes, maker: Maker
    ) -> None:
        what = f"{entry['code']} {entry['name']}"
        self.said.append(Said(entry["fingerprint"], verdict, fixes, maker, what, entry))


def _checked(note: str | None) -> str:
    """A note as a decision can have it, without control characters; empty if there is none."""
    spaced = (" " if char.isspace() and char != "\n" else char for char in note or "")
    kept = "".join(char for char in spaced if char.isprintable() or char == "\n").strip()
    if len(kept) > LONGEST_NOTE:
        raise UnusableEditError(f"a note of {len(kept):,} characters; {LONGEST_NOTE:,} are most")
    return kept
