"""Places where an object may have been forgotten, and what speaks for that."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.boxes.ops import area, iou
from labelaudit.boxes.overlaps import BoxOverlaps, champion, max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Rows
from labelaudit.core.rows import stable_argsort
from labelaudit.label_errors.features import context
from labelaudit.label_errors.labels import Labels
from labelaudit.predictions.model_output import BoxScores, ModelOutput
from labelaudit.predictions.predictions import Predictions, Scores

FREE = 0.5
"""Largest IoU of a candidate with a label, exclusive: above, the label is what was seen."""

BADLY_SEEN = 0.4
"""IoU from which the place that fits a label best, of its class, is what was seen of the label.

It may be below `FREE` where the detector frames an object badly. In BCCD, the fourth of the white
cells that were probably forgotten was such a frame around one that has its label, before a real
one. Not so where labels are left out to learn from: such places are good examples of nothing.
"""

CLUSTER = 0.6
"""IoU from which predictions of any class speak for one place."""


@dataclass(frozen=True)
class Candidates:
    """Predictions without regard to class, one for each place, and what meets them."""

    predictions: Predictions  # (m,)
    fixed: dict[str, Floats]  # columns that do not depend on labels, (m,) each
    met: BoxOverlaps  # of places with labels
    shared: Floats  # (p,) of each of `met`, the area in both, square pixels

    def __len__(self) -> int:
        return len(self.predictions)


def places_of(
    opinion: ModelOutput, labels: Labels, room: Floats, labels_met: BoxOverlaps | None = None
) -> Candidates:
    """The candidates of a second opinion, with all of their evidence that labels do not change.

    `labels_met` are the meetings of labels with predictions, if they are known: where candidates
    are some of these, theirs are among them.
    """
    seen = opinion.candidates
    if labels_met is None or opinion.among is None:
        met = overlaps(seen.image, seen.xyxy, labels.image, labels.xyxy)
    else:
        found = _with_rows(labels_met, opinion.among, len(opinion.predictions))
        met = found.replaced(one=found.other, other=found.one).rows(stable_argsort(found.other))
    areas = area(seen.xyxy)[met.one] + area(labels.xyxy)[met.other]
    fixed = _by_scores(seen) | _by_others(seen, opinion.predictions, opinion.among)
    if opinion.candidate_scores is not None:
        fixed |= _by_opinions(seen, opinion.candidate_scores)
    fixed |= context(seen.xyxy, room[seen.image])
    return Candidates(seen, fixed, met, met.overlap * areas / (1 + met.overlap))


def free(places: Candidates, kept: Bools) -> Bools:
    """Which places no label in `kept` explains, (m,)."""
    met = places.met.rows(kept[places.met.other])
    nearest: Bools = max_by_row(met.one, met.overlap, len(places)) < FREE
    return nearest


def unexplained(places: Candidates, labels: Labels) -> Bools:
    """Which places no label explains, (m,): they are free, and not what was seen of a label."""
    met, seen = places.met, places.predictions
    met = met.rows(labels.label[met.other] == seen.label[met.one])
    best = champion(met.other, met.overlap * np.sqrt(seen.score[met.one]), len(labels))
    best = best[best != MISSING]
    unexplained = free(places, np.ones(len(labels), bool))
    unexplained[met.one[best][met.overlap[best] >= BADLY_SEEN]] = False
    return unexplained


def evidence(places: Candidates, labels: Labels, kept: Bools) -> dict[str, Floats]:
    """The columns of evidence that an object is missing, (m,) each, were only `kept` labelled."""
    here = kept[places.met.other]
    met, shared, count = places.met.rows(here), places.shared[here], len(places)
    same = labels.label[met.other] == places.predictions.label[met.one]
    here_labelled = np.bincount(labels.image[kept], minlength=1 + _last(places, labels))
    return places.fixed | {
        "near_label": max_by_row(met.one, met.overlap, count),
        "near_same": max_by_row(met.one[same], met.overlap[same], count),
        "inside_label": max_by_row(met.one, shared / area(places.predictions.xyxy)[met.one], count),
        "around_label": max_by_row(met.one, shared / area(labels.xyxy)[met.other], count),
        "labels_in_image": here_labelled[places.predictions.image].astype(np.float64),
    }


def _last(places: Candidates, labels: Labels) -> int:
    """The largest image row in either table."""
    return max(
        (int(rows.max()) for rows in (places.predictions.image, labels.image) if len(rows)),
        default=0,
    )


def _by_scores(seen: Predictions) -> dict[str, Floats]:
    columns: dict[str, Floats] = {
        "score": seen.score.astype(np.float64),
        "rank": _rank_in_image(seen),
    }
    if seen.class_scores.shape[1]:
        scores = seen.class_scores.astype(np.float64)
        total = scores.sum(axis=1)
        part = scores / (total + 1e-6)[:, None]
        columns["score_margin"] = _margin(seen.class_scores)
        columns["score_entropy"] = -(part * np.log(part + 1e-6)).sum(axis=1)
        columns["score_sum"] = total
    return columns


def _margin(scores: Scores) -> Floats:
    """The highest score less the second, (m,); of one class, its score."""
    if scores.shape[1] == 1:
        return scores[:, 0].astype(np.float64)
    top = -np.partition(-scores.astype(np.float64), 1, axis=1)[:, :2]
    return top[:, 0] - top[:, 1]


def _rank_in_image(seen: Predictions) -> Floats:
    """How many places of the same image are surer, (m,)."""
    order = np.lexsort((-seen.score, seen.image))
    image = seen.image[order]
    start = np.searchsorted(image, image)
    rank = np.empty(len(seen))
    rank[order] = np.arange(len(seen)) - start
    return rank


def _by_others(
    seen: Predictions, predictions: Predictions, among: Rows | None
) -> dict[str, Floats]:
    votes = overlaps(seen.image, seen.xyxy, predictions.image, predictions.xyxy)
    if among is None:
        rivals = overlaps(seen.image, seen.xyxy, seen.image, seen.xyxy)
    else:
        rivals = _with_rows(votes, among, len(predictions))
    votes = votes.rows(votes.overlap > CLUSTER)
    total = np.bincount(votes.one, predictions.score[votes.other], len(seen))
    rivals = rivals.rows(seen.score[rivals.other] > seen.score[rivals.one])
    return {
        "votes": total.astype(np.float64),
        "near_surer": max_by_row(rivals.one, rivals.overlap, len(seen)),
    }


def _with_rows(met: BoxOverlaps, rows: Rows, count: int) -> BoxOverlaps:
    """The meetings with these of `count` rows of a second table, each by its place in `rows`."""
    place = np.full(count, MISSING, np.int32)
    place[rows] = np.arange(len(rows), dtype=np.int32)
    other = place[met.other]
    here = np.flatnonzero(other != MISSING)
    return met.rows(here).replaced(other=other[here])


def _by_opinions(seen: Predictions, opinions: BoxScores) -> dict[str, Floats]:
    rows = np.arange(len(seen))
    crop: Floats = opinions.crop_probs.astype(np.float64)
    return {
        "crop_score": crop[rows, seen.label],
        "crop_background": crop[:, -1],
        "crop_agrees": (crop[:, :-1].argmax(axis=1) == seen.label).astype(np.float64),
        "crop_fit": opinions.pred_iou,
        "crop_overlap": iou(opinions.crop_box, seen.xyxy),
        "dense_overlap": iou(opinions.mean_anchor_box, seen.xyxy),
        "weighted_overlap": opinions.weighted_iou,
        "neighbour_share": opinions.knn_probs[rows, seen.label].astype(np.float64),
    }
