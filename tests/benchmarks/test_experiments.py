from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.datasets import DATASETS, Dataset
from benchmarks.experiments import EXPERIMENTS, LABELS_ALONE, SCAN, Experiment, Tools, contenders
from benchmarks.generate import generate
from benchmarks.machine import this_machine
from benchmarks.process import Usage
from benchmarks.results import Outcome, Row, table
from labelaudit.auditing.run import Options
from labelaudit.auditing.scan import scan
from labelaudit.io.load import load

FOLDERS = [name for name, one in EXPERIMENTS.items() if "coco" not in one.dataset.layout]


def names(experiment: Experiment) -> list[str]:
    """Who takes part where no other tool is at hand."""
    return [one.name for one in contenders(experiment, Tools(("la",), None), {"x": ("--y",)})]


@pytest.mark.parametrize("name", FOLDERS)
def test_of_folders_labels_alone_are_judged_and_the_table_says_so(name: str):
    one = EXPERIMENTS[name]
    assert one.ours == LABELS_ALONE
    assert one.scans
    assert "--ignore IMG --pixels never" in one.remark


def test_what_images_cost_is_a_row_of_its_own_on_pictures():
    for name in ("voc", "yolo"):
        assert EXPERIMENTS[name].dataset.layout.endswith("pictures")
        assert names(EXPERIMENTS[name])[:2] == ["labelaudit", "labelaudit, images and pixels, too"]
        assert EXPERIMENTS[name].also["images and pixels, too"] == SCAN


def test_variants_are_those_of_a_scan():
    assert names(EXPERIMENTS["val2017"])[:2] == ["labelaudit", "labelaudit, x"]
    assert names(EXPERIMENTS["help"]) == ["labelaudit"]


@pytest.mark.parametrize("layout", ["voc pictures", "yolo pictures"])
def test_pictures_are_no_finding_and_grey_images_are(layout: str, tmp_path: Path):
    found = {}
    for kind in (layout, layout.partition(" ")[0]):
        path = generate(Dataset(kind.replace(" ", "-"), kind, 20, 60, ""), tmp_path)
        found[kind] = {*scan(load(path), Options(select=("IMG",))).findings.code.tolist()}
    assert found[layout] == set()
    assert found[layout.partition(" ")[0]] == {"IMG020"}


def test_a_remark_stands_above_its_table():
    row = Row("labelaudit", [Usage(1.0, 1.0, 1.0, 0)])
    outcome = Outcome("title", "2026-01-01", this_machine(), {}, None, [row], "What to know.")
    assert table(outcome).startswith("## title\n\nWhat to know.\n\n| tool |")


def test_every_dataset_of_an_experiment_is_there():
    assert {one.dataset for one in EXPERIMENTS.values()} <= set(DATASETS.values())
