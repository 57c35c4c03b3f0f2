from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.cli import main
from labelaudit.review.queue.decisions import ItemDecision, decide
from labelaudit.review.queue.items import Filter, Verdict
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.places import QueuePlace, place_of
from labelaudit.review.queue.store import Queue


@pytest.fixture
def labels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    boxes = [[10, 10, 0, 30], [50, 20, 30, 30], [100, 5, 9, 0]]
    records = [
        {"id": number, "image_id": 1, "category_id": 1, "bbox": box}
        for number, box in enumerate(boxes, 1)
    ]
    image = {"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}
    whole = {"images": [image], "annotations": records, "categories": [{"id": 1, "name": "car"}]}
    (tmp_path / "labels.json").write_text(json.dumps(whole, indent=1))
    return Path("labels.json")


@pytest.fixture
def at(queue_place: Callable[[str], QueuePlace], labels: Path) -> str:
    """A queue as it is typed."""
    place = queue_place("q")
    return place.name if isinstance(place, Path) else str(place)


def scanned(labels: Path, at: str) -> None:
    main(["scan", str(labels), "--select", "GEO001", "--queue", at, "-q"])


def test_scan_then_decide_then_fix_then_undo(
    labels: Path, at: str, capsys: pytest.CaptureFixture[str]
):
    scanned(labels, at)
    assert f"{at}: 2 new, 0 known, 0 obsolete" in capsys.readouterr().err
    with Queue.existing(place_of(at)) as queue:
        first, second = next_items(queue, "ann", Filter(), count=9)
        decide(queue, "ann", [ItemDecision(first.fingerprint, Verdict.ACCEPT)], uuid="1")
        decide(queue, "ann", [ItemDecision(second.fingerprint, Verdict.REJECT)], uuid="2")
    assert main(["fix", str(labels), "--queue", at]) == 0
    cleaned = json.loads(Path("labels.cleaned.json").read_text())
    assert [one["id"] for one in cleaned["annotations"]] == [2, 3]
    assert main(["undo", "labels.cleaned.json"]) == 0


def test_a_rescan_after_a_change_says_what_is_obsolete(
    labels: Path, at: str, capsys: pytest.CaptureFixture[str]
):
    scanned(labels, at)
    labels.write_text(labels.read_text().replace("0,\n    30", "7,\n    30"))
    scanned(labels, at)
    assert f"{at}: 0 new, 1 known, 1 obsolete" in capsys.readouterr().err


def test_accepting_automatically_says_how_many_are_expected_to_be_right(
    labels: Path, at: str, capsys: pytest.CaptureFixture[str]
):
    scanned(labels, at)
    with Queue.existing(place_of(at)) as queue, queue.writing() as database:
        database.execute("UPDATE items SET probability = 0.75")
    main(["fix", str(labels), "--queue", at, "--min-probability", "0.7", "--diff"])
    assert "Accepting 2 findings" in (said := capsys.readouterr().err)
    assert "about 2 of them right, give or take 1" in said


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--queue", "q.sqlite"], "no such queue"),
        (["--queue", "labels.json"], "not a review queue"),
        (["--queue", "q.sqlite", "--list", "x"], "exclude each other"),
        (["--queue", "q.sqlite", "--unsafe-fixes"], "--unsafe-fixes"),
        (["--min-probability", "0.5"], "needs --queue"),
        (["--queue", "q.sqlite", "--min-probability", "7"], "from 0 to 1"),
    ],
    ids=str,
)
def test_options_that_make_no_sense_are_refused_in_one_line(
    labels: Path, capsys: pytest.CaptureFixture[str], options: list[str], message: str
):
    assert main(["fix", str(labels), *options]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_reviewers_who_disagree_are_named(
    labels: Path, at: str, capsys: pytest.CaptureFixture[str]
):
    scanned(labels, at)
    with Queue.existing(place_of(at)) as queue:
        [one, _] = next_items(queue, "ann", Filter(), count=9)
        [one] = decide(
            queue, "ann", [ItemDecision(one.fingerprint, Verdict.ACCEPT)], uuid="1"
        ).items
        said = [ItemDecision(one.fingerprint, Verdict.REJECT, seen=one.decision)]
        decide(queue, "bob", said, uuid="2")
    main(["fix", str(labels), "--queue", at])
    assert "decided differently" in (error := capsys.readouterr().err)
    assert "ann: accept, bob: reject" in error
    assert not Path("labels.cleaned.json").exists()
