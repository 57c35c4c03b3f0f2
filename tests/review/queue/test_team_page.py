"""What the page about queues says of several machines is what happens."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from benchmarks.postgresql_server import PostgresServer
from labelaudit.cli import main
from labelaudit.review.queue.decisions import ItemDecision, decide, undo
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items, release
from labelaudit.review.queue.places import place_of
from labelaudit.review.queue.progress import progress
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue
from tests.shown_commands import prepare, run, shown_commands

PAGE = Path(__file__).parents[3] / "docs" / "queue.md"


def test_a_team_works_as_the_page_says_and_reviewers_can_change_no_decision(
    postgresql: PostgresServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    [statements] = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.M | re.S)
    postgresql.execute(statements)
    prepare(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    commands = [one for one in shown_commands(PAGE) if "postgresql://" in one.command]
    assert len(commands) == 5
    for shown in commands:
        here = f"@/postgres?host={postgresql.folder}"
        command = re.sub(r"(postgresql://\w+)@db.example/labels", rf"'\1{here}'", shown.command)
        run(dataclasses.replace(shown, command=command), main, lambda: "".join(capsys.readouterr()))
    lines = Path("labels.jsonl").read_text().splitlines()
    assert sum('"verdict":"accept"' in line for line in lines) == 1

    with Queue.existing(place_of(f"postgresql://ann{here}")) as queue:
        one, *_ = next_items(queue, "ann", Filter(), count=3)
        decide(queue, "ann", [ItemDecision(one.fingerprint, Verdict.REJECT)], uuid="2")
        undo(queue, "ann", uuid="3")
        release(queue, "ann")
        assert progress(queue).decided == 1
        for statement in (
            "TRUNCATE decisions CASCADE",
            "DROP TRIGGER decisions_stay ON decisions",
            "ALTER TABLE decisions DISABLE TRIGGER ALL",
        ):
            with pytest.raises(QueueError, match=r"permission|owner"), queue.writing() as database:
                database.execute(statement)
