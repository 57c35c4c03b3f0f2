# ruff: noqa: F401, F811  # fixtures are imported, since two folders cannot have a conftest
from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options
from labelaudit.core.columns import texts
from labelaudit.dataset.tables import Boxes, Dataset
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.enqueue import enqueue, up_to_date
from labelaudit.review.queue.items import ADDED, Filter, State, Verdict, item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.manual_boxes import add_box
from labelaudit.review.queue.store import Queue
from tests.review.queue.queue_fixtures import clock, dataset, findings, new_queue, queue


def prints(queue: Queue, **wanted: str) -> list[str]:
    found = next_items(queue, "nobody", Filter(**wanted), count=99)  # type: ignore[arg-type]
    return [one.fingerprint for one in found]


def test_a_rescan_keeps_decisions_and_shows_what_became_obsolete(
    queue: Queue, dataset: Dataset, findings: Findings
):
    first = prints(queue)
    decide(queue, "ann", [ItemDecision(one, Verdict.ACCEPT) for one in first], uuid="1")
    again = enqueue(queue, findings.rows(slice(1, None)), dataset, Options())
    assert (again.new, again.known, again.obsolete) == (0, len(findings) - 1, 1)
    assert len(prints(queue, state="accepted")) == len(findings) - 1
    [gone] = prints(queue, state="obsolete")
    assert item(queue, gone).obsolete
    back = enqueue(queue, findings, dataset, Options())
    assert (back.new, back.obsolete) == (0, 0)
    assert item(queue, gone).state is State.ACCEPTED


def test_the_queue_knows_whether_labels_changed(queue: Queue, dataset: Dataset):
    assert up_to_date(queue, dataset, Options())
    files = dataclasses.replace(dataset.files, stamp=np.array([[5, 5]]))
    assert not up_to_date(queue, dataclasses.replace(dataset, files=files), Options())


def test_the_queue_knows_whether_it_was_scanned_with_these_options(queue: Queue, dataset: Dataset):
    assert not up_to_date(queue, dataset, Options(select=("DUP",)))
    assert not up_to_date(queue, dataset, Options(settings={"tiny-box": {"min_side": 3.0}}))


def test_what_a_model_said_stays_when_none_is_asked_until_the_labels_change(
    queue: Queue, dataset: Dataset, findings: Findings
):
    code = str(findings.code[0])
    others = findings.rows(findings.code != code)
    assert enqueue(queue, others, dataset, Options(), unchecked=[code]).obsolete == 0
    files = dataclasses.replace(dataset.files, stamp=np.array([[5, 5]]))
    changed = dataclasses.replace(dataset, files=files)
    gone = enqueue(queue, others, changed, Options(), unchecked=[code]).obsolete
    assert gone == len(findings) - len(others) > 0


def test_an_empty_queue_is_not_up_to_date(new_queue: Callable[[str], Queue], dataset: Dataset):
    empty = new_queue("empty")
    assert not up_to_date(empty, dataset, Options())
    enqueue(empty, Findings.empty(), dataset, Options())
    assert up_to_date(empty, dataset, Options())
    assert prints(empty) == []


def test_a_drawn_box_stays_until_the_labels_have_it(
    queue: Queue, dataset: Dataset, findings: Findings
):
    box = (200.0, 200.0, 250.0, 250.0)
    added = add_box(queue, "ann", dataset, image=1, label=0, xyxy=box, uuid="u")
    assert (added.entry["code"], added.state) == (ADDED, State.ACCEPTED)
    twice = add_box(queue, "ann", dataset, image=1, label=0, xyxy=box, uuid="v")
    assert twice.fingerprint == added.fingerprint
    enqueue(queue, findings, dataset, Options())
    assert not item(queue, added.fingerprint).obsolete
    new = Boxes.of(1, file=[0], image=[1], label=[0], xyxy=np.array([box]))
    boxes = Boxes.concat([dataset.boxes, new])
    enqueue(queue, findings, dataclasses.replace(dataset, boxes=boxes), Options())
    assert item(queue, added.fingerprint).obsolete


def test_hostile_names_come_back_as_they_were(
    new_queue: Callable[[str], Queue], dataset: Dataset, findings: Findings
):
    names = ["<b>\u202eRAC\x00\n", "x" * 10_000, "\ud800 ' OR 1=1 --"]
    images = dataclasses.replace(dataset.images, name=texts(names))
    hostile = dataclasses.replace(dataset, images=images)
    queue = new_queue("hostile")
    enqueue(queue, findings, hostile, Options())
    shown = {one.entry["image"] for one in next_items(queue, "n", Filter(), count=99)}
    assert shown == {"<b>\u202eRAC\x00\n", "x" * 10_000, "\\ud800 ' OR 1=1 --"}
    assert len(prints(queue, image="rac\x00", state="any")) == int((findings.image == 0).sum())
    assert prints(queue, class_name="\ud800") == []
    assert apply(hostile, findings).dataset is not hostile


@pytest.mark.parametrize(("beside", "gone"), [(0.5, True), (0.51, False)])
def test_a_drawn_box_is_in_the_labels_if_no_corner_is_more_than_half_a_pixel_off(
    queue: Queue, dataset: Dataset, findings: Findings, beside: float, gone: bool
):
    box = np.array([200.0, 200.0, 250.0, 250.0])
    added = add_box(queue, "ann", dataset, image=1, label=0, xyxy=tuple(box.tolist()), uuid="u")
    new = Boxes.of(1, file=[0], image=[1], label=[0], xyxy=[box + np.array([0, 0, 0, beside])])
    boxes = Boxes.concat([dataset.boxes, new])
    enqueue(queue, findings, dataclasses.replace(dataset, boxes=boxes), Options())
    assert item(queue, added.fingerprint).obsolete is gone
