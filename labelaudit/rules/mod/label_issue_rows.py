"""What the rules of this family share: which doubt about a label leads, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from labelaudit.auditing.context import AuditContext
from labelaudit.auditing.label_issues import BOX_ERRORS, ErrorKind, LabelIssues
from labelaudit.boxes.ops import clip
from labelaudit.boxes.overlaps import matches
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.rules.mod.broken_labels import has_broken_label

FOREMOST = 0.02
"""A place among so small a share of all labels is worth a word."""


def label_issues_of(audit: AuditContext) -> LabelIssues:
    """What a model makes of the labels; the rule says that it needs them."""
    if audit.label_issues is None:
        raise ValueError("a rule that needs label issues runs only where there are some")
    return audit.label_issues


def leading(label_issues: LabelIssues, doubt: ErrorKind, min_probability: float) -> Ints:
    """The boxes about which this doubt is the most probable of all, and at least so probable.

    One box has one finding: of two doubts, the corrections would contradict each other.
    """
    columns = [np.nan_to_num(getattr(label_issues.boxes, kind), nan=-1.0) for kind in BOX_ERRORS]
    first = np.argmax(columns, axis=0) == BOX_ERRORS.index(doubt)
    return np.flatnonzero(first & (getattr(label_issues.boxes, doubt) >= min_probability))


def open_places(audit: AuditContext, loose: Ints) -> Bools:
    """At which places, (m,), an object may be missing.

    Not where loose boxes will be moved to, nor where there is a label that is broken.

    Parameters
    ----------
    audit:
        with what a model makes of the labels.
    loose:
        rows in Boxes of those that are moved.
    """
    label_issues = label_issues_of(audit)
    missing = label_issues.missing
    image, xyxy = audit.dataset.boxes.image[loose], label_issues.boxes.xyxy[loose]
    is_open: Bools = (missing.image != MISSING) & (missing.label != MISSING)
    is_open &= ~has_broken_label(audit, missing)
    is_open[matches(missing.image, missing.xyxy, image, xyxy, min_overlap=0.5).one] = False
    return is_open


def category_rows(audit: AuditContext, label: Rows, file: Rows) -> Rows:
    """A class record for each class, (n,): of the file if it has one; MISSING if none has."""
    categories = audit.dataset.categories
    here: dict[tuple[int, int], int] = {}
    anywhere: dict[int, int] = {}
    rows = zip(audit.derived.class_of.tolist(), categories.file.tolist(), strict=True)
    for row, (number, its_file) in enumerate(rows):
        here.setdefault((number, its_file), row)
        anywhere.setdefault(number, row)
    wanted = zip(label.tolist(), file.tolist(), strict=True)
    return np.array(
        [here.get((one, place), anywhere.get(one, MISSING)) for one, place in wanted], np.int32
    )


def class_words(audit: AuditContext, label: Rows) -> list[str]:
    """The name of each class, (n,)."""
    names = [*audit.derived.classes, "no known class"]
    return [names[number] for number in label.tolist()]


def clipped(xyxy: Floats, size: Floats) -> Floats:
    """Boxes cut at the edges of their images, (n, 4); at left and top alone if it has no size."""
    return clip(xyxy, np.where(np.isfinite(size), size, np.inf))


def places(evidence: Mapping[str, Floats], words: Mapping[str, str], rows: Ints) -> list[str]:
    """At which place of all labels the evidence that speaks most puts each row, (n,).

    `words` says what each piece of evidence is called in a message. Empty where none puts the row
    among the foremost.
    """
    best = [""] * len(rows)
    least = np.full(len(rows), np.inf)
    for name, called in words.items():
        if name not in evidence:
            continue
        place, count = _place(evidence[name], rows)
        for row in np.flatnonzero((place < least) & (place <= max(FOREMOST * count, 1))).tolist():
            least[row] = place[row]
            best[row] = f"; place {place[row]:.0f} of {count:,} by {called}"
    return best


def _place(values: Floats, rows: Ints) -> tuple[Floats, int]:
    """The place of each row, the largest value first, and how many rows have a value.

    Equal values have the last of their places: where all are alike, none is foremost.
    """
    known = np.sort(values[np.isfinite(values)])
    mine = values[rows]
    place = len(known) - np.searchsorted(known, mine, side="left")
    return np.where(np.isfinite(mine), place.astype(np.float64), np.inf), len(known)


def doubts(values: Floats, *, calibrated: bool) -> dict[str, Any]:
    """What `found` takes of how strongly a model doubts each row, (n,): columns and words.

    Only what is a probability is called one (docs/method.md, section 8).
    """
    name, word = ("p", "probably") if calibrated else ("doubt", "perhaps")
    return {
        "doubt": values,
        "probability": values if calibrated else np.full(len(values), np.nan),
        "probably": [word] * len(values),
        "p": [f"{name} {share}" for share in shares(values)],
    }


def at_least(least: float, *, calibrated: bool) -> str:
    """A lower bound of doubts in words: `p 0.5 or more`."""
    return f"{'p' if calibrated else 'doubt'} {least:g} or more"


def shares(values: Iterable[float]) -> list[str]:
    """Numbers between 0 and 1 as messages say them; `?` for what is unknown.

    >>> shares([0.914, float("nan")])
    ['0.91', '?']
    """
    return [f"{value:.2f}" if np.isfinite(value) else "?" for value in values]
