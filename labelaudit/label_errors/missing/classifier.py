"""How probable it is that a candidate is a missing object, learnt from labels that are left out.

A *scene* is the dataset with some labels left out: a candidate at one of them is an example of a
missing object, any other candidate without a label one of none (docs/method.md, section 11).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from labelaudit.boxes.overlaps import matches, max_by_row
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Selection
from labelaudit.label_errors.classifier import HUMAN_WEIGHT, MIN_EXAMPLES, sample_weight
from labelaudit.label_errors.estimators import (
    BinEdges,
    BinnedFeatures,
    PredictProba,
    gradient_boosting,
    logistic_regression,
)
from labelaudit.label_errors.features import feature_matrix
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.missing.candidates import (
    SAME_PLACE_IOU,
    Candidates,
    candidate_features,
    unexplained,
    unlabelled,
)

LEFT_OUT_LABELS = 0.15
"""Part of the labels that is left out to learn from, each on its own."""

LEFT_OUT_CLASSES = 0.02
"""Part of the images, of those with a class, in which all labels of the class are left out.

With 0, an image of few labels looks like one of few objects. Of 15 images of BCCD in which a class
was never marked, 11 have a place for it at .5 or more (benchmarks/label_errors,
benchmarks/results/label_errors.md, "bccd").
"""

PRIOR = 0.05
"""Part of all objects that is expected to have no label: probabilities are corrected to it."""

SCENE_COUNT = 4
"""Scenes to learn from, each without other labels (docs/method.md, sections 11 and 15)."""

ROUNDS = 2
"""How often models are fitted; after the first, candidates that are probably missing objects lose
weight as examples of none (docs/method.md, sections 11 and 15)."""

MAX_LEAF_NODES = 8
"""Of each tree (docs/method.md, section 11)."""

INVERSE_REGULARIZATION = 0.3
"""`C` of the logistic regression: that of the probe with features that are not oriented, as these
(docs/method.md, section 4)."""

MAX_EXAMPLES = 60_000
"""Examples of all scenes together, at most."""

FeaturesOf: TypeAlias = Callable[[Candidates, Labels, Bools], Mapping[str, Floats]]
"""Features of candidates by name, (m,) each, as if only some of the labels were there."""


@dataclass(frozen=True)
class TrainingScenes:
    """Candidates in scenes, and where a person looked, as examples to learn from."""

    features: Floats  # (n, f)
    is_missing: Bools  # (n,) whether it is an object without a label
    weight: Floats  # (n,)
    group: Ints  # (n,) of the image
    candidate: Ints  # (n,) row in the candidates; MISSING where a person looked

    def rows(self, which: Selection) -> TrainingScenes:
        """The rows in `which`: a mask or row numbers."""
        return TrainingScenes(*(values[which] for values in vars(self).values()))


def probability_missing(
    candidates: Candidates,
    labels: Labels,
    group: Ints,
    human_labels: HumanMissingLabels,
    *,
    seed: int,
) -> Floats:
    """The probability that each candidate is an object without a label, (m,).

    NaN where a label explains it, or nothing can be learnt.

    Parameters
    ----------
    candidates:
        the candidates.
    labels:
        of the dataset.
    group:
        (images,) the group of each image: its candidates are judged by models fitted without it.
    human_labels:
        what people said of places.
    seed:
        of the choice of labels that are left out.
    """
    everything = np.ones(len(labels), bool)
    features = feature_matrix(candidate_features(candidates, labels, everything))
    candidate_group = group[candidates.predictions.image]
    scenes = training_scenes(candidates, labels, candidate_group, seed, candidate_features)
    scenes = _concatenated(
        [scenes, *_human_examples(candidates, features, candidate_group, human_labels)]
    )
    bin_edges = BinEdges.of(scenes.features)
    binned = bin_edges.binned(scenes.features)
    possible = unexplained(candidates, labels)
    # Until the last round, only candidates that are examples themselves are judged.
    examples = np.isin(np.arange(len(candidates)), scenes.candidate)
    probability = np.full(len(candidates), np.nan)
    for judged in [*[possible & examples] * (ROUNDS - 1), possible]:
        rows = np.flatnonzero(judged)
        training = _reweighted(scenes, probability)
        probability[rows] = _predict(
            bin_edges.binned(features[rows]), candidate_group[rows], binned, training
        )
    return probability


def _predict(
    features: BinnedFeatures, group: Ints, binned: BinnedFeatures, scenes: TrainingScenes
) -> Floats:
    """The probability of candidates with these features, (m,), by models without their group.

    `features` is (m, f), `binned` the features of `scenes`.
    """
    probability = np.full(len(features), np.nan)
    for here in np.unique(group):
        others = np.flatnonzero(scenes.group != here)
        training = scenes.rows(others)
        if min(training.is_missing.sum(), (~training.is_missing).sum()) >= MIN_EXAMPLES:
            rows = np.flatnonzero(group == here)
            model = _fit(binned.rows(others), training)
            probability[rows] = prior_corrected(model(features.rows(rows)))
    return probability


def _reweighted(scenes: TrainingScenes, probability: Floats) -> TrainingScenes:
    """Scenes in which a candidate without a label weighs less, the more probably it is missing.

    A missing object is among the examples of none, and looks like a label that was left out.
    """
    doubtful = ~scenes.is_missing & (scenes.candidate != MISSING)
    known = np.nan_to_num(probability)[scenes.candidate]
    return replace(scenes, weight=np.where(doubtful, sample_weight(known), scenes.weight))


def prior_corrected(probability: Floats) -> Floats:
    """Probabilities learnt with as many labels missing as `left_out` takes, were it `PRIOR`.

    Bayes' rule on the odds; how often candidates are no object stays what it is.

    >>> prior_corrected(np.array([0.5])).round(3)
    array([0.208])
    """
    gone = 1 - (1 - LEFT_OUT_LABELS) * (1 - LEFT_OUT_CLASSES)
    ratio = (PRIOR / (1 - PRIOR)) / (gone / (1 - gone))
    scaled: Floats = probability * ratio
    return scaled / (scaled + (1 - probability))


def left_out(labels: Labels, rng: np.random.Generator) -> Bools:
    """Which labels are left out of a scene, (n,): some one by one, some classes of an image whole.

    Whoever leaves out an object may leave out all of its kind there: without the
    latter, an image with hardly any label looked like one in which there is nothing to see.
    """
    # One number for each class of each image.
    pair = labels.image.astype(np.int64) * (2 + labels.label.max(initial=0)) + labels.label
    number = np.unique(pair, return_inverse=True)[1]
    whole = rng.random(number.max(initial=-1) + 1) < LEFT_OUT_CLASSES
    gone: Bools = whole[number] | (rng.random(len(labels)) < LEFT_OUT_LABELS)
    return gone


def training_scenes(
    candidates: Candidates, labels: Labels, group: Ints, seed: int, features_of: FeaturesOf
) -> TrainingScenes:
    """The candidates of `SCENE_COUNT` scenes that have no label there, as examples.

    Parameters
    ----------
    candidates:
        m of them.
    labels:
        of the dataset.
    group:
        (m,) of the image of each candidate.
    seed:
        of the choice of labels that are left out, and of examples where there are too many.
    features_of:
        what is learnt from.
    """
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(SCENE_COUNT):
        kept = ~left_out(labels, rng)
        gone = candidates.box_overlaps.rows(~kept[candidates.box_overlaps.other])
        is_missing = max_by_row(gone.one, gone.overlap, len(candidates)) >= SAME_PLACE_IOU
        rows = np.flatnonzero(unlabelled(candidates, kept))
        rows = np.sort(rng.permutation(rows)[: MAX_EXAMPLES // SCENE_COUNT])
        features = {
            name: values[rows] for name, values in features_of(candidates, labels, kept).items()
        }
        parts.append(
            TrainingScenes(
                feature_matrix(features), is_missing[rows], np.ones(len(rows)), group[rows], rows
            )
        )
    return _concatenated(parts)


def _human_examples(
    candidates: Candidates, features: Floats, group: Ints, human_labels: HumanMissingLabels
) -> list[TrainingScenes]:
    """The candidates that people looked at, once for each verdict."""
    predictions = candidates.predictions
    box_overlaps = matches(
        predictions.image,
        predictions.xyxy,
        human_labels.image,
        human_labels.xyxy,
        min_overlap=SAME_PLACE_IOU,
    )
    if not len(box_overlaps):
        return []
    weight = np.full(len(box_overlaps), HUMAN_WEIGHT)
    no_candidate = np.full(len(box_overlaps), MISSING)
    return [
        TrainingScenes(
            features[box_overlaps.one],
            human_labels.is_missing[box_overlaps.other],
            weight,
            group[box_overlaps.one],
            no_candidate,
        )
    ]


def _concatenated(parts: list[TrainingScenes]) -> TrainingScenes:
    return TrainingScenes(
        *(
            np.concatenate(values)
            for values in zip(*(vars(part).values() for part in parts), strict=True)
        )
    )


def _fit(features: BinnedFeatures, training: TrainingScenes) -> PredictProba:
    """The mean of a logistic regression and of gradient boosting, from a training set."""
    logistic = logistic_regression(
        features,
        training.is_missing,
        training.weight,
        inverse_regularization=INVERSE_REGULARIZATION,
    )
    either = [0] * features.values.shape[1]
    trees = gradient_boosting(
        features, training.is_missing, training.weight, either, max_leaf_nodes=MAX_LEAF_NODES
    )

    def probability(unseen: BinnedFeatures) -> Floats:
        mean: Floats = (logistic(unseen) + trees(unseen)) / 2
        return mean

    return probability
