"""What labels weigh in a training: the probability that each is right, read off findings."""

from __future__ import annotations

import numpy as np

from labelaudit.auditing.estimates.expected_value import PRIOR
from labelaudit.auditing.findings import Findings, Fix, Severity
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.core.columns import MISSING, Bools, Floats, Ints
from labelaudit.dataset.tables import Dataset
from labelaudit.errors import ConfigError

BROKEN = PRIOR[Severity.ERROR]
"""How probable it is that a label is wrong which an error says is broken: a choice."""

_BESIDE_THE_LABEL = frozenset({"set-field", "renumber"})
"""Kinds of fixes that leave the box and its class as they are: an id, a stated area."""


def label_weights(findings: Findings, dataset: Dataset) -> Floats:
    """The probability that each label is right, (b,) in [0, 1]; 1 where no finding says otherwise.

    What counts is a finding's probability that the label is wrong. A rule without a model knows
    none: where it is sure, an error, `BROKEN` counts, unless its fix leaves the box and its class
    as they are; its warnings count for nothing. Neither do doubts of a model that knows no
    probabilities (docs/method.md, section 8): see `doubted_without_probability`.

    Several findings of one rule about a box say one thing, so the surest counts; those of several
    rules are taken for independent, as the errors in `BoxIssues.wrong` are: the label is right if
    none of them is.

    >>> from labelaudit.auditing.run import audit
    >>> from labelaudit.testing import one_image
    >>> dataset = one_image("car 10 10 40 40", "car 50 20 50 60")
    >>> label_weights(audit(dataset, select=["GEO001"]), dataset)
    array([1.  , 0.05])

    Raises
    ------
    ConfigError
        if a finding is about a box that the dataset does not have.
    """
    if len(findings) and findings.box.max() >= len(dataset.boxes):
        raise ConfigError(
            f"a finding is about box {findings.box.max()}, and the dataset has "
            f"{len(dataset.boxes)}: these are findings of another dataset; scan this one"
        )
    wrong = _probability(findings)
    known = np.flatnonzero(np.isfinite(wrong) & (findings.box != MISSING))
    weight = np.ones(len(dataset.boxes))
    if not len(known):
        return weight
    _, rule = np.unique(findings.code[known], return_inverse=True)
    box, right = findings.box[known], 1 - np.clip(wrong[known], 0, 1)
    surest = _first_of_each(np.lexsort((right, rule, box)), box, rule)
    np.multiply.at(weight, box[surest], right[surest])
    return weight


def opinion_weights(label_issues: LabelIssues) -> Floats:
    """The probability that each label is right by a model, (b,); 1 where it was not judged.

    Findings are made of what is more probable than a rule's limit; this is known of every label.
    All are 1 where values rank labels and are no probabilities.
    """
    if not label_issues.boxes_calibrated:
        return np.ones(len(label_issues.boxes))
    return 1 - np.clip(np.nan_to_num(label_issues.boxes.wrong, nan=0.0), 0, 1)


def doubted_without_probability(findings: Findings) -> Ints:
    """The boxes that a model doubts without knowing how probable it is that they are wrong.

    `label_weights` leaves them at 1, which whoever weighs labels has to say. Probabilities come
    from `labelaudit.by_detector`, or from a sample that a person judged.
    """
    doubted = (findings.box != MISSING) & np.isfinite(findings.doubt)
    doubted &= np.isnan(findings.probability)
    return np.unique(findings.box[doubted]).astype(np.int64)


def _probability(findings: Findings) -> Floats:
    """The probability that each finding's label is wrong, (n,); NaN where nobody knows one."""
    broken = (findings.severity == Severity.ERROR) & np.isnan(findings.model_doubt)
    broken &= ~np.array([_is_beside_the_label(fix) for fix in findings.fix.tolist()], bool)
    return np.where(broken, BROKEN, findings.probability)


def _is_beside_the_label(fix: Fix | None) -> bool:
    return fix is not None and fix.kind in _BESIDE_THE_LABEL


def _first_of_each(order: Ints, *keys: np.ndarray) -> Ints:
    """The first row in `order` of each combination of keys, which are sorted in that order."""
    new: Bools = np.zeros(len(order), bool)
    new[:1] = True
    for key in keys:
        new[1:] |= np.diff(key[order]) != 0
    return order[new]
