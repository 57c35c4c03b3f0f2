"""Labels as they are, after safe fixes, and after more and more of a review."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety, Severity
from labelaudit.auditing.fixes import KINDS
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import ConfigError, FixError
from labelaudit.impact.cleaning import BUDGETS, Mending, Opinion, mended
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Verdict
from labelaudit.review.queue.ranking import reviewed_in_order
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images, with_columns

# In each image a box twice, a safe fix, and one of no size, another.
COUNT = 10
LABELS = images(
    {f"{n}.png": ["car 10 10 60 60", "car 10 10 60 60", "bus 80 80 80 120"] for n in range(COUNT)}
)
LABELS = with_columns(LABELS, "images", path=[f"/x/{n}.png" for n in range(COUNT)])
LEARNED = np.arange(COUNT) < 8
OPTIONS = Options(select=("GEO001", "DUP001"))


def sets(mending: Mending):
    return mended(LABELS, LABELS, LEARNED, mending)


def queue_of(found: Findings, path):
    """A queue in which every second finding is accepted, the others are rejected."""
    with Queue.open(path) as queue:
        enqueue(queue, found, LABELS, OPTIONS)
        with queue.reading() as database:
            rows = database.execute("SELECT fingerprint FROM items ORDER BY by_value").fetchall()
        for number, (mark,) in enumerate(rows):
            verdict = Verdict.REJECT if number % 2 else Verdict.ACCEPT
            decide(queue, "ann", [ItemDecision(mark, verdict)], uuid=str(number))
    return path


@pytest.fixture
def queue(tmp_path):
    """A queue of a model's ten findings, half of them accepted."""
    return queue_of(findings(*np.linspace(0.9, 0.5, COUNT).tolist()), tmp_path / "queue.sqlite")


def test_without_a_review_labels_are_as_they_are_and_safely_fixed():
    found = sets(Mending(OPTIONS))
    assert [one.name for one in found.sets] == ["as-is", "safe-fixes"]
    as_is, safe = found.sets
    assert (as_is.changed, len(as_is.dataset.boxes)) == (0, 30)
    assert (safe.changed, len(safe.dataset.boxes)) == (16, 10)
    assert found.clean is safe
    assert as_is.learned.tolist() == LEARNED.tolist()


def test_a_review_is_taken_in_its_order_part_by_part(queue):
    found = sets(Mending(OPTIONS, queue))
    steps = found.sets[2:]
    assert [one.name for one in steps] == ["review-10", "review-25", "review-50", "reviewed"]
    assert [one.share for one in steps] == list(BUDGETS)
    with Queue.existing(queue) as opened:
        items = reviewed_in_order(opened)
    assert [item.accepted for item in items] == [True, False] * 5
    for one, count in zip(steps, (1, 3, 5, 10), strict=True):
        assert one.seconds == pytest.approx(sum(item.seconds for item in items[:count]))
        moved = one.dataset.boxes.image[one.dataset.boxes.xyxy[:, 2] == 70]
        assert sorted(moved.tolist()) == list(range(0, count, 2))
    assert found.clean is steps[-1]


def test_what_a_person_rejected_is_not_fixed_though_it_is_safe(tmp_path):
    of_rules = queue_of(scan(LABELS, OPTIONS).findings, tmp_path / "rules.sqlite")
    found = sets(Mending(OPTIONS, of_rules))
    assert {one.name: len(one.dataset.boxes) for one in found.sets} == {
        "as-is": 30,
        "safe-fixes": 20,
        **dict.fromkeys(["review-10", "review-25", "review-50", "reviewed"], 20),
    }


def test_a_queue_in_which_nothing_was_decided_is_refused(tmp_path):
    with Queue.open(tmp_path / "q.sqlite") as queue:
        enqueue(queue, scan(LABELS, OPTIONS).findings, LABELS, OPTIONS)
    with pytest.raises(ConfigError, match="nobody has decided anything"):
        sets(Mending(OPTIONS, tmp_path / "q.sqlite"))


def test_a_queue_about_other_labels_is_refused(queue):
    moved = with_columns(LABELS, "boxes", xyxy=LABELS.boxes.xyxy + 1)
    with pytest.raises(FixError, match="labels have changed"):
        mended(moved, moved, LEARNED, Mending(OPTIONS, queue))


def findings(*probability: float) -> Findings:
    """A model that wants the first box of each image moved, more or less surely."""
    count = len(probability)
    fixes = [
        Fix("move", Safety.UNSAFE, RecordType.BOX, 3 * n, {"xyxy": [10.0, 10, 70, 70]})
        for n in range(count)
    ]
    return Findings.of(
        count,
        code=["MOD003"] * count,
        name=["loose-box"] * count,
        severity=np.full(count, Severity.WARNING),
        box=[3 * n for n in range(count)],
        image=list(range(count)),
        probability=probability,
        fix=np.array(fixes, object),
    )


def test_of_a_model_those_fixes_are_done_that_are_sure_enough_the_surest_first():
    opinion = Opinion(findings(0.9, 0.5, 0.49, 0.7, 0.6), "a model", 0.5)
    found = sets(Mending(OPTIONS, opinion=opinion))
    steps = found.sets[2:]
    moved = [set(one.dataset.boxes.image[one.dataset.boxes.xyxy[:, 2] == 70]) for one in steps]
    assert moved == [{0}, {0}, {0, 3}, {0, 1, 3, 4}]
    assert steps[-1].seconds == 4 * KINDS["move"].seconds
    assert steps[-1].words == "fixes from p 0.5"
    # What a model says of itself does not decide about the labels that it is measured on.
    assert found.clean is found.sets[1]
    assert "4 fixes" in found.notes[0]


def test_fixes_that_were_confirmed_are_held_for_right():
    opinion = Opinion(findings(0.9), "what was planted", 0.5, confirmed=True)
    found = sets(Mending(OPTIONS, opinion=opinion))
    assert found.clean is found.sets[-1]
    assert found.notes == ()


def test_a_model_that_is_sure_of_nothing_is_refused():
    with pytest.raises(ConfigError, match="a model: no fix that is right with a probability of"):
        sets(Mending(OPTIONS, opinion=Opinion(findings(0.4), "a model", 0.5)))


def test_an_image_that_a_fix_removes_is_not_learned():
    drop = Fix("drop", Safety.UNSAFE, RecordType.IMAGE, 2)
    found = dataclasses.replace(findings(0.9), fix=np.array([drop], object))
    states = sets(Mending(OPTIONS, opinion=Opinion(found, "a model", 0.5)))
    assert states.sets[-1].learned.tolist() == [n not in (2, 8, 9) for n in range(COUNT)]
    assert states.sets[0].learned[2]
