"""What forty features are asked for, how answers are kept, and what tools are tried on."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

import labelaudit
from benchmarks.features import documented, material
from benchmarks.features.tables import SIGNS, TOOLS, Cell, Outcome, record, table, with_table
from benchmarks.features.wanted import FEATURES
from benchmarks.machine import Machine

ROOT = Path(__file__).parents[2]
KEYS = {one.key for one in FEATURES}
PEERS = ROOT / "benchmarks" / "features" / "peers"
MACHINE = Machine("Linux", 2, 8.0, "3.11", 1.0)


def outcome(**answers: str) -> Outcome:
    cells = {key.replace("_", "-"): Cell(answer, "seen", "run") for key, answer in answers.items()}
    return Outcome("2026-01-01", MACHINE, {"tool": "1"}, cells)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("features")
    (folder / "images").mkdir()
    truth = material.as_coco()
    for image in truth["images"]:
        path = folder / "images" / image["file_name"]
        path.write_bytes((material.BCCD / "JPEGImages" / image["file_name"]).read_bytes())
    labels, planted = material.with_errors(truth, folder / "images")
    material.write(folder / "labels.json", labels)
    for name, part in zip(("train", "val"), material.splits_of(labels, planted), strict=True):
        material.write(folder / f"{name}.json", part)
    return folder, planted


def test_forty_features_are_asked_for_each_by_a_key_of_its_own():
    assert len(FEATURES) == len(KEYS) == 40
    assert (
        sum(not one.command for one in FEATURES) == 3
    )  # what labelaudit does not do is there, too


def test_what_is_from_documentation_is_about_features_and_says_where_it_stands():
    cells = [documented.CVAT, *documented.OTHERS.values()]
    assert {key for one in cells for key in one} <= KEYS
    assert all(where.startswith("https://") for one in cells for _, _, where in one.values())
    assert {answer for one in cells for answer, _, _ in one.values()} <= set(SIGNS)


def test_what_was_recorded_is_of_all_tools_and_of_all_features_that_they_have():
    kept = json.loads((ROOT / "benchmarks" / "results" / "features.json").read_text("utf-8"))
    assert set(kept) == set(TOOLS)
    assert set(kept["labelaudit"]["cells"]) == KEYS
    assert all(set(one["cells"]) <= KEYS for one in kept.values())
    answers = {cell["answer"] for one in kept.values() for cell in one["cells"].values()}
    assert answers <= set(SIGNS)


def test_the_page_has_the_table_that_was_recorded():
    import msgspec

    page = (ROOT / "docs" / "comparison.md").read_text("utf-8")
    kept = (ROOT / "benchmarks" / "results" / "features.json").read_bytes()
    assert with_table(page, msgspec.json.decode(kept, type=dict[str, Outcome])) == page


def test_a_tool_that_is_asked_again_for_some_features_keeps_the_others(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- features: begin -->\nformer\n<!-- features: end -->\nz\n")
    record({"ruff": outcome(json="yes", html="no"), "FiftyOne": outcome(json="no")}, tmp_path, page)
    record({"ruff": outcome(html="partly")}, tmp_path, page)
    kept = json.loads((tmp_path / "features.json").read_text())
    assert {key: cell["answer"] for key, cell in kept["ruff"]["cells"].items()} == {
        "json": "yes",
        "html": "partly",
    }
    assert kept["FiftyOne"]["cells"]["json"]["answer"] == "no"
    text = page.read_text()
    assert text.startswith("a\n")
    assert text.endswith("\nz\n")
    assert "former" not in text


def test_of_a_tool_that_was_not_run_what_is_not_documented_is_no_and_else_not_asked():
    known = {"ruff": outcome(json="yes"), "CVAT": Outcome("", None, {}, {})}
    rows = {line.split(" | ")[0].strip("| "): line for line in table(known).splitlines()}
    asks = {one.key: one.asks for one in FEATURES}
    assert rows[asks["json"]].endswith("| yes | no |")
    assert rows[asks["html"]].endswith("| - | no |")
    assert rows["**yes, partly**"].endswith("| **1, 0** | **0, 0** |")


def test_a_word_that_is_there_is_no_absence():
    probe = runpy.run_path(str(PEERS / "probe.py"))
    assert probe["absent"]("a Text", "it", "other", "none")[0] == "no"
    assert probe["absent"]("a Text", "it", "other", "text")[0] == "failed"


def test_a_probe_that_ends_with_an_error_is_told_as_one(tmp_path, monkeypatch, capsys):
    probe = runpy.run_path(str(PEERS / "probe.py"))
    monkeypatch.setattr(sys, "argv", ["probe", str(tmp_path)])
    monkeypatch.chdir(tmp_path)
    probe["told"]({"good": lambda folder, here: ("yes", str(folder)), "bad": lambda *_: 1 / 0})
    answers = json.loads(capsys.readouterr().out.partition("ANSWERS ")[2])
    assert answers["good"] == ["yes", str(tmp_path)]
    assert answers["bad"][0] == "failed"
    assert "ZeroDivisionError" in answers["bad"][1]


def test_the_planted_errors_are_in_the_labels_and_images(written):
    folder, planted = written
    dataset = labelaudit.load(folder / "labels.json")
    found = labelaudit.audit(dataset, select=["GEO001", "GEO004", "DUP002", "IMG001", "IMG002"])
    ids = {one.code: dataset.boxes.id.number[one.box] for one in found if one.box is not None}
    assert ids["GEO001"] == planted["box without width"]
    assert ids["GEO004"] == planted["box outside"]
    assert planted["box twice"] == ids["DUP002"]
    names = {one.code: one.image_name for one in found}
    assert names["IMG001"] == planted["image missing"]
    assert names["IMG002"] == planted["image damaged"]


def test_nothing_but_what_is_planted_is_wrong_by_rules(written):
    folder, planted = written
    dataset = labelaudit.load(folder / "labels.json")
    found = labelaudit.audit(dataset, select=["GEO", "DUP"], ignore=["GEO009"])
    boxes = {int(dataset.boxes.id.number[one.box]) for one in found}
    assert boxes <= {value for value in planted.values() if isinstance(value, int)}


def test_copies_of_training_images_are_in_validation_and_nothing_else_is_in_both(written):
    folder, planted = written
    names = [
        {one["file_name"] for one in json.loads((folder / f"{name}.json").read_text())["images"]}
        for name in ("train", "val")
    ]
    for kind in ("image copied", "image at half the size"):
        original, copy = planted[kind]
        assert original in names[0]
        assert copy in names[1]
    assert not names[0] & names[1]
