"""Why labels get no probability. A label that is not judged is never "clean".

The limits are those of docs/method.md, section 9.
"""

from __future__ import annotations

import numpy as np

from labelaudit.boxes.metrics import average_precision_by_class
from labelaudit.boxes.overlaps import BoxOverlaps, champion
from labelaudit.core.columns import MISSING, TEXT, Bools, Floats, Texts
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.labels import Labels, comparable
from labelaudit.predictions.model_output import ModelOutput
from labelaudit.predictions.predictions import Predictions

MIN_LABELS = 40
"""Labels of a dataset below which nothing is judged: there is nothing to learn from."""

MIN_LABELS_PER_FOLD = 3
"""Labels of a class for each fold, below which the class is not judged: a model that was trained
without one fold would have seen hardly any."""

MIN_INPUT_SIDE = 8.0
"""Root of the area of a box, in pixels of the network's input, below which it sees nothing."""

MIN_AVERAGE_PRECISION = 0.2
"""Average precision at IoU .5 below which a detector does not know a class."""

MIN_RECALL = 0.5
"""Recall of a class by the crop head from which it knows the class."""

HIT_IOU = 0.5
"""IoU from which a prediction finds a label."""


def abstention_reasons(
    derived: DatasetColumns, labels: Labels, model_output: ModelOutput, box_overlaps: BoxOverlaps
) -> Texts:
    """Why each box of the dataset is not judged, (boxes,); empty where it is.

    The first reason that holds is given.

    Parameters
    ----------
    derived:
        the dataset.
    labels:
        those of its labels that a model can be asked about.
    model_output:
        what models say.
    box_overlaps:
        of labels with predictions.
    """
    reason = np.full(len(derived.dataset.boxes), "it has no class, image or inside", TEXT)
    reason[~derived.is_evaluated] = "it is a crowd or difficult"
    reason[comparable(derived)] = ""
    mine = np.full(len(labels), "", TEXT)
    for text, holds in _reasons_of_labels(labels, model_output, box_overlaps).items():
        mine[holds & (mine == "")] = text
    reason[labels.box] = mine
    return reason


def _reasons_of_labels(
    labels: Labels, model_output: ModelOutput, box_overlaps: BoxOverlaps
) -> dict[str, Bools]:
    """By reason, the labels that it holds for, (n,)."""
    folds = max(len(np.unique(model_output.fold[model_output.fold != MISSING])), 1)
    per_class = np.bincount(labels.label, minlength=len(model_output.classes))
    size = labels.xyxy[:, 2:] - labels.xyxy[:, :2]
    side = np.sqrt(size.prod(axis=1)) * model_output.scale[labels.image]
    least = MIN_LABELS_PER_FOLD * folds
    return {
        "no model looked at its image": ~_looked_at(labels, model_output),
        f"the dataset has fewer than {MIN_LABELS} labels to learn from": np.full(
            len(labels), len(labels) < MIN_LABELS
        ),
        f"its class has fewer than {least} labels": per_class[labels.label] < least,
        f"it is smaller than {MIN_INPUT_SIDE:g} px as the model sees it": side < MIN_INPUT_SIDE,
        "the model does not know its class": unknown_classes(labels, model_output, box_overlaps)[
            model_output.fold[labels.image], labels.label
        ],
    }


def _looked_at(labels: Labels, model_output: ModelOutput) -> Bools:
    """Which labels a model was asked about and answered, (n,)."""
    looked: Bools = model_output.fold[labels.image] != MISSING
    if model_output.box_scores is not None:
        looked &= model_output.box_scores.has_scores[: len(labels)]
    return looked


def unknown_classes(labels: Labels, model_output: ModelOutput, box_overlaps: BoxOverlaps) -> Bools:
    """Which classes the model of each fold does not know, (folds + 1, classes).

    A class is unknown if the detector hardly finds its labels and, where there is a crop head, that
    does not recognise them either: noisy labels alone can spoil the first. The row that is added at
    the end stands for images without a model.

    Parameters
    ----------
    labels:
        that a model can be asked about.
    model_output:
        what models say.
    box_overlaps:
        of labels with predictions.
    """
    hit = hits(labels, model_output.predictions, box_overlaps)
    folds = int(model_output.fold.max(initial=0)) + 1
    unknown = np.zeros((folds + 1, len(model_output.classes)), bool)
    for fold in range(folds):
        images = model_output.fold == fold
        precision = average_precision_in(
            images, labels, model_output.predictions, hit, len(model_output.classes)
        )
        recall = _crop_recall(labels, model_output, fold)
        unknown[fold] = (precision < MIN_AVERAGE_PRECISION) & (recall < MIN_RECALL)
    return unknown


def _crop_recall(labels: Labels, model_output: ModelOutput, fold: int) -> Floats:
    """Part of the labels of each class in a fold that the crop head gives it, (classes,)."""
    count = len(model_output.classes)
    if model_output.box_scores is None:
        return np.zeros(count)
    rows = np.flatnonzero(model_output.fold[labels.image] == fold)
    right = model_output.box_scores.crop_probs[rows, :-1].argmax(axis=1) == labels.label[rows]
    recognised = np.bincount(labels.label[rows], right, count)
    part: Floats = recognised / np.maximum(np.bincount(labels.label[rows], minlength=count), 1)
    return part


def average_precision_in(
    images: Bools, labels: Labels, predictions: Predictions, hit: Bools, classes: int
) -> Floats:
    """Average precision at IoU .5 of each class in some images, (classes,); NaN without labels.

    Parameters
    ----------
    images:
        (images,) which count.
    labels, predictions:
        of all images.
    hit:
        (p,) the predictions that find a label, see `hits`.
    classes:
        how many there are.
    """
    here = np.flatnonzero(images[predictions.image])
    count = np.bincount(labels.label[images[labels.image]], minlength=classes)
    return average_precision_by_class(
        hit[here], predictions.label[here], predictions.score[here], count
    )


def hits(labels: Labels, predictions: Predictions, box_overlaps: BoxOverlaps) -> Bools:
    """Which predictions find a label, (p,), each the one of its class that it overlaps most.

    A label is found once, by the surest.

    Parameters
    ----------
    labels, predictions:
        of all images.
    box_overlaps:
        of labels with predictions.
    """
    same = labels.label[box_overlaps.one] == predictions.label[box_overlaps.other]
    box_overlaps = box_overlaps.rows(same & (box_overlaps.overlap >= HIT_IOU))
    place = champion(box_overlaps.other, box_overlaps.overlap, len(predictions))
    finder = np.flatnonzero(place != MISSING)
    finder = finder[np.argsort(-predictions.score[finder], kind="stable")]
    _, first = np.unique(box_overlaps.one[place[finder]], return_index=True)
    hit = np.zeros(len(predictions), bool)
    hit[finder[first]] = True
    return hit
