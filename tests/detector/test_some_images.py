"""A detector that looks at some of the images, from labels to what is said of all."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import labelaudit
from labelaudit.auditing.scan import scan
from labelaudit.auditing.summary.overview import Basis, overview
from labelaudit.detector.config import DetectorConfig
from labelaudit.errors import ConfigError
from labelaudit.label_errors import time_budget
from labelaudit.label_errors.image_sample import NOT_DRAWN

QUICK = DetectorConfig(image_size=(96, 96), folds=2, epochs=2, crop_epochs=1, batch=4, device="cpu")


def test_labels_of_drawn_images_are_judged_and_the_count_is_of_all(drawn, tmp_path: Path):
    dataset = drawn(30)
    progress: list[tuple[str, int, int]] = []
    issues = labelaudit.by_detector(
        dataset, QUICK, images=20, cache=tmp_path, progress=lambda *said: progress.append(said)
    )
    assert issues.drawn is not None
    assert np.count_nonzero(issues.drawn) == 20
    assert {total for stage, _, total in progress if stage == "looking at images"} == {20}
    outside = ~issues.drawn[dataset.boxes.image]
    assert len(issues.boxes) == len(dataset.boxes)
    assert set(issues.boxes.abstention_reason[outside].tolist()) == {NOT_DRAWN}
    assert NOT_DRAWN not in issues.boxes.abstention_reason[~outside].tolist()
    assert issues.boxes.was_scored[~outside].any()
    assert set(issues.missing.image.tolist()) <= set(np.flatnonzero(issues.drawn).tolist())
    assert any("20 images of 30, drawn with equal chances" in note for note in issues.notes)
    seen = overview(scan(dataset, label_issues=issues))
    assert seen.boxes.basis is Basis.MODEL
    assert seen.boxes.of == 60
    inside = float(np.nansum(issues.boxes.wrong))
    assert seen.boxes.errors >= inside


def test_where_all_are_asked_for_nothing_is_drawn(drawn, tmp_path: Path):
    dataset = drawn(20)
    issues = labelaudit.by_detector(dataset, QUICK, images=20, cache=tmp_path)
    assert issues.drawn is None


def test_as_many_images_are_looked_at_as_a_time_allows(
    drawn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time_budget, "FIRST", 20)
    dataset = drawn(42)
    found = labelaudit.by_detector(dataset, QUICK, budget=1e-3, cache=tmp_path)
    assert np.count_nonzero(found.drawn) == 20
    assert found.notes[-1] == "20 images fitted into 0.001 s"
    found = labelaudit.by_detector(dataset, QUICK, budget=3600, cache=tmp_path)
    assert found.drawn is None
    assert found.notes[-1] == "42 images fitted into 1 h"


def test_how_many_and_how_long_exclude_each_other(drawn) -> None:
    with pytest.raises(
        ConfigError, match="takes images=, how many, or budget=, the time, not both"
    ):
        labelaudit.by_detector(drawn(20), QUICK, images=20, budget=60)
