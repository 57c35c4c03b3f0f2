"""Classes that reviewers name: kept by name with decisions, declared when the queue is applied."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import labelaudit
from labelaudit.auditing.run import Options
from labelaudit.dataset.new_classes import with_classes
from labelaudit.dataset.tables import Dataset
from labelaudit.io.save import save
from labelaudit.io.save import undo as undo_saved
from labelaudit.review.hand_over.assign import hand_over
from labelaudit.review.queue.accepted_fixes import accepted, cleaned
from labelaudit.review.queue.decisions import ItemDecision, decide, undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.import_export import export, replayed
from labelaudit.review.queue.items import Filter, State, Verdict, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box, own_fixes
from labelaudit.review.queue.new_classes import named_classes, with_named_classes
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue


def labels(path: Path) -> Path:
    content = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 128, "height": 96}],
        "annotations": [
            {"id": n, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30], "area": 900}
            for n in (1, 2)
        ],
        "categories": [{"id": 1, "name": "car"}],
    }
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return labelaudit.load(labels(tmp_path / "labels.json"))


@pytest.fixture
def queue(queue_place: Callable[[str], QueuePlace], dataset: Dataset) -> Iterator[Queue]:
    with Queue.open(queue_place("queue")) as opened:
        enqueue(opened, labelaudit.audit(dataset, select=["DUP001"]), dataset, Options())
        yield opened


def relabel(queue: Queue, dataset: Dataset, name: str) -> str:
    """The finding, edited: its box is of a class that there is not."""
    (found,) = next_items(queue, "ann", Filter(), count=9)
    wider = with_classes(dataset, [name])
    fixes = own_fixes(wider, 1, label=wider.class_names.index(name))
    decide(queue, "ann", [ItemDecision(found.fingerprint, Verdict.EDIT, fixes)], uuid=name)
    return found.fingerprint


def draw(queue: Queue, dataset: Dataset, name: str) -> str:
    wider = with_classes(dataset, [name])
    label = wider.class_names.index(name)
    box = [60.0, 10.0, 90.0, 40.0]
    return add_box(
        queue, "ann", wider, image=0, label=label, xyxy=box, uuid=f"draw {name}"
    ).fingerprint


def test_the_cleaned_labels_list_the_class_and_undo_takes_it_back(queue, dataset, tmp_path):
    relabel(queue, dataset, "tram")
    draw(queue, dataset, "van")
    assert named_classes(queue) == ["tram", "van"]
    saved = save(cleaned(queue, dataset).dataset, tmp_path / "out.json")
    written = json.loads(saved.path.read_text())
    names = {one["id"]: one["name"] for one in written["categories"]}
    assert names == {1: "car", 2: "tram", 3: "van"}
    assert [names[one["category_id"]] for one in written["annotations"]] == ["car", "tram", "van"]
    undo_saved(saved.path)
    assert saved.path.read_bytes() == (tmp_path / "labels.json").read_bytes()


def test_a_class_of_a_decision_that_was_taken_back_is_not_declared(queue, dataset):
    relabel(queue, dataset, "tram")
    draw(queue, dataset, "van")
    undo(queue, "ann", uuid="u1")
    assert named_classes(queue) == ["tram"]
    undo(queue, "ann", uuid="u2")
    assert named_classes(queue) == []
    assert cleaned(queue, dataset).dataset.class_names == ["car"]
    assert with_named_classes(queue, dataset) is dataset


def test_only_classes_that_are_used_by_what_is_applied_are_declared(queue, dataset):
    mark = relabel(queue, dataset, "tram")
    draw(queue, dataset, "van")
    found = accepted(queue, dataset, among={mark})
    assert found.dataset is not None
    assert found.dataset.class_names == ["car", "tram"]


def test_a_drawn_box_of_a_new_class_outlives_another_scan(queue, dataset):
    mark = draw(queue, dataset, "van")
    enqueue(queue, labelaudit.audit(dataset, select=["DUP001"]), dataset, Options())
    assert not item(queue, mark).obsolete
    assert cleaned(queue, dataset).dataset.class_names == ["car", "van"]


def test_what_was_named_is_found_once_the_labels_have_it(queue, dataset, tmp_path):
    mark = draw(queue, dataset, "van")
    save(cleaned(queue, dataset).dataset, tmp_path / "out.json")
    (tmp_path / "out.json").replace(tmp_path / "labels.json")
    again = labelaudit.load(tmp_path / "labels.json")
    enqueue(queue, labelaudit.audit(again, select=["DUP001"]), again, Options())
    assert item(queue, mark).obsolete  # the labels have it now
    assert with_named_classes(queue, again) is again


def test_a_list_of_decisions_has_it_too(queue, dataset, tmp_path):
    relabel(queue, dataset, "tram")
    export(queue, tmp_path / "list.jsonl")
    lines = (tmp_path / "list.jsonl").read_bytes().splitlines()
    with replayed(lines, tmp_path / "list.jsonl") as other:
        assert cleaned(other, dataset).dataset.class_names == ["car", "tram"]


def test_labelling_tools_are_given_the_classes_that_were_named(queue, dataset):
    mark = draw(queue, dataset, "van")
    skip = ItemDecision(mark, Verdict.SKIP, seen=item(queue, mark).decision)
    decide(queue, "ann", [skip], uuid="skip")
    assert item(queue, mark).state is State.SKIPPED
    assignment = hand_over(queue, dataset).assignment
    proposals = [one for task in assignment.tasks for one in task.proposals]
    assert tuple(assignment.classes) == ("car", "van")
    assert "van" in {one.label for one in proposals}
