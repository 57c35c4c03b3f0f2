"""A queue of five findings, and somebody in each labelling tool whom it was handed over to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.findings_file import fingerprints
from labelaudit.auditing.run import Options
from labelaudit.core.columns import MISSING
from labelaudit.dataset.tables import Dataset, RecordType
from labelaudit.io.labelling_tools import LABELLING_TOOLS, tool_of
from labelaudit.review.hand_over.assign import hand_over
from labelaudit.review.hand_over.take_back import take_back
from labelaudit.review.hand_over.written import TakenBack
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import item
from labelaudit.review.queue.places import QueuePlace
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images
from tests.review.hand_over.people import PEOPLE, Person

CAR, BUS = 0, 1
CLASSES = {"car", "bus"}
WRONG_CLASS, LOOSE, NOTHING, MISSING_BOX, ODD = range(5)
"""The findings of `FINDINGS`, by row."""

ALONE = (400.0, 300.0, 460.5, 360.25)
"""A label in a.jpg that no finding is about."""


def _fix(kind: str, row: int, **values: object) -> Fix:
    return Fix(kind, Safety.UNSAFE, RecordType.BOX, row, values)


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    """Labels at fractions of pixels, as no tool holds them in its own numbers."""
    return images(
        {
            "a.jpg": [
                "car 10 10 50.3337 40",
                "bus 100 20.1 190 60",
                "car 300 200 360 260",
                "car 400 300 460.5 360.25",
            ],
            "b.jpg": ["bus 5 5 50 30", "car 200 200 250 250"],
        }
    )


@pytest.fixture(scope="module")
def findings(dataset: Dataset) -> Findings:
    """A wrong class, a loose box, a box on nothing, a missing one, and a finding without a fix."""
    fixes = np.empty(5, object)
    fixes[:] = [
        _fix("relabel", 0, label=BUS),
        _fix("move", 1, xyxy=[105.0, 20.0, 180.0, 55.0]),
        _fix("drop", 2),
        _fix("add", MISSING, image=1, label=CAR, xyxy=[300.0, 300.0, 350.0, 340.0]),
        None,
    ]
    return Findings.of(
        5,
        code=["MOD001", "MOD003", "MOD004", "MOD002", "GEO009"],
        name=["wrong-class", "loose-box", "box-on-nothing", "missing-box", "size-outlier"],
        severity=[1] * 5,
        file=[0] * 5,
        image=[0, 0, 0, 1, 1],
        box=[0, 1, 2, MISSING, 4],
        message=["is a bus", "is loose", "is on nothing", "lacks <a> label & more", "is odd"],
        probability=[0.9, 0.8, 0.7, 0.6, np.nan],
        fix=fixes,
    )


@pytest.fixture(scope="module")
def marks(findings: Findings, dataset: Dataset) -> list[str]:
    return fingerprints(findings, dataset)


@pytest.fixture
def queue(
    queue_place: Callable[[str], QueuePlace], dataset: Dataset, findings: Findings
) -> Iterator[Queue]:
    with Queue.open(queue_place("queue")) as opened:
        enqueue(opened, findings, dataset, Options())
        yield opened


@pytest.fixture(params=sorted(LABELLING_TOOLS))
def tool(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def person(tool: str, queue: Queue, dataset: Dataset, tmp_path: Path) -> Person:
    """Somebody who has opened what was handed over."""
    path = tmp_path / f"out{PEOPLE[tool].ending}"  # type: ignore[attr-defined]  # of each class
    LABELLING_TOOLS[tool].write(hand_over(queue, dataset).assignment, path)
    return PEOPLE[tool](path)


def back(queue: Queue, dataset: Dataset, person: Person, who: str = "ann") -> TakenBack:
    with tempfile.TemporaryDirectory() as folder:
        path = person.export(Path(folder, f"back{person.ending}"))  # type: ignore[attr-defined]
        tool = tool_of(path)
        assert tool is not None
        return take_back(queue, dataset, tool.read(path), reviewer=who)


def states(queue: Queue, marks: list[str]) -> list[str]:
    return [item(queue, mark).state.value for mark in marks]


def labels(dataset: Dataset, image: int) -> set[tuple[str, tuple[float, ...]]]:
    boxes = dataset.boxes
    return {
        (dataset.class_names[boxes.label[row]], tuple(boxes.xyxy[row].round(2).tolist()))
        for row in np.flatnonzero(boxes.image == image).tolist()
    }
