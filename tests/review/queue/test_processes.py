"""Several processes at one queue, and processes that are killed."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
from pathlib import Path

from labelaudit.auditing.run import Options, audit
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import State, item
from labelaudit.review.queue.store import Queue
from labelaudit.testing import one_image

REVIEWER = """
import sys, uuid
from pathlib import Path
from labelaudit.review.queue.store import Queue
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
with Queue.open(Path(sys.argv[1])) as queue:
    while items := next_items(queue, sys.argv[2], Filter(), count=3):
        for one in items:
            said = [ItemDecision(one.fingerprint, Verdict.ACCEPT, seen=one.decision)]
            assert not decide(queue, sys.argv[2], said, uuid=str(uuid.uuid4())).conflicts
            print(one.fingerprint, flush=True)
"""


def filled(path: Path, count: int) -> None:
    dataset = one_image(*(f"car {n} {n} {n} {n + 9}" for n in range(count)))
    with Queue.open(path) as queue:
        enqueue(queue, audit(dataset, select=["GEO001"]), dataset, Options())


def started(path: Path, name: str) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", REVIEWER, str(path), name]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True, env=environment)


def test_every_decision_that_was_answered_outlives_kill_9(tmp_path: Path):
    chance, answered = random.Random(0), 0
    for attempt in range(4):
        path = tmp_path / f"{attempt}.sqlite"
        filled(path, 300)
        process = started(path, "ann")
        assert process.stdout
        first = process.stdout.readline()
        threading.Timer(chance.uniform(0, 0.1), process.send_signal, [signal.SIGKILL]).start()
        said = [first, *process.stdout]
        process.wait()
        process.stdout.close()
        whole = [line.strip() for line in said if line.endswith("\n")]
        answered += len(whole)
        with Queue.open(path) as queue:
            assert {item(queue, one).state for one in whole} == {State.ACCEPTED}
    assert answered > 4


def test_two_reviewers_in_two_processes_judge_every_item_once(tmp_path: Path):
    filled(tmp_path / "queue.sqlite", 120)
    processes = [started(tmp_path / "queue.sqlite", name) for name in ("ann", "bob")]
    said = [process.communicate(timeout=120)[0].split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    # Who finds nothing leaves, while the other still holds the last three.
    assert not set(said[0]) & set(said[1])
    assert len(said[0]) + len(said[1]) == 120
