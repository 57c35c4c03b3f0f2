"""What models would write in the place of each label."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.core.table import Table, column, rows_column
from labelaudit.label_errors.class_scores import likeliest_class, own_and_best_other
from labelaudit.label_errors.features import best_match
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions

MIN_CORRECTED_IOU = 0.3
"""IoU with the models' box below which that is no better frame of the same object: synthetic loose
boxes keep as much (`LOOSE_IOU` of `noise/label_noise.py`)."""

MAX_CORRECTED_IOU = 0.8
"""IoU with the models' box above which a label stays where it is. On right labels, the models' box
is no nearer to the object than that (docs/method.md, section 10)."""

SAME_PLACE_IOU = 0.5
"""IoU from which a detection is of what stands at the place of a label."""


@dataclass(frozen=True, eq=False, repr=False)
class SuggestedCorrections(Table):
    """One row per label: the class and box that models agree on, and how sure they are."""

    label: Rows = rows_column()  # (n,) index in `DatasetColumns.classes`
    xyxy: Floats = column(np.float64, 4, fill=np.nan)  # (n, 4) in pixels
    given_score: Floats = column(np.float64, fill=np.nan)  # (n,) of the given class
    other_score: Floats = column(np.float64, fill=np.nan)  # (n,) of `label`
    background: Floats = column(np.float64, fill=np.nan)  # (n,) that there is no object


def suggested_corrections(
    labels: Labels, model_output: ModelOutput, box_overlaps: BoxOverlaps
) -> SuggestedCorrections:
    """What models would write in the place of each label; the label where they say nothing.

    A box is that of the label's own class, and overlaps it: else it is of another object.

    Parameters
    ----------
    labels:
        of the dataset.
    model_output:
        what models say of them.
    box_overlaps:
        of labels with predictions.
    """
    if model_output.box_scores is None:
        found = _of_predictions(labels, model_output.predictions, box_overlaps)
    else:
        found = _of_box_scores(labels, model_output.box_scores)
    overlap = iou(found.xyxy, labels.xyxy)
    stays = ~((overlap >= MIN_CORRECTED_IOU) & (overlap <= MAX_CORRECTED_IOU))
    return found.replaced(xyxy=np.where(stays[:, None], labels.xyxy, found.xyxy))


def _of_box_scores(labels: Labels, box_scores: BoxScores) -> SuggestedCorrections:
    """The likeliest class by crop head and detector together, and the mean box of the anchors."""
    rows = np.arange(len(labels))
    label = likeliest_class(box_scores.crop_probs[:, :-1], box_scores.det_probs, rows).astype(
        np.int32
    )
    return SuggestedCorrections(
        label,
        box_scores.mean_anchor_box[: len(labels)],
        given_score=own_and_best_other(box_scores.det_probs, rows, labels.label)[0],
        other_score=own_and_best_other(box_scores.det_probs, rows, label)[0],
        background=box_scores.crop_probs[: len(labels), -1].astype(np.float64),
    )


def _of_predictions(
    labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps
) -> SuggestedCorrections:
    """The class of the best match, the box of that of its own class, and how sure detections are.

    What another label explains is no correction: of two labels of two classes on one object, each
    would else be moved to the other, and a dog beside a person become one.
    """
    score = predictions.score[box_overlaps.other]
    same = predictions.label[box_overlaps.other] == labels.label[box_overlaps.one]
    explained = _explained(box_overlaps, predictions, same, len(labels))
    # A detection of another class that hardly overlaps the label is of another object.
    may_name = same | (~explained & (box_overlaps.overlap >= MIN_CORRECTED_IOU))
    of_any = _best_matches(box_overlaps.rows(may_name), predictions, len(labels))
    of_own = _best_matches(box_overlaps.rows(same & ~explained), predictions, len(labels))
    label, xyxy = labels.label.copy(), labels.xyxy.copy()
    label[of_any != MISSING] = predictions.label[of_any[of_any != MISSING]]
    xyxy[of_own != MISSING] = predictions.xyxy[of_own[of_own != MISSING]]

    def score_of(wanted: Rows) -> Floats:
        same = predictions.label[box_overlaps.other] == wanted[box_overlaps.one]
        return best_match(box_overlaps, predictions, same, len(labels))[1]

    highest = max_by_row(box_overlaps.one, box_overlaps.overlap * score, len(labels))
    return SuggestedCorrections(label, xyxy, score_of(labels.label), score_of(label), 1 - highest)


def _explained(
    box_overlaps: BoxOverlaps, predictions: Predictions, same: Bools, count: int
) -> Bools:
    """Which detections are what another label is of, (p,): one of their class.

    It fits them better than the label that they are paired with; or they are its best match, and
    at its place.

    Parameters
    ----------
    box_overlaps:
        p pairs of labels with predictions.
    predictions:
        of all images.
    same:
        (p,) the pairs of one class.
    count:
        of labels.
    """
    pairs = box_overlaps.rows(same)
    closest = max_by_row(pairs.other, pairs.overlap, len(predictions))
    place = champion(pairs.one, pairs.overlap * np.sqrt(predictions.score[pairs.other]), count)
    place = place[place != MISSING]
    is_match = np.zeros(len(predictions), bool)
    is_match[pairs.other[place[pairs.overlap[place] >= SAME_PLACE_IOU]]] = True
    fits_better: Bools = closest[box_overlaps.other] > box_overlaps.overlap
    return fits_better | (is_match[box_overlaps.other] & ~same)


def _best_matches(box_overlaps: BoxOverlaps, predictions: Predictions, count: int) -> Ints:
    """The row of the best match of each label, (count,), as in `best_match`; MISSING without."""
    score = predictions.score[box_overlaps.other]
    place = champion(box_overlaps.one, box_overlaps.overlap * np.sqrt(score), count)
    return np.append(box_overlaps.other, MISSING)[place].astype(np.int64)
