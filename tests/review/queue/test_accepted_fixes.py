# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.core.rows import all_but
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.accepted_fixes import accepted, cleaned
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box, own_fixes
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, queue


def flat(queue: Queue) -> list[str]:
    found = next_items(queue, "ann", Filter(rule="GEO001"), count=99)
    return [item.fingerprint for item in sorted(found, key=lambda one: one.entry["image"])]


def test_what_was_accepted_is_fixed_and_nothing_else(queue: Queue, dataset: Dataset):
    first, second, third = flat(queue)
    decide(queue, "ann", [ItemDecision(first, Verdict.ACCEPT)], uuid="1")
    decide(queue, "ann", [ItemDecision(second, Verdict.REJECT)], uuid="2")
    decide(queue, "ann", [ItemDecision(third, Verdict.SKIP)], uuid="3")
    assert accepted(queue, dataset).box.tolist() == [0]
    assert len(cleaned(queue, dataset).dataset.boxes) == len(dataset.boxes) - 1


def test_an_edit_is_done_instead_of_what_was_proposed(queue: Queue, dataset: Dataset):
    edit = own_fixes(dataset, 0, xyxy=(10, 10, 30, 40), label=1)
    decide(queue, "ann", [ItemDecision(flat(queue)[0], Verdict.EDIT, edit)], uuid="1")
    findings = accepted(queue, dataset)
    assert [fix.kind for fix in findings.fix] == ["move", "relabel"]
    now = cleaned(queue, dataset)
    assert now.dataset.boxes.xyxy[0].tolist() == [10, 10, 30, 40]
    assert now.dataset.boxes.label[0] == 1
    assert now.conflicts == []


def test_a_drawn_box_is_added(queue: Queue, dataset: Dataset):
    add_box(queue, "ann", dataset, image=2, label=0, xyxy=(1, 2, 30, 40), uuid="1")
    boxes = cleaned(queue, dataset).dataset.boxes
    assert boxes.xyxy[-1].tolist() == [1, 2, 30, 40]
    assert (boxes.image[-1], boxes.label[-1]) == (2, 0)


def test_fixes_of_one_box_that_contradict_are_conflicts(queue: Queue, dataset: Dataset):
    double = next_items(queue, "ann", Filter(rule="DUP001"), count=1)[0]
    box = int(accepted(queue, dataset, min_probability=2).box.size)
    assert box == 0
    decide(queue, "ann", [ItemDecision(double.fingerprint, Verdict.ACCEPT)], uuid="1")
    gone = int(accepted(queue, dataset).box[0])
    edit = own_fixes(dataset, gone, xyxy=(1, 1, 9, 9))
    decide(queue, "ann", [ItemDecision(flat(queue)[0], Verdict.EDIT, edit)], uuid="2")
    assert len(cleaned(queue, dataset).conflicts) == 1


def test_probable_findings_are_accepted_but_not_against_a_reviewer(queue: Queue, dataset: Dataset):
    probable = next_items(queue, "ann", Filter(min_probability=0.5), count=99)
    assert len(accepted(queue, dataset, min_probability=0.5)) == len(probable) > 1
    decide(queue, "ann", [ItemDecision(probable[0].fingerprint, Verdict.REJECT)], uuid="1")
    assert len(accepted(queue, dataset, min_probability=0.5)) == len(probable) - 1


def test_labels_that_changed_since_the_scan_are_refused(queue: Queue, dataset: Dataset):
    decide(queue, "ann", [ItemDecision(flat(queue)[0], Verdict.ACCEPT)], uuid="1")
    moved = dataclasses.replace(dataset.boxes, xyxy=dataset.boxes.xyxy + 5)
    with pytest.raises(FixError, match="have changed since"):
        accepted(queue, dataclasses.replace(dataset, boxes=moved))
    fewer = dataset.keep(boxes=all_but(len(dataset.boxes), np.arange(len(dataset.boxes))))
    with pytest.raises(FixError, match="scan --queue"):
        accepted(queue, fewer)
