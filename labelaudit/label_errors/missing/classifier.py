"""How probable it is that an object was forgotten, learnt from labels that are left out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from labelaudit.boxes.overlaps import max_by_row, overlaps
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Selection
from labelaudit.label_errors.classifier import LEAST, TOLD, sample_weight
from labelaudit.label_errors.features import matrix
from labelaudit.label_errors.gbm import Columns, Cuts, Model, boosted, regressed
from labelaudit.label_errors.human_labels import HumanMissingLabels
from labelaudit.label_errors.labels import Labels
from labelaudit.label_errors.missing.candidates import FREE, Candidates, evidence, free, unexplained

LEFT_OUT = 0.15
"""Part of the labels that is left out to learn from, each on its own."""

LEFT_OUT_WHOLE = 0.02
"""Part of the images, of those with a class, in which all labels of the class are left out.

Of 15 images of BCCD in which nobody marked a red cell, 10 have a place for one at .5 or more; with
0 they were none, as an image of few labels looked like one of few objects. With .05 they are 12,
but these cells, which count as false alarms there, then come before many of those that were
removed: average precision .41 in place of .48 (noise A, seed 0). With 0, models fitted once had
.51.
"""

EXPECTED = 0.05
"""Part of all objects that is expected to have no label: what probabilities are corrected to."""

SCENES = 4
"""How often labels are left out, others every time. With two, average precision on digits (noise A)
is .949 in place of .966, on blood cells .476 in place of .483."""

ROUNDS = 2
"""How often models are fitted; after the first, places that probably have an object lose weight as
examples of places that have none. Average precision on digits (noise B) rose from .989 to .992 by
the second time."""

LEAVES = 8
"""Of a tree. With six, average precision on digits (noise A) is .967 in place of .973, with sixty
trees."""

MOST = 60_000
"""Examples that the model is fitted with."""


@dataclass(frozen=True)
class TrainingScenes:
    """Places to learn from: where labels were left out, and where a person looked."""

    columns: Floats  # (n, f)
    real: Bools  # (n,) there is an object without a label
    weight: Floats  # (n,)
    group: Ints  # (n,) of the image
    place: Ints  # (n,) row in the candidates; MISSING where a person looked

    def rows(self, which: Selection) -> TrainingScenes:
        """The rows in `which`: a mask or row numbers."""
        return TrainingScenes(*(values[which] for values in vars(self).values()))


def probability_missing(
    places: Candidates, labels: Labels, group: Ints, verdicts: HumanMissingLabels, *, seed: int
) -> Floats:
    """The probability that each place has an object that was forgotten, (m,).

    NaN where a label explains what was seen there, or nothing can be learnt.

    Parameters
    ----------
    places:
        the candidates.
    labels:
        of the dataset.
    group:
        (images,) the group of each image: its places are judged by models fitted without it.
    verdicts:
        what people said of places.
    seed:
        of the choice of labels that are left out.
    """
    everything = np.ones(len(labels), bool)
    columns = matrix(evidence(places, labels, everything))
    place_group = group[places.predictions.image]
    scenes = _scenes(places, labels, place_group, seed)
    scenes = _concatenated([scenes, *_told(places, columns, place_group, verdicts)])
    cuts = Cuts.of(scenes.columns)
    learned = cuts.columns(scenes.columns)
    unsaid = unexplained(places, labels)
    # Until the last round, only places that are examples themselves are asked about.
    examples = np.isin(np.arange(len(places)), scenes.place)
    probability = np.full(len(places), np.nan)
    for asked in [*[unsaid & examples] * (ROUNDS - 1), unsaid]:
        rows = np.flatnonzero(asked)
        lesson = _doubted(scenes, probability)
        probability[rows] = _judged(cuts.columns(columns[rows]), place_group[rows], learned, lesson)
    return probability


def _judged(columns: Columns, group: Ints, learned: Columns, scenes: TrainingScenes) -> Floats:
    """The probability at places with these columns (m, f), (m,), by models without their group.

    `learned` are the columns of the scenes.
    """
    probability = np.full(len(columns), np.nan)
    for here in np.unique(group):
        others = np.flatnonzero(scenes.group != here)
        lesson = scenes.rows(others)
        if min(lesson.real.sum(), (~lesson.real).sum()) >= LEAST:
            rows = np.flatnonzero(group == here)
            model = _fitted(learned.rows(others), lesson)
            probability[rows] = corrected(model(columns.rows(rows)))
    return probability


def _doubted(scenes: TrainingScenes, probability: Floats) -> TrainingScenes:
    """Scenes in which a place without a label counts less, the more probably it has an object.

    What people forgot is among the examples of nothing, and looks like what was left out.
    """
    doubtful = ~scenes.real & (scenes.place != MISSING)
    known = np.nan_to_num(probability)[scenes.place]
    return replace(scenes, weight=np.where(doubtful, sample_weight(known), scenes.weight))


def corrected(probability: Floats) -> Floats:
    """Probabilities learnt with as many labels missing as in `left_out`, were it `EXPECTED`.

    Bayes' rule on the odds; the rate at which places without an object occur stays what it is.

    >>> corrected(np.array([0.5])).round(3)
    array([0.208])
    """
    gone = 1 - (1 - LEFT_OUT) * (1 - LEFT_OUT_WHOLE)
    ratio = (EXPECTED / (1 - EXPECTED)) / (gone / (1 - gone))
    scaled: Floats = probability * ratio
    return scaled / (scaled + (1 - probability))


def left_out(labels: Labels, rng: np.random.Generator) -> Bools:
    """Which labels are left out of a scene, (n,): some one by one, some classes of an image whole.

    Whoever forgets an object may forget all of its kind there: without the latter, an image with
    hardly any label looked like one in which there is nothing to see.
    """
    pair = labels.image.astype(np.int64) * (2 + labels.label.max(initial=0)) + labels.label
    number = np.unique(pair, return_inverse=True)[1]
    whole = rng.random(number.max(initial=-1) + 1) < LEFT_OUT_WHOLE
    gone: Bools = whole[number] | (rng.random(len(labels)) < LEFT_OUT)
    return gone


def _scenes(places: Candidates, labels: Labels, group: Ints, seed: int) -> TrainingScenes:
    """What is seen where a label was left out, and elsewhere."""
    rng = np.random.default_rng(seed)
    parts = []
    for _ in range(SCENES):
        kept = ~left_out(labels, rng)
        gone = places.met.rows(~kept[places.met.other])
        real = max_by_row(gone.one, gone.overlap, len(places)) >= FREE
        rows = np.flatnonzero(free(places, kept))
        rows = np.sort(rng.permutation(rows)[: MOST // SCENES])
        shown = {name: values[rows] for name, values in evidence(places, labels, kept).items()}
        parts.append(
            TrainingScenes(matrix(shown), real[rows], np.ones(len(rows)), group[rows], rows)
        )
    return _concatenated(parts)


def _told(
    places: Candidates, columns: Floats, group: Ints, verdicts: HumanMissingLabels
) -> list[TrainingScenes]:
    """The places that people looked at, once for each verdict."""
    seen = places.predictions
    met = overlaps(seen.image, seen.xyxy, verdicts.image, verdicts.xyxy)
    met = met.rows(met.overlap >= FREE)
    if not len(met):
        return []
    weight = np.full(len(met), TOLD)
    nowhere = np.full(len(met), MISSING)
    return [
        TrainingScenes(columns[met.one], verdicts.real[met.other], weight, group[met.one], nowhere)
    ]


def _concatenated(parts: list[TrainingScenes]) -> TrainingScenes:
    return TrainingScenes(
        *(
            np.concatenate(values)
            for values in zip(*(vars(part).values() for part in parts), strict=True)
        )
    )


def _fitted(columns: Columns, lesson: TrainingScenes) -> Model:
    """The mean of a logistic regression and of gradient boosting, from the columns of a lesson."""
    line = regressed(columns, lesson.real, lesson.weight, freedom=0.3)
    either = [0] * columns.values.shape[1]
    trees = boosted(columns, lesson.real, lesson.weight, either, leaves=LEAVES)

    def probability(unseen: Columns) -> Floats:
        mean: Floats = (line(unseen) + trees(unseen)) / 2
        return mean

    return probability
