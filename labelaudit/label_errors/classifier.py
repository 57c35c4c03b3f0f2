"""Features combined into the probability of each error, learnt from errors that were made up.

For each error one binary model against labels as they stand: the geometric mean of a logistic
regression and of gradient boosting that may only raise a probability with a feature
(docs/method.md, sections 6 to 8). Labels of an image are judged by models that were fitted without
its group of images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints, Selection
from labelaudit.label_errors.gbm import BinEdges, BinnedFeatures, Model, boosted, regressed

GROUPS = 5
"""Parts of the images, for cross-validation of these models; not the folds of the detector."""

MIN_EXAMPLES = 5
"""Wrong labels of a kind without which no model of it is fitted: its probability is 0."""

MAX_EXAMPLES = 15_000
"""Labels as they stand that one model is fitted with: more make it slower and hardly better."""

LEAVES = 6
"""Of a tree."""

HUMAN_WEIGHT = 6.0
"""Weight of a label that a person judged, against 1 of one that nobody looked at."""

PRIOR = 0.05
"""Part of all labels that is expected to have each error before they are counted."""

MIN_PREVALENCE, MAX_PREVALENCE = 0.01, 0.12
"""Between these an estimate is used. Where a model is weak it counts errors that are none, and
where it sees none there are some."""

EPSILON = 1e-9
"""Probabilities are nearer to 1 than this only by rounding."""

CLEAR_ERROR = 2 / 3
"""The place, among errors that were made up, of one whose features no right label has; see
`estimate_prevalence` and docs/method.md, section 6."""


@dataclass(frozen=True)
class TrainingSet:
    """Features to learn from: of labels as they stand, or of one kind of wrong ones."""

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


def groups(images: int, seed: int) -> Ints:
    """The group of each image, (images,): equally many in each, but for the rest."""
    group: Ints = np.random.default_rng(seed).permutation(images) % GROUPS
    return group


def any_of(probabilities: Mapping[str, Floats], count: int) -> Floats:
    """The probability of at least one of several errors, as if they did not know of each other."""
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
    wrong: Mapping[str, _BinnedSet]  # wrong labels that were made up, by error
    prior: Mapping[str, float]  # by error: the part of all labels that is expected to have it
    directions: Sequence[int]  # (f,)

    @property
    def right(self) -> Floats:
        """The weight of each of `given` as an example of a right label, (n,)."""
        weight = np.where(self.human_verdicts.right, HUMAN_WEIGHT, self.weight)
        return np.where(self.human_verdicts.any_wrong, 0.0, weight)

    def ratio(self, error: str, probability: Floats) -> Floats:
        """How much more frequent its features are in an error than in `given`, (n,), as fitted."""
        odds = probability / np.maximum(1 - probability, EPSILON)
        ratio: Floats = odds * (1 - sum(self.prior.values())) / self.prior[error]
        return ratio


def fit_predict(
    given: TrainingSet,
    wrong: Mapping[str, TrainingSet],
    directions: Sequence[int],
    human_verdicts: HumanVerdicts,
    *,
    rounds: int,
    seed: int,
) -> dict[str, Floats]:
    """The probability of each error in each label as it stands, by error: (n,).

    Labels as they stand are the examples of right ones although some are wrong. So a first round
    counts the errors (`estimate_prevalence`), and after it labels weigh less the more probably they
    are wrong. The result is the geometric mean of the last two rounds: where errors are few, later
    rounds rank worse, since right labels that are hard lose weight, too; where they are many,
    earlier ones find too few.

    Parameters
    ----------
    given:
        labels as they stand.
    wrong:
        wrong labels that were made up, by error.
    directions:
        (f,) of each feature: 1 if larger means more wrong, 0 if it may be either.
    human_verdicts:
        what people said of `given`; they are taken for true.
    rounds:
        how often models are fitted, at least 2.
    seed:
        of the choice of labels that models are fitted with, if they are many.
    """
    fitted_rows = np.sort(np.random.default_rng(seed).permutation(len(given))[:MAX_EXAMPLES])
    errors = {error: examples for error, examples in wrong.items() if len(examples) >= MIN_EXAMPLES}
    bin_edges = BinEdges.of(
        np.concatenate(
            [given.features[fitted_rows], *(examples.features for examples in errors.values())]
        )
    )
    labels = _binned(given, bin_edges)
    training = _with_prevalence(
        _TrainingRound(
            given=labels.rows(fitted_rows),
            weight=np.ones(len(fitted_rows)),
            human_verdicts=human_verdicts.rows(fitted_rows),
            wrong={error: _binned(examples, bin_edges) for error, examples in errors.items()},
            prior=dict.fromkeys(errors, PRIOR),
            directions=directions,
        )
    )
    before = found = _predict(labels, _fit_all(training))
    for _ in range(rounds - 2):
        training = replace(training, weight=sample_weight(any_of(found, len(given))[fitted_rows]))
        before, found = found, _predict(labels, _fit_all(training))
    return _with_human_verdicts(
        {error: np.sqrt(before[error] * found[error]) for error in found}, human_verdicts
    )


def _binned(examples: TrainingSet, bin_edges: BinEdges) -> _BinnedSet:
    return _BinnedSet(bin_edges.binned(examples.features), examples.group)


def _with_prevalence(training: _TrainingRound) -> _TrainingRound:
    """The training data of the second round: errors are counted, and probable ones weigh less."""
    prior, found = {}, {}
    models = _fit_all(training)
    of_given = _predict(training.given, models)
    for error, errors in training.wrong.items():
        of_errors = _predict(errors, {error: models[error]})[error]
        prior[error] = estimate_prevalence(training.ratio(error, of_errors))
        found[error] = np.minimum(prior[error] * training.ratio(error, of_given[error]), 1)
    return replace(training, prior=prior, weight=sample_weight(any_of(found, len(training.given))))


def estimate_prevalence(ratio: Floats) -> float:
    """The part of labels as they stand that probably has an error, within bounds.

    Labels as they stand are right ones and, with share s, errors like those that were made up. So
    features that no right label has is 1/s times as frequent among the latter (Elkan and Noto,
    "Learning classifiers from only positive and unlabeled data", KDD 2008, section 2).

    Parameters
    ----------
    ratio:
        (k,) of wrong labels that were made up: how much more frequent their features are among them
        than among labels as they stand.
    """
    pure = float(np.quantile(ratio, CLEAR_ERROR))
    return float(np.clip(1 / max(pure, 1.0), MIN_PREVALENCE, MAX_PREVALENCE))


def sample_weight(probability: Floats) -> Floats:
    """How much a label counts as an example of a right one, (n,), by the probability of an error.

    >>> sample_weight(np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 0.25, 0.0004]
    """
    weight: Floats = np.clip(1 - probability, 0.02, 1) ** 2
    return weight


def _with_human_verdicts(
    found: dict[str, Floats], human_verdicts: HumanVerdicts
) -> dict[str, Floats]:
    """The probabilities, but for labels that a person judged: theirs are 0 and 1."""
    known = human_verdicts.right | human_verdicts.any_wrong
    return {
        error: np.where(
            known, human_verdicts.wrong.get(error, np.zeros(len(known), bool)), probability
        )
        for error, probability in found.items()
    }


def _predict(examples: _BinnedSet, models: Mapping[str, Mapping[int, Model]]) -> dict[str, Floats]:
    """The probability of each error in each example, (n,), by models that saw no image of it."""
    found = {error: np.zeros(len(examples)) for error in models}
    for group in np.unique(examples.group).tolist():
        here = examples.group == group
        features = examples.features.rows(here)
        for error, probability in found.items():
            probability[here] = models[error][group](features)
    return found


def _fit_all(training: _TrainingRound) -> dict[str, dict[int, Model]]:
    """By error and group, a model that was fitted without the images of that group."""
    return {
        error: {group: _fit_one(training, error, group) for group in range(GROUPS)}
        for error in training.wrong
    }


def _fit_one(training: _TrainingRound, error: str, group: int) -> Model:
    """A model of one error, fitted without one group of images."""
    others = training.given.group != group
    errors = training.wrong[error].rows(training.wrong[error].group != group)
    judged = training.human_verdicts.wrong.get(error, np.zeros(len(others), bool)) & others
    if not len(errors) or not training.right[others].any():
        return _predict_zero
    given = training.given.features
    features = BinnedFeatures.concat([given.rows(others), errors.features, given.rows(judged)])
    right, wrong = (
        training.right[others],
        np.append(np.ones(len(errors)), np.full(judged.sum(), HUMAN_WEIGHT)),
    )
    prior = training.prior[error]
    rest = 1 - sum(training.prior.values())
    weight = np.concatenate([right * rest / right.sum(), wrong * prior / wrong.sum()])
    is_wrong = np.repeat([False, True], [len(right), len(wrong)])
    return fit(features, is_wrong, weight * len(weight) / weight.sum(), training.directions)


def _predict_zero(features: BinnedFeatures) -> Floats:
    """The answer where there is nothing to learn from."""
    return np.zeros(len(features))


def fit(features: BinnedFeatures, wrong: Bools, weight: Floats, directions: Sequence[int]) -> Model:
    """A model of the probability that an example is wrong.

    Parameters
    ----------
    features:
        (n, f) of the examples.
    wrong:
        (n,) which are wrong.
    weight:
        (n,) of each example, about 1 on average.
    directions:
        (f,) 1: the probability may only rise with the feature; 0: as it likes.
    """
    line = regressed(features, wrong, weight, freedom=0.05)
    trees = boosted(features, wrong, weight, directions, leaves=LEAVES)

    def probability(unseen: BinnedFeatures) -> Floats:
        mean: Floats = np.sqrt(line(unseen) * trees(unseen))
        return mean

    return probability
