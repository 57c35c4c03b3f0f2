# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
"""The order of the queue: what findings are worth, and how long they take."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Severity
from labelaudit.auditing.run import Options
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Dataset
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.ranking import REDRAW_SECONDS, _measured, reorder
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images
from tests.review.queue.queue_fixtures import Clock, clock, new_queue

MANY = 40
LABELS = images({f"{row:02}.jpg": ["car 1 1 9 9"] for row in range(2 * MANY)})


def of_two_rules(probability: list[float], severity: list[Severity]) -> Findings:
    """Findings without a fix: of rule AAA001 in the first images, of BBB001 in the others."""
    count = 2 * MANY
    first = np.arange(count) < MANY
    return Findings.of(
        count,
        code=texts(np.where(first, "AAA001", "BBB001").tolist()),
        name=texts(np.where(first, "one", "other").tolist()),
        box=np.arange(count),
        image=np.arange(count),
        file=np.zeros(count),
        severity=np.where(first, *severity),
        probability=np.where(first, *probability),
    )


@pytest.fixture
def filled(new_queue: Callable[[str], Queue]) -> Callable[..., Queue]:
    """A queue of findings of two rules."""

    def made(
        *probability: float, severity: tuple[Severity, Severity] = (Severity.ERROR, Severity.ERROR)
    ) -> Queue:
        queue = new_queue("queue")
        given = list(probability) or [np.nan, np.nan]
        enqueue(queue, of_two_rules(given, list(severity)), LABELS, Options())
        return queue

    return made


def first_rule(queue: Queue) -> str:
    """The rule of the finding that is the most valuable now."""
    reorder(queue)
    return next_items(queue, "zoe", Filter(state="any"), count=1)[0].entry["code"]


def judge(queue: Queue, rule: str, clock: Clock, gaps: list[float], verdict: Verdict) -> None:
    """Decide about findings of a rule, so many seconds one after the other."""
    wanted = Filter(rule=rule)
    for row, (one, gap) in enumerate(
        zip(next_items(queue, "ann", wanted, count=len(gaps)), gaps, strict=True)
    ):
        clock.time += gap
        decide(queue, "ann", [ItemDecision(one.fingerprint, verdict)], uuid=f"{rule} {row}")


def test_what_is_doubted_more_comes_first_though_no_probability_is_known(new_queue):
    found = dataclasses.replace(
        of_two_rules([np.nan, np.nan], [Severity.WARNING] * 2),
        doubt=np.linspace(0.1, 0.9, 2 * MANY),
    )
    queue = new_queue("doubts.sqlite")
    enqueue(queue, found, LABELS, Options())
    first = next_items(queue, "ann", Filter(), count=3)
    assert [item.entry["image"] for item in first] == [f"{2 * MANY - n}.jpg" for n in (1, 2, 3)]
    assert [item.entry["probability"] for item in first] == [None] * 3


def test_what_is_more_probable_comes_first(filled):
    assert first_rule(filled(0.5, 0.51)) == "BBB001"


def test_of_equal_probability_the_graver_comes_first(filled):
    assert first_rule(filled(0.5, 0.5, severity=(Severity.INFO, Severity.WARNING))) == "BBB001"


@pytest.mark.parametrize(
    ("severity", "prior"), [(Severity.ERROR, 0.95), (Severity.WARNING, 0.6), (Severity.INFO, 0.2)]
)
def test_what_no_model_judged_is_as_often_right_as_its_severity_promises(filled, severity, prior):
    two = (severity, severity)
    assert first_rule(filled(prior - 0.01, np.nan, severity=two)) == "BBB001"


@pytest.mark.parametrize(
    ("severity", "prior"), [(Severity.ERROR, 0.95), (Severity.WARNING, 0.6), (Severity.INFO, 0.2)]
)
def test_and_no_more_often(filled, severity, prior):
    two = (severity, severity)
    assert first_rule(filled(prior + 0.01, np.nan, severity=two)) == "AAA001"


@pytest.mark.parametrize(("other", "worth"), [(Severity.WARNING, 0.8), (Severity.INFO, 0.3)])
@pytest.mark.parametrize(("more", "first"), [(-0.01, "BBB001"), (0.01, "AAA001")])
def test_a_milder_finding_is_worth_a_part_of_an_error(filled, other, worth, more, first):
    queue = filled(worth / 2 + more, 0.5, severity=(Severity.ERROR, other))
    assert first_rule(queue) == first


@pytest.mark.parametrize(("rejected", "stated"), [(1, 0.85), (8, 0.48)])
def test_what_severity_promises_weighs_as_much_as_eight_decisions(filled, clock, rejected, stated):
    # (0.95 * 8) / (8 + 1) is 0.844, (0.95 * 8) / (8 + 8) is 0.475.
    queue = filled(stated, np.nan)
    assert first_rule(queue) == "BBB001"
    judge(queue, "BBB001", clock, [1.0] * rejected, Verdict.REJECT)
    assert first_rule(queue) == "AAA001"


@pytest.mark.parametrize(("rejected", "stated"), [(1, 0.84), (8, 0.47)])
def test_and_no_more_than_eight(filled, clock, rejected, stated):
    queue = filled(stated, np.nan)
    judge(queue, "BBB001", clock, [1.0] * rejected, Verdict.REJECT)
    assert first_rule(queue) == "BBB001"


@pytest.mark.parametrize(
    ("gaps", "measured"),
    [
        ([5.0] * 11, True),
        ([5.0] * 10, False),  # nine times between ten decisions
        ([60.0] * 11, True),
        ([61.0] * 11, False),  # pauses
        ([0.25] * 11, True),
        ([0.125] * 11, False),  # decided together
    ],
)
def test_ten_times_between_decisions_that_were_no_pauses_are_a_measure(
    filled, clock, gaps, measured
):
    queue = filled(0.5, 0.5)
    judge(queue, "AAA001", clock, gaps, Verdict.ACCEPT)
    with queue.reading() as database:
        assert _measured(database, "") == (gaps[0] if measured else REDRAW_SECONDS)


def test_a_box_that_a_reviewer_must_draw_takes_twelve_seconds(filled):
    with filled().reading() as database:
        assert _measured(database, "") == 12


@pytest.mark.parametrize(("probability", "first"), [(0.443, "00.jpg"), (0.446, "40.jpg")])
def test_opening_an_image_takes_three_seconds_which_two_findings_share(
    new_queue, probability, first
):
    # Two findings of 0.4 in one image are worth 0.8 in 27 s, as one of 0.444 is in 15 s.
    rows = np.array([0, 0, MANY])
    found = Findings.of(
        3,
        code=["AAA001", "CCC001", "BBB001"],
        name=["one", "second", "other"],
        box=rows,
        image=rows,
        file=[0, 0, 0],
        severity=[Severity.ERROR] * 3,
        probability=[0.4, 0.4, probability],
    )
    queue = new_queue("queue")
    enqueue(queue, found, LABELS, Options())
    (best,) = next_items(queue, "zoe", Filter(), count=1, order="image")
    assert best.entry["image"] == first


def images_in_order(queue: Queue) -> list[str]:
    """The images of findings, each once, as the order of errors has them."""
    found = next_items(queue, "ann", Filter(state="any"), count=99, order="errors")
    return list(dict.fromkeys(one.entry["image"] or "" for one in found))


def with_errors(new_queue, *rows: tuple[int, int, float], severity=Severity.WARNING) -> Queue:
    """A queue of findings: image, box (-1: none), probability."""
    image, box, probability = (np.array(column) for column in zip(*rows, strict=True))
    found = Findings.of(
        len(rows),
        code=["AAA001"] * len(rows),
        name=["one"] * len(rows),
        severity=np.full(len(rows), severity),
        message=[f"finding {row}" for row in range(len(rows))],
        file=np.zeros(len(rows)),
        image=image,
        box=box,
        probability=probability,
    )
    queue = new_queue("queue")
    enqueue(queue, found, LABELS, Options())
    return queue


def test_images_with_most_expected_errors_come_first_and_together(new_queue):
    rows = [(0, 0, 0.9), (1, 1, 0.6), (1, -1, 0.7), (2, 2, 0.5), (1, 41, 0.1)]
    queue = with_errors(new_queue, *rows)
    assert images_in_order(queue) == ["01.jpg", "00.jpg", "02.jpg"]
    found = next_items(queue, "ann", Filter(), count=3, order="errors")
    assert {one.entry["image"] for one in found} == {"01.jpg"}


def test_several_findings_about_one_box_are_one_error(new_queue):
    queue = with_errors(new_queue, (0, 0, 0.6), (0, 0, 0.5), (0, 0, 0.4), (1, 1, 0.7))
    assert images_in_order(queue) == ["01.jpg", "00.jpg"]
    queue.close()


def test_several_findings_about_no_box_are_several_errors(new_queue):
    assert images_in_order(with_errors(new_queue, (0, -1, 0.4), (0, -1, 0.4), (1, 1, 0.7))) == [
        "00.jpg",
        "01.jpg",
    ]


def test_what_is_decided_is_no_error_that_is_left(new_queue):
    queue = with_errors(new_queue, (0, 0, 0.9), (0, 40, 0.9), (1, 1, 0.7))
    for number, one in enumerate(next_items(queue, "ann", Filter(image="00"), count=9)):
        verdict = Verdict.REJECT if number else Verdict.ACCEPT
        decide(queue, "ann", [ItemDecision(one.fingerprint, verdict)], uuid=str(number))
    reorder(queue)
    assert images_in_order(queue) == ["01.jpg", "00.jpg"]


def test_findings_about_no_image_and_infos_without_a_probability_are_no_errors_of_an_image(
    new_queue,
):
    queue = with_errors(new_queue, (-1, -1, 0.9), (-1, -1, 0.9), (1, 1, 0.7))
    assert images_in_order(queue) == ["01.jpg", ""]
    queue.close()
    other = new_queue("other")
    infos = Findings.of(
        3,
        code=["AAA001"] * 3,
        name=["one"] * 3,
        severity=np.array([0, 0, 0]),
        file=np.zeros(3),
        image=np.array([0, 0, 1]),
        box=np.array([0, 40, 1]),
        probability=np.array([np.nan, np.nan, 0.1]),
    )
    enqueue(other, infos, LABELS, Options())
    assert images_in_order(other) == ["01.jpg", "00.jpg"]
