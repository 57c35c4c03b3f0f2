"""Small datasets, detections and cases for the tests of the benchmark of wrong labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.detector_answers import DetectorAnswers
from labelaudit.auditing.label_issues import BOX_ERRORS, BoxIssues, LabelIssues, MissingObjects
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Dataset
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.labels import labels_of
from labelaudit.label_errors.noise.label_noise import SyntheticErrors as NoneMadeUp
from labelaudit.label_errors.noise.label_noise import SyntheticNoise
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images

CLASSES = ("car", "bus", "van")


def seen(*detections: str) -> Predictions:
    """Detections in one image, each a class, four corners and a score."""
    words = [detection.split() for detection in detections]
    return Predictions.of(
        [0] * len(words),
        [CLASSES.index(word[0]) for word in words],
        np.array([word[1:5] for word in words], np.float64).reshape(-1, 4),
        [float(word[5]) for word in words],
        np.zeros((len(words), len(CLASSES)), np.float32),
    )


def grid(count: int) -> Dataset:
    """As many images with boxes in six of nine places, other ones in each, of three classes."""

    def row(x: int, y: int) -> str:
        left, top = x * 200 + 20, y * 150 + 20
        return f"{CLASSES[(x + y) % 3]} {left} {top} {left + 80} {top + 60}"

    places = [(x, y) for x in range(3) for y in range(3)]
    return images(
        {
            f"{number}.jpg": [row(x, y) for x, y in places if (x + 2 * y + number) % 3]
            for number in range(count)
        }
    )


def case_of(planted: KnownErrors, predictions: Predictions, label_issues: LabelIssues) -> Case:
    """A case whose detector said no more than these predictions."""
    derived = DatasetColumns(planted.dataset)
    count = len(planted.dataset.images)
    scores = predictions.class_scores[:, : len(derived.classes)]
    predictions = replace(predictions, class_scores=scores)
    model_output = ModelOutput(
        "a test", tuple(derived.classes), predictions, predictions, np.zeros(count), np.ones(count)
    )
    asked = SyntheticNoise(labels_of(derived), NoneMadeUp.empty())
    return Case(planted, DetectorAnswers(asked, model_output, 1.0, 1.0), label_issues, 2.0)


def label_issues_of(planted: KnownErrors, missing: MissingObjects) -> LabelIssues:
    """LabelIssues that know every planted error, and one evidence that knows nothing."""
    error, count = planted.error, len(planted.error)
    columns = {doubt.value: (error == doubt.value).astype(float) for doubt in BOX_ERRORS}
    boxes = BoxIssues.of(
        count, was_scored=np.ones(count), wrong=(error != "").astype(float), **columns
    )
    return LabelIssues(
        "a test",
        ("car", "bus", "van"),
        boxes,
        missing,
        {"place": np.arange(count, dtype=np.float64)},
        {"score": missing.score},
    )
