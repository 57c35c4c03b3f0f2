# ruff: noqa: F401, F811  # fixtures are imported: they are those of two files
"""What people write beside a proposal in a labelling tool, and what they were asked."""

from __future__ import annotations

from pathlib import Path

from labelaudit.dataset.tables import Dataset
from labelaudit.io.labelling_tools import LABELLING_TOOLS
from labelaudit.review.hand_over.assign import hand_over
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import State, Verdict, item
from labelaudit.review.queue.store import Queue
from tests.review.hand_over.handed_over import (
    LOOSE,
    NOTHING,
    WRONG_CLASS,
    back,
    dataset,
    findings,
    marks,
    person,
    queue,
    tool,
)
from tests.review.hand_over.people import PEOPLE, Person


def test_notes_and_questions_are_handed_over_and_come_back_as_nothing_new(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str], tmp_path: Path
):
    asks = ItemDecision(marks[LOOSE], Verdict.SKIP, note="the <edge>,\nor not?", expert=True)
    notes = ItemDecision(marks[NOTHING], Verdict.SKIP, note="a shadow")
    decide(queue, "eve", [asks, notes], uuid="1")
    path = tmp_path / f"out{PEOPLE[tool].ending}"  # type: ignore[attr-defined]  # of each class
    LABELLING_TOOLS[tool].write(hand_over(queue, dataset).assignment, path)
    person = PEOPLE[tool](path)
    asked, noted = (" ".join(person.read(marks[row]).split()) for row in (LOOSE, NOTHING))
    assert "the <edge>, or not?" in asked
    assert "expert=true" in asked
    assert "a shadow" in noted
    assert "expert=false" in noted
    taken = back(queue, dataset, person)
    assert (taken.open, taken.verdicts, taken.known, taken.unclear) == (5, {}, 0, [])
    person.answer(marks[LOOSE], "reject")
    back(queue, dataset, person)
    now = item(queue, marks[LOOSE])
    assert (now.state, now.note, now.expert) == (State.REJECTED, None, False)


def test_what_is_written_beside_a_proposal_goes_with_its_verdict(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "accept")
    person.write(marks[WRONG_CLASS], "a bus, <surely>")
    person.change_proposal(marks[LOOSE], xyxy=(106, 20, 180, 55))
    person.write(marks[LOOSE], "by hand")
    person.write(marks[NOTHING], "nobody knows")
    taken = back(queue, dataset, person)
    found = [item(queue, mark) for mark in marks]
    assert [(one.state.value, one.note) for one in found] == [
        ("accepted", "a bus, <surely>"), ("edited", "by hand"), ("skipped", "nobody knows"),
        ("open", None), ("open", None),
    ]  # fmt: skip
    assert (taken.open, taken.unclear) == (2, [])
    again = back(queue, dataset, person)
    assert (again.verdicts, again.known, again.open, again.unclear) == ({}, 2, 3, [])
    assert item(queue, marks[WRONG_CLASS]).note == "a bus, <surely>"


def test_another_note_later_is_a_decision_with_it(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[WRONG_CLASS], "accept")
    back(queue, dataset, person)
    person.write(marks[WRONG_CLASS], "on second thoughts, too")
    taken = back(queue, dataset, person)
    assert taken.verdicts == {Verdict.ACCEPT: 1}
    assert item(queue, marks[WRONG_CLASS]).note == "on second thoughts, too"


def test_who_answers_ask_leaves_the_finding_to_an_expert(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[LOOSE], "ask")
    person.write(marks[LOOSE], "which edge?")
    back(queue, dataset, person)
    now = item(queue, marks[LOOSE])
    assert (now.state, now.expert, now.note) == (State.SKIPPED, True, "which edge?")
    assert back(queue, dataset, person).known == 1


def test_a_note_that_is_too_long_is_told_and_control_characters_are_left_out(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.answer(marks[LOOSE], "accept")
    person.write(marks[LOOSE], "x" * 2001)
    person.answer(marks[WRONG_CLASS], "accept")
    person.write(marks[WRONG_CLASS], "a\u200b\tb" + "x" * 1990)
    taken = back(queue, dataset, person)
    assert item(queue, marks[LOOSE]).state is State.OPEN
    [line] = taken.unclear
    assert "a note of 2,001 characters; 2,000 are most" in line
    assert item(queue, marks[WRONG_CLASS]).note == "a b" + "x" * 1990
    assert back(queue, dataset, person).known == 1
