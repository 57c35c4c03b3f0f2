"""Which detection answers to which label, as the other methods match them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.overlaps import BoxOverlaps, champion, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions


@dataclass(frozen=True)
class Match:
    """For each label the detection that fits best; zeros where there is none."""

    prediction: Ints  # (n,) row in Predictions, MISSING where none overlaps
    overlap: Floats  # (n,) IoU
    score: Floats  # (n,)


@dataclass(frozen=True)
class Matches:
    """The best detections of the label's class, of another, and of any."""

    same: Match
    other: Match
    any: Match


def matches(labels: Labels, predictions: Predictions) -> Matches:
    """For each label the detections with the largest product of IoU and root of the score."""
    met = overlaps(labels.image, labels.xyxy, predictions.image, predictions.xyxy)
    agrees = labels.label[met.one] == predictions.label[met.other]
    every = np.ones(len(met), bool)
    count = len(labels)
    return Matches(
        *(_best(met.rows(chosen), predictions, count) for chosen in (agrees, ~agrees, every))
    )


def _best(met: BoxOverlaps, predictions: Predictions, count: int) -> Match:
    place = champion(met.one, met.overlap * np.sqrt(predictions.score[met.other]), count)
    found: Bools = place != MISSING
    prediction, overlap, score = np.full(count, MISSING), np.zeros(count), np.zeros(count)
    prediction[found] = met.other[place[found]]
    overlap[found] = met.overlap[place[found]]
    score[found] = predictions.score[prediction[found]]
    return Match(prediction, overlap, score)
