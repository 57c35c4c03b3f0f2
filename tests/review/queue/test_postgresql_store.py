# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
"""What is particular to queues in PostgreSQL."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from benchmarks.postgresql_server import PostgresServer
from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options
from labelaudit.cli import main
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue import postgresql_schema, postgresql_store, sqlite_store
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueueUrl, place_of
from labelaudit.review.queue.schema import INDEXES, MIGRATIONS, QueueError, StorageError
from labelaudit.review.queue.store import Queue, has_queue
from tests.review.queue.postgresql_fixtures import Places, marks, place, queue_place, second
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue


def schema_of(place: QueueUrl) -> str:
    return place.given.rpartition("=")[2]


def test_the_tables_are_those_of_sqlite(
    place: QueueUrl, postgresql: PostgresServer, tmp_path: Path
):
    Queue.open(place).close()
    columns = (
        "SELECT table_name, column_name, is_nullable FROM information_schema.columns "
        f"WHERE table_schema = '{schema_of(place)}' AND table_name <> 'queue_version'"
    )
    here = {tuple(line.split("|")) for line in postgresql.execute(columns).splitlines()}
    database = sqlite_store.connect(tmp_path / "q.sqlite")
    names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    there = {
        (table, name, "NO" if required or key else "YES")
        for (table,) in database.execute(names).fetchall()
        for _, name, _, required, _, key in database.execute(f"PRAGMA table_info({table})")
    }
    unique = "SELECT name FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL"
    indexes = {name for (name,) in database.execute(unique)}
    database.close()
    assert here == there
    found = f"SELECT indexname FROM pg_indexes WHERE schemaname = '{schema_of(place)}'"
    assert set(INDEXES) < indexes <= set(postgresql.execute(found).splitlines())


def test_what_is_never_changed_cannot_be_thrown_away_at_once(queue: Queue):
    for table in ("decisions", "verdicts"):
        with pytest.raises(QueueError, match="never deleted"), queue.writing() as database:
            database.execute(f"TRUNCATE {table} CASCADE")


def test_a_database_holds_several_queues(queue_place: Places, dataset: Dataset, findings: Findings):
    for name, count in (("one", 1), ("two", 2)):
        with Queue.open(queue_place(name)) as queue:
            enqueue(queue, findings.rows(slice(count)), dataset, Options())
    for name, count in (("one", 1), ("two", 2)):
        with Queue.existing(queue_place(name)) as queue:
            assert len(next_items(queue, "ann", Filter(), count=9)) == count


def test_a_queue_that_must_be_there_is_not_made(place: QueueUrl):
    assert not has_queue(place)
    with pytest.raises(QueueError, match="there is no such queue"):
        Queue.existing(place)
    Queue.open(place).close()
    assert has_queue(place)


def test_a_schema_of_another_program_is_left_alone(place: QueueUrl, postgresql: PostgresServer):
    name = schema_of(place)
    postgresql.execute(f"CREATE SCHEMA {name}; CREATE TABLE {name}.birds (name TEXT)")
    with pytest.raises(QueueError, match=r"tables of another program; name another .*schema=NAME"):
        Queue.open(place)
    tables = f"SELECT tablename FROM pg_tables WHERE schemaname = '{name}'"
    assert postgresql.execute(tables) == "birds"


@pytest.mark.parametrize("name", ["", "a-b", "1a", "a;b", 'a"b', "x" * 64, "sch\u00f6n"])
def test_what_is_no_name_of_a_schema_is_refused(postgresql: PostgresServer, name: str):
    with pytest.raises(QueueError, match="a schema is named by letters"):
        Queue.open(place_of(postgresql.url(name)))


def test_a_queue_of_a_newer_version_is_refused(place: QueueUrl, postgresql: PostgresServer):
    Queue.open(place).close()
    postgresql.execute(f"UPDATE {schema_of(place)}.queue_version SET version = 99")
    with pytest.raises(QueueError, match="newer labelaudit"):
        Queue.open(place)


def test_a_queue_of_an_older_version_takes_the_steps_that_it_lacks_once(
    place: QueueUrl, postgresql: PostgresServer, monkeypatch: pytest.MonkeyPatch
):
    Queue.open(place).close()
    steps = {**postgresql_schema.MIGRATIONS, len(MIGRATIONS) + 1: "CREATE TABLE birds (name TEXT)"}
    monkeypatch.setattr(postgresql_schema, "MIGRATIONS", steps)
    monkeypatch.setattr(postgresql_store, "MIGRATIONS", [*MIGRATIONS, ""])
    for _ in range(2):
        Queue.open(place).close()
    version = f"SELECT version FROM {schema_of(place)}.queue_version"
    assert postgresql.execute(version) == str(len(MIGRATIONS) + 1)
    assert postgresql.execute(f"SELECT count(*) FROM {schema_of(place)}.birds") == "0"


def test_every_step_of_sqlite_since_there_are_queues_in_postgresql_is_one_of_postgresql():
    first = min(postgresql_schema.MIGRATIONS)
    assert sorted(postgresql_schema.MIGRATIONS) == list(range(first, len(MIGRATIONS) + 1))


def test_processes_that_make_a_queue_at_the_same_time_make_one(place: QueueUrl):
    failed: list[BaseException] = []

    def make() -> None:
        try:
            Queue.open(place).close()
        except QueueError as error:
            failed.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert failed == []
    assert has_queue(place)


def test_what_was_answered_is_on_the_disk_whatever_the_server_does_for_others(
    place: QueueUrl, postgresql: PostgresServer
):
    postgresql.execute("ALTER SYSTEM SET synchronous_commit = off")
    postgresql.execute("SELECT pg_reload_conf()")
    try:
        with Queue.open(place) as queue, queue.deciding() as database:
            assert database.execute("SHOW synchronous_commit").fetchone() == ("on",)
    finally:
        postgresql.execute("ALTER SYSTEM RESET synchronous_commit")
        postgresql.execute("SELECT pg_reload_conf()")


def test_the_time_is_that_of_the_server(place: QueueUrl, monkeypatch: pytest.MonkeyPatch):
    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() - 3600)
    with Queue.open(place) as queue:
        assert abs(queue.clock() - now()) < 60


def cut(server: PostgresServer) -> None:
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'labelaudit'"
    )


def test_a_decision_that_was_written_before_the_answer_was_lost_counts_once(
    queue: Queue, second: Queue, monkeypatch: pytest.MonkeyPatch, postgresql: PostgresServer
):
    first, _ = marks(queue, "ann")
    store = queue._store
    written = store._commit
    lost = iter([True])

    def commit() -> None:
        written()
        if next(lost, False):
            cut(postgresql)
            store._connection.execute("SELECT 1")

    monkeypatch.setattr(store, "_commit", commit)
    outcome = decide(queue, "ann", [ItemDecision(first, Verdict.ACCEPT)], uuid="1")
    assert [one.fingerprint for one in outcome.items] == [first]
    with second.reading() as database:
        assert database.execute("SELECT count(*) FROM decisions").fetchone() == (1,)


def test_a_bulk_write_whose_connection_is_lost_is_written_not_at_all_and_says_so(
    queue: Queue, second: Queue, postgresql: PostgresServer
):
    def write() -> None:
        with queue.writing() as database:
            database.execute("UPDATE items SET state = 'rejected'")
            cut(postgresql)
            database.execute("SELECT 1")

    with pytest.raises(StorageError, match=f"schema={schema_of(queue.place)}: the review queue"):
        write()
    assert len(next_items(second, "ann", Filter(), count=9)) == 5


def test_while_a_server_is_away_it_is_waited_for_and_people_are_told(
    dataset: Dataset, findings: Findings, monkeypatch: pytest.MonkeyPatch, postgresql
):
    told: list[str] = []
    with PostgresServer() as server:
        place = place_of(server.url())
        with Queue.open(place, told=told.append) as queue:
            enqueue(queue, findings, dataset, Options())
            first, _ = marks(queue, "ann")
            server.stop("immediate")
            monkeypatch.setattr(postgresql_store, "PATIENCE_S", 0.5)
            said = [ItemDecision(first, Verdict.ACCEPT)]
            with pytest.raises(StorageError, match="does not answer; what was confirmed is in"):
                decide(queue, "ann", said, uuid="1")
            began = time.monotonic()
            with pytest.raises(StorageError, match="does not answer"):
                decide(queue, "ann", said, uuid="1")
            assert time.monotonic() - began < 60  # it is not waited for again and again
            assert told == [f"{place}: the connection is lost; waiting for the server"]
            monkeypatch.undo()
            threading.Timer(1, server.start).start()
            queue._store._lost_at = None  # as if it had gone just now
            assert decide(queue, "ann", said, uuid="1").items
            assert told[-1] == f"{place}: the server answers again"
            assert marks(queue, "ann")


def test_a_server_that_is_not_there_is_told_in_a_line_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], postgresql
):
    url = f"postgresql://ann:S3CRET@/labels?host={tmp_path}"
    assert main(["queue", "show", url]) == 2
    error = capsys.readouterr().err
    assert f"postgresql://ann@/labels?host={tmp_path}: conn" in error
    assert "No such file or directory" in error
    assert error.count("\n") == 1
    assert "S3CRET" not in error


@pytest.mark.parametrize(
    "url",
    [
        "mysql://ann:S3CRET@db/labels",
        "postgresql://ann:x/S3CRET@db/labels",
        "postgresql://ann:S3CRET/x@db/labels",  # libpq takes it for a port, and says so
        "postgresql://ann:S3CRET@db:port/labels",
        "postgresql://ann:S3CRET@db/labels?odd=1",
        "postgresql://ann@db/labels?schema=-&password=S3CRET",
    ],
)
def test_no_error_repeats_a_password(
    url: str, capsys: pytest.CaptureFixture[str], postgresql, tmp_path: Path
):
    (tmp_path / "x.json").write_text(json.dumps({"images": [], "annotations": []}))
    for words in (["queue", "show", url], ["scan", str(tmp_path / "x.json"), "--queue", url]):
        assert main(words) == 2
        said = "".join(capsys.readouterr())
        assert "ann" in said
        assert "S3CRET" not in said


def test_a_wrong_password_says_how_one_is_given(postgresql, capsys: pytest.CaptureFixture[str]):
    with PostgresServer() as server:
        hba = server.folder / "data" / "pg_hba.conf"
        hba.write_text("local all postgres trust\nlocal all all scram-sha-256\n")
        server.execute("CREATE ROLE ann LOGIN PASSWORD 'right'")
        server.execute("SELECT pg_reload_conf()")
        for url in (server.url(user="ann"), server.url(user="ann:S3CRET")):
            assert main(["queue", "show", url]) == 2
            error = capsys.readouterr().err
            assert "PGPASSWORD, the file ~/.pgpass or a service file" in error
            assert "S3CRET" not in error
        server.execute("CREATE SCHEMA labelaudit AUTHORIZATION ann")
        with Queue.open(place_of(server.url(user="ann:right"))) as queue:
            assert next_items(queue, "ann", Filter(), count=1) == []


def test_hints_leave_the_password_out_and_say_so(
    postgresql: PostgresServer, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    labels = tmp_path / "labels.json"
    record = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 0, 30]}
    image = {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
    classes = [{"id": 1, "name": "car"}]
    labels.write_text(
        json.dumps({"images": [image], "annotations": [record], "categories": classes})
    )
    url = postgresql.url("hints", user="postgres:S3CRET")
    shown = postgresql.url("hints")
    assert main(["scan", str(labels), "--queue", url, "-q"]) == 1
    said = capsys.readouterr().err
    assert f"labelaudit review --queue '{shown}' (the password, which is not shown" in said
    assert "S3CRET" not in said
    assert main(["queue", "show", url]) == 0
    assert main(["fix", str(labels), "--queue", url]) == 0
    assert main(["queue", "export", url, str(tmp_path / "out.jsonl")]) == 0
    assert "S3CRET" not in "".join(capsys.readouterr())
    assert "S3CRET" not in postgresql.execute("SELECT * FROM hints.runs")
