"""What a person meant by what they did in a tool: verdicts on findings, boxes added and changed.

A finding is answered by what a person says of it, or by what they did to its label: who carries out
what is proposed accepts it, who changes the label in another way edits it, and who removes the
proposal from the image rejects it. What is neither said nor done stays open.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.io.labelling_tools.tasks import (
    ANSWERS,
    ASK,
    Corners,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    one_line,
)
from labelaudit.review.hand_over.differences import NEAR, BoxChange, Differences
from labelaudit.review.hand_over.sheets import HandedFinding, same_place
from labelaudit.review.queue.items import Verdict

VERDICTS = {word: Verdict.SKIP if word == ASK else Verdict(word) for word in ANSWERS}


@dataclass(frozen=True)
class Judgement:
    """A verdict on a finding; an edit has what the label, or the new object, is to be."""

    handed: HandedFinding
    verdict: Verdict
    gone: bool = False
    label: str | None = None
    xyxy: Corners | None = None
    other: bool = False  # the edit is of the label that the finding's own is compared with
    removed: bool = False  # it was rejected by removing the proposal
    note: str | None = None  # that the person wrote beside the proposal
    expert: bool = False  # with a skip: an expert is to decide

    @property
    def key(self) -> str:
        """Of the label that the verdict changes; empty if it changes none."""
        return (self.handed.other if self.other else self.handed.proposal.box) or ""


@dataclass
class Meant:
    """What a person meant, in one image."""

    judgements: list[Judgement] = field(default_factory=list)
    changes: dict[str, BoxChange] = field(default_factory=dict)  # that no finding is about
    added: list[FinishedBox] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)
    open: int = 0  # findings that nobody said anything about


def meant(
    task: FinishedTask, handed_findings: Mapping[str, HandedFinding], found: Differences | None
) -> Meant:
    """What a person meant in an image.

    Parameters
    ----------
    task:
        as it came back.
    handed_findings:
        the findings of the queue that were handed over with the image, by fingerprint.
    found:
        what changed there; None where the labels are others by now, so that nobody knows.
    """
    here = Meant(added=list(found.added) if found else [])
    back = _together(task.proposals)
    open_: list[HandedFinding] = []
    for fingerprint, handed in handed_findings.items():
        answer = _answer(back.get(fingerprint), handed, found)
        odd = _odd(handed, back.get(fingerprint), answer)
        if odd:
            here.unclear.append(f"{handed.proposal.rule} {odd}")
            here.open += 1
            continue
        judged = _said(handed, back.get(fingerprint), answer, found)
        if judged is None:
            open_.append(handed)
        else:
            here.judgements.append(judged)
    if found is not None:
        open_ = _drawn(here, open_, back)
        open_ = _done(here, open_, found)
        open_ = _other_removed(here, open_, found)
    _rest(here, open_, back, task.given)
    here.judgements = [_noted(one, back) for one in here.judgements]
    if found is not None:
        _left_over(here, found)
    return here


def _together(proposals: Iterable[FinishedProposal]) -> dict[str, FinishedProposal]:
    """Proposals by fingerprint; of copies in one image that counts of which something was said."""
    back: dict[str, FinishedProposal] = {}
    for one in proposals:
        known = back.setdefault(one.fingerprint, one)
        if one.answer and known.answer and one.answer != known.answer:
            back[one.fingerprint] = dataclasses.replace(
                known, answer=f"{known.answer} and {one.answer}"
            )
        elif one.answer and not known.answer:
            back[one.fingerprint] = one
    return back


def _odd(handed: HandedFinding, back: FinishedProposal | None, answer: str) -> str:
    """Why what was said of a finding cannot be taken; empty if it can be."""
    if answer and answer not in VERDICTS:
        return f"has the answer {answer!r}; give it one of {', '.join(ANSWERS)}"
    one = handed.proposal
    if answer == "accept" and back and back.odd and (one.adds or one.moves):
        return f"was accepted, but is {back.odd}"
    return ""


def _answer(back: FinishedProposal | None, handed: HandedFinding, found: Differences | None) -> str:
    """What a person said of a finding, or of its label."""
    change = found.changes.get(handed.proposal.box or "") if found else None
    return (back.answer if back else "") or (change.answer if change else "")


def _said(
    handed: HandedFinding, back: FinishedProposal | None, answer: str, found: Differences | None
) -> Judgement | None:
    """The verdict of a person who said something, or who changed the proposal itself."""
    if answer in ("reject", "skip", ASK):
        return Judgement(handed, VERDICTS[answer], expert=answer == ASK)
    label, xyxy = _changed_proposal(handed, back)
    if answer != "accept" and label is None and xyxy is None:
        return None
    one = handed.proposal
    if label is not None or xyxy is not None:  # what was drawn is meant, whatever was proposed
        whole = Judgement(handed, Verdict.EDIT, label=label, xyxy=xyxy)
        if one.adds:
            return dataclasses.replace(whole, label=label or one.label, xyxy=xyxy or one.xyxy)
        return dataclasses.replace(
            whole,
            label=label or (one.label if one.relabels else None),
            xyxy=xyxy or (one.xyxy if one.moves else None),
        )
    change = found.changes.get(one.box or "") if found else None
    if change is None or change.gone or not change.aspects - _carried_out(handed, change):
        # Gone, too: the label went, as was proposed, or the change is answered for below.
        return None if change and change.gone else Judgement(handed, Verdict.ACCEPT)
    return Judgement(
        handed,
        Verdict.EDIT,
        label=change.label or (one.label if one.relabels else None),
        xyxy=change.xyxy or (one.xyxy if one.moves else None),
    )


def _changed_proposal(
    handed: HandedFinding, back: FinishedProposal | None
) -> tuple[str | None, Corners | None]:
    """The class and corners of a proposal that a person changed; None of what stayed."""
    if back is None:
        return None, None
    one = handed.proposal
    label = back.label if back.label not in (None, one.label) else None
    if back.xyxy and one.xyxy and not same_place(one.xyxy, back.xyxy, back.within):
        return label, back.xyxy
    return label, None


def _carried_out(handed: HandedFinding, change: BoxChange) -> frozenset[str]:
    """What of a label was changed as a finding proposes: its class, its place, or all of it."""
    one = handed.proposal
    if change.gone:
        return change.aspects if one.drops else frozenset()
    label = one.relabels and change.label == one.label
    place = one.moves and change.xyxy and one.xyxy and same_place(change.xyxy, one.xyxy)
    named = {"class": label, "place": place}
    return frozenset(key for key, yes in named.items() if yes)


def _drawn(
    here: Meant, open_: Sequence[HandedFinding], back: Mapping[str, FinishedProposal]
) -> list[HandedFinding]:
    """Proposals that are labels now: accepted if they are as proposed, else edited.

    A proposed object takes the nearest box that overlaps it by `NEAR` or more, also if it was
    accepted and drawn as well, or it would be added twice. Any other proposal that is not there any
    more takes a box in just its place: its class was changed from ours to one of the dataset.
    """
    left = []
    for place, one in enumerate(here.judgements):
        if one.verdict is Verdict.ACCEPT and one.handed.proposal.adds:
            here.judgements[place] = _drawn_one(here, one.handed) or one
    for handed in open_:
        drawn = None
        if handed.proposal.adds:
            drawn = _drawn_one(here, handed)
        elif handed.proposal.fingerprint not in back:
            drawn = _in_its_place(here, handed)
        if drawn is None:
            left.append(handed)
        else:
            here.judgements.append(drawn)
    return left


def _drawn_one(here: Meant, handed: HandedFinding) -> Judgement | None:
    """The verdict of who drew an object that was proposed; None if nobody did."""
    one, box = handed.proposal, _nearest(handed, here.added)
    if box is None or box.xyxy is None or one.xyxy is None:
        return None
    here.added = [other for other in here.added if other is not box]
    if box.label == one.label and same_place(one.xyxy, box.xyxy, box.within):
        return Judgement(handed, Verdict.ACCEPT)
    return Judgement(handed, Verdict.EDIT, label=box.label, xyxy=box.xyxy)


def _in_its_place(here: Meant, handed: HandedFinding) -> Judgement | None:
    """The verdict of who gave a proposal itself a class of the dataset; None if nobody did."""
    one = handed.proposal
    for box in here.added:
        if not (box.xyxy and one.xyxy and same_place(one.xyxy, box.xyxy, box.within)):
            continue
        as_proposed = box.label == one.label
        if as_proposed and not (one.relabels or one.moves):
            return None  # a copy of the label that it is about
        here.added = [other for other in here.added if other is not box]
        if as_proposed:
            return Judgement(handed, Verdict.ACCEPT)
        place = one.xyxy if one.moves else None
        return Judgement(handed, Verdict.EDIT, label=box.label, xyxy=place)
    return None


def _nearest(handed: HandedFinding, added: Sequence[FinishedBox]) -> FinishedBox | None:
    """The box that was drawn for a proposed object; None if there is none."""
    one = handed.proposal
    for box in added:
        if one.fingerprint in box.beside:
            return box
    drawn = [box for box in added if box.xyxy and not box.beside]
    if not drawn or one.xyxy is None:
        return None
    overlap = iou(np.tile([one.xyxy], (len(drawn), 1)), np.array([box.xyxy for box in drawn]))
    best = int(overlap.argmax())
    return drawn[best] if overlap[best] >= NEAR else None


def _done(here: Meant, open_: Iterable[HandedFinding], found: Differences) -> list[HandedFinding]:
    """Findings whose label was changed: accepted if as proposed, else edited."""
    by_box: dict[str, list[HandedFinding]] = {}
    left = []
    for handed in open_:
        change = found.changes.get(handed.proposal.box or "")
        if change is not None and change.aspects & handed.aspects:
            by_box.setdefault(str(handed.proposal.box), []).append(handed)
        else:
            left.append(handed)
    for key, handed_findings in by_box.items():
        change = found.changes[key]
        done = frozenset[str]().union(*(_carried_out(one, change) for one in handed_findings))
        for handed in handed_findings:
            own = _carried_out(handed, change)
            if own and change.aspects <= done:
                here.judgements.append(Judgement(handed, Verdict.ACCEPT))
            else:
                here.judgements.append(
                    Judgement(handed, Verdict.EDIT, change.gone, change.label, change.xyxy)
                )
    return left


def _other_removed(
    here: Meant, open_: Iterable[HandedFinding], found: Differences
) -> list[HandedFinding]:
    """Of two labels on one object, the other one was removed than proposed: edited."""
    left = []
    for handed in open_:
        change = found.changes.get(handed.other or "")
        if handed.proposal.drops and change is not None and change.gone:
            judged = Judgement(handed, Verdict.EDIT, gone=True, other=True)
            here.judgements.append(judged)
        else:
            left.append(handed)
    return left


def _rest(
    here: Meant,
    open_: Iterable[HandedFinding],
    back: Mapping[str, FinishedProposal],
    given: Sequence[str] | None,
) -> None:
    """Findings that are still unanswered: rejected if their proposal was removed, else open.

    Who only wrote a note leaves the finding to somebody else, with that note.
    """
    for handed in open_:
        fingerprint = handed.proposal.fingerprint
        if given is not None and fingerprint not in back:
            here.judgements.append(Judgement(handed, Verdict.REJECT, removed=True))
            continue
        if _new_note(handed, back.get(fingerprint)):
            here.judgements.append(Judgement(handed, Verdict.SKIP))
            continue
        here.open += 1
        odd = back[fingerprint].odd if fingerprint in back else ""
        if odd:
            here.unclear.append(f"{handed.proposal.rule} is {odd}")


def _noted(one: Judgement, back: Mapping[str, FinishedProposal]) -> Judgement:
    """A verdict with the note that the person wrote."""
    note = _new_note(one.handed, back.get(one.handed.proposal.fingerprint))
    return dataclasses.replace(one, note=note) if note else one


def _new_note(handed: HandedFinding, back: FinishedProposal | None) -> str | None:
    """What a person wrote beside a proposal; None if that is nothing, or what stood there."""
    if back is None or not back.note.strip() or one_line(back.note) in handed.known_notes:
        return None
    return back.note.strip()


def _left_over(here: Meant, found: Differences) -> None:
    """Changes of labels that no verdict carries out, and what cannot be read as a box."""
    held: dict[str, frozenset[str]] = {}
    for one in here.judgements:
        if one.key in found.changes and one.verdict in (Verdict.ACCEPT, Verdict.EDIT):
            held[one.key] = held.get(one.key, frozenset()) | _settled(one)
    for key, change in found.changes.items():
        if change.aspects - held.get(key, frozenset()):
            here.changes[key] = change
    stays = "; a label that may be this one stays" if found.held else ""
    here.unclear += [f"a box of {box.label or 'no class'} is {box.odd}{stays}" for box in found.odd]


def _settled(one: Judgement) -> frozenset[str]:
    """What of a label a verdict settles: its class, its place; both, if it goes."""
    proposal = one.handed.proposal
    accepted = one.verdict is Verdict.ACCEPT
    gone = proposal.drops if accepted else one.gone
    label = proposal.relabels if accepted else one.label is not None
    place = proposal.moves if accepted else one.xyxy is not None
    named = {"class": label or gone, "place": place or gone}
    return frozenset(key for key, yes in named.items() if yes)
