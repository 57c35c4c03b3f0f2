"""What models would write in the place of each label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.disagreement.class_scores import against, likeliest
from labelaudit.disagreement.evidence import best_match
from labelaudit.disagreement.labels import Labels
from labelaudit.disagreement.meetings import Meetings, champion, largest
from labelaudit.geometry import iou
from labelaudit.opinions import Opinions, SecondOpinion
from labelaudit.predictions import Predictions
from labelaudit.table import MISSING, Floats, Rows, Table, column, rows_column

GOOD_ENOUGH = 0.8
"""IoU with the models' box above which a label stays where it is. On right labels, the models' box
is no nearer to the object than that (DISAGREEMENT, 5.5)."""


@dataclass(frozen=True, eq=False, repr=False)
class Consensus(Table):
    """One row per label: the class and box that models agree on, and how sure they are."""

    label: Rows = rows_column()  # (n,) index in `Audit.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels
    given_score: Floats = column(np.float64, fill=np.nan)  # (n,) of the given class
    other_score: Floats = column(np.float64, fill=np.nan)  # (n,) of `label`
    background: Floats = column(np.float64, fill=np.nan)  # (n,) that there is no object


def consensus(labels: Labels, opinion: SecondOpinion, met: Meetings) -> Consensus:
    """What models would write in the place of each label; the label where they say nothing.

    `met` are the meetings of labels with predictions.
    """
    if opinion.opinions is None:
        found = _of_predictions(labels, opinion.predictions, met)
    else:
        found = _of_opinions(labels, opinion.opinions)
    stays = ~(iou(found.xyxy, labels.xyxy) <= GOOD_ENOUGH)
    return found.replaced(xyxy=np.where(stays[:, None], labels.xyxy, found.xyxy))


def _of_opinions(labels: Labels, opinions: Opinions) -> Consensus:
    rows = np.arange(len(labels))
    label = likeliest(opinions.crop[:, :-1], opinions.seen, rows).astype(np.int32)
    return Consensus(
        label,
        opinions.dense_box[: len(labels)],
        given_score=against(opinions.seen, rows, labels.label)[0],
        other_score=against(opinions.seen, rows, label)[0],
        background=opinions.crop[: len(labels), -1].astype(np.float64),
    )


def _of_predictions(labels: Labels, predictions: Predictions, met: Meetings) -> Consensus:
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

    surest = largest(met.one, met.overlap * score, len(labels))
    return Consensus(label, xyxy, sureness(labels.label), sureness(label), 1 - surest)
