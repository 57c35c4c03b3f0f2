"""Results files of foreign detectors in the benchmark of wrong labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks.label_errors.foreign_files import (
    VARIANTS,
    average_precisions,
    surest,
    write_results,
    write_variants,
)
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.predictions.coco import read_coco
from labelaudit.testing import images
from tests.benchmarks.label_error_cases import CLASSES, seen

ONE_OF_EACH = [f"{name} 10 10 {60 + row} 60" for row, name in enumerate(CLASSES)]


def test_a_results_file_is_read_back_as_what_was_predicted(tmp_path: Path):
    dataset = images({"a.jpg": ONE_OF_EACH})
    predictions = seen("bus 10 20 60 60 .75", "van 0 0 5 5.5 .02")
    path = write_results(dataset, predictions, tmp_path / "results.json")
    found = read_coco(path, DatasetColumns(dataset)).predictions
    for column in ("image", "label", "xyxy", "score"):
        assert np.allclose(getattr(found, column), getattr(predictions, column))


def test_files_are_whole_cut_at_a_score_and_cut_at_a_number_for_each_image(tmp_path: Path):
    dataset = images({"a.jpg": ONE_OF_EACH})
    scores = np.arange(2, 100, 4) / 100  # .3 and .5 among them
    predictions = seen(*(f"bus {left} 0 {left + 9} 9 {score}" for left, score in enumerate(scores)))
    write_variants(dataset, predictions, tmp_path)
    rows = {name: json.loads((tmp_path / f"{name}.json").read_text()) for name in VARIANTS}
    assert {name: len(part) for name, part in rows.items()} == {
        "whole": 25,
        "cut3": 18,
        "cut5": 13,
        "top20": 20,
    }
    assert min(row["score"] for row in rows["top20"]) == pytest.approx(scores[5])
    vectors = json.loads((tmp_path / "vectors.json").read_text())
    assert [len(row["scores"]) for row in vectors] == [len(CLASSES)] * 25


def test_the_surest_of_each_image_are_kept_in_their_order():
    one = seen("bus 0 0 1 1 .5", "bus 0 0 1 1 .1", "bus 0 0 1 1 .9", "bus 0 0 1 1 .3")
    image = np.array([1, 0, 1, 1], np.int32)
    both = type(one)(image, one.label, one.xyxy, one.score, one.class_scores)
    assert surest(both, 2).score.tolist() == [0.5, 0.1, 0.9]


def test_average_precision_is_of_the_images_that_are_asked_for():
    dataset = images({"a.jpg": ["car 0 0 9 9"], "b.jpg": ["car 0 0 9 9", "bus 0 0 5 5"]})
    found = average_precisions(dataset, seen("car 0 0 9 9 .5"), np.array([True, False]))
    assert found[0] == 1
    assert np.isnan(found[1])
    assert average_precisions(dataset, seen("car 0 0 9 9 .5"), np.ones(2, bool))[0] == 0.5
