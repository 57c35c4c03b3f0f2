"""`labelaudit queue`: exchange of decisions, and how far a review is."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

import labelaudit
from labelaudit.review.queue.decisions import ItemDecision, decide, undo
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import own_fixes
from labelaudit.review.queue.store import Queue
from tests.cli.conftest import Ran

Run = Callable[..., Ran]


@pytest.fixture
def labels(run: Run, coco: Callable[..., Path]) -> Path:
    """Labels with three flat boxes and a good one, scanned into q.sqlite."""
    path = coco(
        ("a.jpg", "car", 10, 10, 0, 30),
        ("a.jpg", "car", 50, 20, 30, 0),
        ("b.jpg", "bus", 100, 5, 0, 9),
        ("b.jpg", "bus", 200, 5, 40, 40),
    )
    run("scan", path, "--select", "GEO001", "--queue", "q.sqlite", "-q")
    return path


def decided(name: str, reviewer: str, *verdicts: Verdict) -> None:
    """Decide about the items of a queue in their order."""
    with Queue.existing(Path(name)) as queue:
        items = next_items(queue, "nobody", Filter(state="any"), count=9)
        for item, verdict in zip(items, verdicts, strict=False):
            said = [ItemDecision(item.fingerprint, verdict, seen=item.decision)]
            decide(queue, reviewer, said, uuid=f"{reviewer} {item.fingerprint}")


def test_an_export_is_imported_into_a_new_queue_and_exported_as_the_same(run: Run, labels: Path):
    decided("q.sqlite", "ann", Verdict.ACCEPT, Verdict.REJECT)
    ran = run("queue", "export", "q.sqlite", "one.jsonl")
    assert (ran.code, ran.out) == (0, "")
    assert "Wrote 3 findings with decisions to one.jsonl" in ran.err
    ran = run("queue", "import", "other.sqlite", "one.jsonl")
    assert ran.code == 0
    assert "one.jsonl: 3 findings and 2 decisions that were not in the queue" in ran.err
    run("queue", "export", "other.sqlite", "two.jsonl")
    assert Path("one.jsonl").read_bytes() == Path("two.jsonl").read_bytes()


def test_reviewers_who_disagree_are_listed_and_make_exit_code_1(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "start.jsonl")
    for name, verdict in (("ann", Verdict.ACCEPT), ("bob", Verdict.REJECT)):
        run("queue", "import", f"{name}.sqlite", "start.jsonl")
        decided(f"{name}.sqlite", name, verdict)
        run("queue", "export", f"{name}.sqlite", f"{name}.jsonl")
    ran = run("queue", "import", "q.sqlite", "ann.jsonl", "bob.jsonl")
    assert ran.code == 1
    assert ran.err.count("decided differently") == 1
    assert "ann: accept, bob: reject; the last one counts" in ran.err


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["export", "none.sqlite", "x.jsonl"], "none.sqlite: there is no such queue"),
        (["export", "q.sqlite", "q.sqlite"], "this is the queue itself"),
        (["export", "q.sqlite", "none/x.jsonl"], "No such file"),
        (["import", "new.sqlite", "none.jsonl"], "none.jsonl: no such file"),
        (["import", "labels.json", "q.jsonl"], "labels.json: not a review queue"),
        (
            ["import", "q.sqlite", "labels.json"],
            "labels.json: neither what labelaudit queue export",
        ),
        (["show", "none.sqlite"], "none.sqlite: there is no such queue"),
        (["shwo", "q.sqlite"], 'Did you mean "show"?'),
    ],
    ids=str,
)
def test_what_cannot_be_done_is_said_in_one_line(run: Run, labels: Path, words, problem):
    run("queue", "export", "q.sqlite", "q.jsonl")
    ran = run("queue", *words)
    assert ran.code == 2
    assert problem in ran.err
    assert ran.err.count("\n") == 1
    assert not Path("none.sqlite").exists()
    assert not Path("new.sqlite").exists()
    assert run("queue", "show", "q.sqlite").code == 0


def test_a_failed_export_leaves_the_file_of_before(run: Run, labels: Path, monkeypatch):
    Path("x.jsonl").write_text("before")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device", "x.jsonl")

    monkeypatch.setattr("os.fsync", full)
    assert run("queue", "export", "q.sqlite", "x.jsonl").code == 2
    assert Path("x.jsonl").read_text() == "before"
    assert not list(Path().glob(".x*"))


def test_an_export_is_on_the_disk_before_it_takes_the_place_of_another(
    run: Run, labels: Path, monkeypatch
):
    Path("x.jsonl").write_text("before")
    done, fsync, replace = [], os.fsync, os.replace

    def noted_fsync(handle):
        done.append(("fsync", Path("x.jsonl").read_text()))
        fsync(handle)

    def noted_replace(source, target):
        done.append(("replace", Path("x.jsonl").read_text()))
        replace(source, target)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_replace)
    assert run("queue", "export", "q.sqlite", "x.jsonl").code == 0
    assert done[:2] == [("fsync", "before"), ("replace", "before")]
    assert Path("x.jsonl").read_text() != "before"


def test_show_says_what_was_decided_by_whom(run: Run, labels: Path):
    decided("q.sqlite", "[bold]ann", Verdict.ACCEPT, Verdict.REJECT)
    ran = run("queue", "show", "q.sqlite")
    assert ran.code == 0
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "2 of 3 findings decided · 1 open · 0 skipped"
    assert lines[1] == "6 decisions a minute; at this pace 1 minute for what is open"
    decided("q.sqlite", "bob", Verdict.ACCEPT, Verdict.REJECT, Verdict.ACCEPT)
    done = run("queue", "show", "q.sqlite").out.splitlines()
    assert done[0] == "3 of 3 findings decided · 0 open · 0 skipped"
    assert done[1].endswith("decisions a minute")
    assert "all open accepted rejected" in lines
    assert "GEO001 3 1 1 1" in lines
    assert "[bold]ann 2 1 1" in lines
    assert "errors are found" not in ran.out


def test_show_for_programs(run: Run, labels: Path):
    decided("q.sqlite", "ann", Verdict.ACCEPT)
    with Queue.existing(Path("q.sqlite")) as queue, queue.writing() as database:
        database.execute("UPDATE items SET probability = 0.5")
    numbers = json.loads(run("queue", "show", "q.sqlite", "--output-format", "json").out)
    assert (numbers["findings"], numbers["decided"], numbers["disagreements"]) == (3, 1, 0)
    assert numbers["states"] == numbers["rules"]["GEO001"]
    assert numbers["states"]["open"] == 2
    assert numbers["reviewers"]["ann"]["accepted"] == 1
    assert numbers["estimate"]["expected"] == 1.0
    with Queue.existing(Path("q.sqlite")) as queue, queue.writing() as database:
        database.execute("UPDATE items SET current = 0 WHERE state = 'accepted'")
    obsolete = json.loads(run("queue", "show", "q.sqlite", "--output-format", "json").out)
    assert (obsolete["findings"], obsolete["decided"], obsolete["reviewers"]) == (2, 0, {})
    with Queue.existing(Path("q.sqlite")) as queue, queue.writing() as database:
        database.execute("UPDATE items SET current = 1")
    said = run("queue", "show", "q.sqlite").out
    assert "About 50% of the errors are found" in said


def test_an_empty_queue_is_shown(run: Run):
    Queue.open(Path("q.sqlite")).close()
    assert "0 of 0 findings decided" in run("queue", "show", "q.sqlite").out


def test_the_list_of_an_export_fixes_what_was_decided_and_nothing_else(run: Run, labels: Path):
    decided("q.sqlite", "ann", Verdict.ACCEPT, Verdict.REJECT, Verdict.SKIP)
    run("queue", "export", "q.sqlite", "list.jsonl")
    assert run("fix", labels, "--list", "list.jsonl", "--output", "list.json").code == 0
    assert run("fix", labels, "--queue", "q.sqlite", "--output", "queue.json").code == 0
    assert Path("list.json").read_bytes() == Path("queue.json").read_bytes()
    assert len(json.loads(Path("list.json").read_bytes())["annotations"]) == 3


def test_the_list_of_an_export_honours_edits_and_what_was_taken_back(run: Run, labels: Path):
    dataset = labelaudit.load(labels)
    with Queue.existing(Path("q.sqlite")) as queue:
        first, second, third = next_items(queue, "ann", Filter(), count=9)
        box = int(labelaudit.audit(dataset, select=["GEO001"]).box[0])
        edit = own_fixes(dataset, box, xyxy=(1, 2, 31, 42))
        assert first.entry["records"]["box"]["record"] == box
        decide(queue, "ann", [ItemDecision(first.fingerprint, Verdict.EDIT, edit)], uuid="1")
        decide(queue, "ann", [ItemDecision(second.fingerprint, Verdict.ACCEPT)], uuid="2")
        decide(queue, "ann", [ItemDecision(third.fingerprint, Verdict.ACCEPT)], uuid="3")
        undo(queue, "ann", [second.fingerprint], uuid="4")
        with queue.writing() as database:
            query = "UPDATE items SET current = 0 WHERE fingerprint = ?"
            database.execute(query, (third.fingerprint,))
    run("queue", "export", "q.sqlite", "list.jsonl")
    ran = run("fix", labels, "--list", "list.jsonl", "--output", "out.json")
    assert "Fixed 1: 1 zero-area" in ran.err
    boxes = [one["bbox"] for one in json.loads(Path("out.json").read_bytes())["annotations"]]
    assert len(boxes) == 4
    assert boxes[box] == [1, 2, 30, 40]


def test_the_list_of_an_export_nobody_decided_about_fixes_nothing(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "list.jsonl")
    assert "Fixed 0: nothing" in run("fix", labels, "--list", "list.jsonl").err
    ran = run("fix", labels, "--list", "list.jsonl", "--unsafe-fixes")
    assert ran.code == 2
    assert "nobody decided about" in ran.err


def test_the_list_of_an_export_is_refused_when_the_labels_changed(run: Run, labels: Path):
    decided("q.sqlite", "ann", *[Verdict.ACCEPT] * 3)
    run("queue", "export", "q.sqlite", "list.jsonl")
    labels.write_text(labels.read_text().replace("[10, 10, 0, 30]", "[11, 10, 0, 30]"))
    ran = run("fix", labels, "--list", "list.jsonl")
    assert ran.code == 2
    assert "list.jsonl: the labels have changed" in ran.err
