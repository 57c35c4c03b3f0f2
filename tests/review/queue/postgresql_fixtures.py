"""Where queues are, in PostgreSQL alone, and one of them as another process has it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator

import pytest

from benchmarks.postgresql_server import PostgresServer
from labelaudit.review.queue.items import Filter
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueuePlace, QueueUrl, place_of
from labelaudit.review.queue.store import Queue

Places = Callable[[str], QueuePlace]


@pytest.fixture
def queue_place(postgresql: PostgresServer) -> Places:
    """Where queues are, by their names: here, in PostgreSQL alone."""
    mark = f"q{secrets.token_hex(6)}"
    return lambda name: place_of(postgresql.url(f"{mark}_{name}"))


@pytest.fixture
def place(queue_place: Places) -> QueueUrl:
    found = queue_place("q")
    assert isinstance(found, QueueUrl)
    return found


@pytest.fixture
def second(queue: Queue, clock) -> Iterator[Queue]:
    """The same queue, as another process has it."""
    with Queue.open(queue.place, clock=clock) as other:
        yield other


def marks(queue: Queue, reviewer: str, **wanted) -> list[str]:
    """The first two findings that a reviewer is handed, by their fingerprints."""
    found = next_items(queue, reviewer, Filter(), count=2, **wanted)
    return [one.fingerprint for one in found]
