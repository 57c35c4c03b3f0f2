"""COCO's metrics are those that pycocotools finds in a file of labels and one of results."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import math

import numpy as np
import pytest
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from labelaudit.predictions.predictions import Predictions
from labelaudit.training import metrics as module
from labelaudit.training.metrics import (
    NAMES,
    GroundTruth,
    by_faster_coco_eval,
    by_pycocotools,
    detection_metrics,
)

CLASSES = ("car", "dog", "bird")
NOTHING = Predictions.empty()


def truth_of(*rows, area=None):
    """Objects from rows of image, class, corners, crowd, difficult."""
    table = np.array(rows, np.float64).reshape(-1, 8)
    xyxy = table[:, 2:6]
    return GroundTruth(
        table[:, 0].astype(int),
        table[:, 1].astype(int),
        xyxy,
        (xyxy[:, 2] - xyxy[:, 0]) * (xyxy[:, 3] - xyxy[:, 1]) if area is None else np.array(area),
        table[:, 6].astype(bool),
        table[:, 7].astype(bool),
    )


def found_of(*rows):
    """Detections from rows of image, class, corners, score."""
    table = np.array(rows, np.float64).reshape(-1, 7)
    return Predictions.of(table[:, 0], table[:, 1], table[:, 2:6], table[:, 6])


def random_data(seed, *, crowds=True, difficult=False):
    """Objects, and detections of which some are right, some shifted, some of nothing."""
    random = np.random.default_rng(seed)
    count = 60
    image, label = random.integers(0, 12, count), random.integers(0, len(CLASSES), count)
    corner, side = random.uniform(0, 300, (count, 2)), random.uniform(4, 150, (count, 2))
    xyxy = np.hstack([corner, corner + side])
    crowd = crowds & (random.random(count) < 0.1)
    unsure = difficult & (random.random(count) < 0.2)
    truth = GroundTruth(image, label, xyxy, side.prod(axis=1), crowd, unsure)
    again = random.integers(0, count, 150)
    shifted = xyxy[again] + random.normal(0, 6, (150, 4))
    shifted[:, 2:] = np.maximum(shifted[:, 2:], shifted[:, :2] + 1)
    score = np.round(random.random(150), 2)  # some are equal
    other = np.where(random.random(150) < 0.2, random.integers(0, len(CLASSES), 150), label[again])
    return truth, Predictions.of(image[again], other, shifted, score), np.arange(12)


def official(truth, found, images, folder, *, only=None):
    """What pycocotools says of two files, in the order of NAMES; NaN for -1."""
    boxes = np.hstack([truth.xyxy[:, :2], truth.xyxy[:, 2:] - truth.xyxy[:, :2]])
    rows = range(len(truth))
    labels = {
        "images": [{"id": int(i) + 1} for i in images],
        "categories": [{"id": i + 1, "name": name} for i, name in enumerate(CLASSES)],
        "annotations": [
            {
                "id": row + 1,
                "image_id": int(truth.image[row]) + 1,
                "category_id": int(truth.label[row]) + 1,
                "bbox": boxes[row].tolist(),
                "area": float(truth.area[row]),
                "iscrowd": int(truth.crowd[row]),
            }
            for row in rows
        ],
    }
    sides = np.hstack([found.xyxy[:, :2], found.xyxy[:, 2:] - found.xyxy[:, :2]])
    results = [
        {
            "image_id": int(found.image[row]) + 1,
            "category_id": int(found.label[row]) + 1,
            "bbox": sides[row].tolist(),
            "score": float(found.score[row]),
        }
        for row in range(len(found))
    ]
    (folder / "labels.json").write_text(json.dumps(labels))
    (folder / "results.json").write_text(json.dumps(results))
    with contextlib.redirect_stdout(io.StringIO()):
        table = COCO(str(folder / "labels.json"))
        evaluation = COCOeval(table, table.loadRes(str(folder / "results.json")), "bbox")
        if only is not None:
            evaluation.params.catIds = [only + 1]
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return [math.nan if value == -1 else value for value in evaluation.stats[:6].tolist()]


def values(row):
    return [getattr(row, name) for name in NAMES]


@pytest.mark.parametrize("seed", range(6))
def test_figures_are_those_of_pycocotools(tmp_path, seed):
    truth, found, images = random_data(seed)
    result = detection_metrics(truth, found, CLASSES, images)
    np.testing.assert_allclose(values(result), official(truth, found, images, tmp_path), atol=1e-9)
    assert 0.05 < result.map < 0.95
    for label, row in enumerate(result.classes):
        expected = official(truth, found, images, tmp_path, only=label)
        np.testing.assert_allclose(values(row), expected, atol=1e-9, err_msg=row.name)


@pytest.mark.parametrize("seed", range(6))
def test_the_faster_tool_has_the_same_numbers(seed):
    pytest.importorskip("faster_coco_eval")
    truth, found, images = random_data(seed)
    expected = by_pycocotools(truth, found, len(CLASSES), images)
    actual = by_faster_coco_eval(truth, found, len(CLASSES), images)
    assert actual.shape == (3, 10, 101, 4)
    np.testing.assert_allclose(actual, expected, atol=1e-9)


def test_the_faster_tool_is_taken_where_it_is_installed_and_nothing_is_difficult(monkeypatch):
    asked = []
    curves = np.full((3, 10, 101, 4), -1.0)
    monkeypatch.setattr(module, "by_faster_coco_eval", lambda *_: asked.append("fast") or curves)
    monkeypatch.setattr(module, "by_pycocotools", lambda *_: asked.append("plain") or curves)
    there = {"faster_coco_eval"}
    monkeypatch.setattr(module, "find_spec", lambda name: name in there or None)
    plain, unsure = random_data(0), random_data(0, difficult=True)
    for truth, found, images in (plain, unsure):
        detection_metrics(truth, found, CLASSES, images)
    there.clear()
    detection_metrics(plain[0], plain[1], CLASSES, plain[2])
    assert asked == ["fast", "plain", "plain"]


def test_a_perfect_detector_has_1_and_a_class_without_objects_has_nothing():
    truth = truth_of((0, 0, 0, 0, 10, 10, 0, 0), (0, 1, 50, 50, 200, 200, 0, 0))
    found = found_of((0, 0, 0, 0, 10, 10, 0.9), (0, 1, 50, 50, 200, 200, 0.4))
    result = detection_metrics(truth, found, CLASSES, np.array([0]))
    np.testing.assert_allclose(values(result), [1, 1, 1, 1, math.nan, 1])
    assert [row.boxes for row in result.classes] == [1, 1, 0]
    assert result.boxes == 2
    assert math.isnan(result.classes[2].map)


def test_what_is_found_in_a_crowd_counts_neither_way():
    object_, crowd = (0, 0, 0, 0, 10, 10, 0, 0), (0, 0, 100, 100, 300, 300, 1, 0)
    right = (0, 0, 0, 0, 10, 10, 0.5)
    inside = [(0, 0, 100, 100, 130, 130, 0.9), (0, 0, 150, 150, 190, 190, 0.8)]
    images = np.array([0])
    alone = detection_metrics(truth_of(object_), found_of(right, *inside), CLASSES, images)
    assert alone.map < 0.9
    result = detection_metrics(truth_of(object_, crowd), found_of(right, *inside), CLASSES, images)
    assert result.map == pytest.approx(1)
    assert result.boxes == 1


def test_what_is_difficult_may_be_found_once_and_counts_neither_way():
    object_, difficult = (0, 0, 0, 0, 10, 10, 0, 0), (0, 0, 100, 100, 130, 130, 0, 1)
    right, unsure = (0, 0, 0, 0, 10, 10, 0.5), (0, 0, 100, 100, 130, 130, 0.9)
    images = np.array([0])

    def average(*found):
        return detection_metrics(
            truth_of(object_, difficult), found_of(*found), CLASSES, images
        ).map

    assert average(right) == pytest.approx(1)
    assert average(right, unsure) == pytest.approx(1)
    # Found a second time, it is one wrong detection: it is one object, not a crowd.
    assert average(right, unsure, (*unsure[:6], 0.8)) < 0.9


def test_sizes_are_by_the_stated_area():
    rows = [(0, 0, 0, 0, 100, 100, 0, 0)]
    found = found_of((0, 0, 0, 0, 100, 100, 0.9))
    large = detection_metrics(truth_of(*rows), found, CLASSES, np.array([0]))
    assert (round(large.large, 9), math.isnan(large.small)) == (1, True)
    small = detection_metrics(truth_of(*rows, area=[1000]), found, CLASSES, np.array([0]))
    assert (round(small.small, 9), math.isnan(small.large)) == (1, True)


def test_an_image_without_objects_counts():
    truth = truth_of((0, 0, 0, 0, 10, 10, 0, 0))
    found = found_of((0, 0, 0, 0, 10, 10, 0.5), (1, 0, 0, 0, 10, 10, 0.9))
    assert detection_metrics(truth, found, CLASSES, np.array([0, 1])).map == pytest.approx(0.5)


@pytest.mark.parametrize("classes", [(), CLASSES])
def test_nothing_to_measure_is_no_number(classes):
    for images in (np.array([], int), np.array([3])):
        result = detection_metrics(truth_of(), NOTHING, classes, images)
        assert all(math.isnan(value) for value in values(result))
        assert result.boxes == 0
        assert result.images == len(images)


def test_what_is_not_found_at_all_is_0():
    result = detection_metrics(
        truth_of((0, 0, 0, 0, 10, 10, 0, 0)), NOTHING, CLASSES, np.array([0])
    )
    assert result.map == 0


def test_without_the_tool_one_line_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(module, "find_spec", lambda _name: None)
    with pytest.raises(module.ConfigError, match="pip install pycocotools"):
        detection_metrics(truth_of((0, 0, 0, 0, 1, 1, 0, 0)), NOTHING, CLASSES, np.array([0]))


def test_nothing_is_printed(capsys):
    truth, found, images = random_data(1)
    by_pycocotools(truth, found, len(CLASSES), images)
    if importlib.util.find_spec("faster_coco_eval"):
        by_faster_coco_eval(truth, found, len(CLASSES), images)
    assert capsys.readouterr() == ("", "")
