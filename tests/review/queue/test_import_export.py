# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from labelaudit.dataset.tables import Dataset
from labelaudit.errors import FixError
from labelaudit.review.queue.decisions import ItemDecision, decide, disagreements, undo
from labelaudit.review.queue.import_export import export, import_list
from labelaudit.review.queue.items import Filter, State, Verdict, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box, own_fixes
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue

MakeQueue = Callable[[str], Queue]


def prints(queue: Queue) -> list[str]:
    return [one.fingerprint for one in next_items(queue, "n", Filter(state="any"), count=99)]


def busy(queue: Queue, dataset: Dataset) -> None:
    """Decisions of every kind."""
    first, second, third, *_ = prints(queue)
    decide(
        queue,
        "ann",
        [ItemDecision(first, Verdict.ACCEPT), ItemDecision(second, Verdict.SKIP)],
        uuid="1",
    )
    edit = own_fixes(dataset, 0, xyxy=(1, 2, 3, 4.5), label=1)
    decide(queue, "ann", [ItemDecision(third, Verdict.EDIT, edit)], uuid="2")
    undo(queue, "ann", [second], uuid="3")
    seen = item(queue, first).decision
    decide(queue, "bob", [ItemDecision(first, Verdict.REJECT, seen=seen)], uuid="4")
    add_box(queue, "bob", dataset, image=0, label=0, xyxy=(200, 200, 240, 240), uuid="5")


def test_export_import_export_is_the_same_to_the_byte(
    queue: Queue, dataset: Dataset, new_queue: MakeQueue, tmp_path: Path
):
    busy(queue, dataset)
    with queue.writing() as database:
        database.execute("UPDATE items SET current = 0 WHERE id = 1")
    assert export(queue, tmp_path / "one.jsonl") == len(prints(queue))
    other = new_queue("other")
    imported = import_list(other, tmp_path / "one.jsonl")
    assert (imported.items, imported.decisions) == (len(prints(queue)), 6)
    export(other, tmp_path / "two.jsonl")
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "two.jsonl").read_bytes()
    for one in prints(queue):
        here, there = item(queue, one), item(other, one)
        assert (here.state, here.obsolete) == (there.state, there.obsolete)
    assert import_list(other, tmp_path / "one.jsonl").decisions == 0


def test_two_reviewers_files_put_together_in_either_order_come_to_the_same(
    queue: Queue, new_queue: MakeQueue, tmp_path: Path, clock
):
    export(queue, tmp_path / "start.jsonl")
    ann, bob = new_queue("ann"), new_queue("bob")
    one, two, *_ = prints(queue)
    for other, name, verdict in ((ann, "ann", Verdict.ACCEPT), (bob, "bob", Verdict.REJECT)):
        import_list(other, tmp_path / "start.jsonl")
        clock.time += 10
        decide(
            other, name, [ItemDecision(one, verdict), ItemDecision(two, Verdict.ACCEPT)], uuid=name
        )
        export(other, tmp_path / f"{name}.jsonl")
    import_list(ann, tmp_path / "bob.jsonl")
    import_list(bob, tmp_path / "ann.jsonl")
    for other in (ann, bob):
        export(other, tmp_path / "merged.jsonl")
        assert item(other, one).state is State.REJECTED
        assert [split.fingerprint for split, _ in disagreements(other)] == [one]
    assert len({_exported(other, tmp_path) for other in (ann, bob)}) == 1


def _exported(queue: Queue, folder: Path) -> bytes:
    export(queue, folder / "exported.jsonl")
    return (folder / "exported.jsonl").read_bytes()


def test_a_large_list_is_the_same_after_it_was_imported_whatever_is_done_in_one_go(
    queue: Queue, dataset: Dataset, new_queue: MakeQueue, tmp_path: Path, monkeypatch
):
    busy(queue, dataset)
    first = _exported(queue, tmp_path)
    for block in (1, 2, 5, 2000):
        monkeypatch.setattr("labelaudit.review.queue.import_export.BLOCK", block)
        other = new_queue(f"blocks of {block}")
        lines = first.splitlines()
        (tmp_path / "twice.jsonl").write_bytes(b"\n".join([*lines, *lines]))
        done = import_list(other, tmp_path / "twice.jsonl")
        assert (done.items, done.decisions) == (len(lines), 6)
        assert _exported(other, tmp_path) == first


def test_what_the_queues_own_scan_did_not_find_is_obsolete(
    queue: Queue, new_queue: MakeQueue, tmp_path: Path
):
    _exported(queue, tmp_path)
    line = msgspec.json.decode((tmp_path / "exported.jsonl").read_bytes().splitlines()[0])
    (tmp_path / "more.jsonl").write_bytes(msgspec.json.encode(line | {"fingerprint": "abc"}))
    import_list(queue, tmp_path / "more.jsonl")
    assert item(queue, "abc").obsolete


DECISION = {"uuid": "u", "at": "2026-01-01T00:00:00.000000Z", "reviewer": "ann"}


@pytest.mark.parametrize(
    "change",
    [
        {"fingerprint": 7},
        {"fingerprint": "a\0b"},
        {"severity": "bad"},
        {"probability": 7.0},
        {"decisions": [DECISION | {"verdict": "perhaps"}]},
        {"decisions": [DECISION | {"verdict": "edit"}]},
        {"decisions": [DECISION | {"verdict": "undo"}]},
        {"decisions": [DECISION | {"verdict": "accept", "at": "today"}]},
        {"decisions": [DECISION | {"verdict": "accept", "reviewer": "a\nb"}]},
        {"decisions": [DECISION | {"verdict": "accept", "more": 1}]},
        {"decisions": [DECISION | {"verdict": "accept"}, DECISION | {"verdict": "reject"}]},
    ],
    ids=str,
)
def test_a_line_that_is_no_finding_is_told_and_nothing_is_imported(
    queue: Queue, new_queue: MakeQueue, tmp_path: Path, change: dict[str, object]
):
    lines = _exported(queue, tmp_path).splitlines()
    lines[1] = msgspec.json.encode(msgspec.json.decode(lines[1]) | change)
    (tmp_path / "bad.jsonl").write_bytes(b"\n".join(lines))
    other = new_queue("other")
    with pytest.raises(FixError, match=r"bad\.jsonl:2: "):
        import_list(other, tmp_path / "bad.jsonl")
    assert prints(other) == []
