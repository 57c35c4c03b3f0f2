"""Findings that share a label, and proposals that became labels."""

from __future__ import annotations

from typing import Any

from labelaudit.io.labelling_tools.tasks import (
    Corners,
    FinishedBox,
    FinishedProposal,
    FinishedTask,
    LabelBox,
    Proposal,
)
from labelaudit.review.hand_over.differences import differences
from labelaudit.review.hand_over.sheets import HandedFinding
from labelaudit.review.hand_over.verdicts import Judgement, Meant, meant
from labelaudit.review.queue.items import Verdict

PLACE: Corners = (10.0, 10.0, 50.0, 40.0)
BETTER: Corners = (12.0, 10.0, 48.0, 40.0)
LABELS = [
    LabelBox("box-0", "car", PLACE),
    LabelBox("box-1", "car", (11.0, 10.0, 51.0, 40.0)),
]
KEPT = [FinishedBox(one.label, one.xyxy, key=one.key) for one in LABELS]


def finding(mark: str, label: str = "car", xyxy: Corners = PLACE, **kind: bool) -> HandedFinding:
    box = None if kind.get("adds") else "box-0"
    one = Proposal(mark, "X001", "x", "", "", None, label, xyxy, box, **kind)
    return HandedFinding(one, 0, 0, other="box-1", other_box=1)


CLASS = finding("class", "bus", relabels=True)
LOOSE = finding("loose", xyxy=BETTER, moves=True)
TWICE = finding("twice", drops=True)
NEW = finding("new", "bus", (200.0, 200.0, 240.0, 240.0), adds=True)


def judged(
    boxes: list[FinishedBox],
    *handed_findings: HandedFinding,
    back: list[FinishedProposal] | None = None,
) -> Meant:
    given = {one.proposal.fingerprint: one for one in handed_findings}
    proposals = [FinishedProposal(mark) for mark in given] if back is None else back
    task = FinishedTask("", "", "", "", tuple(given), tuple(boxes), tuple(proposals))
    about = {mark: one.proposal.box for mark, one in given.items() if one.proposal.box}
    return meant(task, given, differences(LABELS, boxes, about))


def said(here: Meant) -> dict[str, Verdict]:
    return {one.handed.proposal.fingerprint: one.verdict for one in here.judgements}


def only(here: Meant) -> Judgement:
    [one] = here.judgements
    return one


def changed(**change: Any) -> list[FinishedBox]:
    made = {"label": "car", "xyxy": PLACE, "key": "box-0", **change}
    return [FinishedBox(**made), KEPT[1]]


def test_a_label_with_two_findings_that_both_were_done_accepts_both():
    here = judged(changed(label="bus", xyxy=BETTER), CLASS, LOOSE)
    assert said(here) == {"class": Verdict.ACCEPT, "loose": Verdict.ACCEPT}
    assert here.changes == {}


def test_of_two_findings_about_a_label_only_that_which_was_done_is_answered():
    here = judged(changed(label="bus"), CLASS, LOOSE)
    assert said(here) == {"class": Verdict.ACCEPT}
    assert here.open == 1


def test_what_is_done_besides_a_proposal_is_part_of_the_edit():
    here = judged(changed(label="bus", xyxy=BETTER), CLASS)
    assert only(here).verdict is Verdict.EDIT
    assert (only(here).label, only(here).xyxy) == ("bus", BETTER)
    assert here.changes == {}


def test_who_accepts_a_class_and_moves_the_box_edits_both():
    accepted = [FinishedProposal("class", "accept")]
    here = judged(changed(xyxy=BETTER), CLASS, back=accepted)
    assert only(here).verdict is Verdict.EDIT
    assert (only(here).label, only(here).xyxy) == ("bus", BETTER)
    assert here.changes == {}


def test_a_label_that_is_gone_answers_all_findings_about_it():
    here = judged([KEPT[1]], CLASS, TWICE)
    assert said(here) == {"class": Verdict.EDIT, "twice": Verdict.ACCEPT}
    assert all(one.gone for one in here.judgements if one.verdict is Verdict.EDIT)


def test_of_two_labels_on_one_object_the_other_may_go():
    here = judged([KEPT[0]], TWICE)
    assert only(here).verdict is Verdict.EDIT
    assert (only(here).gone, only(here).key) == (True, "box-1")
    assert here.changes == {}


def test_a_proposal_that_was_given_a_class_of_the_dataset_is_accepted_as_it_is():
    drawn = FinishedBox("bus", PLACE)
    here = judged([*KEPT, drawn], CLASS, back=[])
    assert said(here) == {"class": Verdict.ACCEPT}
    assert here.added == []
    other = judged([*KEPT, FinishedBox("tram", PLACE)], CLASS, back=[])
    assert (only(other).verdict, only(other).label) == (Verdict.EDIT, "tram")
    copy = judged([*KEPT, FinishedBox("car", PLACE)], TWICE, back=[])
    assert len(copy.added) == 1


def test_an_object_that_was_accepted_and_drawn_is_added_once():
    near = FinishedBox("bus", (201.0, 200.0, 240.0, 240.0))
    here = judged([*KEPT, near], NEW, back=[FinishedProposal("new", "accept")])
    assert (only(here).verdict, only(here).xyxy) == (Verdict.EDIT, near.xyxy)
    assert here.added == []


def test_a_box_drawn_elsewhere_is_no_answer_to_a_missing_one():
    for top, answered in ((213.3, True), (213.4, False)):  # overlap of half, and less
        drawn = FinishedBox("bus", (200.0, top, 240.0, top + 40.0))
        here = judged([*KEPT, drawn], NEW)
        assert bool(here.judgements) is answered
        assert bool(here.added) is not answered


def test_who_asks_another_to_decide_leaves_the_change_as_one_of_its_own():
    here = judged(changed(xyxy=BETTER), CLASS, back=[FinishedProposal("class", "skip")])
    assert said(here) == {"class": Verdict.SKIP}
    assert list(here.changes) == ["box-0"]


def test_an_answer_on_the_label_is_one_to_all_findings_about_it():
    here = judged(changed(answer="reject"), CLASS, LOOSE, NEW)
    assert said(here) == {"class": Verdict.REJECT, "loose": Verdict.REJECT}


def test_what_was_handed_over_unknown_is_not_rejected_by_its_absence():
    task = FinishedTask("", "", "", "", None, tuple(KEPT), ())
    here = meant(task, {"class": CLASS}, differences(LABELS, KEPT, {}))
    assert (here.judgements, here.open) == ([], 1)
