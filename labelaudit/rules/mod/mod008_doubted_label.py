from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.findings import Safety, Severity
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind
from labelaudit.auditing.needs import Need
from labelaudit.auditing.rule import Found, found, rule
from labelaudit.auditing.setting_types import Count, Share
from labelaudit.core.columns import MISSING, Floats, Ints, Rows
from labelaudit.rules.mod.label_issue_rows import (
    class_words,
    clipped,
    label_issues_of,
    leading,
    open_places,
)
from labelaudit.rules.mod.proposals import (
    Proposals,
    added,
    dropped,
    reframed,
    relabelled,
)

MOST = 20
"""Labels of each kind of doubt that are told where nobody says how many; a choice."""

CLEAR = 0.1
"""Part of the largest doubt below which a doubt is so much smaller that none is told; a choice."""

ABOUT = {
    ErrorKind.WRONG_CLASS: "about its class",
    ErrorKind.LOOSE_BOX: "about its frame",
    ErrorKind.SPURIOUS: "that it marks anything",
    ErrorKind.MISSING_BOX: "that it needs no label",
}
"""What is doubted, in words."""


@dataclass(frozen=True)
class Ranked:
    """The first of one ranking, (n,) each, most doubtful first."""

    kind: ErrorKind
    row: Ints  # in Boxes; of missing objects, in `MissingObjects`
    place: Ints  # in the ranking, from 1
    of: int  # how many are ranked
    doubt: Floats


@rule(
    "MOD008",
    "doubted-label",
    message="{what}, place {rank} of {of:,} by doubt {about} (doubt {share}): {seen}",
    severity=Severity.INFO,
    fix=Safety.PROPOSED,
    needs=Need.MODEL,
)
def doubted_label(audit: AuditContext, *, first: Count = 0, max_doubt: Share = 0.5) -> Found:
    """The labels that predictions from a file doubt most, and the places where one may be missing.

    Why it hurts: the first of a ranking are where a person finds most errors in least time. How
    many of them are wrong nobody knows before a sample was judged (`labelaudit sample`), so they
    are no errors, count as none, and fail nothing: no exit code, gate or contract.

    Needs predictions from a file (`--predictions`), while what they doubt only ranks: says nothing
    of a detector that was trained here, nor of what a judged sample made probabilities of
    (`--verdicts`). A label stands in one ranking, that of what is doubted most.

    Settings:
        first: how many of the first of each ranking are told; 0: as many as there may be errors of
            the kind by the bound that the report states, 20 at most, and none whose doubt is below
            a tenth of the largest. `--ranked` of `labelaudit scan` sets it.
        max_doubt: what is doubted so much or more is left to wrong-class, loose-box, spurious-box
            and missing-box; the same number as their `min-probability`.

    Why these defaults: choices. On 430 labels of photographs, NanoDet's first 20 of each ranking
    hold 2 loose boxes and 5 missing objects that are real errors by eye, and 10 that are a
    matter of opinion (docs/real-errors-coco.md); planted errors stand nearer to the top.

    Example:
        >>> from labelaudit.testing import before_and_after, one_image, with_label_issues
        >>> dataset = one_image("cat 10 10 40 40", "dog 50 20 90 60")
        >>> doubts = ["0 wrong_class 0.39 dog", "1 wrong_class 0.003 cat"]
        >>> audit = with_label_issues(dataset, *doubts, max_share=0.5)
        >>> print(before_and_after(doubted_label, audit))
        Found: cat, place 1 of 2 by doubt about its class (doubt 0.39): the model sees dog 0.91, cat
            0.03
        labels.json, before (-) and after (+) a proposed fix:
        - {"id": 1, "image_id": 1, "category_id": 1, "bbox": [10, 10, 30, 30]}
        + {"id": 1, "image_id": 1, "category_id": 2, "bbox": [10, 10, 30, 30]}
          {"id": 2, "image_id": 1, "category_id": 2, "bbox": [50, 20, 40, 40]}

    Fix: what the model sees, as a proposal: neither `--fix` nor `--unsafe-fixes` applies it, only
    a decision in `labelaudit review` or in a list that reviewers decided about.
    """
    rankings = list(_rankings(audit, first, max_doubt))
    proposed = [_proposed(audit, one) for one in rankings]
    places = [_where(audit, one) for one in rankings]
    every = [(one, number) for one in rankings for number in range(len(one.row))]
    return found(
        box=np.concatenate([np.zeros(0, np.int64), *(box for box, _, _ in places)]),
        image=np.concatenate([np.zeros(0, np.int64), *(image for _, image, _ in places)]),
        fix=[fix for one in proposed for fix in one.fix],
        doubt=[float(one.doubt[number]) for one, number in every],
        what=[what for _, _, words in places for what in words],
        rank=[int(one.place[number]) for one, number in every],
        of=[one.of for one, _ in every],
        about=[ABOUT[one.kind] for one, _ in every],
        share=[f"{one.doubt[number]:.2g}" for one, number in every],
        seen=[seen for one in proposed for seen in one.seen],
    )


