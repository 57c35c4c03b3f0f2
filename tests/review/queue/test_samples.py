# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses

import pytest

from labelaudit.label_errors.evaluation.sample import Sample, box_sample, image_sample
from labelaudit.review.queue.leases import LEASE_S
from labelaudit.review.queue.samples import (
    MOST_MISSING,
    SampleTask,
    judge,
    let_go,
    next_tasks,
    put_sample,
    sample_of,
    units,
)
from labelaudit.review.queue.schema import QueueError, UnknownItemError
from labelaudit.review.queue.store import Queue
from labelaudit.testing import images, with_label_issues
from tests.review.queue.queue_fixtures import Clock, clock, new_queue

LABELS = images({f"{row:02}.jpg": ["car 10 10 60 60", "bus 100 10 160 60"] for row in range(20)})


def drawn(count: int, dataset=LABELS, *doubts: str) -> Sample:
    issues = with_label_issues(dataset, *doubts).label_issues if doubts else None
    return box_sample(dataset, issues, count, seed=0)


@pytest.fixture
def empty(new_queue) -> Queue:
    return new_queue("queue")


def numbers(tasks: list[SampleTask]) -> list[int]:
    return [task.number for task in tasks]


def verdicts(queue: Queue, unit="boxes") -> list[str | int]:
    sample = sample_of(queue, unit)
    assert sample is not None
    return [item.verdict for item in sample.items if item.verdict is not None]


def test_a_sample_is_judged_in_another_order_than_that_of_the_labels(empty):
    assert units(empty) == []
    assert put_sample(empty, drawn(30)).tasks == 30
    assert units(empty) == ["boxes"]
    tasks = next_tasks(empty, "ann", "boxes", count=99)
    assert [task.place for task in tasks] == list(range(30))
    records = [task.item.record for task in tasks]
    assert sorted(records) == sorted(item.record for item in drawn(30).items)
    assert records != sorted(records)


def test_the_last_verdict_counts_and_all_stay_on_record(empty):
    put_sample(empty, drawn(5))
    first = next_tasks(empty, "ann", "boxes", count=1)[0].number
    judge(empty, "ann", first, "ok", uuid="1")
    judged = judge(empty, "bob", first, "spurious", uuid="2")
    assert (judged.item.verdict, judged.reviewer) == ("spurious", "bob")
    assert verdicts(empty) == ["spurious"]
    with empty.reading() as database:
        assert database.execute("SELECT count(*) FROM verdicts").fetchone()[0] == 2


def test_a_verdict_that_is_taken_back_is_none_and_the_task_comes_again(empty):
    put_sample(empty, drawn(5))
    first = next_tasks(empty, "ann", "boxes", count=1)[0].number
    judge(empty, "ann", first, "ok", uuid="1")
    assert first not in numbers(next_tasks(empty, "ann", "boxes", count=9))
    assert judge(empty, "ann", first, None, uuid="2").item.verdict is None
    assert next_tasks(empty, "ann", "boxes", count=1)[0].number == first
    assert verdicts(empty) == []


def test_a_verdict_that_is_sent_twice_counts_once(empty):
    put_sample(empty, drawn(5))
    first = next_tasks(empty, "ann", "boxes", count=1)[0].number
    judge(empty, "ann", first, "ok", uuid="1")
    judge(empty, "ann", first, None, uuid="2")
    assert judge(empty, "ann", first, "ok", uuid="1").item.verdict is None


def test_verdicts_are_never_changed_and_never_deleted(empty):
    put_sample(empty, drawn(5))
    judge(empty, "ann", next_tasks(empty, "ann", "boxes", count=1)[0].number, "ok", uuid="1")
    for command in ("DELETE FROM verdicts", "UPDATE verdicts SET verdict = 'x'"):
        with pytest.raises(QueueError, match="never"), empty.writing() as database:
            database.execute(command)


@pytest.mark.parametrize("verdict", ["wrong", "", 1])
def test_what_is_no_verdict_on_a_label_is_refused(empty, verdict):
    put_sample(empty, drawn(5))
    task = next_tasks(empty, "ann", "boxes", count=1)[0].number
    with pytest.raises(QueueError, match="one of ok, wrong_class, loose_box, spurious"):
        judge(empty, "ann", task, verdict, uuid="1")


