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
    box_overlaps = overlaps(labels.image, labels.xyxy, predictions.image, predictions.xyxy)
    agrees = labels.label[box_overlaps.one] == predictions.label[box_overlaps.other]
    every = np.ones(len(box_overlaps), bool)
    count = len(labels)
    return Matches(
        *(
            _best(box_overlaps.rows(chosen), predictions, count)
            for chosen in (agrees, ~agrees, every)
        )
    )


def _best(box_overlaps: BoxOverlaps, predictions: Predictions, count: int) -> Match:
    place = champion(
        box_overlaps.one,
        box_overlaps.overlap * np.sqrt(predictions.score[box_overlaps.other]),
        count,
    )
    found: Bools = place != MISSING
    prediction, overlap, score = np.full(count, MISSING), np.zeros(count), np.zeros(count)
    prediction[found] = box_overlaps.other[place[found]]
    overlap[found] = box_overlaps.overlap[place[found]]
    score[found] = predictions.score[prediction[found]]
    return Match(prediction, overlap, score)
