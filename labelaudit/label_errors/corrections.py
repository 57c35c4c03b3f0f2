"""What models would write in the place of each label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row
from labelaudit.core.columns import MISSING, Floats, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.label_errors.class_scores import against, likeliest
from labelaudit.label_errors.features import best_match
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions

GOOD_ENOUGH = 0.8
"""IoU with the models' box above which a label stays where it is. On right labels, the models' box
is no nearer to the object than that (DISAGREEMENT, 5.5)."""


@dataclass(frozen=True, eq=False, repr=False)
class SuggestedCorrections(Table):
    """One row per label: the class and box that models agree on, and how sure they are."""

    label: Rows = rows_column()  # (n,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels
    given_score: Floats = column(np.float64, fill=np.nan)  # (n,) of the given class
    other_score: Floats = column(np.float64, fill=np.nan)  # (n,) of `label`
    background: Floats = column(np.float64, fill=np.nan)  # (n,) that there is no object


def suggested_corrections(
    labels: Labels, opinion: ModelOutput, met: BoxOverlaps
) -> SuggestedCorrections:
    """What models would write in the place of each label; the label where they say nothing.

    `met` are the meetings of labels with predictions.
    """
    if opinion.box_scores is None:
        found = _of_predictions(labels, opinion.predictions, met)
    else:
        found = _of_opinions(labels, opinion.box_scores)
    stays = ~(iou(found.xyxy, labels.xyxy) <= GOOD_ENOUGH)
    return found.replaced(xyxy=np.where(stays[:, None], labels.xyxy, found.xyxy))


def _of_opinions(labels: Labels, opinions: BoxScores) -> SuggestedCorrections:
    rows = np.arange(len(labels))
    label = likeliest(opinions.crop_probs[:, :-1], opinions.det_probs, rows).astype(np.int32)
    return SuggestedCorrections(
        label,
        opinions.mean_anchor_box[: len(labels)],
        given_score=against(opinions.det_probs, rows, labels.label)[0],
        other_score=against(opinions.det_probs, rows, label)[0],
        background=opinions.crop_probs[: len(labels), -1].astype(np.float64),
    )


def _of_predictions(
    labels: Labels, predictions: Predictions, met: BoxOverlaps
) -> SuggestedCorrections:
    """The best match of any class, and how sure detections there are of each class."""
    score = predictions.score[met.other]
    place = champion(met.one, met.overlap * np.sqrt(score), len(labels))
    found = place != MISSING
    best = met.other[place[found]]
    label, xyxy = labels.label.copy(), labels.xyxy.copy()
    label[found], xyxy[found] = predictions.label[best], predictions.xyxy[best]

    def sureness(wanted: Rows) -> Floats:
        same = predictions.label[met.other] == wanted[met.one]
        return best_match(met, predictions, same, len(labels))[1]

    surest = max_by_row(met.one, met.overlap * score, len(labels))
    return SuggestedCorrections(label, xyxy, sureness(labels.label), sureness(label), 1 - surest)
