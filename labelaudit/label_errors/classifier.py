"""Evidence combined into the probability of each error, learnt from errors that were made up.

For each error one binary model against labels as they stand: the geometric mean of a logistic
regression and of gradient boosting that may only raise a probability with evidence (DISAGREEMENT,
5.9). Labels of an image are judged by models that were fitted without its group of images.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from labelaudit.core.columns import Bools, Floats, Ints, Selection
from labelaudit.label_errors.gbm import Columns, Cuts, Model, boosted, regressed

GROUPS = 5

LEAST = 5
"""Wrong labels of a kind without which no model of it is fitted: its probability is 0."""

MOST = 15_000
"""Labels as they stand that one model is fitted with: more make it slower and hardly better."""

LEAVES = 6
"""Of a tree. With eight, errors rank the same (average precision within .001, with sixty trees) and
take longer."""

TOLD = 6.0
"""Weight of a label that a person judged, against 1 of one that nobody looked at."""

PRIOR = 0.05
"""Part of all labels that is expected to have each error before they are counted."""

FEWEST, MOST_OFTEN = 0.01, 0.12
"""Between these a count is believed. Where a model is weak it counts errors that are none, and
where it sees none there are some."""

SURE = 1e-9
"""Probabilities are nearer to 1 than this only by rounding."""

PURE = 2 / 3
"""The place, among errors that were made up, of one whose evidence no right label has; see
`estimate_prevalence`. Half to three quarters of them count about right with noise of 2 and of
10 %."""


@dataclass(frozen=True)
class TrainingSet:
    """Evidence to learn from: of labels as they stand, or of one kind of wrong ones."""

    columns: Floats  # (n, f)
    group: Ints  # (n,) of the image, 0 to `GROUPS` - 1

    def __len__(self) -> int:
        return len(self.group)


@dataclass(frozen=True)
class _Cut:
    """Examples whose columns are in bins, too."""

    columns: Columns  # (n, f)
    group: Ints  # (n,)

    def __len__(self) -> int:
        return len(self.group)

    def rows(self, which: Selection) -> _Cut:
        """The rows in `which`: a mask or row numbers."""
        return _Cut(self.columns.rows(which), self.group[which])


@dataclass(frozen=True)
class HumanSaid:
    """What a person said of labels as they stand."""

    right: Bools  # (n,)
    wrong: Mapping[str, Bools] = field(default_factory=dict)  # by error: (n,)

    @property
    def any_wrong(self) -> Bools:
        """Which labels have an error of any kind, (n,)."""
        anything: Bools = np.zeros(len(self.right), bool)
        for wrong in self.wrong.values():
            anything |= wrong
        return anything

    def rows(self, which: Selection) -> HumanSaid:
        """The rows in `which`: a mask or row numbers."""
        return HumanSaid(
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
class _Lesson:
    """What the models of one round learn from."""

    given: _Cut  # labels as they stand
    weight: Floats  # (n,) how much each of `given` counts as right
    told: HumanSaid  # of `given`
    wrong: Mapping[str, _Cut]  # wrong labels that were made up, by error
    share: Mapping[str, float]  # by error: the part of all labels that is expected to have it
    directions: Sequence[int]  # (f,)

    @property
    def right(self) -> Floats:
        """The weight of each of `given` as an example of a right label, (n,)."""
        weight = np.where(self.told.right, TOLD, self.weight)
        return np.where(self.told.any_wrong, 0.0, weight)

    def ratio(self, error: str, probability: Floats) -> Floats:
        """How much more frequent evidence is in an error than in `given`, (n,), as fitted."""
        odds = probability / np.maximum(1 - probability, SURE)
        ratio: Floats = odds * (1 - sum(self.share.values())) / self.share[error]
        return ratio


def fit_predict(
    given: TrainingSet,
    wrong: Mapping[str, TrainingSet],
    directions: Sequence[int],
    told: HumanSaid,
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
        (f,) of each column of evidence: 1 if larger means more wrong, 0 if it may be either.
    told:
        what people said of `given`; they are believed.
    rounds:
        how often models are fitted, at least 2.
    seed:
        of the choice of labels that models are fitted with, if they are many.
    """
    taught = np.sort(np.random.default_rng(seed).permutation(len(given))[:MOST])
    made = {error: examples for error, examples in wrong.items() if len(examples) >= LEAST}
    cuts = Cuts.of(
        np.concatenate([given.columns[taught], *(examples.columns for examples in made.values())])
    )
    labels = _cut(given, cuts)
    lesson = _after_counting(
        _Lesson(
            given=labels.rows(taught),
            weight=np.ones(len(taught)),
            told=told.rows(taught),
            wrong={error: _cut(examples, cuts) for error, examples in made.items()},
            share=dict.fromkeys(made, PRIOR),
            directions=directions,
        )
    )
    before = found = _judged(labels, _models(lesson))
    for _ in range(rounds - 2):
        lesson = replace(lesson, weight=sample_weight(any_of(found, len(given))[taught]))
        before, found = found, _judged(labels, _models(lesson))
    return _believed({error: np.sqrt(before[error] * found[error]) for error in found}, told)


