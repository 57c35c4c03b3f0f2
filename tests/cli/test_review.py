"""`labelaudit review`, as far as it comes without a server."""

from __future__ import annotations

import io
import json
import shutil
import socket
import sys
from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.cli.review import queue_path
from labelaudit.review.queue.items import Filter, Item
from labelaudit.review.queue.leases import next_items
from labelaudit.review.queue.samples import sample_of
from labelaudit.review.queue.store import Queue

from .test_model_options import BOXES

BCCD = Path(__file__).parents[2] / "examples" / "bccd"


@pytest.fixture
def keys(monkeypatch):
    """Types at the terminal that the next command is run in."""
    return lambda text: monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def items(path: Path) -> list[Item]:
    """All findings of a queue, the most valuable first."""
    with Queue.existing(path) as queue:
        return next_items(queue, "nobody", Filter(state="any"), count=200)


def test_the_queue_is_beside_the_labels(coco, tmp_path):
    path = coco(("a.jpg", "car", 0, 0, 10, 10))
    assert queue_path(labelaudit.load(path)) == tmp_path / "labels.review.sqlite"
    again = path.rename(tmp_path / "labels.cleaned.json")
    assert queue_path(labelaudit.load(again)) == tmp_path / "labels.cleaned.review.sqlite"


def test_the_queue_of_a_folder_is_beside_the_folder(tmp_path):
    folder = tmp_path / "v1.2"
    (folder / "Annotations").mkdir(parents=True)
    (folder / "Annotations" / "a.xml").write_text("<annotation><filename>a</filename></annotation>")
    assert queue_path(labelaudit.load(folder)) == tmp_path / "v1.2.review.sqlite"


def test_a_port_that_is_taken_is_an_error_in_one_line(run, coco):
    path = coco(("a.jpg", "car", 0, 0, 10, 10))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ran = run("review", path, "--no-browser", "--port", taken.getsockname()[1])
    assert ran.code == 2
    assert "choose another by --host and --port" in ran.err.splitlines()[-1]
    assert ran.out == ""


def test_a_queue_that_is_no_queue_is_an_error_in_one_line(run, coco, tmp_path):
    path = coco(("a.jpg", "car", 0, 0, 10, 10))
    (tmp_path / "no.sqlite").write_bytes(b"something else, and long enough to be seen as it is")
    ran = run("review", path, "--no-browser", "--queue", tmp_path / "no.sqlite")
    assert ran.code == 2
    assert "no.sqlite" in ran.err


@pytest.mark.parametrize("name", ["", "a\nb", "x" * 201])
def test_a_name_that_decisions_cannot_bear_is_refused_at_once(run, coco, tmp_path, name):
    ran = run("review", coco(("a.jpg", "car", 0, 0, 10, 10)), "--terminal", "--reviewer", name)
    assert ran.code == 2
    assert "a reviewer's name" in ran.err
    assert not (tmp_path / "labels.review.sqlite").exists()


def test_labels_that_are_not_there_are_an_error_and_make_no_queue(run, tmp_path):
    assert run("review", tmp_path / "none.json", "--no-browser").code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("words", [("--detector",), ("--predictions", "results.json")])
def test_what_a_model_doubts_is_reviewed(run, coco, opinion, keys, words):
    keys("aq")
    path = coco(*BOXES)
    ran = run("review", path, "--terminal", *words)
    assert (ran.code, len(opinion)) == (0, 1)
    assert "wrong with a probability of 97%" in ran.out
    found = {item.entry["code"]: item for item in items(path.with_name("labels.review.sqlite"))}
    assert {"MOD001", "MOD002", "MOD004"} <= set(found)
    assert sum(item.state == "accepted" for item in found.values()) == 1


def test_what_a_model_said_stays_until_it_is_asked_again(run, coco, opinion, keys, tmp_path):
    path, queue = coco(*BOXES), tmp_path / "labels.review.sqlite"
    for words in (("--predictions", "x"), (), ("--predictions", "x")):
        keys("aq")
        assert run("review", path, "--terminal", *words).code == 0
    assert len(opinion) == 2
    assert [item.obsolete for item in items(queue)] == [False] * len(items(queue))
    assert sum(item.state == "accepted" for item in items(queue)) == 3


