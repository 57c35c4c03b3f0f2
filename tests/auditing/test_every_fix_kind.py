"""What holds for every kind of fix; one that lacks something is seen here."""

from __future__ import annotations

import dataclasses
import json
import string
from pathlib import Path

import numpy as np
import pytest

from labelaudit.auditing.findings import Findings, Fix, Safety
from labelaudit.auditing.findings_file import View, encoded, entries, read, write
from labelaudit.auditing.fixes import KINDS, FixKind, Stage
from labelaudit.auditing.fixes.apply import apply
from labelaudit.auditing.run import Options
from labelaudit.boxes.conventions import TRANSFORMS
from labelaudit.core.columns import MISSING, texts
from labelaudit.dataset.tables import RecordType
from labelaudit.errors import UnknownNameError
from labelaudit.io.record_diff import changes
from labelaudit.review.queue.enqueue import enqueue
from labelaudit.review.queue.ranking import REDRAW_SECONDS, _measured
from labelaudit.review.queue.store import Queue
from labelaudit.review.web.image_tiles import ImageTiles
from labelaudit.review.web.views import Views
from labelaudit.testing import images

DATASET = images({"a.jpg": ["car 10 10 40 40", "bus 50 20 60 60"], "b.jpg": ["car 5 6 7 8"]})
SAMPLES = {"xyxy": [1.0, 2.0, 31.0, 42.0], "label": 1, "image": 1, "into": 0}
PLAIN = {"id": 77, "field": "area", "value": 9.0, "name": next(iter(TRANSFORMS))}
PLAIN |= {
    "fixes": tuple(
        Fix("move", Safety.SAFE, RecordType.BOX, row, {"xyxy": [0.0, 0.0, 9.0, 8.0]})
        for row in (0, 2)
    )
}


@pytest.fixture(params=list(KINDS))
def kind(request: pytest.FixtureRequest) -> FixKind:
    return KINDS[request.param]


def sample(kind: FixKind) -> Fix:
    """A fix of this kind that can be done to `DATASET`."""
    values = {name: (SAMPLES | PLAIN).get(name, 1) for name in kind.values}
    part = RecordType.FILE if kind.stage is Stage.FILES else RecordType.BOX
    part = RecordType.CATEGORY if kind.stage is Stage.MERGES else part
    row = {Stage.FILES: 0, Stage.ADDITIONS: MISSING}.get(kind.stage, 1)
    row = 0 if "label" in values and not kind.adds_box else row
    return Fix(kind.name, Safety.UNSAFE, part, row, values)


def finding(fix: Fix) -> Findings:
    fixes = np.empty(1, object)
    fixes[0] = fix
    code = texts(["GEO001"])
    return Findings.of(1, code=code, name=texts(["x"]), image=[0], box=[0], file=[0], fix=fixes)


def test_the_name_in_the_registry_is_that_of_its_fixes(kind: FixKind):
    assert KINDS[kind.name] is kind


def test_a_fix_comes_back_from_a_fix_list_as_it_was(kind: FixKind, tmp_path: Path):
    found = finding(sample(kind))
    write(tmp_path / "list.jsonl", found, DATASET)
    assert read(tmp_path / "list.jsonl", DATASET).fix[0] == found.fix[0]


def test_its_words_are_a_sentence_that_names_no_more_than_the_class(kind: FixKind):
    assert kind.words[0].isupper()
    assert kind.words.endswith(".")
    names = [name for _, name, _, _ in string.Formatter().parse(kind.words) if name]
    assert names in ([], ["class"])
    assert not names or "label" in kind.values


def test_its_proposal_can_be_said_of_what_a_fix_list_holds(kind: FixKind):
    written = json.loads(encoded(View(DATASET).fix(sample(kind))))
    assert kind.said(written["changes"]).startswith(kind.name)


def test_a_person_needs_some_seconds_for_it(kind: FixKind):
    assert 0 < kind.seconds < 60


def test_a_page_can_show_where_a_new_box_is(kind: FixKind):
    assert not kind.adds_box or {"image", "label", "xyxy"} <= kind.values.keys()
    assert not (kind.adds_box and kind.removes)


def test_it_changes_the_dataset_and_leaves_the_original(kind: FixKind):
    before = dataclasses.replace(DATASET)
    applied = apply(DATASET, finding(sample(kind)))
    assert applied.applied.all(), applied.conflicts
    assert list(changes(DATASET, applied.dataset))
    assert not list(changes(before, DATASET))
    gone = len(applied.box) < len(DATASET.boxes) or len(applied.dataset.categories) < 2
    assert gone is kind.removes


def test_a_page_shows_it_and_a_queue_knows_how_long_it_takes(kind: FixKind, tmp_path: Path):
    found = finding(sample(kind))
    shown = Views(DATASET, ImageTiles(DATASET)).place(next(entries(found, DATASET)))["fix"]
    assert (shown.kind, shown.words, shown.removes) == (kind.name, kind.words, kind.removes)
    assert (shown.xyxy is not None) is ("xyxy" in kind.values)
    with Queue.open(tmp_path / "queue.db") as queue:
        enqueue(queue, found, DATASET, Options())
        with queue.reading() as database:
            assert _measured(database, kind.name) == kind.seconds


def test_an_unknown_kind_is_refused_by_name_and_costs_a_queue_what_drawing_costs(tmp_path: Path):
    fix = Fix("dorp", Safety.SAFE, RecordType.BOX, 1)
    for use in (lambda: apply(DATASET, finding(fix)), lambda: View(DATASET).fix(fix)):
        with pytest.raises(UnknownNameError, match="did you mean 'drop'"):
            use()
    with Queue.open(tmp_path / "queue.db") as queue, queue.reading() as database:
        assert _measured(database, "dorp") == REDRAW_SECONDS
