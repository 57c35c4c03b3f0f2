"""Real errors: where the known ones rank, what is said of clean labels, and by which evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score

from benchmarks.label_errors.baselines import ANY
from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.known import Known
from benchmarks.label_errors.measures import ranking
from benchmarks.label_errors.metrics import FEWEST, Interval, drawn_anew, interval
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues, MissingObjects
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import Bools, Floats, Ints, Rows
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.dataset.tables import Boxes
from labelaudit.label_errors.evaluation.selftest import SAME_OBJECT, missing_hits
from labelaudit.label_errors.features import GEOMETRY

SURE = 0.5
"""Probability from which a label is reported unless a user says otherwise."""

ROUGHLY = 0.3
"""IoU from which a place is that of a known missing object: its box was drawn by eye."""


@dataclass(frozen=True)
class Rank:
    """Where one known error stands."""

    kind: str
    image: str
    class_: str  # that it has; that it should have, of a missing object
    rank: int | None  # among all labels, or all places of its class; None: it is in no place
    probability: float | None
    by_evidence: dict[str, int]


@dataclass(frozen=True)
class Versus:
    """The combined ranking of one kind of error against the best single evidence."""

    kind: str
    errors: int
    ours: Interval  # average precision
    evidence: str  # the best of all, chosen with the errors known
    best: Interval
    gain: Interval  # ours minus best, image by image drawn anew
    others: dict[str, float]


@dataclass(frozen=True)
class RealOutcome:
    """What one real dataset showed."""

    data: str
    source: str
    boxes: int
    unjudged: int
    cpu_s: float | None  # None, as below: models that an interrupted run had trained were asked
    wall_s: float | None
    reported: dict[str, int]  # labels or places with a probability of `SURE` or more, by kind
    highest: dict[str, float]
    known: list[Rank]
    versus: list[Versus]
    # of the images in which a class was never marked, those with a place for it above `SURE`
    unmarked: int
    unmarked_found: int
    notes: tuple[str, ...]


def real_outcome(case: Case, data: str, known: Known) -> RealOutcome:
    """Everything that is measured of a dataset with errors of its own."""
    boxes, missing = case.label_issues.boxes, case.label_issues.missing
    columns = {kind.value: np.nan_to_num(getattr(boxes, kind)) for kind in BOX_ERRORS}
    columns |= {
        ANY: np.nan_to_num(boxes.wrong),
        ErrorKind.MISSING_BOX.value: np.nan_to_num(missing.probability),
    }
    here = _unmarked_and_found(case, known)
    return RealOutcome(
        data=data,
        source=case.label_issues.source,
        boxes=len(case.labels),
        unjudged=int(np.isnan(boxes.wrong[case.labels.box]).sum()),
        cpu_s=case.cpu_s if np.isfinite(case.cpu_s) else None,
        wall_s=case.detector_answers.wall_s if np.isfinite(case.cpu_s) else None,
        reported={kind: int((column >= SURE).sum()) for kind, column in columns.items()},
        highest={kind: float(column.max(initial=0.0)) for kind, column in columns.items()},
        known=[*_wrong_classes(case, known), *_missing(case, known)],
        versus=_versus(case, known),
        unmarked=len(known.unmarked),
        unmarked_found=here,
        notes=case.label_issues.notes,
    )


def _wrong_classes(case: Case, known: Known) -> list[Rank]:
    """Ranks by the probability of a wrong class, and by every evidence, among all labels."""
    dataset, boxes = case.planted.dataset, case.label_issues.boxes
    ranks = _ranks(boxes.wrong_class)
    singles = {name: _ranks(column) for name, column in case.label_issues.box_features.items()}
    names = np.array(dataset.class_names)
    return [
        Rank(
            ErrorKind.WRONG_CLASS.value,
            str(dataset.images.name[dataset.boxes.image[row]]),
            str(names[dataset.boxes.label[row]]),
            int(ranks[row]),
            float(boxes.wrong_class[row]),
            {name: int(rank[row]) for name, rank in singles.items()},
        )
        for row in known.wrong_class.tolist()
    ]


def _missing(case: Case, known: Known) -> list[Rank]:
    """Ranks among the places where something of that class may be missing."""
    dataset, label_issues = case.planted.dataset, case.label_issues
    class_of = DatasetColumns(dataset).class_of
    ranks = []
    for row in range(len(known.missing)):
        one = known.missing.rows(slice(row, row + 1))
        label = int(class_of[one.label[0]])
        here = np.flatnonzero(label_issues.missing.label == label)
        places = label_issues.missing.rows(here)
        box_overlaps = _met(places, one, ROUGHLY)
        singles = {
            name: _best_rank(column[here], box_overlaps)
            for name, column in label_issues.missing_features.items()
        }
        ranks.append(
            Rank(
                ErrorKind.MISSING_BOX.value,
                str(dataset.images.name[one.image[0]]),
                label_issues.classes[label],
                _best_rank(places.probability, box_overlaps),
                float(places.probability[box_overlaps].max()) if len(box_overlaps) else None,
                {name: rank for name, rank in singles.items() if rank is not None},
            )
        )
    return ranks


def _met(places: MissingObjects, objects: Boxes, least: float) -> Rows:
    """Places that overlap any of the objects by at least so much."""
    return np.unique(
        matches(places.image, places.xyxy, objects.image, objects.xyxy, min_overlap=least).one
    )


def _best_rank(doubt: Floats, rows: Rows) -> int | None:
    return int(_ranks(doubt)[rows].min()) if len(rows) else None


def _ranks(doubt: Floats) -> Ints:
    """The rank of each, 1 for the largest; NaN comes last."""
    ranks = np.empty(len(doubt), np.int64)
    ranks[np.argsort(-np.nan_to_num(doubt, nan=-np.inf), kind="stable")] = np.arange(len(doubt)) + 1
    return ranks


def _unmarked_and_found(case: Case, known: Known) -> int:
    """In how many images with an unmarked class a place for that class is reported."""
    missing, classes = case.label_issues.missing, case.label_issues.classes
    if known.unmarked_class not in classes:
        return 0
    label = classes.index(known.unmarked_class)
    sure = missing.rows((missing.label == label) & (missing.probability >= SURE))
    return int(np.isin(known.unmarked, sure.image).sum())


def _versus(case: Case, known: Known) -> list[Versus]:
    """For each kind of error that is known often enough, the combination against each evidence."""
    rows, ours, every = case.labels.box, ranking(case), []
    image = case.labels.image
    singles = {
        name: column[rows]
        for name, column in case.label_issues.box_features.items()
        if name not in GEOMETRY
    }
    for kind, doubt in ours.items():
        error = case.error != "" if kind == ANY else case.error == kind
        if kind == ErrorKind.WRONG_CLASS:
            error = error | np.isin(rows, known.wrong_class)
        compared = error | (case.error == "")
        chosen = {name: column[compared] for name, column in singles.items()}
        if int(error.sum()) >= FEWEST and chosen:
            every.append(
                against_evidence(kind, error[compared], doubt[compared], chosen, image[compared])
            )
    return every + _places_versus(case, known)


def against_evidence(
    kind: str, error: Bools, ours: Floats, singles: Mapping[str, Floats], image: Rows
) -> Versus:
    """Average precision of a ranking, of the best single evidence too."""
    ours = np.nan_to_num(ours, nan=-1.0)
    columns = {name: _finite(column) for name, column in singles.items()}
    every = np.arange(len(error), dtype=np.int32)
    others = {name: _ap(error, column, every) for name, column in columns.items()}
    name = max(others, key=lambda one: others[one])
    drawings = drawn_anew(image)
    mine, its = (
        np.array([_ap(error, column, rows) for rows in drawings])
        for column in (ours, columns[name])
    )
    value = _ap(error, ours, every)
    return Versus(
        kind,
        int(error.sum()),
        interval(value, mine),
        name,
        interval(others[name], its),
        interval(value - others[name], mine - its),
        others,
    )


def _finite(column: Floats) -> Floats:
    least = np.finfo(np.float64).min / 4
    return np.nan_to_num(column, nan=least, posinf=-least, neginf=least)


def _ap(error: Bools, doubt: Floats, rows: Rows) -> float:
    """Average precision in these rows; NaN without an error among them."""
    if not error[rows].any():
        return float("nan")
    return float(average_precision_score(error[rows], doubt[rows]))


def _places_versus(case: Case, known: Known) -> list[Versus]:
    """The same for missing objects: removed labels, or known ones among places of their class."""
    label_issues = case.label_issues
    if len(case.planted.dropped):
        counted = missing_hits(case.planted, label_issues.missing)[1]
        return _places_against(label_issues, counted, case.planted.dropped, SAME_OBJECT)
    classes = np.unique(DatasetColumns(case.planted.dataset).class_of[known.missing.label])
    return _places_against(
        label_issues, np.isin(label_issues.missing.label, classes), known.missing, ROUGHLY
    )


def _places_against(
    label_issues: LabelIssues, counted: Bools, gone: Boxes, least: float
) -> list[Versus]:
    """One comparison over the places that count, if enough objects that are gone are at any.

    An object is ranked by the surest of its places, whichever that is for an evidence, so that
    several places at one object are no several errors.
    """
    places = label_issues.missing.rows(counted)
    box_overlaps = matches(places.image, places.xyxy, gone.image, gone.xyxy, min_overlap=least)
    objects, number = np.unique(box_overlaps.other, return_inverse=True)
    elsewhere = np.setdiff1d(np.arange(len(places)), box_overlaps.one)

    def by_object(doubt: Floats) -> Floats:
        surest = np.full(len(objects), -np.inf)
        np.maximum.at(surest, number, doubt[box_overlaps.one])
        return np.concatenate([surest, doubt[elsewhere]])

    singles = {
        name: by_object(column[counted]) for name, column in label_issues.missing_features.items()
    }
    if len(objects) < FEWEST or not singles:
        return []
    hit = np.arange(len(objects) + len(elsewhere)) < len(objects)
    image = np.concatenate([gone.image[objects], places.image[elsewhere]])
    return [
        against_evidence(
            ErrorKind.MISSING_BOX.value, hit, by_object(places.probability), singles, image
        )
    ]
