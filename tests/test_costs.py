"""What the benchmarks of costs make of what they measured."""

from __future__ import annotations

import json
from pathlib import Path

import labelaudit
from benchmarks import detector, opinions
from benchmarks.process import Usage
from labelaudit.evidence import Audit
from labelaudit.predicted.files import read_predictions


def test_costs_of_more_images_follow_the_last_two_rows():
    used = {100: Usage(9, 90, 900, 1), 400: Usage(60, 100, 950, 1), 600: Usage(100, 180, 1000, 1)}
    assert detector.table(used).splitlines()[-1] == (
        "By the last two rows, 5,000 images take 1,940 CPU seconds, 16 minutes of wall time."
    )
    assert "| 600 | 100 | 180 | 0.30 | 1,000 |" in detector.table(used)
    assert detector.table({100: Usage(9, 90, 900, 1)}).splitlines()[-1].startswith("| 100 |")


def test_given_predictions_are_as_many_as_the_benchmark_says(tmp_path: Path):
    opinions.make(tmp_path, 60, 400)
    dataset = labelaudit.load(tmp_path / "labels.json")
    predictions = json.loads((tmp_path / "predictions.json").read_text())
    assert (len(dataset.images), len(dataset.boxes)) == (60, 400)
    assert abs(len(predictions) / 60 - opinions.EACH) < 1
    assert read_predictions(tmp_path / "predictions.json", Audit(dataset)).notes == ()


def test_the_ratio_to_cleanlab_is_by_the_image():
    row = {"boxes": 1.0, "reading_s": 1.0, "wall_s": 1.0, "peak_mb": 1.0}
    ours, theirs = row | {"cpu_s": 20.0}, row | {"cpu_s": 10.0}
    found = {"judge, large": ours, "judge, small": row | {"cpu_s": 1.0}, "cleanlab, small": theirs}
    assert "10.0 ms at 1,000: 50 times as much" in opinions.table(found, 100_000)