@pytest.mark.parametrize("verdict", ["ok", -1, MOST_MISSING + 1])
def test_what_is_no_number_of_missing_objects_is_refused(empty, verdict):
    put_sample(empty, image_sample(LABELS, None, 5, seed=0))
    task = next_tasks(empty, "ann", "images", count=1)[0].number
    with pytest.raises(QueueError, match="how many objects are missing"):
        judge(empty, "ann", task, verdict, uuid="1")
    assert judge(empty, "ann", task, MOST_MISSING, uuid="2").item.verdict == MOST_MISSING
    assert judge(empty, "ann", task, 0, uuid="3").item.verdict == 0


def test_a_task_that_is_not_there_is_unknown(empty):
    with pytest.raises(UnknownItemError):
        judge(empty, "ann", 7, "ok", uuid="1")
    assert next_tasks(empty, "ann", "boxes", count=9) == []
    assert sample_of(empty, "images") is None


def test_two_reviewers_are_handed_different_tasks_until_they_leave(empty, clock):
    put_sample(empty, drawn(10))
    ann = numbers(next_tasks(empty, "ann", "boxes", count=4))
    assert not set(ann) & set(numbers(next_tasks(empty, "bob", "boxes", count=4)))
    assert numbers(next_tasks(empty, "ann", "boxes", count=4)) == ann
    let_go(empty, "ann")
    assert numbers(next_tasks(empty, "cat", "boxes", count=4)) == ann
    clock.time += LEASE_S
    assert numbers(next_tasks(empty, "dan", "boxes", count=4)) == ann


def test_tasks_behind_one_come_after_it(empty):
    put_sample(empty, drawn(10))
    all_ = numbers(next_tasks(empty, "ann", "boxes", count=10))
    assert numbers(next_tasks(empty, "ann", "boxes", count=3, after=all_[3])) == all_[4:7]
    assert next_tasks(empty, "ann", "boxes", count=3, after=all_[9]) == []


def test_a_larger_sample_goes_on_where_the_smaller_one_ends(empty):
    put_sample(empty, drawn(10))
    first = next_tasks(empty, "ann", "boxes", count=10)
    judge(empty, "ann", first[0].number, "ok", uuid="1")
    put = put_sample(empty, drawn(25))
    assert (put.tasks, put.judged, put.replaced) == (25, 1, 0)
    let_go(empty, "ann")
    more = next_tasks(empty, "ann", "boxes", count=99)
    assert numbers(more)[:9] == numbers(first)[1:]
    assert put_sample(empty, drawn(10)).tasks == 25


def test_a_model_that_is_asked_later_gives_its_probabilities_and_verdicts_stay(empty):
    put_sample(empty, drawn(40))
    judge(empty, "ann", next_tasks(empty, "ann", "boxes", count=1)[0].number, "ok", uuid="1")
    put_sample(empty, drawn(40, LABELS, "3 spurious 0.8"))
    sample = sample_of(empty, "boxes")
    assert {item.record: item.wrong for item in sample.items}[3] == 0.8
    assert sample.head.expected.wrong == pytest.approx(0.8 / 40)
    assert verdicts(empty) == ["ok"]


def test_labels_that_have_changed_take_a_new_sample_and_the_old_one_comes_back(empty):
    put_sample(empty, drawn(40))
    judge(empty, "ann", next_tasks(empty, "ann", "boxes", count=1)[0].number, "ok", uuid="1")
    moved = LABELS.boxes.xyxy.copy()
    moved[0] += 1
    changed = dataclasses.replace(LABELS, boxes=dataclasses.replace(LABELS.boxes, xyxy=moved))
    put = put_sample(empty, drawn(40, changed))
    assert (put.judged, put.replaced) == (0, 1)
    assert verdicts(empty) == []
    back = put_sample(empty, drawn(40))
    assert (back.judged, back.replaced) == (1, 0)
    assert verdicts(empty) == ["ok"]


def test_samples_of_labels_and_of_images_are_apart(empty):
    put_sample(empty, drawn(5))
    put_sample(empty, image_sample(LABELS, None, 5, seed=0))
    assert units(empty) == ["boxes", "images"]
    judge(empty, "ann", next_tasks(empty, "ann", "images", count=1)[0].number, 3, uuid="1")
    assert verdicts(empty) == []
    assert verdicts(empty, "images") == [3]


def test_what_was_judged_is_seen_by_others_at_once(empty):
    put_sample(empty, drawn(5))
    judge(empty, "ann", next_tasks(empty, "ann", "boxes", count=1)[0].number, "ok", uuid="1")
    with Queue.existing(empty.place) as other:
        assert verdicts(other) == ["ok"]