def _rankings(audit: AuditContext, first: int, max_doubt: float) -> Iterator[Ranked]:
    """The first of each ranking; none of what has probabilities."""
    label_issues = label_issues_of(audit)
    boxes, missing = label_issues.boxes, label_issues.missing
    loose = leading(label_issues, ErrorKind.LOOSE_BOX, max_doubt)
    if label_issues.max_share is not None:
        scored = int(np.count_nonzero(boxes.was_scored))
        for kind in BOX_ERRORS:
            doubt = np.where(boxes.was_scored, getattr(boxes, kind), np.nan)
            bound = label_issues.max_share.get(kind, math.nan) * scored
            rows = leading(label_issues, kind, 0)
            one = _first(kind, doubt, rows, first=first, bound=bound, max_doubt=max_doubt)
            if kind is ErrorKind.WRONG_CLASS:
                one = _unrelated(audit, one)
            if kind is ErrorKind.LOOSE_BOX:
                loose = np.union1d(loose, one.row)
            yield one
    if not label_issues.missing_calibrated:
        kind, free = ErrorKind.MISSING_BOX, np.flatnonzero(open_places(audit, loose))
        doubt = missing.probability
        yield _first(kind, doubt, free, first=first, bound=math.nan, max_doubt=max_doubt)


def _first(
    kind: ErrorKind, doubt: Floats, rows: Ints, *, first: int, bound: float, max_doubt: float
) -> Ranked:
    """The first of a ranking, but for those that are doubted so much that another rule tells them.

    Parameters
    ----------
    kind:
        of the error that is doubted.
    doubt:
        (n,) of all that are ranked; NaN of what is not.
    rows:
        (m,) those that may be told.
    first:
        how many; 0: as many as `bound` allows and stand out.
    bound:
        how many errors there are at most; NaN where nothing says that.
    max_doubt:
        of what is told.
    """
    ranked = np.sort(doubt[np.isfinite(doubt)])
    rows = rows[np.isfinite(doubt[rows]) & (doubt[rows] > 0)]
    rows = rows[np.argsort(-doubt[rows], kind="stable")]
    if first:
        rows = rows[:first]
    else:
        rows = rows[: MOST if math.isnan(bound) else min(math.ceil(bound), MOST)]
        rows = rows[doubt[rows] >= CLEAR * ranked.max(initial=0)]
    rows = rows[doubt[rows] < max_doubt]
    place = len(ranked) - np.searchsorted(ranked, doubt[rows], side="right") + 1
    return Ranked(kind, rows, place, len(ranked), doubt[rows])


def _unrelated(audit: AuditContext, one: Ranked) -> Ranked:
    """Those of a ranking of wrong classes whose better class is no kind of theirs."""
    better = label_issues_of(audit).boxes.label[one.row]
    kept = ~audit.are_related(audit.derived.box_class[one.row], better)
    return Ranked(one.kind, one.row[kept], one.place[kept], one.of, one.doubt[kept])


def _proposed(audit: AuditContext, one: Ranked) -> Proposals:
    """What the model would write in the place of what is ranked."""
    if one.kind is ErrorKind.MISSING_BOX:
        return added(audit, label_issues_of(audit).missing.rows(one.row), Safety.PROPOSED)
    by_kind = {
        ErrorKind.WRONG_CLASS: relabelled,
        ErrorKind.LOOSE_BOX: reframed,
        ErrorKind.SPURIOUS: dropped,
    }
    proposals: Proposals = by_kind[one.kind](audit, one.row, Safety.PROPOSED)
    return proposals


def _where(audit: AuditContext, one: Ranked) -> tuple[Rows | Ints, Rows | Ints, list[str]]:
    """Row in Boxes, row in Images, and what is doubted in words, (n,) each."""
    dataset = audit.dataset
    if one.kind is not ErrorKind.MISSING_BOX:
        words = class_words(audit, audit.derived.box_class[one.row])
        return one.row, dataset.boxes.image[one.row], words
    places = label_issues_of(audit).missing.rows(one.row)
    box = clipped(places.xyxy, dataset.images.size[places.image])
    words = [
        f"{name}, {right - left:.0f} x {bottom - top:.0f} px at {left:.0f}, {top:.0f}"
        for name, (left, top, right, bottom) in zip(
            class_words(audit, places.label), box.tolist(), strict=True
        )
    ]
    return np.full(len(one.row), MISSING), places.image, words
