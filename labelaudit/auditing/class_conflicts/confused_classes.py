"""Which classes are confused with each other, from labels alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.duplicates.duplicate_boxes import like_masks, nearly_equal
from labelaudit.auditing.duplicates.one_object import seen_as_one
from labelaudit.auditing.duplicates.stacks import of_a_stack
from labelaudit.auditing.label_issues import LabelIssues
from labelaudit.boxes.pairs import Pairs
from labelaudit.core.columns import MISSING, Bools, Floats, Ints

MIN_OVERLAP = 0.85
MAX_SHIFT = 2.0
MIN_SEEN_OVERLAP, SEEN_MARGIN = 0.5, 0.3
"""Of two boxes at which a model sees one object; see rule conflicting-classes."""

MIN_SEEN_SCORE = 0.25
"""From which on a model sees a class: that of Ultralytics, ConfusionMatrix, inclusive here."""


@dataclass(frozen=True, eq=False)
class Conflicts:
    """Pairs of classes that stand on one object somewhere, the most frequent first."""

    first: Ints  # (n,) index in AuditContext.classes, below that of `second`
    second: Ints  # (n,) index in AuditContext.classes
    count: Ints  # (n,) pairs of boxes in conflict
    share: Floats  # (n,) of the boxes of the rarer class, how many are in conflict
    overlap: Floats  # (n,) mean intersection over union

    def __len__(self) -> int:
        return len(self.first)


def conflicting_pairs(
    audit: AuditContext,
    *,
    min_overlap: float = MIN_OVERLAP,
    max_shift: float = MAX_SHIFT,
    min_seen_overlap: float = MIN_SEEN_OVERLAP,
) -> Pairs:
    """Pairs of boxes of two classes on what must be one object; see rule conflicting-classes.

    Parameters
    ----------
    audit:
        of the dataset.
    min_overlap:
        least IoU, inclusive.
    max_shift:
        pixels, inclusive, that no side is apart by more than; either is enough.
    min_seen_overlap:
        least IoU, inclusive, where a model sees one object.
    """
    pairs, label = audit.distinct_pairs, audit.derived.box_class
    first, second = label[pairs.first], label[pairs.second]
    known = (first != MISSING) & (second != MISSING)
    known &= (first != second) & ~audit.are_related(first, second)
    boxes = audit.dataset.boxes
    near = known & nearly_equal(boxes, pairs, min_overlap=min_overlap, max_shift=max_shift)
    near[near] = ~of_a_stack(boxes, pairs, near, min_overlap=min_overlap, max_shift=max_shift)
    near, pairs = near[known], pairs.rows(known)
    near |= one_object(audit, pairs) & (pairs.overlap >= min_seen_overlap)
    pairs = pairs.rows(near)
    return pairs.rows(like_masks(audit.dataset, pairs.first, pairs.second))


def one_object(audit: AuditContext, pairs: Pairs) -> Bools:
    """At which pairs of boxes of two classes a model sees one object, (n,)."""
    first, second = seen_as_one(audit.label_issues, pairs, min_margin=SEEN_MARGIN)
    return first | second


def class_conflicts(
    audit: AuditContext, *, min_overlap: float = MIN_OVERLAP, max_shift: float = MAX_SHIFT
) -> Conflicts:
    """How often each two classes stand on one object.

    Parameters
    ----------
    audit:
        of the dataset.
    min_overlap:
        least IoU, inclusive.
    max_shift:
        pixels, inclusive, that no side is apart by more than; either is enough.

    >>> from labelaudit.testing import one_image
    >>> audit = AuditContext(one_image("car 10 10 40 40", "truck 10 10 40 41", "car 80 10 90 40"))
    >>> class_conflicts(audit).count
    array([1])
    """
    return conflicts_of(
        audit, conflicting_pairs(audit, min_overlap=min_overlap, max_shift=max_shift)
    )


def conflicts_of(audit: AuditContext, pairs: Pairs) -> Conflicts:
    """How often each two classes conflict in pairs of boxes that are known already."""
    key, which = np.unique(_classes(audit, pairs), return_inverse=True)
    count = np.bincount(which, minlength=len(key))
    order = np.argsort(-count, kind="stable")
    first, second = np.divmod(key[order], max(len(audit.derived.classes), 1))
    label = audit.derived.box_class[
        audit.derived.is_evaluated & (audit.derived.box_class != MISSING)
    ]
    boxes = np.bincount(label, minlength=len(audit.derived.classes))
    return Conflicts(
        first,
        second,
        count[order],
        share=count[order] / np.minimum(boxes[first], boxes[second]),
        overlap=np.bincount(which, pairs.overlap, minlength=len(key))[order] / count[order],
    )


def times(audit: AuditContext, pairs: Pairs) -> Ints:
    """How many of `pairs` have the two classes that each has, (n,)."""
    _, which, count = np.unique(_classes(audit, pairs), return_inverse=True, return_counts=True)
    times: Ints = count[which]
    return times


def taken_for(audit: AuditContext, label_issues: LabelIssues, min_probability: float) -> Ints:
    """How many labels of each class probably are of each other one, (classes, classes).

    Parameters
    ----------
    audit:
        of the dataset.
    label_issues:
        what a model makes of its labels.
    min_probability:
        least probability with which a label counts, inclusive.
    """
    return _counted(audit, label_issues, label_issues.boxes.wrong_class >= min_probability)


def seen_as(audit: AuditContext, label_issues: LabelIssues) -> Ints:
    """How many labels of each class a model sees as each other one, (classes, classes).

    At the box, the other class has a score of `MIN_SEEN_SCORE` or more and above that of the given
    one. The label may be right all the same: this is what the model cannot tell apart.

    Parameters
    ----------
    audit:
        of the dataset.
    label_issues:
        what a model makes of its labels.
    """
    boxes = label_issues.boxes
    sees = (boxes.other_score > boxes.given_score) & (boxes.other_score >= MIN_SEEN_SCORE)
    return _counted(audit, label_issues, sees)


def _counted(audit: AuditContext, label_issues: LabelIssues, which: Bools) -> Ints:
    """Of some labels, (n,), how many of each class fit each other one best, (classes, classes)."""
    own, best, count = audit.derived.box_class, label_issues.boxes.label, len(audit.derived.classes)
    which = which & (best != own) & (best != MISSING) & (own != MISSING)
    which &= ~audit.are_related(own, best)
    pairs = own[which].astype(np.int64) * count + best[which]
    return np.bincount(pairs, minlength=count * count).reshape(count, count)


def _classes(audit: AuditContext, pairs: Pairs) -> Ints:
    """The two classes of each pair as one number, (n,), whichever comes first."""
    label = audit.derived.box_class.astype(np.int64)
    first, second = label[pairs.first], label[pairs.second]
    key: Ints = np.minimum(first, second) * len(audit.derived.classes) + np.maximum(first, second)
    return key
