# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue.accepted_fixes import accepted, cleaned
from labelaudit.review.queue.decisions import undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.import_export import export, import_list
from labelaudit.review.queue.items import Filter, Item, State, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import change_box, own_fixes
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue

CAR = 4
"""The row of a box that no finding is about: car 300 200 360 260 in b.jpg."""


def changed(queue: Queue, dataset: Dataset, uuid: str, box: int = CAR) -> Item:
    fixes = own_fixes(dataset, box, xyxy=(310, 200, 360, 260), label=1)
    return change_box(queue, "ann", dataset, box=box, fixes=fixes, uuid=uuid)


def codes(queue: Queue, **wanted: str) -> list[str]:
    return [one.entry["code"] for one in next_items(queue, "eve", Filter(**wanted), count=99)]


def test_a_label_without_a_finding_that_a_reviewer_changed_is_changed_in_the_cleaned_dataset(
    queue: Queue, dataset: Dataset
):
    one = changed(queue, dataset, "1")
    assert (one.entry["code"], one.state) == ("REV002", State.EDITED)
    boxes = cleaned(queue, dataset).dataset.boxes
    assert boxes.xyxy[CAR].tolist() == [310, 200, 360, 260]
    assert boxes.label[CAR] == 1
    assert np.delete(boxes.xyxy, CAR, 0).tolist() == np.delete(dataset.boxes.xyxy, CAR, 0).tolist()


def test_a_label_that_was_changed_twice_is_one_finding_with_two_decisions(
    queue: Queue, dataset: Dataset
):
    first = changed(queue, dataset, "1")
    second = change_box(
        queue, "ann", dataset, box=CAR, fixes=own_fixes(dataset, CAR), uuid="another"
    )
    assert first.fingerprint == second.fingerprint
    assert len(cleaned(queue, dataset).dataset.boxes) == len(dataset.boxes) - 1


def test_a_change_by_hand_that_is_taken_back_is_put_away(queue: Queue, dataset: Dataset):
    one = changed(queue, dataset, "1")
    undo(queue, "ann", uuid="2")
    assert item(queue, one.fingerprint).obsolete
    assert "REV002" not in codes(queue) + codes(queue, state="obsolete")
    assert len(accepted(queue, dataset)) == 0


def test_of_labels_that_are_alike_each_can_be_changed_by_hand(queue: Queue, dataset: Dataset):
    first, second = (changed(queue, dataset, str(box), box) for box in (1, 2))
    assert first.fingerprint != second.fingerprint
    assert cleaned(queue, dataset).dataset.boxes.label[[1, 2]].tolist() == [1, 1]


def test_a_change_by_hand_survives_a_scan_until_the_label_is_another(
    queue: Queue, dataset: Dataset, findings: Findings
):
    changed(queue, dataset, "1")
    enqueue(queue, findings, dataset, Options())
    assert codes(queue, state="edited") == ["REV002"]
    xyxy = dataset.boxes.xyxy.copy()
    xyxy[CAR, 0] = 310
    moved = dataclasses.replace(dataset, boxes=dataclasses.replace(dataset.boxes, xyxy=xyxy))
    enqueue(queue, findings, moved, Options())
    assert codes(queue, state="obsolete") == ["REV002"]
    enqueue(queue, findings, dataset, Options())
    assert codes(queue, state="edited") == ["REV002"]


def test_a_change_by_hand_is_the_same_in_another_queue(
    queue: Queue, dataset: Dataset, new_queue: Callable[[str], Queue], tmp_path: Path
):
    changed(queue, dataset, "1")
    export(queue, tmp_path / "list.jsonl")
    other = new_queue("other")
    import_list(other, tmp_path / "list.jsonl")
    assert codes(other, state="edited") == ["REV002"]
    assert cleaned(other, dataset).dataset.boxes.label[CAR] == 1
