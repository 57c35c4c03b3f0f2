"""What a network that is being trained sees in the images that validate."""

from __future__ import annotations

import math

import numpy as np
import torch

from labelaudit.core.columns import Ints
from labelaudit.detector.model.anchors import decode_boxes
from labelaudit.detector.nms import detections
from labelaudit.predictions.predictions import Predictions
from labelaudit.training.evaluate import LEAST_SCORE, measured
from labelaudit.training.inference import MOST_DETECTIONS
from labelaudit.training.metrics import DetectionMetrics
from labelaudit.training.plans import Learning


def validated(learning: Learning) -> DetectionMetrics:
    """COCO's metrics on the images that validate, as sources know them: decoded once, or features.

    Features are rounded to float16, so that figures of the trained file may differ in the third
    digit.
    """
    images = learning.examples.images
    rows = learning.examples.validate
    return measured(seen(learning, rows), images.dataset, rows, images.derived.classes)


@torch.no_grad()
def seen(learning: Learning, rows: Ints) -> Predictions:
    """Detections in images as they are, in pixels of each.

    Parameters
    ----------
    learning: with a network in evaluation mode.
    rows: of the images.
    """
    job, parts = learning.examples.job, [Predictions.empty()]
    size = math.ceil(job.config.batch / learning.pieces)
    for start in range(0, len(rows), size):
        some = rows[start : start + size]
        logits, offsets = learning.judged(some)
        scores = logits.float().sigmoid()
        boxes = decode_boxes(learning.anchors.xyxy, offsets.float())
        for place, row in enumerate(some.tolist()):
            found = detections(
                scores[place],
                boxes[place],
                job.resized_size(row),
                threshold=LEAST_SCORE,
                limit=MOST_DETECTIONS,
            )
            image = np.full(len(found), row, np.int32)
            label = found.labels.astype(np.int32)
            parts.append(Predictions.of(image, label, found.boxes / job.scale[row], found.scores))
    return Predictions.concat(parts)
