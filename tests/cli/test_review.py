"""`labelaudit review`, as far as it comes without a server."""

from __future__ import annotations

import socket

import labelaudit
from labelaudit.cli.review import queue_path


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


def test_labels_that_are_not_there_are_an_error_and_make_no_queue(run, tmp_path):
    assert run("review", tmp_path / "none.json", "--no-browser").code == 2
    assert list(tmp_path.iterdir()) == []
