"""A queue knows how its dataset was read, so that nobody has to say it again."""

from __future__ import annotations

import io
import json
import shlex

import msgspec
import pytest

from labelaudit.auditing.config import Config
from labelaudit.cli.parameters import DatasetSource, PartChoice
from labelaudit.cli.queued_dataset import read_queued
from labelaudit.review.queue.schema import QueueError
from labelaudit.review.queue.store import Queue
from labelaudit.testing import draw

GOOD = ("a.jpg", "car", 10, 10, 90, 60)
OBJECT = """<annotation><filename>{}.jpg</filename><object><name>car</name><bndbox><xmin>1</xmin>
<ymin>1</ymin><xmax>9</xmax><ymax>9</ymax></bndbox></object></annotation>"""
FLAT = ("b.jpg", "car", 200, 20, 0, 60)


@pytest.fixture
def labels(coco, tmp_path):
    """Labels in a folder of their own, with the images in another."""
    path = coco(GOOD, FLAT)
    for name in ("a.jpg", "b.jpg"):
        draw(tmp_path / "pictures" / name, (640, 480))
    (tmp_path / "data").mkdir()
    return path.rename(tmp_path / "data" / "labels.json")


def read(path, *paths, source=None, part=None, config=None):
    with Queue.existing(path) as queue:
        given = source or DatasetSource()
        return read_queued(queue, paths, given, part or PartChoice(), config)


def test_folders_of_images_format_and_part_are_kept(run, labels, tmp_path):
    run("scan", labels, "--images", "pictures", "--exclude", "b.jpg", "--queue", "q.sqlite")
    dataset = read(tmp_path / "q.sqlite")
    assert dataset.images.path.tolist() == [str(tmp_path / "pictures" / "a.jpg")]
    assert dataset.part.exclude == ("b.jpg",)
    with Queue.existing(tmp_path / "q.sqlite") as queue, queue.reading() as database:
        (how,) = database.execute("SELECT how_read FROM runs").fetchone()
    assert msgspec.json.decode(how) == {
        "images": ["pictures"], "format": "coco", "exclude": ["b.jpg"],
    }  # fmt: skip


def test_a_review_of_the_dataset_knows_the_folders_that_were_named_once(
    run, labels, tmp_path, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO("q"))
    run("review", labels, "--terminal", "--images", "pictures")
    monkeypatch.setattr("sys.stdin", io.StringIO("q"))
    ran = run("review", labels, "--terminal")
    assert "no picture" not in ran.out
    assert "picture: " in ran.out


def test_what_the_command_line_says_comes_first(run, labels, tmp_path):
    run("scan", labels, "--images", "pictures", "--exclude", "b.jpg", "--queue", "q.sqlite")
    other = tmp_path / "other"
    draw(other / "a.jpg", (640, 480))
    dataset = read(tmp_path / "q.sqlite", source=DatasetSource(images=(other,)))
    assert dataset.given_folders == (other,)
    more = read(tmp_path / "q.sqlite", part=PartChoice(exclude=("x.jpg",)))
    assert more.part.exclude == ("x.jpg", "b.jpg")
    config = Config(exclude=("b.jpg",))
    assert read(tmp_path / "q.sqlite", config=config).part.exclude == ("b.jpg",)


def test_a_dataset_that_is_named_has_the_images_of_the_queue_if_it_is_the_same(
    run, labels, tmp_path, coco
):
    run("scan", labels, "--images", "pictures", "--exclude", "b.jpg", "--queue", "q.sqlite")
    named = read(tmp_path / "q.sqlite", labels)
    assert [folder.name for folder in named.given_folders] == ["pictures"]
    assert named.part.exclude == ()  # whoever names it says what of it is meant
    other = coco(GOOD, name="other.json")
    assert read(tmp_path / "q.sqlite", other).given_folders == ()
    configured = Config(images=(tmp_path,))
    assert read(tmp_path / "q.sqlite", labels, config=configured).given_folders == (tmp_path,)


def test_relative_folders_are_found_from_that_of_the_queue(run, labels, tmp_path, monkeypatch):
    run("scan", "data/labels.json", "--images", "pictures", "--queue", "q.sqlite")
    monkeypatch.chdir("/")
    assert read(tmp_path / "q.sqlite").given_folders == (tmp_path / "pictures",)
    (tmp_path / "pictures").rename(tmp_path / "elsewhere")
    assert read(tmp_path / "q.sqlite").given_folders == ()


def test_the_printed_hint_reviews_just_what_was_scanned(run, labels, tmp_path, monkeypatch):
    words = ("--images", "pictures", "--select", "GEO", "--severity", "error")
    ran = run("scan", labels, *words, "--queue", "q.sqlite")
    (hint,) = [line for line in ran.err.splitlines() if line.startswith("to review them: ")]
    command = shlex.split(hint.partition(": ")[2])
    assert command == [
        "labelaudit", "review", "--queue", "q.sqlite", "--select", "GEO", "--severity", "error",
    ]  # fmt: skip
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers
    again = run(*command[1:], "--terminal")
    assert again.code == 0
    assert "new finding" not in again.err  # it is not scanned again
    assert "no longer found" not in again.err


def test_one_new_finding_is_told_as_one(run, coco, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO())  # nobody answers
    words = ("--select", "GEO001", "--queue", tmp_path / "q.sqlite", "--terminal")
    again = run("review", coco(("a.jpg", "car", 1, 1, 0, 9)), *words)
    assert "q.sqlite: 1 new finding, 0 known, 0 no longer found\n" in again.err


def test_a_format_that_was_named_is_kept_for_review_fix_and_export(
    run, coco, tmp_path, monkeypatch
):
    monkeypatch.setattr("sys.stdin", io.StringIO())
    annotations = tmp_path / "both" / "Annotations"
    annotations.mkdir(parents=True)
    for name in ("a", "b", "c"):
        (annotations / f"{name}.xml").write_text(OBJECT.format(name))
    coco(GOOD, FLAT).rename(tmp_path / "both" / "labels.json")
    assert "VOC" in run("scan", "both").out
    assert run("scan", "both", "--format", "coco", "--queue", "q.sqlite").code == 1
    ran = run("review", "both", "--queue", "q.sqlite", "--terminal")
    assert ran.code == 0, ran.err
    ran = run("fix", "both", "--queue", "q.sqlite", "--diff")
    assert ran.code == 0, ran.err
    ran = run("queue", "export", "q.sqlite", "tasks.json", "--to", "labelstudio")
    assert ran.code == 0, ran.err
    assert json.loads((tmp_path / "tasks.json").read_text())


def test_a_queue_of_nothing_says_so(tmp_path):
    Queue.open(tmp_path / "q.sqlite").close()
    with pytest.raises(QueueError, match="no scan was put into this queue"):
        read(tmp_path / "q.sqlite")
