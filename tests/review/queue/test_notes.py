"""Notes beside verdicts, and findings that are put to an expert."""
# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from labelaudit.cli.queueing import report, report_lines
from labelaudit.errors import FixError
from labelaudit.review.queue.decisions import LONGEST_NOTE, ItemDecision, decide, undo
from labelaudit.review.queue.import_export import export, import_list
from labelaudit.review.queue.items import Filter, State, Verdict, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.progress import progress
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue


def first(queue: Queue, state: str = "open") -> list[str]:
    found = next_items(queue, "ann", Filter(state=state), count=99)
    return [one.fingerprint for one in found]


def ask(queue: Queue, mark: str, note: str | None, uuid: str = "1") -> None:
    decide(queue, "ann", [ItemDecision(mark, Verdict.SKIP, note=note, expert=True)], uuid=uuid)


def test_a_note_is_kept_with_its_decision_and_goes_with_it(queue: Queue):
    mark, *_ = first(queue)
    decide(queue, "ann", [ItemDecision(mark, Verdict.REJECT, note="a shadow")], uuid="1")
    assert item(queue, mark).note == "a shadow"
    assert first(queue, "noted") == [mark]
    undo(queue, "ann", [mark], uuid="2")
    assert (item(queue, mark).note, first(queue, "noted")) == (None, [])


def test_what_an_expert_is_asked_is_skipped_counted_and_found(queue: Queue):
    mark, other, *_ = first(queue)
    ask(queue, mark, "a platelet?")
    decide(queue, "ann", [ItemDecision(other, Verdict.SKIP)], uuid="2")
    assert (item(queue, mark).state, item(queue, mark).expert) == (State.SKIPPED, True)
    assert first(queue, "expert") == [mark]
    now = progress(queue)
    assert (now.asked, now.noted, now.counts[State.SKIPPED]) == (1, 1, 2)
    decide(
        queue,
        "eve",
        [ItemDecision(mark, Verdict.ACCEPT, seen=item(queue, mark).decision)],
        uuid="3",
    )
    assert (progress(queue).asked, first(queue, "expert")) == (0, [])


def test_the_command_line_counts_them(queue: Queue):
    mark, *_ = first(queue)
    assert "expert" not in str(next(report_lines(report(queue))))
    ask(queue, mark, None)
    assert "1 for an expert" in str(next(report_lines(report(queue))))
    assert report(queue)["asked"] == 1


def test_notes_and_questions_are_exported_and_imported(
    queue: Queue, new_queue: Callable[[str], Queue], tmp_path: Path
):
    mark, *_ = first(queue)
    ask(queue, mark, "two lines\nof it")
    export(queue, tmp_path / "a.jsonl")
    other = new_queue("other")
    import_list(other, tmp_path / "a.jsonl")
    assert (item(other, mark).note, item(other, mark).expert) == ("two lines\nof it", True)
    export(other, tmp_path / "b.jsonl")
    assert (tmp_path / "a.jsonl").read_bytes() == (tmp_path / "b.jsonl").read_bytes()


def test_decisions_without_a_note_are_exported_as_they_were_before_there_were_notes(
    queue: Queue, tmp_path: Path
):
    mark, *_ = first(queue)
    decide(queue, "ann", [ItemDecision(mark, Verdict.REJECT)], uuid="1")
    export(queue, tmp_path / "a.jsonl")
    lines = (tmp_path / "a.jsonl").read_bytes().splitlines()
    said = [msgspec.json.decode(line)["decisions"] for line in lines]
    (decision,) = [one for some in said for one in some]
    assert set(decision) == {"uuid", "at", "reviewer", "verdict"}


@pytest.mark.parametrize("note", ["", " \n", "x" * (LONGEST_NOTE + 1), "bell\a"])
def test_a_note_that_says_nothing_or_too_much_is_refused(queue: Queue, note: str, tmp_path: Path):
    mark, *_ = first(queue)
    with pytest.raises(QueueError, match="a note has"):
        ask(queue, mark, note)
    assert first(queue, "skipped") == []
    ask(queue, mark, "x" * LONGEST_NOTE)
    export(queue, tmp_path / "a.jsonl")
    text = (
        (tmp_path / "a.jsonl")
        .read_text()
        .replace("x" * LONGEST_NOTE, msgspec.json.encode(note).decode()[1:-1])
    )
    (tmp_path / "a.jsonl").write_text(text)
    with pytest.raises(FixError, match="not a finding with decisions"):
        import_list(queue, tmp_path / "a.jsonl")


def test_who_asks_an_expert_does_not_decide(queue: Queue):
    mark, *_ = first(queue)
    with pytest.raises(QueueError, match="asks an expert"):
        decide(queue, "ann", [ItemDecision(mark, Verdict.ACCEPT, expert=True)], uuid="1")
