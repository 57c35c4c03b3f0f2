"""`labelaudit queue export --to` and `queue import` of what labelling tools export."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from labelaudit.io.labelling_tools import LABELLING_TOOLS
from tests.cli.conftest import Ran

Run = Callable[..., Ran]
TOOLS = sorted(LABELLING_TOOLS)


@pytest.fixture
def labels(run: Run, coco: Callable[..., Path]) -> Path:
    """Labels of which one has no inside, and one stands twice, scanned into q.sqlite."""
    path = coco(
        ("a.jpg", "car", 10, 10, 0, 30),
        ("a.jpg", "car", 50, 20, 30, 10),
        ("b.jpg", "bus", 200, 5, 40, 40),
        ("b.jpg", "bus", 200, 5, 40, 40),
    )
    run("scan", path, "--select", "GEO001,DUP001", "--queue", "q.sqlite", "-q")
    return path


@pytest.mark.parametrize("tool", TOOLS)
def test_findings_go_to_a_tool_and_an_export_that_nobody_touched_decides_nothing(
    run: Run, labels: Path, tool: str
):
    ran = run("queue", "export", "q.sqlite", "out.xml", "--to", tool)
    assert (ran.code, ran.out) == (0, "")
    assert "Wrote 2 findings in 2 images to out.xml" in ran.err
    assert "labelaudit queue import q.sqlite EXPORT" in ran.err
    ran = run("queue", "import", "q.sqlite", "out.xml")
    assert ran.code == 0
    assert "0 accepted, 0 edited, 0 rejected, 0 skipped" in ran.err
    assert "0 added, 0 changed; 0 known before, 2 still open" in ran.err


def test_what_was_decided_in_a_tool_is_in_the_cleaned_dataset(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    path = Path("out.xml")
    path.write_text(re.sub(">open</attribute>", ">accept</attribute>", path.read_text()))
    ran = run("queue", "import", "q.sqlite", "out.xml", "--reviewer", "ann")
    assert "out.xml: 2 images, new decisions of ann: 2 accepted" in ran.err
    assert run("fix", labels, "--queue", "q.sqlite", "-o", "fixed.json").code == 0
    assert len(json.loads(Path("fixed.json").read_text())["annotations"]) == 2


def test_what_is_unclear_is_listed_and_makes_exit_code_1(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    path = Path("out.xml")
    path.write_text(path.read_text().replace('label="bus"', 'label="tram"', 1))
    ran = run("queue", "import", "q.sqlite", "out.xml")
    assert ran.code == 1
    assert "not taken: b.jpg: a box has the class 'tram'" in ran.err


def test_the_dataset_is_found_by_the_queue_or_has_to_be_named(run: Run, labels: Path):
    moved = labels.rename("moved.json")
    ran = run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    assert ran.code == 2
    assert "which is not here; name the dataset by --dataset" in ran.err
    ran = run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat", "--dataset", moved)
    assert ran.code == 2  # another file, so that its findings may be others
    assert "labelaudit scan DATASET --queue q.sqlite" in ran.err


def test_a_file_that_is_there_is_replaced_only_when_asked_for(run: Run, labels: Path):
    Path("out.xml").write_text("mine")
    ran = run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    assert (ran.code, Path("out.xml").read_text()) == (2, "mine")
    assert "--overwrite" in ran.err
    assert run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat", "--overwrite").code == 0
    ran = run("queue", "export", "q.sqlite", labels, "--to", "cvat", "--overwrite")
    assert ran.code == 2
    assert "would be gone" in ran.err


def test_options_of_tools_without_a_tool_are_refused(run: Run, labels: Path):
    ran = run("queue", "export", "q.sqlite", "out.jsonl", "--all-images")
    assert ran.code == 2
    assert "go with --to TOOL" in ran.err
    assert not Path("out.jsonl").exists()


def test_an_export_of_a_tool_needs_a_queue_that_is_there(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    ran = run("queue", "import", "new.sqlite", "out.xml")
    assert ran.code == 2
    assert "there is no such queue" in ran.err
    assert not Path("new.sqlite").exists()


def test_a_tool_that_nobody_knows_is_refused_with_those_that_there_are(run: Run, labels: Path):
    ran = run("queue", "export", "q.sqlite", "out.xml", "--to", "cavt")
    assert ran.code == 2
    assert "cvat" in ran.err
