# ruff: noqa: F401, F811  # fixtures are imported: they are those of two files
"""What holds for all labelling tools: what people do there becomes decisions, and nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError, FormatError
from labelaudit.io.labelling_tools import LABELLING_TOOLS
from labelaudit.review.hand_over.assign import hand_over
from labelaudit.review.hand_over.take_back import take_back
from labelaudit.review.queue.accepted_fixes import cleaned
from labelaudit.review.queue.decisions import ItemDecision, decide, disagreements, undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.import_export import export
from labelaudit.review.queue.items import State, Verdict, item
from labelaudit.review.queue.store import Queue
from tests.review.hand_over.handed_over import (
    ALONE,
    LOOSE,
    MISSING_BOX,
    ODD,
    WRONG_CLASS,
    back,
    dataset,
    findings,
    labels,
    marks,
    person,
    queue,
    states,
    tool,
)
from tests.review.hand_over.people import PEOPLE, Person


def test_a_doubt_is_handed_over_as_that_and_not_as_a_probability(queue_place, dataset, findings):
    doubts = np.array([0.9, 0.8, 0.7, 0.6, np.nan])
    said = np.array([0.9, 0.8, np.nan, np.nan, np.nan])
    with Queue.open(queue_place("doubts")) as opened:
        enqueue(opened, findings.replaced(doubt=doubts, probability=said), dataset, Options())
        tasks = hand_over(opened, dataset).assignment.tasks
    told = {one.code: (one.probability, one.doubt) for task in tasks for one in task.proposals}
    assert told == {
        "MOD001": (0.9, 0.9),
        "MOD003": (0.8, 0.8),
        "MOD004": (None, 0.7),
        "MOD002": (None, 0.6),
        "GEO009": (None, None),
    }


def test_somebody_works_in_every_tool():
    assert set(PEOPLE) == set(LABELLING_TOOLS)


def test_an_export_that_nobody_touched_decides_nothing(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["open"] * 5
    assert (taken.images, taken.open, taken.unclear) == (2, 5, [])
    assert (taken.verdicts, taken.added, taken.changed, taken.known) == ({}, 0, 0, 0)


def test_what_is_said_of_proposals_are_decisions(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    for mark, word in zip(marks, ["accept", "reject", "skip", "accept", "reject"], strict=True):
        person.answer(mark, word)
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["accepted", "rejected", "skipped", "accepted", "rejected"]
    assert {item(queue, mark).reviewer for mark in marks} == {"ann"}
    assert (taken.open, taken.unclear, taken.removed) == (0, [], 0)
    assert (taken.added, taken.changed) == (0, 0)
    fixed = cleaned(queue, dataset).dataset
    assert labels(fixed, 0) - labels(dataset, 0) == {("bus", (10, 10, 50.33, 40))}
    assert labels(fixed, 1) - labels(dataset, 1) == {("car", (300, 300, 350, 340))}


def test_who_does_what_is_proposed_accepts_it(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.change(person.find("a.jpg", "car", (10, 10, 50.3337, 40)), label="bus")
    person.change(person.find("a.jpg", "bus", (100, 20.1, 190, 60)), xyxy=(105, 20, 180, 55))
    person.remove(person.find("a.jpg", "car", (300, 200, 360, 260)))
    person.draw("b.jpg", "car", (300, 300, 350, 340))
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["accepted"] * 4 + ["open"]
    assert (taken.added, taken.changed, taken.unclear) == (0, 0, [])


def test_who_changes_a_label_in_another_way_edits_the_finding(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.change(person.find("a.jpg", "car", (10, 10, 50.3337, 40)), "bus", (12, 10, 50, 40))
    person.change(person.find("a.jpg", "bus", (100, 20.1, 190, 60)), xyxy=(105, 21, 180, 55))
    person.change(person.find("a.jpg", "car", (300, 200, 360, 260)), "bus")
    person.draw("b.jpg", "bus", (301, 300, 350, 340))
    person.remove(person.find("b.jpg", "bus", (5, 5, 50, 30)))
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["edited"] * 5
    assert (taken.added, taken.changed, taken.unclear) == (0, 0, [])
    fixed = cleaned(queue, dataset).dataset
    assert labels(fixed, 0) == {
        ("bus", (12, 10, 50, 40)),
        ("bus", (105, 21, 180, 55)),
        ("bus", (300, 200, 360, 260)),
        ("car", ALONE),
    }
    assert labels(fixed, 1) == {("bus", (301, 300, 350, 340)), ("car", (200, 200, 250, 250))}


def test_who_changes_a_proposal_edits_the_finding(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.change_proposal(marks[LOOSE], xyxy=(106, 20, 180, 55))
    person.change_proposal(marks[MISSING_BOX], label="bus")
    person.answer(marks[MISSING_BOX], "accept")
    back(queue, dataset, person)
    assert states(queue, marks) == ["open", "edited", "open", "edited", "open"]
    fixed = cleaned(queue, dataset).dataset
    assert ("bus", (106, 20, 180, 55)) in labels(fixed, 0)
    assert ("bus", (300, 300, 350, 340)) in labels(fixed, 1)


def test_who_removes_a_proposal_rejects_it_and_this_is_counted(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.remove_proposal(marks[WRONG_CLASS])
    person.remove_proposal(marks[MISSING_BOX])
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["rejected", "open", "open", "rejected", "open"]
    assert taken.removed == 2


def test_boxes_that_no_finding_is_about_are_added_changed_and_removed(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.draw("a.jpg", "bus", (500, 400, 540, 440))
    person.change(person.find("a.jpg", "car", ALONE), xyxy=(402, 300, 460.5, 360.25))
    person.remove(person.find("b.jpg", "car", (200, 200, 250, 250)))
    taken = back(queue, dataset, person)
    assert (taken.added, taken.changed, taken.open) == (1, 2, 5)
    fixed = cleaned(queue, dataset).dataset
    before, after = labels(dataset, 0), labels(fixed, 0)
    assert after - before == {("bus", (500, 400, 540, 440)), ("car", (402, 300, 460.5, 360.25))}
    assert before - after == {("car", ALONE)}
    assert labels(dataset, 1) - labels(fixed, 1) == {("car", (200, 200, 250, 250))}


def test_a_change_besides_a_rejection_is_a_change_of_its_own(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "reject")
    person.change(person.find("a.jpg", "car", (10, 10, 50.3337, 40)), xyxy=(12, 10, 50.3337, 40))
    taken = back(queue, dataset, person)
    assert states(queue, marks)[WRONG_CLASS] == "rejected"
    assert taken.changed == 1
    assert ("car", (12, 10, 50.33, 40)) in labels(cleaned(queue, dataset).dataset, 0)


def test_the_same_export_again_changes_nothing(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str], tmp_path: Path
):
    person.answer(marks[WRONG_CLASS], "accept")
    person.remove_proposal(marks[LOOSE])
    person.draw("b.jpg", "bus", (500, 400, 540, 440))
    person.change(person.find("b.jpg", "bus", (5, 5, 50, 30)), "car")
    back(queue, dataset, person)
    export(queue, tmp_path / "first.jsonl")
    again = back(queue, dataset, person)
    export(queue, tmp_path / "second.jsonl")
    assert (tmp_path / "first.jsonl").read_bytes() == (tmp_path / "second.jsonl").read_bytes()
    assert (again.known, again.verdicts, again.added, again.changed) == (4, {}, 0, 0)


def test_what_a_reviewer_took_back_stays_taken_back(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "accept")
    back(queue, dataset, person)
    undo(queue, "ann", uuid="later")
    back(queue, dataset, person)
    assert states(queue, marks)[WRONG_CLASS] == "open"


def test_who_says_something_else_later_has_changed_their_mind(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "accept")
    back(queue, dataset, person)
    person.remove_proposal(marks[WRONG_CLASS])
    back(queue, dataset, person)
    assert states(queue, marks)[WRONG_CLASS] == "rejected"
    assert not disagreements(queue)


def test_decisions_of_others_stay_on_record_and_are_told(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    decide(queue, "bob", [ItemDecision(marks[LOOSE], Verdict.REJECT)], uuid="1")
    person.answer(marks[LOOSE], "accept")
    back(queue, dataset, person)
    [(one, verdicts)] = disagreements(queue)
    assert one.fingerprint == marks[LOOSE]
    assert verdicts == [("bob", Verdict.REJECT), ("ann", Verdict.ACCEPT)]


def test_a_class_that_the_dataset_does_not_have_is_told_and_not_taken(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.draw("a.jpg", "tram", (500, 400, 540, 440))
    taken = back(queue, dataset, person)
    assert taken.added == 0
    [line] = taken.unclear
    assert "a.jpg" in line
    assert "'tram'" in line


def test_an_answer_that_nobody_knows_is_told_and_not_taken(
    queue: Queue, dataset: Dataset, person: Person, tool: str, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "accept")
    person.answer(marks[WRONG_CLASS], "reject")  # replaced, or both, as the tool has it
    taken = back(queue, dataset, person)
    if item(queue, marks[WRONG_CLASS]).state is State.OPEN:
        [line] = taken.unclear
        assert "MOD001 wrong-class has the answer 'accept and reject'" in line


def test_of_an_image_whose_labels_changed_since_only_what_was_said_is_taken(
    queue: Queue, dataset: Dataset, findings: Findings, person: Person, marks: list[str]
):
    person.answer(marks[LOOSE], "accept")
    person.remove(person.find("a.jpg", "car", (300, 200, 360, 260)))
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[3, 0] += 5
    moved = dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))
    taken = back(queue, moved, person)
    assert states(queue, marks) == ["open", "accepted", "open", "open", "open"]
    [line] = taken.unclear
    assert "a.jpg" in line
    assert "labels have changed" in line


def test_findings_of_another_queue_are_told_and_not_taken(
    queue_place, dataset: Dataset, findings: Findings, person: Person, marks: list[str]
):
    person.answer(marks[LOOSE], "accept")
    person.answer(marks[ODD], "reject")
    with Queue.open(queue_place("other")) as other:
        enqueue(other, findings.rows(np.arange(5) != LOOSE), dataset, Options())
        taken = back(other, dataset, person)
        assert item(other, marks[ODD]).state is State.REJECTED
    assert any(marks[LOOSE] in line for line in taken.unclear)


def test_an_export_of_something_else_is_refused(
    queue: Queue, dataset: Dataset, tool: str, tmp_path: Path
):
    path = tmp_path / f"other{PEOPLE[tool].ending}"  # type: ignore[attr-defined]  # of each class
    whole = hand_over(queue, dataset).assignment
    LABELLING_TOOLS[tool].write(dataclasses.replace(whole, tasks=()), path)
    assert LABELLING_TOOLS[tool].recognises(path) or tool == "labelstudio"
    with pytest.raises(FormatError, match="nothing in it was handed over"):
        take_back(queue, dataset, LABELLING_TOOLS[tool].read(path), reviewer="ann")


def test_a_queue_of_other_labels_hands_nothing_over(queue: Queue, dataset: Dataset):
    stamp = dataset.files.stamp + 1
    other = dataclasses.replace(dataset, files=dataclasses.replace(dataset.files, stamp=stamp))
    with pytest.raises(FixError, match="the labels have changed since they were scanned"):
        hand_over(queue, other)


def test_images_without_a_finding_follow_only_when_asked_for(
    queue: Queue, dataset: Dataset, marks: list[str]
):
    for mark in marks[3:]:
        decide(queue, "ann", [ItemDecision(mark, Verdict.REJECT)], uuid=mark)
    few = hand_over(queue, dataset).assignment.tasks
    every = hand_over(queue, dataset, all_images=True).assignment.tasks
    assert [task.name for task in few] == ["a.jpg"]
    assert [task.name for task in every] == ["a.jpg", "b.jpg"]