def test_a_sample_is_judged_at_the_terminal_and_goes_on_later(run, coco, keys, tmp_path):
    path, queue = coco(*BOXES), tmp_path / "labels.review.sqlite"
    keys("12q")
    ran = run("review", path, "--terminal", "--sample", 2)
    assert ran.code == 0
    assert "a sample of 2 labels, 0 judged" in ran.err
    assert "2 of 2 judged" in ran.out
    keys("q")
    assert "a sample of 3 labels, 2 judged" in run("review", path, "--terminal", "--sample", 3).err
    keys("0q")
    assert "1 of 1 judged" in run("review", path, "--terminal", "--sample-images", 1).out
    report = json.loads(run("estimate", queue, "--output-format", "json").out)
    assert (report["unit"], report["all"]["judged"], report["all"]["wrong"]) == ("boxes", 2, 1)


def test_a_sample_knows_what_a_model_says(run, coco, opinion, keys, tmp_path):
    keys("q")
    run("review", coco(*BOXES), "--terminal", "--sample", 9, "--predictions", "x")
    with Queue.existing(tmp_path / "labels.review.sqlite") as queue:
        sample = sample_of(queue, "boxes")
    assert sample.head.source == "a model"
    assert sample.head.expected.wrong > 0


def test_of_nothing_no_sample_is_drawn(run, coco):
    ran = run("review", coco(), "--terminal", "--sample", 9)
    assert ran.code == 2
    assert "there is no label in this dataset that could be judged" in ran.err


def test_a_queue_without_a_sample_gives_no_estimate_and_says_what_to_do(run, coco, keys, tmp_path):
    keys("q")
    run("review", coco(*BOXES), "--terminal")
    for words in (("estimate",), ("scan", coco(*BOXES), "--verdicts")):
        ran = run(*words, tmp_path / "labels.review.sqlite")
        assert ran.code == 2
        assert "labelaudit review DATASET --sample 200" in ran.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--detector", "--predictions", "x"), "exclude each other"),
        (("--predictions", "nowhere.json"), "nowhere.json"),
    ],
)
def test_a_model_that_cannot_be_asked_is_an_error_in_one_line(run, coco, words, said):
    ran = run("review", coco(*BOXES), "--terminal", *words)
    assert ran.code == 2
    assert said in ran.err.splitlines()[-1]


def test_predictions_in_a_coco_file_are_reviewed(run, keys, tmp_path):
    folder = shutil.copytree(BCCD, tmp_path / "bccd")
    results = tmp_path / "results.json"
    results.write_text(json.dumps(seen(labelaudit.load(folder))))
    keys("q")
    assert run("review", folder, "--terminal", "--predictions", results).code == 0
    found = [item.entry for item in items(tmp_path / "bccd.review.sqlite")]
    [tiny] = [
        entry
        for entry in found
        if entry["code"] == "MOD003" and entry["image"] == "BloodImage_00338.jpg"
    ]
    assert tiny["probability"] is None  # which predictions of others do not tell
    assert tiny["doubt"] > 0.5


def seen(dataset: labelaudit.Dataset) -> list[dict[str, object]]:
    """What a good detector would see: the labels, a little off."""
    rng = np.random.default_rng(0)
    boxes = dataset.boxes
    off = boxes.xyxy + rng.normal(0, 1.5, boxes.xyxy.shape)
    corners = np.column_stack([off[:, :2], np.maximum(off[:, 2:] - off[:, :2], 1)]).round(1)
    names = dataset.images.name.tolist()
    return [
        {
            "image_id": names[image],
            "category_id": dataset.class_names[label],
            "bbox": box,
            "score": score,
        }
        for image, label, box, score in zip(
            boxes.image.tolist(),
            boxes.label.tolist(),
            corners.tolist(),
            rng.uniform(0.7, 0.99, len(boxes)).round(3).tolist(),
            strict=True,
        )
    ]
