"""What predictions of somebody else's detector give: ranking, doubts, and counts by a sample."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from benchmarks.label_errors import metrics
from benchmarks.label_errors.baselines import ANY, KINDS, Ranking, baselines
from benchmarks.label_errors.cases import Case
from benchmarks.label_errors.detector_answers import DetectorAnswers, cpu_s
from benchmarks.label_errors.measures import ranking
from benchmarks.label_errors.places import Places, place_baselines
from benchmarks.label_errors.real import SURE
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorCount, ErrorKind
from labelaudit.core.columns import Bools, Floats
from labelaudit.dataset.derived import DatasetColumns
from labelaudit.label_errors.anchoring import anchored, anchored_places
from labelaudit.label_errors.evaluation.known_errors import KnownErrors
from labelaudit.label_errors.evaluation.selftest import missing_hits
from labelaudit.label_errors.features import GEOMETRY
from labelaudit.label_errors.find import by_predictions
from labelaudit.label_errors.human_labels import HumanImageCounts
from labelaudit.label_errors.labels import labels_of
from labelaudit.label_errors.noise.label_noise import SyntheticErrors, SyntheticNoise
from labelaudit.label_errors.scoring import candidate_recall
from labelaudit.predictions.as_model_output import as_model_output
from labelaudit.predictions.validate import ImportedPredictions

MISSING_BOX = ErrorKind.MISSING_BOX.value

SAMPLE_SIZES = (100, 200)
"""Labels that a person is thought to judge."""

IMAGE_SAMPLE_SIZES = (20, 40)
"""Images in which a person is thought to look for missing objects."""

FEWEST_ERRORS = 10
"""Errors of a kind from which a count by a sample is measured."""

ROUNDING = 1e-6
"""Errors by which limits may be off: of a sample of everything both are the true count."""

HONEST = (0.7, 1.4)
"""Stated over real within which a count is called honest."""


@dataclass(frozen=True)
class Doubts:
    """What doubts of one kind of error add up to, and what is behind them."""

    errors: int  # planted, or labels removed
    stated: float  # sum of the doubts
    sure: int  # doubts above `SURE`
    real: int  # errors among these
    bound: float | None = None  # the most errors that the report says there are; None: no bound


@dataclass(frozen=True)
class Sampled:
    """What many samples made of doubts: means, but for shares of samples."""

    stated: float  # errors, by the sum of the probabilities
    honest: float | None  # share of samples that state a count within `HONEST` of the real one
    coverage: float  # share of samples whose limits hold the real count
    sure: float  # labels, or places, with a probability above `SURE` that nobody judged
    real: float  # errors among these


@dataclass(frozen=True)
class KindOutcome:
    """One kind of error."""

    doubts: Doubts
    ours: float | None  # average precision; None, as below: too few errors
    evidence: dict[str, float] = field(default_factory=dict)  # average precision, by name
    baselines: dict[str, float] = field(default_factory=dict)
    sampled: dict[str, Sampled] = field(default_factory=dict)  # by the size of the sample


@dataclass(frozen=True)
class GivenOutcome:
    """One file of predictions of labels with one kind of errors, and one seed."""

    seed: int
    images: int
    labels: int
    judged: int
    cpu_s: float
    notes: tuple[str, ...]
    kinds: dict[str, KindOutcome]


def given_case(planted: KnownErrors, predictions: ImportedPredictions, seed: int) -> Case:
    """Labels with known errors, judged by predictions that were read for the same images."""
    begin, derived = cpu_s(), DatasetColumns(planted.dataset)
    found = by_predictions(planted.dataset, predictions, seed=seed)
    used = cpu_s() - begin
    asked = SyntheticNoise(labels_of(derived), SyntheticErrors.empty())
    said = DetectorAnswers(asked, as_model_output(derived, predictions), 0.0, 0.0)
    return Case(planted, said, found, used)


def given_outcome(case: Case, seed: int, samples: int) -> GivenOutcome:
    """Everything that is measured of one case.

    Parameters
    ----------
    case:
        from `given_case`.
    seed:
        of its errors, and of the samples.
    samples:
        how many of each size are drawn.
    """
    found, labels = case.label_issues, case.labels
    judged = found.boxes.was_scored[labels.box]
    others = baselines(case) if (case.error != "").any() else {}
    kinds = {kind: _labels_outcome(case, kind, judged, others) for kind in KINDS}
    for error in BOX_ERRORS:
        by_size = _samples(case, error.value, judged, seed, samples)
        kinds[error.value] = replace(kinds[error.value], sampled=by_size)
    return GivenOutcome(
        seed,
        len(case.planted.dataset.images),
        len(labels),
        int(judged.sum()),
        case.cpu_s,
        found.notes,
        kinds | {MISSING_BOX: _places_outcome(case, seed, samples)},
    )


def _labels_outcome(
    case: Case, kind: str, judged: Bools, others: Mapping[str, Ranking]
) -> KindOutcome:
    """One kind of error of labels that are there, of those that were judged.

    It is ranked against right labels; doubts are those of all labels, so that another error of a
    label does not count as this one.
    """
    error = case.error[judged]
    wrong = error != "" if kind == ANY else error == kind
    doubt = ranking(case)[kind][judged]
    bounds = case.label_issues.max_share or {}
    bound = bounds.get(kind, float("nan")) * len(doubt)
    doubts = replace(
        _doubts(wrong, doubt, int(wrong.sum())), bound=bound if np.isfinite(bound) else None
    )
    compared = wrong | (error == "")
    evidence = {
        name: column[case.labels.box][judged]
        for name, column in case.label_issues.box_features.items()
        if name not in GEOMETRY
    }
    rankings = {name: one[kind][judged] for name, one in others.items()}
    return KindOutcome(
        doubts,
        _ap(wrong[compared], doubt[compared]),
        _aps(wrong[compared], {name: one[compared] for name, one in evidence.items()}),
        _aps(wrong[compared], {name: one[compared] for name, one in rankings.items()}),
    )


def _samples(case: Case, kind: str, judged: Bools, seed: int, samples: int) -> dict[str, Sampled]:
    """What samples make of doubts about one error, by their size.

    Of kinds with enough errors, and of labels with which nothing was done.
    """
    doubt, wrong = ranking(case)[kind][judged], case.error[judged] == kind
    few = wrong.sum() < FEWEST_ERRORS
    if few and (wrong.any() or len(case.planted.dropped)):
        return {}
    return {str(size): sampled(doubt, wrong, size, seed, samples) for size in SAMPLE_SIZES}


def _doubts(wrong: Bools, doubt: Floats, errors: int) -> Doubts:
    sure = doubt > SURE
    return Doubts(errors, float(doubt.sum()), int(sure.sum()), int((sure & wrong).sum()))


def _ap(wrong: Bools, doubt: Floats) -> float | None:
    score = metrics.score(wrong, doubt)
    return score.average_precision if score else None


def _aps(wrong: Bools, doubts: Mapping[str, Floats]) -> dict[str, float]:
    found = {name: _ap(wrong, doubt) for name, doubt in doubts.items()}
    return {name: value for name, value in found.items() if value is not None}


def sampled(doubt: Floats, wrong: Bools, size: int, seed: int, samples: int) -> Sampled:
    """What becomes of doubts in many samples of one size.

    Parameters
    ----------
    doubt, wrong:
        (n,) of all labels that were judged.
    size, seed:
        of the samples, and of the generator that draws them.
    samples:
        how many are drawn.
    """
    rng, rows = np.random.default_rng(seed), np.arange(len(doubt))
    found = []
    for _ in range(samples):
        judged = rng.permutation(len(doubt))[:size]
        probability, count = anchored(doubt, judged, wrong[judged])
        sure = (probability > SURE) & ~np.isin(rows, judged)
        found.append((count, int(sure.sum()), int((sure & wrong).sum())))
    return _together(found, int(wrong.sum()))


def _together(found: Sequence[tuple[ErrorCount, int, int]], real: int) -> Sampled:
    """Of samples: the count, and what is above `SURE` that nobody judged, and errors among it."""
    counts, sure, wrong = zip(*found, strict=True)
    stated = np.array([count.expected for count in counts])
    honest = (stated >= HONEST[0] * real) & (stated <= HONEST[1] * real)
    return Sampled(
        float(stated.mean()),
        float(honest.mean()) if real else None,
        float(np.mean([count.low - ROUNDING <= real <= count.high + ROUNDING for count in counts])),
        float(np.mean(sure)),
        float(np.mean(wrong)),
    )


def _places_outcome(case: Case, seed: int, samples: int) -> KindOutcome:
    """Missing objects: places against the labels that were removed."""
    planted, places = case.planted, case.label_issues.missing
    found, removed = metrics.found(planted, places), len(planted.dropped)
    doubts = _doubts(found.hit, found.doubt, removed)
    by_size = {
        str(size): sampled_images(case, size, seed, samples)
        for size in IMAGE_SAMPLE_SIZES
        if not 0 < removed < FEWEST_ERRORS
    }
    if removed < metrics.FEWEST:
        return KindOutcome(doubts, None, sampled=by_size)
    features = case.label_issues.missing_features
    singles = {name: replace(places, probability=column) for name, column in features.items()}
    return KindOutcome(
        doubts,
        found.average_precision,
        _places_aps(planted, singles),
        _places_aps(planted, place_baselines(case)),
        by_size,
    )


def _places_aps(planted: KnownErrors, rankings: Mapping[str, Places]) -> dict[str, float]:
    return {name: metrics.found(planted, one).average_precision for name, one in rankings.items()}


def sampled_images(case: Case, size: int, seed: int, samples: int) -> Sampled:
    """What becomes of doubts about places, in many samples of images.

    Parameters
    ----------
    case:
        whose removed labels a person is thought to find missing, all of them.
    size, seed, samples:
        as in `sampled`.
    """
    rng, planted, places = np.random.default_rng(seed), case.planted, case.label_issues.missing
    images = len(planted.dataset.images)
    missing = np.bincount(planted.dropped.image, minlength=images)
    recall = candidate_recall(case.labels, case.detector_answers.model_output)
    hit, counted = missing_hits(planted, places)
    found = []
    for _ in range(samples):
        judged = rng.permutation(images)[:size]
        counts = HumanImageCounts.of(len(judged), image=judged, missing=missing[judged])
        probability, count = anchored_places(
            places.probability, places.image, counts, images=images, recall=recall
        )
        sure = counted & (probability > SURE) & ~np.isin(places.image, judged)
        found.append((count, int(sure.sum()), int((sure & hit).sum())))
    return _together(found, len(planted.dropped))
