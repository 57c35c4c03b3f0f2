"""Features combined into the probability of each error, learnt from synthetic errors.

For each error one binary model against labels as they stand: the geometric mean of a logistic
regression and of gradient boosting that may only raise a probability with a feature
(docs/method.md, sections 6 to 8). Labels of an image are judged by models that were fitted without
its group of images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from labelaudit.auditing.label_issues import ErrorCount
from labelaudit.core.columns import Bools, Floats, Ints, Selection
from labelaudit.label_errors.estimators import (
    BinEdges,
    BinnedFeatures,
    PredictProba,
    fit,
)

GROUPS = 5
"""Parts of the images, for cross-validation of these models as by scikit-learn's `GroupKFold`; not
the folds of the detector (docs/method.md, section 7)."""

MIN_EXAMPLES = 5
"""Synthetic errors of a kind, below which no model of it is fitted: its probability is 0."""

MAX_EXAMPLES = 15_000
"""Labels as they stand that one model is fitted with: more make it slower and hardly better."""

HUMAN_WEIGHT = 6.0
"""Weight of a label that a person judged, against 1 of one that nobody looked at (docs/method.md,
section 12)."""

MIN_CORRECT = 0.02
"""Least probability to be right by which a label is weighed: however bad labels look, examples of
right ones are left in every group (docs/method.md, section 6)."""

FIRST_PRIOR = 0.05
"""Part of all labels that is expected to have each error in the first round."""

MIN_PRIOR, MAX_PRIOR = 0.01, 0.12
"""Bounds of the later priors. Where a model is weak it takes right labels for errors, and where it
sees no error there are some (docs/method.md, section 6)."""

BOUND_FACTOR = 2.0
"""By how much more frequent an error may be than `estimate_prior` says: errors that are planted in
another way than synthetic ones are up to 1.74 times as frequent ("strong, whole, noise A",
spurious, benchmarks/results/given.json)."""

EPSILON = 1e-9
"""Probabilities are nearer to 1 than this only by rounding."""

CLEAR_ERROR_QUANTILE = 2 / 3
"""Quantile of synthetic errors, by likelihood ratio, at which features are those of no right label;
see `estimate_prior` and docs/method.md, section 6."""


@dataclass(frozen=True)
class TrainingSet:
    """Features to learn from: of labels as they stand, or of synthetic errors of one kind."""

    features: Floats  # (n, f)
    group: Ints  # (n,) of the image, 0 to `GROUPS` - 1

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class _BinnedSet:
    """Examples whose features are in bins, too."""

    features: BinnedFeatures  # (n, f)
    group: Ints  # (n,)

    def __len__(self) -> int:
        return len(self.group)

    def rows(self, which: Selection) -> _BinnedSet:
        """The rows in `which`: a mask or row numbers."""
        return _BinnedSet(self.features.rows(which), self.group[which])


@dataclass(frozen=True)
class HumanVerdicts:
    """What a person said of labels as they stand."""

    right: Bools  # (n,)
    wrong: Mapping[str, Bools] = field(default_factory=dict)  # (n,) by error: labels that have it

    @classmethod
    def nothing(cls, count: int) -> HumanVerdicts:
        """Of so many labels of which nobody said anything."""
        return cls(np.zeros(count, bool))

    @property
    def any_wrong(self) -> Bools:
        """Which labels have an error of any kind, (n,)."""
        anything: Bools = np.zeros(len(self.right), bool)
        for wrong in self.wrong.values():
            anything |= wrong
        return anything

    def rows(self, which: Selection) -> HumanVerdicts:
        """The rows in `which`: a mask or row numbers."""
        return HumanVerdicts(
            self.right[which], {error: rows[which] for error, rows in self.wrong.items()}
        )


@dataclass(frozen=True)
class LabelProbabilities:
    """What is made of labels as they stand, by error."""

    probability: Mapping[str, Floats] = field(default_factory=dict)  # (n,) that a label has it
    # the part of all labels that has it at most; NaN where the estimate is at `MAX_PRIOR`
    max_share: Mapping[str, float] = field(default_factory=dict)
    # how many labels have it, where probabilities are tied to a sample that a person judged
    counts: Mapping[str, ErrorCount] = field(default_factory=dict)


def image_groups(image_count: int, seed: int) -> Ints:
    """A random group for each image, (images,): equally many in each, but for the rest."""
    group: Ints = np.random.default_rng(seed).permutation(image_count) % GROUPS
    return group


def probability_of_any(probabilities: Mapping[str, Floats], count: int) -> Floats:
    """The probability of at least one of several errors, (count,), taken for independent."""
    none = np.ones(count)
    for probability in probabilities.values():
        none *= 1 - probability
    return 1 - none


@dataclass(frozen=True)
class _TrainingRound:
    """What the models of one round learn from."""

    given: _BinnedSet  # labels as they stand
    weight: Floats  # (n,) how much each of `given` counts as right
    human_verdicts: HumanVerdicts  # of `given`
    wrong: Mapping[str, _BinnedSet]  # synthetic errors, by error
    prior: Mapping[str, float]  # by error: the part of all labels that is expected to have it
    monotonic_cst: Sequence[int]  # (f,)
    unread: Mapping[str, Sequence[int]]  # by error: columns that its models do not read

    @property
    def right_weight(self) -> Floats:
        """The weight of each of `given` as an example of a right label, (n,)."""
        weight = np.where(self.human_verdicts.right, HUMAN_WEIGHT, self.weight)
        return np.where(self.human_verdicts.any_wrong, 0.0, weight)

    def likelihood_ratio(self, error: str, probability: Floats) -> Floats:
        """How much more frequent features are in an error than in labels as they stand, (n,).

        From the probability that a model fitted with these priors gives for them: Bayes' rule.
        """
        odds = probability / np.maximum(1 - probability, EPSILON)
        likelihood_ratio: Floats = odds * (1 - sum(self.prior.values())) / self.prior[error]
        return likelihood_ratio


def fit_predict(
    given: TrainingSet,
    wrong: Mapping[str, TrainingSet],
    monotonic_cst: Sequence[int],
    human_verdicts: HumanVerdicts,
    *,
    rounds: int,
    seed: int,
    self_training: bool,
    unread: Mapping[str, Sequence[int]] | None = None,
) -> LabelProbabilities:
    """The probability of each error in each label as it stands.

    Labels as they stand are the examples of right ones although some are wrong. So a first round
    estimates how many (`estimate_prior`), and after it labels weigh less the more probably they
    are wrong (`self_training`). The result is the geometric mean of the last two rounds after the
    first: where errors are few, later rounds rank worse, since right labels that are hard lose
    weight, too; where they are many, earlier ones find too few (docs/method.md, section 6).

    Parameters
    ----------
    given:
        labels as they stand.
    wrong:
        synthetic errors, by error.
    monotonic_cst:
        (f,) of each feature: 1 if larger means more wrong, 0 if it is not oriented.
    human_verdicts:
        what people said of `given`; they are taken for true.
    rounds:
        how often models are fitted, at least 2.
    seed:
        of the choice of labels that models are fitted with, if they are many.
    self_training:
        whether labels that look wrong lose weight. Without it all weigh the same, no error has a
        higher prior than `FIRST_PRIOR`, and two rounds are enough: so labels are judged by
        detectors that were not trained on them, whose misses would be taken for errors
        (docs/method.md, section 8).
    unread:
        by error: columns that its models do not read; none where there is no entry.

    Raises
    ------
    ValueError
        if `rounds` is below 2: the first round only estimates priors.
    """
    if rounds < 2:
        raise ValueError(
            f"rounds must be 2 or more, found {rounds}: the first only estimates priors"
        )
    fitted_rows = np.sort(np.random.default_rng(seed).permutation(len(given))[:MAX_EXAMPLES])
    errors = {error: examples for error, examples in wrong.items() if len(examples) >= MIN_EXAMPLES}
    bin_edges = BinEdges.of(
        np.concatenate(
            [given.features[fitted_rows], *(examples.features for examples in errors.values())]
        )
    )
    labels = _binned(given, bin_edges)
    training = _with_estimated_priors(
        _TrainingRound(
            given=labels.rows(fitted_rows),
            weight=np.ones(len(fitted_rows)),
            human_verdicts=human_verdicts.rows(fitted_rows),
            wrong={error: _binned(examples, bin_edges) for error, examples in errors.items()},
            prior=dict.fromkeys(errors, FIRST_PRIOR),
            monotonic_cst=monotonic_cst,
            unread=unread or {},
        )
    )
    max_share = {
        error: BOUND_FACTOR * prior if prior < MAX_PRIOR else np.nan
        for error, prior in training.prior.items()
    }
    if not self_training:
        training = _without_self_training(training)
    before = found = _predict(labels, _fit_all(training))
    for _ in range(rounds - 2 if self_training else 0):
        training = replace(
            training, weight=sample_weight(probability_of_any(found, len(given))[fitted_rows])
        )
        before, found = found, _predict(labels, _fit_all(training))
    probability = {error: np.sqrt(before[error] * found[error]) for error in found}
    return LabelProbabilities(with_human_verdicts(probability, human_verdicts), max_share)


def _binned(examples: TrainingSet, bin_edges: BinEdges) -> _BinnedSet:
    return _BinnedSet(bin_edges.binned(examples.features), examples.group)


def _with_estimated_priors(training: _TrainingRound) -> _TrainingRound:
    """The training data of the second round: priors and weights are those of the first models."""
    prior, found = {}, {}
    models = _fit_all(training)
    of_given = _predict(training.given, models)
    for error, errors in training.wrong.items():
        of_errors = _predict(errors, {error: models[error]})[error]
        prior[error] = estimate_prior(training.likelihood_ratio(error, of_errors))
        found[error] = np.minimum(
            prior[error] * training.likelihood_ratio(error, of_given[error]), 1
        )
    return replace(
        training, prior=prior, weight=sample_weight(probability_of_any(found, len(training.given)))
    )


def _without_self_training(training: _TrainingRound) -> _TrainingRound:
    """The training data of the second round with labels of equal weight, and careful priors.

    A weak detector on right labels has as high an estimate as a good one on wrong labels: it may
    lower what is expected of labels, and cannot raise it.
    """
    prior = {error: min(estimate, FIRST_PRIOR) for error, estimate in training.prior.items()}
    return replace(training, prior=prior, weight=np.ones(len(training.weight)))


def estimate_prior(likelihood_ratio: Floats) -> float:
    """The part of labels as they stand that probably has an error, within bounds: a class prior.

    Labels as they stand are right ones and, with share s, errors like the synthetic ones. So
    features that no right label has are 1/s times as frequent among the latter (Elkan and Noto,
    "Learning classifiers from only positive and unlabeled data", KDD 2008, section 2).

    Parameters
    ----------
    likelihood_ratio:
        (k,) of synthetic errors: how much more frequent their features are among them than among
        labels as they stand.
    """
    clear = float(np.quantile(likelihood_ratio, CLEAR_ERROR_QUANTILE))
    return float(np.clip(1 / max(clear, 1.0), MIN_PRIOR, MAX_PRIOR))


def sample_weight(probability: Floats) -> Floats:
    """How much a label counts as an example of a right one, (n,), by the probability of an error.

    >>> sample_weight(np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 0.25, 0.0004]
    """
    weight: Floats = np.clip(1 - probability, MIN_CORRECT, 1) ** 2
    return weight


def with_human_verdicts(
    found: Mapping[str, Floats], human_verdicts: HumanVerdicts
) -> dict[str, Floats]:
    """The probabilities, but for labels that a person judged: theirs are 0 and 1, (n,) by error."""
    known = human_verdicts.right | human_verdicts.any_wrong
    return {
        error: np.where(
            known, human_verdicts.wrong.get(error, np.zeros(len(known), bool)), probability
        )
        for error, probability in found.items()
    }


def _predict(
    examples: _BinnedSet, models: Mapping[str, Mapping[int, PredictProba]]
) -> dict[str, Floats]:
    """The probability of each error in each example, (n,), by models that saw no image of it."""
    found = {error: np.zeros(len(examples)) for error in models}
    for group in np.unique(examples.group).tolist():
        here = examples.group == group
        features = examples.features.rows(here)
        for error, probability in found.items():
            probability[here] = models[error][group](features)
    return found


def _fit_all(training: _TrainingRound) -> dict[str, dict[int, PredictProba]]:
    """By error and group, a model that was fitted without the images of that group."""
    return {
        error: {group: _fit_one(training, error, group) for group in range(GROUPS)}
        for error in training.wrong
    }


def _fit_one(training: _TrainingRound, error: str, group: int) -> PredictProba:
    """A model of one error, fitted without one group of images.

    Weights of wrong examples add up to the prior of the error and those of right ones to what all
    priors leave, so that probabilities need no calibration (docs/method.md, section 8).
    """
    others = training.given.group != group
    errors = training.wrong[error].rows(training.wrong[error].group != group)
    judged = training.human_verdicts.wrong.get(error, np.zeros(len(others), bool)) & others
    if not len(errors) or not training.right_weight[others].any():
        return _predict_zero
    given = training.given.features
    features = BinnedFeatures.concat([given.rows(others), errors.features, given.rows(judged)])
    right = training.right_weight[others]
    wrong = np.append(np.ones(len(errors)), np.full(judged.sum(), HUMAN_WEIGHT))
    prior = training.prior[error]
    rest = 1 - sum(training.prior.values())
    weight = np.concatenate([right * rest / right.sum(), wrong * prior / wrong.sum()])
    is_wrong = np.repeat([False, True], [len(right), len(wrong)])
    weight *= len(weight) / weight.sum()
    read = np.setdiff1d(np.arange(features.values.shape[1]), training.unread.get(error, ()))
    directions = [training.monotonic_cst[column] for column in read.tolist()]
    model = fit(features.columns(read), is_wrong, weight, directions)
    return lambda unseen: model(unseen.columns(read))


def _predict_zero(features: BinnedFeatures) -> Floats:
    """The answer where there is nothing to learn from."""
    return np.zeros(len(features))
