"""What the benchmarks of costs make of what they measured."""

from __future__ import annotations

import json
from pathlib import Path

import labelaudit
from benchmarks import detector, opinions
from benchmarks.machine import Machine
from benchmarks.process import Usage
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.read import read_predictions


def series(device: str, used: dict[int, Usage]) -> detector.Series:
    machine = Machine("Linux", 2, 24.0, "3.11.7", 0.1)
    return detector.Series(device, "2026-11-26", machine, {"labelaudit": "0.1.0"}, used)


def test_costs_of_more_images_follow_the_last_two_rows():
    used = {100: Usage(9, 90, 900, 1), 400: Usage(60, 100, 950, 1), 600: Usage(100, 180, 1000, 1)}
    text = detector.table(series("CPU", used))
    assert "5,000 images take 1,940 CPU seconds, 16 minutes of wall time." in text
    assert "| 600 | 100 | 180 | 0.30 | 1,000 |" in text
    few = {100: Usage(9, 90, 900, 1)}
    assert "images take" not in detector.table(series("CPU", few))
    measured = used | {5000: Usage(900, 1700, 2000, 1)}
    assert "images take" not in detector.table(series("CPU", measured))


def test_what_one_device_took_stays_when_another_is_measured(tmp_path: Path):
    one, other = ({100: Usage(wall_s, 90, 900, 1)} for wall_s in (9, 5))
    detector.record({"cpu": series("CPU", one)}, tmp_path)
    detector.record({"cuda": series("GPU", one)}, tmp_path)
    detector.record({"cpu": series("CPU", other)}, tmp_path)
    text = (tmp_path / "detector.md").read_text()
    assert text.index("## CPU") < text.index("| 100 | 5 |") < text.index("## GPU")
    assert text.index("## GPU") < text.index("| 100 | 9 |")


def test_given_predictions_are_as_many_as_the_benchmark_says(tmp_path: Path):
    opinions.make(tmp_path, 60, 400, opinions.EACH)
    dataset = labelaudit.load(tmp_path / "labels.json")
    predictions = json.loads((tmp_path / "predictions.json").read_text())
    assert (len(dataset.images), len(dataset.boxes)) == (60, 400)
    assert abs(len(predictions) / 60 - opinions.EACH) < 1
    assert read_predictions(tmp_path / "predictions.json", DatasetColumns(dataset)).notes == ()


def test_the_ratio_to_cleanlab_is_by_the_image():
    row = {"boxes": 1.0, "reading_s": 1.0, "wall_s": 1.0, "peak_mb": 1.0}
    ours, theirs = row | {"cpu_s": 20.0}, row | {"cpu_s": 10.0}
    found = {"judge, large": ours, "judge, small": row | {"cpu_s": 1.0}, "cleanlab, small": theirs}
    found["judge, crowded"] = row | {"cpu_s": 3.0}
    assert "10.0 ms at 1,000: 50 times as much" in opinions.table(found, 100_000)
