# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box, own_fixes
from labelaudit.review.queue.store import Queue
from labelaudit.review.queue.undecided import queue_state
from labelaudit.testing import images
from tests.review.queue.queue_fixtures import clock, dataset, findings, queue


def flat(queue: Queue) -> list[str]:
    found = next_items(queue, "ann", Filter(rule="GEO001"), count=99)
    return [item.fingerprint for item in sorted(found, key=lambda one: one.entry["image"])]


def test_a_new_queue_holds_its_findings_undecided(queue: Queue, dataset: Dataset, findings):
    state = queue_state(queue, dataset)
    assert sorted(state.undecided.box.tolist()) == sorted(findings.box.tolist())
    assert np.nansum(state.undecided.probability) == pytest.approx(np.nansum(findings.probability))
    assert state.decided == frozenset()
    assert state.judged.tolist() == []


def test_what_was_decided_is_told_apart_from_what_was_skipped(queue: Queue, dataset: Dataset):
    first, second, third = flat(queue)
    decide(queue, "ann", [ItemDecision(first, Verdict.ACCEPT)], uuid="1")
    decide(queue, "ann", [ItemDecision(second, Verdict.REJECT)], uuid="2")
    decide(queue, "ann", [ItemDecision(third, Verdict.SKIP)], uuid="3")
    state = queue_state(queue, dataset)
    assert state.decided == {first, second}
    assert state.judged.tolist() == [0, 3]
    assert len(state.undecided) == 3


def test_an_edit_and_a_drawn_box_are_decided(queue: Queue, dataset: Dataset):
    edit = own_fixes(dataset, 0, xyxy=(10, 10, 30, 40), label=1)
    decide(queue, "ann", [ItemDecision(flat(queue)[0], Verdict.EDIT, edit)], uuid="1")
    add_box(queue, "ann", dataset, image=2, label=0, xyxy=(1, 2, 30, 40), uuid="2")
    state = queue_state(queue, dataset)
    assert len(state.decided) == 2
    assert len(state.undecided) == 4


@pytest.mark.parametrize("decided", [False, True])
def test_a_queue_of_another_dataset_is_refused_decided_or_not(queue: Queue, decided):
    if decided:
        decide(queue, "ann", [ItemDecision(flat(queue)[0], Verdict.ACCEPT)], uuid="1")
    other = images({"x.jpg": ["car 1 1 9 9"]})
    with pytest.raises(FixError, match=r"5 of 5 findings .* of another dataset, or the labels"):
        queue_state(queue, other)


def test_labels_that_changed_since_are_told_of(queue: Queue, dataset: Dataset):
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[0] += 7
    moved = dataclasses.replace(dataset, boxes=dataset.boxes.replaced(xyxy=xyxy))
    with pytest.raises(FixError, match=re.escape(f"{queue.place}: 1 of 5 findings")):
        queue_state(queue, moved)
