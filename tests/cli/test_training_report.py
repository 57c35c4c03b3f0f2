"""What a training shows: a row for each class, and a picture of what it came to epoch by epoch."""

from __future__ import annotations

import json
import math
import re

import pytest
from rich.console import Console

from labelaudit.cli.training_report import as_json, tables, training_plot
from labelaudit.detector.config import DetectorConfig
from labelaudit.training.metrics import ClassMetrics, DetectionMetrics
from labelaudit.training.model_file import TrainedDetector

FIGURES = (0.5, 0.75, 0.25, math.nan, 0.5, 1.0)
METRICS = DetectionMetrics(
    *FIGURES, images=1, boxes=1200, classes=(ClassMetrics("car\x1b[2J", 1200, *FIGURES),)
)
FACTS = {"learned": "labels as they are", "epoch": 3, "epochs": 4}
DETECTOR = TrainedDetector(DetectorConfig(), ("car",), (1,), (64, 96), None, FACTS)


def printed(metrics):
    console = Console(width=100, file=None, record=True, quiet=False, force_terminal=False)
    with console.capture() as captured:
        for part in tables(DETECTOR, metrics):
            console.print(part)
    return captured.get()


def test_the_table_has_all_classes_together_and_each_alone():
    text = printed(METRICS)
    assert text.startswith("efficientnet_lite0 · labels as they are · epoch 3 of 4\n")
    assert "1 image, 1,200 objects" in text
    row = ["1,200", ".500", ".750", ".250", "-", ".500", "1.000"]
    lines = [line.split() for line in text.splitlines()]
    assert ["all", *row] in lines
    assert any(line[-7:] == row and line[0].startswith("car") for line in lines)
    assert "\x1b[2J" not in text


def test_without_images_the_table_says_that_nothing_was_measured():
    nothing = DetectionMetrics(*[math.nan] * 6, images=0, boxes=0)
    assert "not measured: no image validates" in printed(nothing)


def test_programs_get_null_where_there_is_nothing_to_find(tmp_path):
    found = json.loads(json.dumps(as_json(DETECTOR, METRICS, tmp_path / "model.pt")))
    assert found["metrics"]["small"] is None
    assert found["classes"][0]["ap50"] == 0.75
    assert found["input_size"] == [64, 96]


@pytest.mark.parametrize("classes", [0, 1, 3, 30])
@pytest.mark.parametrize("epochs", [1, 4])
def test_a_plot_is_drawn_of_any_number_of_epochs_and_classes(tmp_path, epochs, classes):
    pytest.importorskip("matplotlib")
    lines = [
        {"epoch": epoch, "loss": 1 / epoch, "map": None if classes == 0 else 0.1 * epoch}
        | ({"ap50": 0.2, "classes": {f"c{n}": {"map": 0.1} for n in range(classes)}})
        for epoch in range(1, epochs + 1)
    ]
    path = tmp_path / "metrics.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    training_plot(path, tmp_path / "plot.png")
    assert (tmp_path / "plot.png").read_bytes().startswith(b"\x89PNG")


def test_a_plot_has_a_curve_of_each_class_whatever_it_is_called(tmp_path):
    pytest.importorskip("matplotlib")
    classes = ["$\\frac$", "_background", "mAP"]
    line = {"epoch": 1, "loss": 1.0, "map": 0.2, "ap50": 0.3}
    line |= {"classes": {name: {"map": 0.1} for name in classes}}
    path = tmp_path / "metrics.jsonl"
    path.write_text(json.dumps(line) + "\n")
    training_plot(path, tmp_path / "plot.svg")
    drawn = (tmp_path / "plot.svg").read_text("utf-8")
    legend = re.findall(r"<!-- (.*?) -->", drawn[drawn.index('id="legend_1"') :])
    assert [name.strip() for name in legend] == ["mAP", "AP50", *classes]
