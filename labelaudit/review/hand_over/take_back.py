"""Decisions from a labelling tool into the queue: all of an export, or none of it.

What is there already counts once: a reviewer who says again what they said last changes nothing.
Decisions of others stay on record; where they differ the last one counts, as it does everywhere.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from labelaudit.auditing.findings_file import encoded
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FormatError
from labelaudit.io.labelling_tools.tasks import Corners, Finished, FinishedBox, FinishedTask
from labelaudit.review.hand_over.assign import check_current
from labelaudit.review.hand_over.differences import BoxChange, Differences, differences
from labelaudit.review.hand_over.sheets import SAME, HandedFinding, SaidBeside, Sheets
from labelaudit.review.hand_over.verdicts import Judgement, meant
from labelaudit.review.queue.database import Database
from labelaudit.review.queue.decisions import LONGEST_NOTE, Entry, append
from labelaudit.review.queue.items import Verdict, read_items
from labelaudit.review.queue.manual_boxes import (
    added_entry,
    added_fixes,
    changed_entry,
    own_fixes,
    take_in,
)
from labelaudit.review.queue.new_classes import with_named_classes
from labelaudit.review.queue.ranking import rank
from labelaudit.review.queue.schema import UnknownItemError
from labelaudit.review.queue.store import Queue, checked_reviewer, stamped

Fixes = Sequence[Mapping[str, Any]]  # Any: as in the fix list


@dataclass
class TakenBack:
    """What an export changed in the queue, and what of it did not."""

    images: int = 0
    reviewers: Counter[str] = field(default_factory=Counter)  # new decisions of each
    verdicts: Counter[Verdict] = field(default_factory=Counter)  # new ones, of findings of a scan
    removed: int = 0  # rejections of these by removing the proposal
    added: int = 0  # boxes that no finding was about
    changed: int = 0  # labels that no finding was about
    known: int = 0  # decisions that the queue had
    open: int = 0  # findings that nobody said anything about
    unclear: list[str] = field(default_factory=list)


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
        if nothing in the export was handed over.
    """
    check_current(queue, dataset)
    if not any(task.key or task.proposals for task in finished.tasks):
        raise FormatError(
            "nothing in it was handed over by labelaudit queue export, or the tool has not kept "
            "it: the class of proposals needs all of its attributes"
        )
    taken, sheets = (
        TakenBack(unclear=list(finished.unclear)),
        Sheets(with_named_classes(queue, dataset)),
    )
    with queue.writing() as database:
        taker = _Taker(queue, database, sheets, taken)
        for task in finished.tasks:
            taker.take(task, checked_reviewer(task.reviewer or reviewer))
        rank(database)
    return taken


