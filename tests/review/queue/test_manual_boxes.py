# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.review.queue import manual_boxes
from labelaudit.review.queue.accepted_fixes import accepted
from labelaudit.review.queue.decisions import undo
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.import_export import export, import_list
from labelaudit.review.queue.items import Filter, Item, State, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box
from labelaudit.review.queue.progress import facets, progress
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue

BOX = (200.0, 200.0, 250.0, 250.0)


def drawn(queue: Queue, dataset: Dataset, reviewer: str, uuid: str) -> Item:
    return add_box(queue, reviewer, dataset, image=1, label=0, xyxy=BOX, uuid=uuid)


def codes(queue: Queue, **wanted: str) -> list[str]:
    return [one.entry["code"] for one in next_items(queue, "eve", Filter(**wanted), count=99)]


def test_a_box_that_was_drawn_and_taken_back_is_put_away(
    queue: Queue, dataset: Dataset, findings: Findings
):
    before, total = codes(queue), progress(queue).total
    one = drawn(queue, dataset, "ann", "1")
    assert progress(queue).total == total + 1
    undo(queue, "ann", uuid="2")
    assert item(queue, one.fingerprint).obsolete
    assert codes(queue) == before
    assert "REV001" not in codes(queue, state="obsolete")
    assert "REV001" not in facets(queue, "rule")
    assert progress(queue).total == total
    assert len(accepted(queue, dataset)) == 0
    enqueue(queue, findings, dataset, Options())
    assert item(queue, one.fingerprint).obsolete
    assert "REV001" not in codes(queue)


def test_a_box_that_was_put_away_can_be_drawn_again(queue: Queue, dataset: Dataset):
    drawn(queue, dataset, "ann", "1")
    undo(queue, "ann", uuid="2")
    one = drawn(queue, dataset, "ann", "3")
    assert (one.state, one.obsolete) == (State.ACCEPTED, False)
    assert accepted(queue, dataset).code.tolist() == ["REV001"]


def test_a_box_that_two_reviewers_drew_stays_when_the_first_takes_it_back(
    queue: Queue, dataset: Dataset
):
    drawn(queue, dataset, "ann", "1")
    one = drawn(queue, dataset, "bob", "2")
    assert not undo(queue, "ann", [one.fingerprint], uuid="3").items
    assert accepted(queue, dataset).code.tolist() == ["REV001"]


def test_a_drawing_sent_again_after_it_was_taken_back_stays_put_away(
    queue: Queue, dataset: Dataset
):
    drawn(queue, dataset, "ann", "1")
    undo(queue, "ann", uuid="2")
    assert drawn(queue, dataset, "ann", "1").obsolete


def test_a_box_that_the_labels_have_by_now_does_not_come_back_when_taken_back(
    queue: Queue, dataset: Dataset, findings: Findings
):
    one = drawn(queue, dataset, "ann", "1")
    new = Boxes.of(1, file=[0], image=[1], label=[0], xyxy=np.array([BOX]))
    boxes = Boxes.concat([dataset.boxes, new])
    enqueue(queue, findings, dataclasses.replace(dataset, boxes=boxes), Options())
    assert codes(queue, state="obsolete") == ["REV001"]
    undo(queue, "ann", [one.fingerprint], uuid="2")
    assert codes(queue, state="obsolete") == ["REV001"]
    enqueue(queue, findings, dataset, Options())
    assert "REV001" not in codes(queue) + codes(queue, state="obsolete")


def test_a_drawing_is_written_as_a_whole_or_not_at_all(
    queue: Queue, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
):
    before = codes(queue, state="any")

    def fails(*_: object, **__: object) -> None:
        raise QueueError("the disk is full")

    monkeypatch.setattr(manual_boxes, "decide_one", fails)
    with pytest.raises(QueueError, match="full"):
        drawn(queue, dataset, "ann", "1")
    assert codes(queue, state="any") == before


def test_files_with_a_drawing_and_its_undo_come_to_the_same_in_any_order(
    queue: Queue, dataset: Dataset, new_queue: Callable[[str], Queue], tmp_path: Path, clock
):
    paths = [tmp_path / f"{number}.jsonl" for number in range(3)]
    drawn(queue, dataset, "ann", "1")
    export(queue, paths[0])
    clock.time += 1
    undo(queue, "ann", uuid="2")
    export(queue, paths[1])
    clock.time += 1
    drawn(queue, dataset, "bob", "3")
    export(queue, paths[2])
    for number, order in enumerate(itertools.permutations(paths)):
        other = new_queue(f"other{number}")
        for path in order:
            import_list(other, path)
        export(other, tmp_path / "merged.jsonl")
        assert (tmp_path / "merged.jsonl").read_bytes() == paths[2].read_bytes()
        assert codes(other, state="accepted") == ["REV001"]
    taken_back = new_queue("taken back")
    for path in (paths[1], paths[0]):
        import_list(taken_back, path)
        assert codes(taken_back, state="accepted") == []
        assert "REV001" not in codes(taken_back)


def test_a_drawing_in_a_file_that_nobody_stands_by_is_not_handed_out(
    queue: Queue, dataset: Dataset, new_queue: Callable[[str], Queue], tmp_path: Path
):
    drawn(queue, dataset, "ann", "1")
    export(queue, tmp_path / "list.jsonl")
    lines = [json.loads(line) for line in (tmp_path / "list.jsonl").read_text().splitlines()]
    bare = [json.dumps(line | {"decisions": []}) for line in lines]
    (tmp_path / "list.jsonl").write_text("\n".join(bare))
    other = new_queue("other")
    assert import_list(other, tmp_path / "list.jsonl").items == len(lines)
    assert len(codes(other)) == len(lines) - 1
    assert "REV001" not in codes(other)
