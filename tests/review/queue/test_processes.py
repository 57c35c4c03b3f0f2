"""Several processes at one queue; processes, connections and servers that are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from benchmarks.postgresql_server import PostgresServer
from labelaudit.auditing.run import Options, audit
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import State, item
from labelaudit.review.queue.places import QueuePlace, QueueUrl, place_of
from labelaudit.review.queue.store import Queue
from labelaudit.testing import one_image

REVIEWER = """
import sys, uuid
from labelaudit.review.queue.places import place_of
from labelaudit.review.queue.store import Queue
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
with Queue.open(place_of(sys.argv[1])) as queue:
    print("ready", flush=True)
    sys.stdin.readline()
    while items := next_items(queue, sys.argv[2], Filter(), count=3, order=sys.argv[3]):
        for one in items:
            said = [ItemDecision(one.fingerprint, Verdict.ACCEPT, seen=one.decision)]
            assert not decide(queue, sys.argv[2], said, uuid=str(uuid.uuid4())).conflicts
            print(one.fingerprint, flush=True)
"""


def filled(place: QueuePlace, count: int) -> None:
    dataset = one_image(*(f"car {n} {n} {n} {n + 9}" for n in range(count)))
    with Queue.open(place) as queue:
        enqueue(queue, audit(dataset, select=["GEO001"]), dataset, Options())


def started(place: QueuePlace, name: str, order: str = "value") -> subprocess.Popen[str]:
    given = place.given if isinstance(place, QueueUrl) else str(place)
    arguments = [sys.executable, "-c", REVIEWER, given, name, order]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        arguments,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )


def confirmed(process: subprocess.Popen[str]) -> list[str]:
    """The findings that a reviewer was told are decided; the last line may be broken off."""
    assert process.stdout
    return [line.strip() for line in process.stdout if line.endswith("\n")]


def go(*processes: subprocess.Popen[str]) -> None:
    """Have reviewers begin together, when all have opened the queue."""
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n", process.stderr and process.stderr.read()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()


def test_every_decision_that_was_answered_outlives_kill_9(
    queue_place: Callable[[str], QueuePlace],
):
    chance, answered = random.Random(0), 0
    for attempt in range(4):
        place = queue_place(str(attempt))
        filled(place, 300)
        process = started(place, "ann")
        go(process)
        assert process.stdout
        first = process.stdout.readline()
        threading.Timer(chance.uniform(0, 0.1), process.send_signal, [signal.SIGKILL]).start()
        whole = [first.strip(), *confirmed(process)]
        process.communicate()
        answered += len(whole)
        with Queue.open(place) as queue:
            assert {item(queue, one).state for one in whole} == {State.ACCEPTED}
    assert answered > 4


def test_two_reviewers_in_two_processes_judge_every_item_once(
    queue_place: Callable[[str], QueuePlace],
):
    place = queue_place("queue")
    filled(place, 120)
    processes = [started(place, name) for name in ("ann", "bob")]
    go(*processes)
    said = [process.communicate(timeout=300)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    # Who finds nothing leaves, while the other still holds the last three.
    assert not set(said[0]) & set(said[1])
    assert len(said[0]) + len(said[1]) == 120


@pytest.fixture
def own_server(postgresql: PostgresServer) -> Iterator[PostgresServer]:
    """A server that may be killed, and that writes to the disk what it confirms."""
    with PostgresServer(synchronous=True) as server:
        yield server


def decided(place: QueuePlace) -> dict[str, list[str]]:
    """Who decided about each finding, as often as it was."""
    found: dict[str, list[str]] = {}
    with Queue.existing(place) as queue, queue.reading() as database:
        rows = database.execute(
            "SELECT fingerprint, reviewer FROM decisions JOIN items ON items.id = item"
        )
        for fingerprint, reviewer in rows:
            found.setdefault(fingerprint, []).append(reviewer)
    return found


def crash(server: PostgresServer) -> None:
    server.stop("immediate")
    time.sleep(0.5)
    server.start()


def cut(server: PostgresServer) -> None:
    """End every connection that reviewers have."""
    server.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE application_name = 'labelaudit'"
    )


def until(place: QueuePlace, count: int) -> None:
    """Wait until so many findings are decided."""
    while len(decided(place)) < count:
        time.sleep(0.02)


def judged(place: QueuePlace, harm: Callable[[list[subprocess.Popen[str]]], None]) -> list[str]:
    """What eight reviewers in processes of their own were told is decided, while harm is done."""
    names = ["ann", "bob", "cem", "dan", "eve", "fay", "gus", "hao"]
    processes = [started(place, name) for name in names]
    said: list[list[str]] = [[] for _ in names]

    def listen(number: int) -> None:
        said[number] += confirmed(processes[number])

    listeners = [threading.Thread(target=listen, args=[number]) for number in range(len(names))]
    try:
        go(*processes)
        for one in listeners:
            one.start()
        harm(processes)
        for one in listeners:
            one.join(timeout=500)
    finally:
        for process in processes:
            process.kill()
        errors = [process.communicate()[1] for process in processes]
    for process, error in zip(processes, errors, strict=True):
        assert process.returncode in (0, -signal.SIGKILL), error
    return [one for some in said for one in some]


def test_eight_reviewers_judge_every_item_once_though_connections_are_cut(
    postgresql: PostgresServer,
):
    place = place_of(postgresql.url("eight"))
    filled(place, 1000)

    def harm(_: list[subprocess.Popen[str]]) -> None:
        for count in (50, 100, 150, 200):
            until(place, count)
            cut(postgresql)
        assert len(decided(place)) < 1000

    whole = judged(place, harm)
    assert len(whole) == len(set(whole)) == 1000
    assert all(len(who) == 1 for who in decided(place).values())


def test_nothing_confirmed_is_lost_or_decided_twice_when_server_and_reviewers_are_killed(
    own_server: PostgresServer,
):
    place = place_of(own_server.url("killed"))
    filled(place, 600)

    def harm(processes: list[subprocess.Popen[str]]) -> None:
        for number, process in enumerate(processes[:2], 1):
            until(place, 150 * number)
            process.kill()
            crash(own_server)
        assert len(decided(place)) < 600

    whole = judged(place, harm)
    now = decided(place)
    assert len(whole) == len(set(whole))
    assert set(whole) <= set(now)
    assert all(len(who) == 1 for who in now.values())
    # What the two that were killed held is nobody's for ten minutes; all else is decided.
    assert 600 - len(now) <= 2 * 3
    with Queue.existing(place) as queue:
        assert {item(queue, one).state for one in whole} == {State.ACCEPTED}
