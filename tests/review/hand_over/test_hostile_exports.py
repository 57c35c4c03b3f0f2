# ruff: noqa: F401, F811  # fixtures are imported: they are those of several files
"""What people and programs do to exports of labelling tools on the way back."""

from __future__ import annotations

import contextlib
import copy
import dataclasses
import json
import random
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.errors import FormatError
from labelaudit.io.labelling_tools import LABELLING_TOOLS
from labelaudit.io.labelling_tools.tasks import Finished, FinishedBox
from labelaudit.review.hand_over.assign import hand_over
from labelaudit.review.hand_over.take_back import take_back
from labelaudit.review.hand_over.written import TakenBack
from labelaudit.review.queue.accepted_fixes import cleaned
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import State, item
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images
from tests.review.hand_over.handed_over import (
    ALONE,
    LOOSE,
    MISSING_BOX,
    NOTHING,
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
from tests.review.hand_over.people import (
    CvatPerson,
    FiftyOnePerson,
    LabelStudioPerson,
    Person,
)


def edited(queue: Queue, dataset: Dataset, tool: str, edit: Callable[[Any], None]) -> TakenBack:
    """What is taken of a hand-over that somebody has edited after it was read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "out")
        LABELLING_TOOLS[tool].write(hand_over(queue, dataset).assignment, path)
        finished = LABELLING_TOOLS[tool].read(path)
    tasks = list(finished.tasks)
    edit(tasks)
    return take_back(queue, dataset, Finished(tasks, finished.unclear), reviewer="ann")


def changed(tasks: list[Any], number: int, **values: Any) -> None:
    tasks[number] = dataclasses.replace(tasks[number], **values)


def test_an_image_that_was_not_handed_over_and_is_empty_in_the_tool_keeps_its_labels(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    nothing = {"key": None, "mark": None, "given": None, "proposals": (), "boxes": ()}
    taken = edited(queue, dataset, tool, lambda tasks: changed(tasks, 0, **nothing))
    assert (taken.changed, taken.added, taken.images) == (0, 0, 1)
    [line] = taken.unclear
    assert "it was not handed over" in line
    assert labels(cleaned(queue, dataset).dataset, 0) == labels(dataset, 0)


def test_an_image_that_was_not_handed_over_and_is_as_it_was_is_not_worth_a_word(
    queue: Queue, dataset: Dataset, tool: str
):
    nothing = {"key": None, "mark": None, "given": None, "proposals": ()}

    def edit(tasks: list[Any]) -> None:
        plain = [dataclasses.replace(box, beside=(), key=None) for box in tasks[0].boxes]
        changed(tasks, 0, **nothing, boxes=tuple(plain))

    assert edited(queue, dataset, tool, edit).unclear == []


def test_without_what_was_handed_over_only_what_was_said_is_taken(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    def edit(tasks: list[Any]) -> None:
        first, *rest = tasks[0].proposals
        answered = dataclasses.replace(first, answer="accept")
        changed(tasks, 0, mark=None, key=None, given=None, boxes=(), proposals=(answered, *rest))

    taken = edited(queue, dataset, tool, edit)
    assert states(queue, marks) == ["accepted", "open", "open", "open", "open"]
    assert taken.changed == 0
    assert any("has not kept which labels were handed over" in line for line in taken.unclear)


def test_an_export_without_the_labels_removes_none(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    taken = edited(queue, dataset, tool, lambda tasks: changed(tasks, 0, boxes=None))
    assert states(queue, marks) == ["open"] * 5
    assert taken.changed == 0
    [line] = taken.unclear
    assert "the export does not have its labels" in line


@pytest.mark.parametrize("field", ["ground_truth", "labelaudit", "labelaudit_images"])
def test_a_field_of_fiftyone_that_was_left_out_of_the_export_rejects_and_removes_nothing(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path, field: str
):
    LABELLING_TOOLS["fiftyone"].write(hand_over(queue, dataset).assignment, tmp_path / "out")
    person = FiftyOnePerson(tmp_path / "out")
    del person.samples[0][field]
    person.samples[1][field] = None
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["open"] * 5
    assert (taken.changed, taken.removed) == (0, 0)


def test_a_label_that_was_turned_or_became_another_shape_stays_and_is_told(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    LABELLING_TOOLS["cvat"].write(hand_over(queue, dataset).assignment, tmp_path / "out.xml")
    person = CvatPerson(tmp_path / "out.xml")
    person.find("a.jpg", "car", ALONE).set("rotation", "12.5")
    alone = person.find("b.jpg", "car", (200, 200, 250, 250))
    person.remove(alone)
    points = {"label": "car", "points": "201,200;249,205;230,250"}
    ElementTree.SubElement(person.images["b.jpg"], "polygon", points)
    taken = back(queue, dataset, person)
    assert (taken.changed, taken.added) == (0, 0)
    assert [line.partition(": ")[2] for line in taken.unclear] == [
        "a box of car is a rectangle turned by 12.5 degrees; a label that may be this one stays",
        "a box of car is a polygon, not a rectangle; a label that may be this one stays",
    ]


def test_a_shape_elsewhere_holds_no_label_that_was_removed(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    LABELLING_TOOLS["cvat"].write(hand_over(queue, dataset).assignment, tmp_path / "out.xml")
    person = CvatPerson(tmp_path / "out.xml")
    person.remove(person.find("b.jpg", "car", (200, 200, 250, 250)))
    points = {"label": "car", "points": "251,200;299,205;280,250"}
    ElementTree.SubElement(person.images["b.jpg"], "polygon", points)
    taken = back(queue, dataset, person)
    assert taken.changed == 1
    [line] = taken.unclear
    assert line.endswith("a box of car is a polygon, not a rectangle")


def test_a_label_that_became_a_polygon_in_label_studio_stays(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    LABELLING_TOOLS["labelstudio"].write(hand_over(queue, dataset).assignment, tmp_path / "o.json")
    person = LabelStudioPerson(tmp_path / "o.json")
    person.remove(person.find("b.jpg", "car", (200, 200, 250, 250)))
    shape = {"points": [[32, 42], [38, 43], [35, 51]], "polygonlabels": ["car"]}
    person._results("b.jpg").append(
        {"id": "Xy1", "type": "polygonlabels", "from_name": "label", "value": shape}
    )
    taken = back(queue, dataset, person)
    assert (taken.changed, taken.added) == (0, 0)
    assert "a label that may be this one stays" in taken.unclear[0]


def test_a_proposal_of_a_place_that_was_accepted_and_turned_is_told(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    LABELLING_TOOLS["cvat"].write(hand_over(queue, dataset).assignment, tmp_path / "out.xml")
    person = CvatPerson(tmp_path / "out.xml")
    for mark in (marks[WRONG_CLASS], marks[LOOSE], marks[MISSING_BOX]):
        person._proposal(mark).set("rotation", "30")
        person.answer(mark, "accept")
    taken = back(queue, dataset, person)
    assert states(queue, marks) == ["accepted", "open", "open", "open", "open"]
    assert [line.partition(": ")[2] for line in taken.unclear] == [
        "MOD003 loose-box was accepted, but is a rectangle turned by 30 degrees",
        "MOD002 missing-box was accepted, but is a rectangle turned by 30 degrees",
    ]


@pytest.mark.parametrize("first", [True, False])
def test_of_copies_of_a_proposal_that_counts_of_which_something_was_said(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str], first: bool
):
    def edit(tasks: list[Any]) -> None:
        copies = []
        for one in tasks[0].proposals:
            answered = dataclasses.replace(one, answer="accept")
            copies += [answered, one] if first else [one, answered]
        changed(tasks, 0, proposals=tuple(copies))

    assert edited(queue, dataset, tool, edit).unclear == []
    assert states(queue, marks) == ["accepted"] * 3 + ["open"] * 2


def test_copies_of_a_proposal_with_two_answers_are_told(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    def edit(tasks: list[Any]) -> None:
        one = tasks[0].proposals[0]
        two = (dataclasses.replace(one, answer=word) for word in ("accept", "reject"))
        changed(tasks, 0, proposals=(*two, *tasks[0].proposals[1:]))

    [line] = edited(queue, dataset, tool, edit).unclear
    assert "has the answer 'accept and reject'; give it one of accept, reject, skip, ask" in line
    assert states(queue, marks)[WRONG_CLASS] == "open"


def test_one_person_who_says_two_things_at_one_time_says_neither(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    def edit(tasks: list[Any]) -> None:
        said = [
            tuple(dataclasses.replace(one, answer=word) for one in tasks[0].proposals)
            for word in ("accept", "reject")
        ]
        changed(tasks, 0, proposals=said[0], at=5.0)
        tasks.append(dataclasses.replace(tasks[0], proposals=said[1], place="again"))

    taken = edited(queue, dataset, tool, edit)
    assert states(queue, marks) == ["open"] * 5
    assert len(taken.unclear) == 3
    assert "and again: MOD001 wrong-class is answered in 2 ways by ann" in taken.unclear[0]


def test_the_same_image_twice_in_an_export_counts_once(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    def edit(tasks: list[Any]) -> None:
        said = tuple(dataclasses.replace(one, answer="reject") for one in tasks[0].proposals)
        changed(tasks, 0, proposals=said, at=5.0)
        tasks.append(tasks[0])

    taken = edited(queue, dataset, tool, edit)
    assert states(queue, marks) == ["rejected"] * 3 + ["open"] * 2
    assert (sum(taken.verdicts.values()), taken.unclear) == (3, [])


@pytest.mark.parametrize("notes", [("a", ""), ("", "a"), ("a", "a"), ("a", "b")])
def test_a_note_in_one_of_two_copies_of_an_image_is_kept_and_two_are_told(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str], notes: tuple[str, str]
):
    def edit(tasks: list[Any]) -> None:
        first, second = (
            tuple(dataclasses.replace(one, answer="reject", note=note) for one in task.proposals)
            for task, note in ((tasks[0], notes[0]), (tasks[0], notes[1]))
        )
        changed(tasks, 0, proposals=first)
        tasks[0] = dataclasses.replace(tasks[0], at=5.0)
        tasks.append(dataclasses.replace(tasks[0], proposals=second))

    unclear = edited(queue, dataset, tool, edit).unclear
    told = set(notes) == {"a", "b"}
    assert len(unclear) == (3 if told else 0)
    expected = ("open", None) if told else ("rejected", "a")
    found = item(queue, marks[WRONG_CLASS])
    assert (found.state.value, found.note) == expected


@pytest.mark.parametrize("digits", [0, 1, 2, 3, 4])
def test_numbers_that_were_rounded_on_the_way_move_nothing(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str], digits: int
):
    if isinstance(person, CvatPerson):
        for shape in person.tree.iter("box"):
            for side in person.sides:
                shape.set(side, f"{float(shape.get(side, 'nan')):.{digits}f}")
        person.export = lambda path: (person.tree.write(path, "utf-8"), path)[1]  # type: ignore[method-assign]
    else:
        _round(getattr(person, "tasks", None) or person.samples, digits + 2)
    taken = back(queue, dataset, person)
    assert (taken.verdicts, taken.added, taken.changed, taken.unclear) == ({}, 0, 0, [])


def _round(held: Any, digits: int) -> None:
    places = enumerate(held) if isinstance(held, list) else list(held.items())
    for key, value in places:
        if isinstance(value, float):
            held[key] = round(value, digits)
        elif isinstance(value, dict | list) and key != "labelaudit_size":
            _round(value, digits)


def test_a_label_that_was_moved_before_it_was_rounded_has_moved(
    queue: Queue, dataset: Dataset, person: Person, marks: list[str]
):
    person.change(person.find("a.jpg", "car", ALONE), xyxy=(404, 300, 460.5, 360.25))
    if not isinstance(person, CvatPerson):
        _round(getattr(person, "tasks", None) or person.samples, 3)
    taken = back(queue, dataset, person)
    assert (taken.changed, taken.unclear) == (1, [])


def test_keys_that_were_given_anew_change_nothing(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    def edit(tasks: list[Any]) -> None:
        boxes = tasks[0].boxes
        keys = [box.key for box in boxes]
        again = zip(boxes, [*keys[1:], keys[0]], strict=True)
        changed(tasks, 0, boxes=tuple(dataclasses.replace(one, key=key) for one, key in again))

    taken = edited(queue, dataset, tool, edit)
    assert (taken.changed, taken.added, taken.verdicts, taken.unclear) == (0, 0, {}, [])


def test_images_that_have_moved_in_the_labels_since_are_found_by_what_they_were_called(
    queue_place: Any, tool: str, tmp_path: Path
):
    before = images({"a.jpg": [], "x/b.jpg": [], "c.jpg": ["car 10 10 50 40"]})
    after = images({"x/b.jpg": [], "a.jpg": [], "c.jpg": ["car 10 10 50 40"]})
    with Queue.open(queue_place("moved")) as opened:
        enqueue(opened, _added(before, 1), before, Options())
        LABELLING_TOOLS[tool].write(hand_over(opened, before).assignment, tmp_path / "out")
        [task] = LABELLING_TOOLS[tool].read(tmp_path / "out").tasks
        enqueue(opened, _added(after, 0), after, Options())
        drawn = FinishedBox("car", (200.0, 200.0, 240.0, 230.0))
        task = dataclasses.replace(task, boxes=(drawn,), name="/mnt/0001.jpg")
        taken = take_back(opened, after, Finished([task]), reviewer="ann")
        assert (taken.added, taken.unclear) == (1, [])
        fixed = cleaned(opened, after).dataset
        assert labels(fixed, 0) == {("car", (200.0, 200.0, 240.0, 230.0))}


def _added(dataset: Dataset, image: int) -> Any:
    fix = np.empty(1, object)
    values = {"image": image, "label": 0, "xyxy": [300.0, 300.0, 350.0, 340.0]}
    fix[0] = Fix("add", Safety.UNSAFE, RecordType.BOX, -1, values)
    return Findings.of(
        1,
        code=["MOD002"],
        name=["missing-box"],
        severity=[1],
        file=[0],
        image=[image],
        message=["lacks one"],
        fix=fix,
    )


def test_an_export_of_another_queue_is_refused_as_a_whole(
    queue_place: Any, queue: Queue, dataset: Dataset, findings: Any, person: Person
):
    with Queue.open(queue_place("none")) as other:
        enqueue(other, findings.rows(np.zeros(5, bool)), dataset, Options())
        with pytest.raises(FormatError, match="the queue has none of the 5 findings"):
            back(other, dataset, person)


def test_blanks_around_a_class_name_that_the_tool_drops_are_no_change(queue_place: Any, tool: str):
    spaced = images({"a.jpg": ["car 10 10 50 40"]})
    categories = dataclasses.replace(
        spaced.categories, name=np.array([f" {one} " for one in spaced.class_names], object)
    )
    spaced = dataclasses.replace(spaced, categories=categories)
    with Queue.open(queue_place("blanks")) as opened:
        enqueue(opened, _added(spaced, 0), spaced, Options())

        def edit(tasks: list[Any]) -> None:
            plain = (dataclasses.replace(box, label=box.label.strip()) for box in tasks[0].boxes)
            changed(tasks, 0, boxes=tuple(plain))

        taken = edited(opened, spaced, tool, edit)
    assert (taken.changed, taken.added, taken.unclear) == (0, 0, [])


def test_a_draft_in_label_studio_is_told(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    LABELLING_TOOLS["labelstudio"].write(hand_over(queue, dataset).assignment, tmp_path / "o.json")
    person = LabelStudioPerson(tmp_path / "o.json")
    person.tasks[1]["drafts"] = [{"result": []}]
    [line] = back(queue, dataset, person).unclear
    assert line == "task 1: a draft; submit it in Label Studio, and export again"


def test_an_image_of_cvat_that_is_no_xml_is_told_and_the_others_are_taken(
    queue: Queue, dataset: Dataset, marks: list[str], tmp_path: Path
):
    path = tmp_path / "out.xml"
    LABELLING_TOOLS["cvat"].write(hand_over(queue, dataset).assignment, path)
    text = path.read_text("utf-8").replace(">open<", ">reject<")
    first, last = text.split('name="b.jpg"')
    path.write_text(f'{first}name="b.jpg"{last.replace("</box>", "", 1)}', "utf-8")
    taken = take_back(queue, dataset, LABELLING_TOOLS["cvat"].read(path), reviewer="ann")
    assert states(queue, marks) == ["rejected"] * 3 + ["open"] * 2
    [line] = taken.unclear
    assert line.startswith("image 1, counted from 0: no XML: ")
    assert line.endswith("mend it, and import again")


def test_a_name_of_a_reviewer_that_no_queue_can_have_is_told(
    queue: Queue, dataset: Dataset, tool: str, marks: list[str]
):
    taken = edited(queue, dataset, tool, lambda tasks: changed(tasks, 0, reviewer="a\nb"))
    assert any("made by 'a\\nb'" in line for line in taken.unclear)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_stands_in_an_export_nothing_but_a_refusal_ends_the_import(
    queue: Queue, dataset: Dataset, tool: str, seed: int, tmp_path: Path
):
    path = tmp_path / "out"
    LABELLING_TOOLS[tool].write(hand_over(queue, dataset).assignment, path)
    spoil(path, random.Random(seed))
    taken = None
    with contextlib.suppress(FormatError):
        taken = take_back(queue, dataset, LABELLING_TOOLS[tool].read(path), reviewer="ann")
    if taken is not None:
        cleaned(queue, dataset)
        assert all(line.isprintable() for line in taken.unclear)


def spoil(path: Path, chance: random.Random) -> None:
    """Put something odd in five places of what was handed over."""
    if path.is_dir():
        path /= "samples.json"
    if path.read_bytes().startswith(b"<"):
        tree = ElementTree.parse(path)
        for element in chance.sample(list(tree.iter()), 5):
            key = chance.choice([*element.attrib, "rotation", "points"])
            element.set(key, chance.choice(["", "-1", "nan", "1e308", "x", "9" * 400, "a;b,c"]))
        tree.write(path, "utf-8")
        return
    held = json.loads(path.read_text("utf-8"))
    for _ in range(5):
        _spoil(held, chance)
    path.write_text(json.dumps(held), "utf-8")


ODD_VALUES = (None, 5, -1.5, 1e308, True, "x", "", [], {}, [None], {"a": 1}, "\ud800", [[1]])


def _spoil(held: Any, chance: random.Random) -> None:
    """Put something odd in some place within."""
    while True:
        keys = list(range(len(held))) if isinstance(held, list) else list(held)
        key = chance.choice(keys)
        inside = held[key]
        if isinstance(inside, dict | list) and inside and chance.random() < 0.85:
            held = inside
            continue
        held[key] = copy.deepcopy(chance.choice(ODD_VALUES))
        return