@dataclass
class _Taker:
    """One import, within a transaction."""

    queue: Queue
    database: Database
    sheets: Sheets
    taken: TakenBack

    def take(self, task: FinishedTask, reviewer: str) -> None:
        """Take in what one person made of one image."""
        image = self.sheets.image(task.key, task.name)
        if image is None:
            self._unclear(task, "no image of the dataset, or several, bears this name")
            return
        self.taken.images += 1
        handed_findings = dict(self._outcomes(task, image))
        found = self._differences(task, image, handed_findings)
        here = meant(task, handed_findings, found)
        self.taken.open += here.open
        for line in here.unclear:
            self._unclear(task, line)
        maker = _Maker(reviewer, self._at(task))
        for judged in here.judgements:
            self._tried(task, self._judge, judged, image, maker)
        for key, change in here.changes.items():
            self._tried(task, self._change, self._row(image, key), change, maker)
        for box in here.added:
            self._tried(task, self._add, image, box, maker)

    def _unclear(self, task: FinishedTask, line: str) -> None:
        self.taken.unclear.append(f"{task.place}: {line}")

    def _tried(self, task: FinishedTask, take: Callable[..., None], *arguments: object) -> None:
        """Take something in, or say why it cannot be."""
        try:
            take(*arguments)
        except UnusableEditError as error:
            self._unclear(task, str(error))

    def _at(self, task: FinishedTask) -> str:
        """When it was done: now, if the tool does not say or its clock is ahead."""
        now = self.queue.clock()
        return stamped(now if task.at is None else min(task.at, now))

    def _outcomes(self, task: FinishedTask, image: int) -> Iterator[tuple[str, HandedFinding]]:
        """The findings that were handed over with an image, as far as the queue has them."""
        back = [one.fingerprint for one in task.proposals]
        for fingerprint in dict.fromkeys([*(task.given or ()), *back]):
            try:
                [item] = read_items(self.database, [fingerprint])
                notes = self._notes(fingerprint)
                handed = (
                    None if item.obsolete else self.sheets.handed(item.entry, known_notes=notes)
                )
            except UnknownItemError:
                self._unclear(task, f"the queue has no finding {fingerprint}")
                continue
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
        if task.mark is not None and task.mark != self.sheets.mark(image):
            self._unclear(
                task,
                "its labels have changed since they were handed over: only what was said of "
                "findings is taken, not what was done to boxes",
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

    def _judge(self, judged: Judgement, image: int, maker: _Maker) -> None:
        """A verdict on a finding of a scan."""
        handed = judged.handed
        fixes: Fixes = ()
        if judged.verdict is Verdict.EDIT:
            box = handed.other_box if judged.other else handed.box
            fixes = self._fixes(judged, image, box)
        said = SaidBeside(_checked(judged.note), judged.expert, maker.reviewer)
        if self._decide(handed.proposal.fingerprint, judged.verdict, fixes, maker, said):
            self.taken.verdicts[judged.verdict] += 1
            self.taken.removed += judged.removed

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
                f"a box has the class {name!r}, which the dataset does not have"
            )
        return self.sheets.class_names.index(name)

    def _check(self, xyxy: Corners) -> None:
        if not (xyxy[0] < xyxy[2] and xyxy[1] < xyxy[3]):
            raise UnusableEditError("a box was drawn that has no inside")

    def _change(self, box: int, change: BoxChange, maker: _Maker) -> None:
        """A label that no finding is about."""
        fixes = self._fixes(change, int(self.sheets.dataset.boxes.image[box]), box)
        item = take_in(self.database, self.queue, changed_entry(self.sheets.dataset, box))
        self.taken.changed += self._decide(item.fingerprint, Verdict.EDIT, fixes, maker)

    def _add(self, image: int, box: FinishedBox, maker: _Maker) -> None:
        """An object that no finding is about."""
        if box.xyxy is None:
            raise UnusableEditError("a box was drawn that is nowhere")
        self._check(box.xyxy)
        label = self._label(box.label)
        entry = added_entry(self.sheets.dataset, image, label, box.xyxy)
        item = take_in(self.database, self.queue, entry)
        self.taken.added += self._decide(item.fingerprint, Verdict.ACCEPT, (), maker)

    def _notes(self, fingerprint: str) -> list[str]:
        """What decisions about a finding have noted."""
        query = (
            "SELECT note FROM decisions JOIN items ON items.id = item "
            "WHERE fingerprint = ? AND note IS NOT NULL"
        )
        return [note for (note,) in self.database.execute(query, (fingerprint,))]

    def _decide(
        self,
        fingerprint: str,
        verdict: Verdict,
        fixes: Fixes,
        maker: _Maker,
        said: SaidBeside | None = None,
    ) -> bool:
        """Write a decision down, unless it is what this reviewer said last; whether it is new."""
        said = said or SaidBeside()
        written = encoded(list(fixes)).decode() if fixes else None
        beside = [said.note, said.expert] if said.note or said.expert else []
        key = encoded([fingerprint, maker.reviewer, maker.at, verdict.value, written, *beside])
        uuid = hashlib.blake2b(key, digest_size=16).hexdigest()
        [(number,)] = self.database.execute(
            "SELECT id FROM items WHERE fingerprint = ?", (fingerprint,)
        ).fetchall()
        last = self.database.execute(
            "SELECT verdict, fixes, expert FROM decisions WHERE item = ? AND reviewer = ? "
            "AND verdict <> 'undo' ORDER BY at DESC, uuid DESC LIMIT 1",
            (number, maker.reviewer),
        ).fetchone()
        there = self.database.execute(
            "SELECT 1 FROM decisions WHERE item = ? AND uuid = ?", (number, uuid)
        ).fetchone()
        if there or (not said.note and last == (verdict.value, written, int(said.expert))):
            self.taken.known += 1
            return False
        entry = Entry(
            uuid=uuid,
            at=maker.at,
            reviewer=maker.reviewer,
            verdict=verdict,
            fixes=written,
            seen=None,
            undoes=None,
            note=said.note or None,
            expert=int(said.expert),
        )
        append(self.database, number, entry)
        self.taken.reviewers[maker.reviewer] += 1
        return True


def _checked(note: str | None) -> str:
    """A note as a decision can have it, without control characters; empty if there is none."""
    spaced = (" " if char.isspace() and char != "\n" else char for char in note or "")
    kept = "".join(char for char in spaced if char.isprintable() or char == "\n").strip()
    if len(kept) > LONGEST_NOTE:
        raise UnusableEditError(f"a note of {len(kept):,} characters; {LONGEST_NOTE:,} are most")
    return kept


@dataclass(frozen=True)
class _Maker:
    """Who decided, and when."""

    reviewer: str
    at: str
