"""Labels that got another class: made up after a model was asked, as their boxes stay."""

from __future__ import annotations

import numpy as np

from labelaudit.disagreement.class_scores import likeliest
from labelaudit.disagreement.corruptions import AT_MOST, Planted
from labelaudit.disagreement.labels import Labels
from labelaudit.disagreement.verdicts import Verdict
from labelaudit.opinions import Opinions
from labelaudit.table import TEXT, Ints

FLIPS = ("uniform", "likely")
"""Another class at random, and the one that a model likes best after the label's own."""


def flipped(labels: Labels, classes: int, opinions: Opinions | None, seed: int) -> Planted:
    """Labels with another class, each once for every kind of flip; none of a single class.

    Parameters
    ----------
    labels:
        as they stand; at most `AT_MOST` of them are changed.
    classes:
        how many there are.
    opinions:
        of a model on `labels`, which come first; None where nobody can be asked: then only flips
        to a class at random are made.
    seed:
        of the choices.
    """
    if classes < 2:
        return Planted.empty()
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(labels))[:AT_MOST])
    uniform = (labels.label[rows] + rng.integers(1, classes, len(rows))) % classes
    parts = [_to(labels, rows, uniform, "uniform")]
    if opinions is not None:
        liked = likeliest(opinions.crop[:, :-1], opinions.seen, rows, without=labels.label[rows])
        parts.append(_to(labels, rows, liked, "likely"))
    return Planted.concat(parts)


def _to(labels: Labels, rows: Ints, label: Ints, family: str) -> Planted:
    return Planted.of(
        len(rows),
        family=np.full(len(rows), family, TEXT),
        error=np.full(len(rows), Verdict.WRONG_CLASS.value, TEXT),
        own=rows,
        image=labels.image[rows],
        label=label,
        xyxy=labels.xyxy[rows],
    )
