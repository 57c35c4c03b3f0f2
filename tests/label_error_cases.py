"""Small datasets, detections and cases for the tests of the benchmark of wrong labels."""

from __future__ import annotations

import numpy as np

from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.heard import Heard
from labelaudit.dataset import Dataset
from labelaudit.disagreement.corruptions import Corruptions
from labelaudit.disagreement.corruptions import Planted as NoneMadeUp
from labelaudit.disagreement.labels import labels_of
from labelaudit.evidence import Audit
from labelaudit.opinions import SecondOpinion
from labelaudit.planting import Planted
from labelaudit.predictions import Predictions
from labelaudit.suspicions import BoxSuspicions, Doubt, MissingObjects, Suspicions
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


def case_of(planted: Planted, predictions: Predictions, suspicions: Suspicions) -> Case:
    """A case whose detector said no more than these predictions."""
    audit = Audit(planted.dataset)
    count = len(planted.dataset.images)
    opinion = SecondOpinion(
        "a test", tuple(audit.classes), predictions, predictions, np.zeros(count), np.ones(count)
    )
    asked = Corruptions(labels_of(audit), NoneMadeUp.empty())
    return Case(planted, Heard(asked, opinion, 1.0, 1.0), suspicions, 2.0)


def suspicions_of(planted: Planted, missing: MissingObjects) -> Suspicions:
    """Suspicions that know every planted error, and one evidence that knows nothing."""
    error, count = planted.error, len(planted.error)
    columns = {doubt.value: (error == doubt.value).astype(float) for doubt in Doubt}
    boxes = BoxSuspicions.of(
        count, judged=np.ones(count), wrong=(error != "").astype(float), **columns
    )
    return Suspicions(
        "a test",
        ("car", "bus", "van"),
        boxes,
        missing,
        {"place": np.arange(count, dtype=np.float64)},
        {"score": missing.score},
    )
