"""A new queue is there when it was filled, or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from labelaudit.core.locks import BusyError
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue, filled


def put(queue: Queue, name: str) -> None:
    with queue.writing() as database:
        database.execute("INSERT INTO names (role, text) VALUES ('rule', ?)", (name,))


def names(path: Path) -> list[str]:
    with Queue.existing(path) as queue, queue.reading() as database:
        return [text for (text,) in database.execute("SELECT text FROM names ORDER BY id")]


def test_a_new_queue_appears_when_it_has_been_filled(tmp_path: Path):
    path = tmp_path / "q.sqlite"
    with filled(path) as queue:
        put(queue, "first")
        assert queue.place == path
        assert not path.exists()
        with pytest.raises(BusyError), filled(path):
            pass
    assert [one.name for one in tmp_path.iterdir()] == ["q.sqlite"]
    with filled(path) as queue:
        put(queue, "second")
    assert names(path) == ["first", "second"]


def fail(path: Path) -> None:
    with filled(path) as queue:
        put(queue, "first")
        raise QueueError("no")


def test_a_queue_that_could_not_be_filled_is_not_there(tmp_path: Path):
    with pytest.raises(QueueError):
        fail(tmp_path / "q.sqlite")
    assert list(tmp_path.iterdir()) == []
