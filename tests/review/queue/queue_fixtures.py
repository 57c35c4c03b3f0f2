"""A small dataset, its findings and a queue of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.run import Options, audit
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images

NOTHING_SAID = Options()


class Clock:
    """A clock that stands until it is told to go on."""

    def __init__(self) -> None:
        self.time = 1_000_000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def dataset() -> Dataset:
    """Three images; a flat box each, and two boxes twice."""
    return images(
        {
            "a.jpg": ["car 10 10 10 40", "car 50 20 90 60", "car 50 20 90 60"],
            "b.jpg": ["person 5 5 5 30", "car 300 200 360 260"],
            "c.jpg": ["person 7 7 60 7", "person 100 100 160 160", "person 100 100 160 160"],
        }
    )


@pytest.fixture
def findings(dataset: Dataset) -> Findings:
    """Two zero-area boxes and so on, the second half with a model's probability."""
    found = audit(dataset, select=["GEO001", "DUP001"])
    probability = np.linspace(0.1, 0.9, len(found))
    probability[: len(found) // 2] = np.nan
    return dataclasses.replace(found, probability=probability)


@pytest.fixture
def queue(
    queue_place: Callable[[str], QueuePlace], dataset: Dataset, findings: Findings, clock: Clock
) -> Iterator[Queue]:
    with Queue.open(queue_place("queue"), clock=clock) as opened:
        enqueue(opened, findings, dataset, NOTHING_SAID)
        yield opened


@pytest.fixture
def new_queue(
    queue_place: Callable[[str], QueuePlace], clock: Clock
) -> Iterator[Callable[[str], Queue]]:
    """Makes empty queues, which are closed in the end."""
    opened: list[Queue] = []

    def make(name: str) -> Queue:
        opened.append(Queue.open(queue_place(name), clock=clock))
        return opened[-1]

    yield make
    for one in opened:
        one.close()
