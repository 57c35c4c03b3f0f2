"""`scan --watch` as a process of its own, waited for by what it says."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from labelaudit.auditing.scan import scan
from labelaudit.cli.watching import Looked, _Watched
from labelaudit.io.load import load

INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("labelaudit", run_name="__main__")
"""
"""Runs labelaudit: what a shell starts in the background, these tests too, ignores Ctrl+C."""

PATIENCE_S = 60
"""Of a machine that many share; nothing waits so long that works."""

GOOD = [10, 10, 90, 60]
FLAT = [200, 20, 0, 60]
OUTSIDE = [600, 10, 100, 60]


def labels(*boxes: list[int]) -> str:
    return json.dumps(
        {
            "images": [{"id": 1, "file_name": "a.jpg", "width": 640, "height": 480}],
            "categories": [{"id": 1, "name": "car"}],
            "annotations": [
                {"id": row, "image_id": 1, "category_id": 1, "bbox": box, "iscrowd": 0}
                | {"area": box[2] * box[3]}
                for row, box in enumerate(boxes, 1)
            ],
        }
    )


class Watched:
    """A process, and what it said so far."""

    def __init__(self, folder: Path, *words: str) -> None:
        options = [*words, "--watch", "--select", "GEO"]
        self.process = subprocess.Popen(
            [sys.executable, "-c", INTERRUPTIBLE, "scan", *options],
            cwd=folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1"},
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line.rstrip())

    def until(self, beginning: str) -> list[str]:
        """What is said up to a line that begins so."""
        said: list[str] = []
        while not (said and said[-1].startswith(beginning)):
            try:
                said.append(self._lines.get(timeout=PATIENCE_S))
            except queue.Empty:
                raise AssertionError(f"nothing that begins with {beginning!r} in {said}") from None
        return said

    def until_holds(self, words: str) -> str:
        """The next line that holds these words."""
        line = ""
        while words not in line:
            line = self.until("")[-1]
        return line

    def end(self) -> int:
        """By Ctrl+C; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(PATIENCE_S)

    def stop(self) -> None:
        """Whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    (tmp_path / "labels.json").write_text(labels(GOOD, FLAT))
    process = Watched(tmp_path, "labels.json")
    yield process
    process.stop()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is another thing on Windows")
def test_changes_are_told_through_half_written_renamed_and_missing_files(watched, tmp_path):
    path, beside = tmp_path / "labels.json", tmp_path / "labels.json.part"
    first = watched.until("watching for changes")
    assert any("zero-area" in line for line in first)

    whole = labels(GOOD, FLAT, OUTSIDE)
    path.write_text(whole[: len(whole) // 2])  # an editor that has not come to the end
    assert "labels.json" in watched.until_holds("cannot be scanned now")
    path.write_text(whole)
    added = watched.until("Found")
    assert [line.split()[:3] for line in added if line.startswith(("new", "gone"))] == [
        ["new", "warning", "out-of-bounds"]
    ]
    assert added[-1].startswith("Found 1 error, 1 warning (1 new); ")

    beside.write_text(labels(GOOD, OUTSIDE))
    os.replace(beside, path)  # an export
    mended = watched.until("Found")
    assert [line.split()[:3] for line in mended if line.startswith(("new", "gone"))] == [
        ["gone", "error", "zero-area"]
    ]

    path.rename(beside)
    assert "no such file" in watched.until_holds("cannot be scanned now")
    path.write_text(labels(GOOD))
    assert watched.until("Found")[-1].startswith("Found nothing (1 gone); ")
    assert watched.end() == 0


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is another thing on Windows")
def test_the_configuration_counts_as_soon_as_it_is_written(watched, tmp_path):
    watched.until("watching for changes")
    (tmp_path / "labelaudit.toml").write_text('per-class-ignores.car = ["GEO001"]')
    assert "(1 gone)" in watched.until("Found")[-1]
    (tmp_path / "labelaudit.toml").write_text("[contract]\nrequired-classes = ['van']")
    assert watched.until("Found")[-1].endswith("s.")
    assert watched.end() == 1


@pytest.fixture
def yolo(tmp_path: Path) -> Path:
    """The description of a YOLO dataset."""
    for folder in ("images", "labels"):
        (tmp_path / "ds" / folder).mkdir(parents=True)
    Image.new("RGB", (640, 480)).save(tmp_path / "ds/images/a.png")
    (tmp_path / "ds/labels/a.txt").write_text("0 .5 .5 .2 .2\n")
    path = tmp_path / "ds/data.yaml"
    path.write_text("train: images\nval: images\nnames: [car]\n")
    return path


@pytest.fixture
def described(tmp_path: Path, yolo: Path) -> Iterator[Watched]:
    process = Watched(tmp_path, str(yolo))
    yield process
    process.stop()


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is another thing on Windows")
def test_a_label_file_that_is_new_and_has_no_image_is_seen_where_a_description_leads(
    described, tmp_path
):
    described.until("watching for changes")
    (tmp_path / "ds/labels/b.txt").write_text("0 .5 .5 0 .2\n")
    assert "b.txt" in described.until_holds("changed")
    assert described.until("Found")[-1].startswith("Found 1 error")
    assert described.end() == 1


@pytest.mark.parametrize(
    ("named", "watched"),
    [
        (["ds/data.yaml"], ["ds/data.yaml", "ds/labels", "ds/images"]),
        (["ds"], ["ds"]),
        (["labels.json"], ["labels.json"]),
    ],
)
def test_beside_a_file_of_labels_that_was_named_nothing_is_watched(
    yolo, tmp_path, monkeypatch, named, watched
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "labels.json").write_text(labels(GOOD))
    result = _Watched(lambda: Looked(scan(load(named[0])), False), [Path(name) for name in named])
    assert result.places == [tmp_path / name for name in named]
    result.begin()
    assert result.places == [tmp_path / name for name in watched]


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is another thing on Windows")
def test_ctrl_c_ends_with_the_last_exit_code(watched, tmp_path):
    watched.until("watching for changes")
    assert watched.end() == 1


@pytest.mark.skipif(os.name == "nt", reason="Ctrl+C is another thing on Windows")
def test_after_what_cannot_be_read_the_exit_code_is_2(watched, tmp_path):
    watched.until("watching for changes")
    (tmp_path / "labels.json").unlink()
    watched.until_holds("cannot be scanned now")
    assert watched.end() == 2


def test_a_scan_that_cannot_begin_ends(run, tmp_path):
    ran = run("scan", tmp_path / "gone.json", "--watch")
    assert ran.code == 2
    assert "no such file" in ran.err


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--fix"], "scans with --watch write nothing"),
        (["-o", "clean.json"], "scans with --watch write nothing"),
        (["--write-baseline", "known.json"], "scans with --watch write nothing"),
        (["--queue", "queue.sqlite"], "scans with --watch write nothing"),
        (["--output-format", "json"], "scans with --watch are text"),
    ],
)
def test_what_does_not_go_with_watching_is_refused(run, coco, option, said):
    ran = run("scan", coco(("a.jpg", "car", 10, 10, 90, 60)), "--watch", *option)
    assert ran.code == 2
    assert said in ran.err
