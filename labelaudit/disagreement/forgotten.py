"""Objects that were probably forgotten, where no label and no crowd explains what is seen."""

from __future__ import annotations

import numpy as np

from labelaudit.disagreement.candidates import FREE, evidence, places_of
from labelaudit.disagreement.class_scores import likeliest
from labelaudit.disagreement.labels import Labels
from labelaudit.disagreement.meetings import Meetings, largest, meetings
from labelaudit.disagreement.missing import probability_missing
from labelaudit.disagreement.verdicts import PlaceVerdicts
from labelaudit.evidence import Audit
from labelaudit.geometry import area
from labelaudit.opinions import SecondOpinion
from labelaudit.predictions import Predictions
from labelaudit.suspicions import MissingObjects
from labelaudit.table import MISSING, Bools, Floats, Ints, Rows

COVERED = 0.5
"""Part of a place inside a crowd or a difficult object from which nothing is missing there."""

ORIENTED = ("score", "votes", "crop_score", "crop_fit", "dense_overlap", "neighbour_share")
"""Columns of evidence of which larger means that an object is more probably there."""


def forgotten(
    audit: Audit,
    labels: Labels,
    opinion: SecondOpinion,
    verdicts: PlaceVerdicts,
    *,
    met: Meetings,
    room: Floats,
    group: Ints,
    seed: int,
) -> tuple[MissingObjects, dict[str, Floats]]:
    """The places where an object is probably missing, most probable first, and their evidence.

    Parameters
    ----------
    audit:
        the dataset.
    labels:
        those of its labels that stand for one object each.
    opinion:
        what models see.
    verdicts:
        what people said of places: those without an object are left out.
    met:
        of labels with predictions.
    room:
        (images, 2) width and height of each image in pixels.
    group:
        (images,) the group of each image.
    seed:
        of the choice of labels that are left out to learn from.
    """
    places = places_of(opinion, labels, room, met)
    seen = places.predictions
    probability = probability_missing(places, labels, group, verdicts, seed=seed)
    probability[_covered(audit, seen) | (opinion.fold[seen.image] == MISSING)] = np.nan
    probability = _believed(probability, seen, verdicts)
    rows = np.flatnonzero(probability > 0)
    rows = rows[np.argsort(-probability[rows], kind="stable")]
    columns = evidence(places, labels, np.ones(len(labels), bool))
    table = MissingObjects(
        seen.image[rows],
        _classes(opinion)[rows],
        seen.xyxy[rows],
        probability[rows],
        seen.score[rows],
        columns["near_label"][rows],
    )
    return table, {name: columns[name][rows] for name in ORIENTED if name in columns}


def _classes(opinion: SecondOpinion) -> Rows:
    """The class of each candidate, (m,), by detector and crop head together, if there are both."""
    seen, opinions = opinion.candidates, opinion.candidate_opinions
    if opinions is None:
        return seen.label
    scores = seen.class_scores if seen.class_scores.shape[1] else opinions.seen
    return likeliest(opinions.crop[:, :-1], scores, np.arange(len(seen))).astype(np.int32)


def _covered(audit: Audit, seen: Predictions) -> Bools:
    """Which candidates lie in a crowd or in a difficult object, (m,)."""
    boxes = audit.dataset.boxes
    rows = np.flatnonzero(~audit.judged & audit.sound & audit.placed)
    met = meetings(seen.image, seen.xyxy, boxes.image[rows], boxes.xyxy[rows])
    mine, others = area(seen.xyxy)[met.one], area(boxes.xyxy[rows])[met.other]
    shared = met.overlap * (mine + others) / (1 + met.overlap)
    covered: Bools = largest(met.one, shared / mine, len(seen)) >= COVERED
    return covered


def _believed(probability: Floats, seen: Predictions, verdicts: PlaceVerdicts) -> Floats:
    """The probabilities, but for places that a person looked at: theirs are 0 and 1."""
    met = meetings(seen.image, seen.xyxy, verdicts.image, verdicts.xyxy)
    met = met.rows(met.overlap >= FREE)
    told = probability.copy()
    told[met.one] = verdicts.real[met.other]
    return np.where(np.isfinite(probability), told, probability)
