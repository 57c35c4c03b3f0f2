from __future__ import annotations

import numpy as np
import pytest

from labelaudit.boxes.ops import iou
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.labels import labels_of
from labelaudit.label_errors.missing import candidates
from labelaudit.label_errors.missing.candidates import CLUSTER_IOU, candidates_of
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions
from labelaudit.testing import images

IMAGES, DETECTIONS = 7, 400


def crowded() -> ModelOutput:
    """Many detections in few images, of which some are candidates, in no order of images."""
    rng = np.random.default_rng(0)
    corner = rng.uniform(0, 120, (DETECTIONS, 2))
    xyxy = np.hstack([corner, corner + rng.uniform(20, 60, (DETECTIONS, 2))])
    image = rng.integers(0, IMAGES, DETECTIONS)
    seen = Predictions.of(image, np.zeros(DETECTIONS), xyxy, rng.random(DETECTIONS))
    among = rng.permutation(DETECTIONS)[:120].astype(np.int32)
    fold, scale = np.zeros(IMAGES, np.int32), np.ones(IMAGES)
    return ModelOutput("a file", ("car",), seen, seen.rows(among), fold, scale, among=among)


@pytest.mark.parametrize("at_once", [1, 50, 10_000])
def test_what_other_detections_say_does_not_depend_on_how_many_are_looked_at_at_a_time(
    monkeypatch: pytest.MonkeyPatch, at_once: int
):
    monkeypatch.setattr(candidates, "AT_ONCE", at_once)
    output, dataset = crowded(), images({f"{n}.jpg": ["car 1 1 9 9"] for n in range(IMAGES)})
    labels = labels_of(DatasetColumns(dataset))
    found = candidates_of(output, labels, dataset.images.size).fixed_features
    every, mine = output.predictions, output.candidates
    for row in range(len(mine)):
        near = iou(np.tile(mine.xyxy[row], (len(every), 1)), every.xyxy)
        near[every.image != mine.image[row]] = 0
        total = every.score[near > CLUSTER_IOU].sum()
        surer = near[output.among][mine.score > mine.score[row]]
        assert found["cluster_score"][row] == pytest.approx(total)
        assert found["higher_score_iou"][row] == pytest.approx(surer.max(initial=0))
