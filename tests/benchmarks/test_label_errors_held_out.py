"""Detectors of the benchmark of wrong labels that know a part of the images only."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from benchmarks.label_errors.digits import digit_scenes
from benchmarks.label_errors.held_out import held_out
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.detector.config import DetectorConfig
from labelaudit.io.load import load


@pytest.mark.parametrize(("parts", "others"), [(2, 4), (4, 6)])
def test_a_detector_looks_at_all_images_but_those_of_the_part_that_it_learns(
    tmp_path: Path, parts: int, others: int
):
    dataset = load(digit_scenes(tmp_path, images=8))
    config = DetectorConfig(image_size=(96, 128), epochs=2, batch=4, device="cpu")
    said = held_out(DatasetColumns(dataset), config, parts, tmp_path / "work")
    assert said.not_trained_on.sum() == others
    seen = np.unique(said.predictions.image)
    assert said.not_trained_on[seen].all()
    assert len(seen) == others
    # In pixels of the images, which the network sees at less than half their size.
    assert said.predictions.xyxy[:, 2].max() > 200
    assert (said.predictions.xyxy[:, 2:] <= np.array([320, 240]) + 1e-6).all()
