"""CLOD (Chachula et al., arXiv 2211.13993), written from the paper's description.

Boxes of labels and of detections that overlap form clusters, of any class. A cluster is an example
with several classes at once: those of its labels are given, and the highest score of each class
among its detections is predicted. How well the two agree is the quality of every box in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from cleanlab.multilabel_classification import get_label_quality_scores
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from labelaudit.boxes.pairs import overlapping_pairs
from labelaudit.core.columns import Floats, Ints
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.predictions import Predictions

SAME_CLUSTER = 0.5
"""IoU from which two boxes are linked (single linkage)."""


@dataclass(frozen=True)
class Clusters:
    """Each in [0, 1], larger is worse."""

    labels: Floats  # (n,) of the cluster of each label
    predictions: Floats  # (p,) of the cluster of each detection


def clod(labels: Labels, predictions: Predictions, classes: int) -> Clusters:
    """One minus the label quality of the cluster of each label and of each detection."""
    cluster = _clusters(labels, predictions)
    own, seen = cluster[: len(labels)], cluster[len(labels) :]
    count = int(cluster.max(initial=-1)) + 1
    given = np.zeros((count, classes + 1), bool)
    given[own, labels.label] = True
    predicted = np.zeros((count, classes + 1))
    np.maximum.at(predicted, (seen, predictions.label), predictions.score)
    # Where nothing is given or predicted there is background, the class after the last.
    given[~given.any(axis=1), classes] = True
    predicted[predicted.sum(axis=1) == 0, classes] = 1
    worse = _doubts(given, predicted)
    return Clusters(worse[own], worse[seen])


def _clusters(labels: Labels, predictions: Predictions) -> Ints:
    """The number of the cluster of each label, then of each detection, (n + p,)."""
    xyxy = np.vstack([labels.xyxy, predictions.xyxy])
    image = np.concatenate([labels.image, predictions.image])
    pairs = overlapping_pairs(xyxy, image, min_inside=SAME_CLUSTER)
    pairs = pairs.rows(pairs.overlap >= SAME_CLUSTER)
    links = coo_matrix(
        (np.ones(len(pairs)), (pairs.first, pairs.second)), shape=(len(xyxy), len(xyxy))
    )
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _doubts(given: Floats, predicted: Floats) -> Floats:
    """One minus cleanlab's quality of each cluster; it wants every class at least once."""
    unused = np.flatnonzero(~given.any(axis=0))
    given = np.vstack([given, np.eye(given.shape[1], dtype=bool)[unused]])
    predicted = np.vstack([predicted, np.eye(given.shape[1])[unused]])
    labels = [np.flatnonzero(row).tolist() for row in given]
    doubt: Floats = 1 - np.asarray(get_label_quality_scores(labels, predicted))
    return doubt[: len(given) - len(unused)]
