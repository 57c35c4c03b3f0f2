"""Detections with scores that mean something, for ObjectLab, which takes them at their word."""

from __future__ import annotations

from sklearn.isotonic import IsotonicRegression

from labelaudit.boxes.overlaps import max_by_row, overlaps
from labelaudit.core.columns import Floats
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.objectlab import ObjectLabScores, Thresholds, objectlab
from labelaudit.predictions.predictions import Predictions

__all__ = ["ObjectLabScores", "Thresholds", "calibrated", "objectlab"]


def calibrated(labels: Labels, predictions: Predictions) -> Floats:
    """For each detection how often detections of its score match a label of its class, (p,).

    Isotonic regression on the given labels, wrong ones and all: nobody has better ones.
    """
    box_overlaps = overlaps(predictions.image, predictions.xyxy, labels.image, labels.xyxy)
    box_overlaps = box_overlaps.rows(
        predictions.label[box_overlaps.one] == labels.label[box_overlaps.other]
    )
    hit = max_by_row(box_overlaps.one, box_overlaps.overlap, len(predictions)) >= 0.5
    regression = IsotonicRegression(out_of_bounds="clip")
    expected: Floats = regression.fit_transform(predictions.score, hit.astype(float))
    return expected