def _cut(examples: TrainingSet, cuts: Cuts) -> _Cut:
    return _Cut(cuts.columns(examples.columns), examples.group)


def _after_counting(lesson: _Lesson) -> _Lesson:
    """The lesson of the second round: errors are counted, and probable ones weigh less."""
    share, found = {}, {}
    models = _models(lesson)
    judged = _judged(lesson.given, models)
    for error, made in lesson.wrong.items():
        planted = _judged(made, {error: models[error]})[error]
        share[error] = estimate_prevalence(lesson.ratio(error, planted))
        found[error] = np.minimum(share[error] * lesson.ratio(error, judged[error]), 1)
    return replace(lesson, share=share, weight=sample_weight(any_of(found, len(lesson.given))))


def estimate_prevalence(ratio: Floats) -> float:
    """The part of labels as they stand that probably has an error, within bounds.

    Labels as they stand are right ones and, with share s, errors like those that were made up. So
    evidence that no right label has is 1/s times as frequent among the latter (Elkan and Noto,
    "Learning classifiers from only positive and unlabeled data", KDD 2008, section 2).

    Parameters
    ----------
    ratio:
        (k,) of wrong labels that were made up: how much more frequent their evidence is among them
        than among labels as they stand.
    """
    pure = float(np.quantile(ratio, PURE))
    return float(np.clip(1 / max(pure, 1.0), FEWEST, MOST_OFTEN))


def sample_weight(probability: Floats) -> Floats:
    """How much a label counts as an example of a right one, (n,), by the probability of an error.

    >>> sample_weight(np.array([0.0, 0.5, 1.0])).tolist()
    [1.0, 0.25, 0.0004]
    """
    weight: Floats = np.clip(1 - probability, 0.02, 1) ** 2
    return weight


def _believed(found: dict[str, Floats], told: HumanSaid) -> dict[str, Floats]:
    """The probabilities, but for labels that a person judged: theirs are 0 and 1."""
    known = told.right | told.any_wrong
    return {
        error: np.where(known, told.wrong.get(error, np.zeros(len(known), bool)), probability)
        for error, probability in found.items()
    }


def _judged(examples: _Cut, models: Mapping[str, Mapping[int, Model]]) -> dict[str, Floats]:
    """The probability of each error in each example, (n,), by models that saw no image of it."""
    found = {error: np.zeros(len(examples)) for error in models}
    for group in np.unique(examples.group).tolist():
        here = examples.group == group
        columns = examples.columns.rows(here)
        for error, probability in found.items():
            probability[here] = models[error][group](columns)
    return found


def _models(lesson: _Lesson) -> dict[str, dict[int, Model]]:
    """By error and group, a model that was fitted without the images of that group."""
    return {
        error: {group: _model(lesson, error, group) for group in range(GROUPS)}
        for error in lesson.wrong
    }


def _model(lesson: _Lesson, error: str, group: int) -> Model:
    """A model of one error, fitted without one group of images."""
    others = lesson.given.group != group
    made = lesson.wrong[error].rows(lesson.wrong[error].group != group)
    seen = lesson.told.wrong.get(error, np.zeros(len(others), bool)) & others
    if not len(made) or not lesson.right[others].any():
        return _never
    given = lesson.given.columns
    columns = Columns.concat([given.rows(others), made.columns, given.rows(seen)])
    right, wrong = lesson.right[others], np.append(np.ones(len(made)), np.full(seen.sum(), TOLD))
    share = lesson.share[error]
    rest = 1 - sum(lesson.share.values())
    weight = np.concatenate([right * rest / right.sum(), wrong * share / wrong.sum()])
    is_wrong = np.repeat([False, True], [len(right), len(wrong)])
    return fit(columns, is_wrong, weight * len(weight) / weight.sum(), lesson.directions)


def _never(columns: Columns) -> Floats:
    """The answer where there is nothing to learn from."""
    return np.zeros(len(columns))


def fit(columns: Columns, wrong: Bools, weight: Floats, directions: Sequence[int]) -> Model:
    """A model of the probability that an example is wrong, from weighted examples."""
    line = regressed(columns, wrong, weight, freedom=0.05)
    trees = boosted(columns, wrong, weight, directions, leaves=LEAVES)

    def probability(unseen: Columns) -> Floats:
        mean: Floats = np.sqrt(line(unseen) * trees(unseen))
        return mean

    return probability
