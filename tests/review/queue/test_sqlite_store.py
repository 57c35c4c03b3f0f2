from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from labelaudit.review.queue import sqlite_store
from labelaudit.review.queue.items import Filter, State
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.schema import INDEXES, MIGRATIONS, QueueError, StorageError
from labelaudit.review.queue.sqlite_store import APPLICATION, connect
from labelaudit.review.queue.store import Queue

ENTRY = (
    b'{"code":"GEO001","name":"zero-area","severity":"error","image":"a.jpg","message":"flat",'
    b'"probability":null,"fix":null,"fingerprint":"f","records":{},"classes":["car"]}'
)


def old_queue(path: Path) -> None:
    """A file as the first version wrote it, with an accepted finding."""
    database = sqlite3.connect(path)
    database.executescript(MIGRATIONS[0])
    database.execute("INSERT INTO runs VALUES (1, 't', '0', '[]', '{}', '')")
    for number, (role, text) in enumerate(
        [("rule", "GEO001"), ("class", "car"), ("image", "a.jpg")], 1
    ):
        database.execute("INSERT INTO names VALUES (?, ?, ?)", (number, role, text))
    database.execute(
        "INSERT INTO items VALUES (1, 'f', ?, 1, 2, 3, 2, NULL, '', 1, 1, 1, 'open', NULL)",
        (ENTRY,),
    )
    at = "2026-01-01T00:00:00.000000Z"
    database.execute(
        "INSERT INTO decisions VALUES (1, 1, 'u', ?, 'ann', 'accept', NULL, NULL, NULL)", (at,)
    )
    database.execute("UPDATE items SET state = 'accepted', decision = 1")
    database.execute("PRAGMA user_version = 1")
    database.execute(f"PRAGMA application_id = {APPLICATION}")
    database.commit()
    database.close()


def test_what_older_versions_knew_as_probable_is_doubted_as_much(tmp_path: Path):
    old_queue(tmp_path / "old.sqlite")
    database = sqlite3.connect(tmp_path / "old.sqlite")
    database.execute("UPDATE items SET probability = 0.7")
    database.commit()
    database.close()
    with Queue.open(tmp_path / "old.sqlite") as queue, queue.reading() as database:
        assert database.execute("SELECT probability, doubt FROM items").fetchone() == (0.7, 0.7)


def test_a_file_of_the_first_version_is_brought_up_to_date(tmp_path: Path):
    old_queue(tmp_path / "old.sqlite")
    for _ in range(2):
        with Queue.open(tmp_path / "old.sqlite") as queue:
            [item] = next_items(queue, "bob", Filter(state="any"), count=9)
            assert (item.state, item.reviewer) == (State.ACCEPTED, "ann")
            with queue.reading() as database:
                assert database.execute("PRAGMA user_version").fetchone()[0] == len(MIGRATIONS)
                names = {row[0] for row in database.execute("SELECT name FROM sqlite_schema")}
            assert set(INDEXES) <= names


@pytest.mark.parametrize("version", range(1, len(MIGRATIONS)))
def test_a_file_of_every_older_version_opens_and_keeps_its_decisions(tmp_path: Path, version: int):
    path = tmp_path / "old.sqlite"
    old_queue(path)
    database = sqlite3.connect(path, isolation_level=None)
    for step in MIGRATIONS[1:version]:
        database.executescript(step)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    with Queue.open(path) as queue:
        [item] = next_items(queue, "bob", Filter(state="any"), count=9)
    assert (item.state, item.reviewer, item.note, item.expert) == (
        State.ACCEPTED,
        "ann",
        None,
        False,
    )


def test_what_was_answered_is_on_the_disk(tmp_path: Path):
    with Queue.open(tmp_path / "q.sqlite") as queue, queue.reading() as database:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        values = [database.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert values == ["wal", 2, 1, 20_000]


def test_another_programs_database_is_left_alone(tmp_path: Path):
    path = tmp_path / "other.sqlite"
    database = sqlite3.connect(path)
    database.execute("CREATE TABLE birds (name)")
    database.close()
    before = path.read_bytes()
    with pytest.raises(QueueError, match="another program"):
        Queue.open(path)
    assert path.read_bytes() == before


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path):
    path = tmp_path / "new.sqlite"
    Queue.open(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(QueueError, match="newer labelaudit"):
        Queue.open(path)


def test_what_is_no_database_is_refused(tmp_path: Path):
    (tmp_path / "text").write_text("no database at all\n" * 100)
    with pytest.raises(QueueError, match="not a review queue"):
        Queue.open(tmp_path / "text")
    with pytest.raises(QueueError, match="cannot be opened"):
        Queue.open(tmp_path / "nowhere" / "queue")
    with pytest.raises(QueueError, match="no such queue"):
        Queue.existing(tmp_path / "missing")


def test_a_queue_that_cannot_be_written_says_so_and_is_not_called_broken(tmp_path):
    path = tmp_path / "queue.sqlite"
    connect(path).close()
    held = sqlite3.connect(path)
    held.execute("PRAGMA locking_mode = EXCLUSIVE")
    held.execute("BEGIN EXCLUSIVE")
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sqlite_store, "PATIENCE_S", 0.0)
        with pytest.raises(StorageError, match="cannot be opened: database is locked"):
            connect(path)
    held.close()


def test_a_queue_of_which_the_names_are_damaged_is_refused_in_a_line(tmp_path: Path):
    """SQLite quotes what it cannot make sense of, and these bytes are no text."""
    path = tmp_path / "queue.sqlite"
    connect(path).close()
    whole = path.read_bytes()
    damaged = re.sub(rb"CREATE TABLE items", b"CRE\x86TE TABLE items", whole)
    assert damaged != whole
    path.write_bytes(damaged)
    with pytest.raises(QueueError, match="not a review queue, or broken"):
        connect(path)
