"""`labelaudit queue export --to` and `queue import` of what labelling tools export."""

from __future__ import annotations

import json
import re
import shutil
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


WRONG = {
    "a truncated export of CVAT": (b"<annotations><image name='a.jpg'>", "not a whole XML file"),
    "a truncated export of Label Studio": (b'[{"data": {"image"', "not a whole JSON export"),
    "JSON-MIN": (b'[{"image": "a.jpg", "annotation_id": 1}]', "export them as JSON, not as JSON-M"),
    "an export of Label Studio without tasks": (b"[]", "nothing in it was handed over"),
    "one in UTF-16": ('[{"data": {}, "annotations": []}]'.encode("utf-16"), "nothing in it was ha"),
    "labels of COCO": (b'{"images": [], "annotations": []}', "what can be imported: of CVAT, CVA"),
    "issues of CVAT's API": (b'[{"image": "a.jpg", "position": []}]', "what can be imported"),
    "a page": (b"<html></html>", "neither what labelaudit queue export wrote nor the export"),
    "a picture": (b"\x89PNG\r\n\x1a\n\x00", "what can be imported"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_file_that_is_no_whole_export_is_refused_by_name_with_what_to_do(
    run: Run, labels: Path, case: str
):
    content, words = WRONG[case]
    Path("wrong.json").write_bytes(content)
    ran = run("queue", "import", "q.sqlite", "wrong.json")
    assert ran.code == 2
    assert "wrong.json: " in ran.err
    assert words in ran.err


def test_an_empty_file_is_a_list_of_nothing_and_a_folder_of_nothing_is_refused(
    run: Run, labels: Path
):
    Path("empty").write_bytes(b"")
    assert run("queue", "import", "q.sqlite", "empty").code == 0
    Path("folder").mkdir()
    ran = run("queue", "import", "q.sqlite", "folder")
    assert ran.code == 2
    assert "folder: nothing in it is an export of a labelling tool" in ran.err
    Path("out.7z").write_bytes(b"7z\xbc\xaf\x27\x1c")
    assert "unpack it yourself" in run("queue", "import", "q.sqlite", "out.7z").err


@pytest.mark.parametrize("ending", ["zip", "gztar"])
@pytest.mark.parametrize("tool", TOOLS)
def test_an_export_is_found_in_a_folder_and_in_an_archive(
    run: Run, labels: Path, tool: str, ending: str
):
    name = "annotations.xml" if tool == "cvat" else "out.json"
    Path("all/task 1").mkdir(parents=True)
    run("queue", "export", "q.sqlite", f"all/task 1/{name}", "--to", tool)
    packed = Path(shutil.make_archive("packed", ending, "all"))
    for path in (Path("all"), packed):
        ran = run("queue", "import", "q.sqlite", path.name)
        assert ran.code == 0, ran.err
        assert f"{path.name}/task 1/{name}: 2 images" in ran.err


def test_of_several_exports_one_that_cannot_be_read_is_told_and_the_others_are_taken(
    run: Run, labels: Path
):
    Path("all").mkdir()
    run("queue", "export", "q.sqlite", "all/b.xml", "--to", "cvat")
    Path("all/b.xml").write_text(Path("all/b.xml").read_text().replace(">open<", ">reject<"))
    for name in ("a.xml", "c.xml"):
        Path("all", name).write_text("<annotations><image name='a.jpg'>")
    ran = run("queue", "import", "q.sqlite", "all", "--reviewer", "ann")
    assert ran.code == 1
    assert "all/b.xml: 2 images, new decisions of ann: 0 accepted, 0 edited, 2 rejected" in ran.err
    assert "not taken: all/a.xml: not a whole XML file" in ran.err
    assert "not taken: all/c.xml: not a whole XML file" in ran.err


def test_an_export_of_another_queue_is_refused_by_name(run: Run, labels: Path):
    run("queue", "export", "q.sqlite", "out.xml", "--to", "cvat")
    run("scan", labels, "--select", "GEO005", "--queue", "other.sqlite", "-q")
    ran = run("queue", "import", "other.sqlite", "out.xml")
    assert ran.code == 2
    assert "out.xml: the queue has none of the 2 findings" in ran.err
