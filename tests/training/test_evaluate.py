"""A detector is measured on labels by the names of classes, and what is left out is told."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from labelaudit.errors import ConfigError
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images, one_image, with_columns
from labelaudit.training.evaluate import evaluate, ground_truth, measured
from labelaudit.training.inference import predict
from labelaudit.training.model_file import TrainedDetector, build_detector

FOUND = Predictions.of([0], [1], np.array([[10.0, 10, 40, 40]]), [0.9])


def test_classes_are_known_by_their_names():
    dataset = one_image("car 10 10 40 40")
    assert measured(FOUND, dataset, np.array([0]), ("dog", "car")).ap50 == pytest.approx(1)
    assert measured(FOUND, dataset, np.array([0]), ("car", "dog")).ap50 == 0


def test_objects_of_unknown_classes_are_left_out_and_told():
    dataset = one_image("car 10 10 40 40", "sign 50 50 90 90")
    metrics = measured(FOUND, dataset, np.array([0]), ("dog", "car"))
    assert metrics.ap50 == pytest.approx(1)
    assert metrics.boxes == 1
    assert metrics.notes == ("1 box left out of classes that the detector does not know",)


def test_without_a_class_in_common_the_classes_are_named():
    dataset = one_image("car 10 10 40 40")
    with pytest.raises(ConfigError, match="the detector knows dog, cat; none of these is a class"):
        measured(FOUND, dataset, np.array([0]), ("dog", "cat"))


def test_boxes_without_an_inside_are_left_out_and_told():
    dataset = one_image("car 10 10 40 40", "car 50 50 50 90")
    metrics = measured(FOUND, dataset, np.array([0]), ("dog", "car"))
    assert metrics.ap50 == pytest.approx(1)
    assert metrics.notes == ("1 box left out without an inside",)


def test_objects_of_other_images_do_not_count():
    dataset = images({"a.jpg": ["car 10 10 40 40"], "b.jpg": ["car 1 1 9 9", "car 2 2 2 2"]})
    metrics = measured(FOUND, dataset, np.array([0]), ("dog", "car"))
    assert (metrics.images, metrics.boxes, metrics.notes) == (1, 1, ())


def test_a_stated_area_counts_else_that_of_the_box():
    dataset = one_image("car 10 10 40 40", "car 0 0 10 20", "car 0 0 5 5", "car 0 0 2 3")
    stated = with_columns(dataset, "boxes", area=[100.0, np.nan, 0.0, -1.0])
    truth, _ = ground_truth(stated, np.array([0]), ("car",))
    assert truth.area.tolist() == [100, 200, 25, 6]


def test_crowds_and_difficult_ones_are_told_apart():
    dataset = one_image("car 0 0 9 9", "car 0 0 9 9 crowd", "car 0 0 9 9 difficult")
    truth, _ = ground_truth(dataset, np.array([0]), ("car",))
    assert truth.crowd.tolist() == [False, True, False]
    assert truth.difficult.tolist() == [False, False, True]


@pytest.fixture
def detector(small):
    return TrainedDetector(
        small, ("red", "blue"), (1, 2), (64, 96), build_detector(small, 2).eval(), {}
    )


def test_a_detector_is_measured_as_its_predictions_would_be(detector, squares):
    dataset, rows = squares(5), np.array([1, 4])
    told = []
    metrics = evaluate(detector, dataset, rows, progress=lambda *what: told.append(what))
    from labelaudit.training.inference import forward_of

    seen = predict(
        forward_of(detector), dataset.images.path[rows].tolist(), (64, 96), threshold=0.001
    )
    found = dataclasses.replace(
        seen.predictions, image=rows[seen.predictions.image].astype(np.int32)
    )
    assert metrics == measured(found, dataset, rows, detector.classes)
    assert (metrics.images, metrics.boxes) == (2, 4)
    assert told[-1] == ("validating", 2, 2)


def test_an_image_that_cannot_be_read_is_left_out_and_told(detector, squares, tmp_path):
    dataset = squares(3)
    (tmp_path / "squares" / "001.png").write_bytes(b"no image")
    metrics = evaluate(detector, dataset, np.arange(3))
    assert metrics.images == 2
    assert metrics.notes[0].startswith("1 image of 3 left out that cannot be read, such as ")


def test_no_images_are_no_metrics(detector, squares):
    metrics = evaluate(detector, squares(2), np.array([], int))
    assert (metrics.images, metrics.boxes) == (0, 0)
    assert np.isnan(metrics.map)
