"""Findings by a field: how many on 1,000 boxes of each annotator or batch, and who stands out.

Findings come in clusters: an image that is wrong has several. So counts are taken to vary as much
more than a Poisson count as they are seen to between images, and limits are those of as many
independent findings as that leaves (McCullagh and Nelder, "Generalized linear models", 1989,
section 6.2.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from labelaudit.auditing.findings import Findings
from labelaudit.core.columns import MISSING, Floats, Ints
from labelaudit.core.rows import take_or_missing
from labelaudit.dataset.fields import FieldColumn, value_of_files
from labelaudit.dataset.tables import Dataset

SURE = 0.05
"""Below which a p-value, corrected for the number of values, is no chance; the usual choice."""

FACTOR = 1.25
"""How many times the rate of the others is worth telling, or one by it; a choice: of a million
boxes any difference is no chance."""

MOST_TAKEN_OUT = 50
"""Values that stand out and are taken out before the others are compared anew: where hundreds of
files are odd, each would be compared hundreds of times. A choice."""

TAIL = 0.025
"""Of the interval, on either side: it holds 95 %."""


@dataclass(frozen=True)
class FieldGroup:
    """The boxes of one value of a field, and the findings about them."""

    value: str  # empty: those that have none
    boxes: int
    images: int
    findings: int  # also of images as a whole that have the value
    rate: float  # findings per 1,000 boxes; NaN without boxes
    low: float  # 95 % limits of it
    high: float
    ratio: float  # of its rate to that of others that do not stand out; NaN where they have none
    p: float  # that so much is chance, corrected for the number of values (Holm)

    @property
    def stands_out(self) -> str:
        """`worse` or `better` than the others; empty where that may be chance or is too little."""
        if not self.p < SURE:
            return ""
        return "worse" if self.ratio >= FACTOR else "better" if self.ratio <= 1 / FACTOR else ""


@dataclass(frozen=True)
class FieldBreakdown:
    """Findings by one field."""

    field: str
    groups: tuple[FieldGroup, ...]  # that of the highest lower limit first
    elsewhere: int  # findings about no box, image or file that has a value: of a class list, say
    dispersion: float  # how many times as much as Poisson's counts differ; at least 1


def breakdown(column: FieldColumn, findings: Findings, dataset: Dataset) -> FieldBreakdown:
    """The findings by the values of a field.

    Parameters
    ----------
    column:
        the field.
    findings:
        that are counted, all alike.
    dataset:
        that both are of.

    Source
    ------
    Limits: Garwood, "Fiducial limits for the Poisson distribution", Biometrika 28, 1936. One value
    against all others: the conditional binomial test of Przyborowski and Wilenski, Biometrika 31,
    1940. Many values: Holm, Scandinavian Journal of Statistics 6, 1979.
    """
    none = len(column.values)
    names = [*column.values.tolist(), ""]
    of_box = np.where(column.box == MISSING, none, column.box).astype(np.int64)
    of_finding = _of_findings(column, findings, dataset)
    known = of_finding != MISSING
    boxes = np.bincount(of_box, minlength=none + 1)
    counts = np.bincount(of_finding[known], minlength=none + 1)
    dispersion = _dispersion(of_box, of_finding, findings, dataset)
    limits = _limits(boxes, counts, dispersion)
    tests = _tests(boxes, counts, dispersion)
    images = _images(of_box, column, dataset)
    order = np.lexsort((np.arange(none + 1), -np.nan_to_num(limits.low, nan=-1.0)))
    groups = tuple(
        FieldGroup(
            names[row],
            int(boxes[row]),
            int(images[row]),
            int(counts[row]),
            float(limits.rate[row]),
            float(limits.low[row]),
            float(limits.high[row]),
            float(tests.ratio[row]),
            float(tests.p[row]),
        )
        for row in order.tolist()
        if boxes[row] or counts[row]
    )
    return FieldBreakdown(column.name, groups, int(np.count_nonzero(~known)), dispersion)


def _of_findings(column: FieldColumn, findings: Findings, dataset: Dataset) -> Ints:
    """The value of each finding, (n,): of its box, else its image; MISSING where there is neither.

    One about a class or a file as a whole has a value where the field is that.
    """
    none = len(column.values)
    of_box = np.where(column.box == MISSING, none, column.box)
    of_image = np.where(column.image == MISSING, none, column.image)
    value = take_or_missing(of_image, findings.image).astype(np.int64)
    here = findings.box != MISSING
    value[here] = of_box[findings.box[here]]
    if column.name == "file":
        rest = (value == MISSING) & (findings.file != MISSING)
        value[rest] = value_of_files(dataset)[findings.file[rest]]
    if column.name == "class":
        place = {name: row for row, name in enumerate(column.values.tolist())}
        rest = np.flatnonzero((value == MISSING) & (findings.category != MISSING))
        names = dataset.class_names
        value[rest] = [place[names[row]] for row in findings.category[rest].tolist()]
    return value


def _images(of_box: Ints, column: FieldColumn, dataset: Dataset) -> Ints:
    """How many images have a value or a box with it, (k + 1,)."""
    none = len(column.values)
    placed = dataset.boxes.image != MISSING
    of_image = np.where(column.image == MISSING, none, column.image).astype(np.int64)
    empty = np.ones(len(dataset.images), bool)
    empty[dataset.boxes.image[placed]] = False
    group = np.concatenate([of_box[placed], of_image[empty]])
    image = np.concatenate([dataset.boxes.image[placed], np.flatnonzero(empty)])
    cells = np.unique(group * np.int64(len(dataset.images) + 1) + image)
    return np.bincount(cells // (len(dataset.images) + 1), minlength=none + 1)


def _dispersion(of_box: Ints, of_finding: Ints, findings: Findings, dataset: Dataset) -> float:
    """Pearson's statistic of the counts of images by its degrees of freedom, at least 1."""
    width = len(dataset.images) + 1
    of_boxes = of_box * width + np.where(dataset.boxes.image < 0, width - 1, dataset.boxes.image)
    known = (of_finding != MISSING) & (findings.image != MISSING)
    of_findings = of_finding[known] * width + findings.image[known]
    cells, at = np.unique(of_boxes, return_inverse=True)
    boxes = np.bincount(at, minlength=len(cells)).astype(np.float64)
    place = np.searchsorted(cells, of_findings)
    inside = place < len(cells)
    inside[inside] = cells[place[inside]] == of_findings[inside]
    counts = np.bincount(place[inside], minlength=len(cells)).astype(np.float64)
    group = cells // width
    total = np.bincount(group, boxes)
    rate = np.bincount(group, counts) / np.maximum(total, 1)
    expected = rate[group] * boxes
    some = expected > 0
    freedom = int(some.sum()) - len(np.unique(group[some]))
    if freedom < 1:
        return 1.0
    pearson = float(((counts[some] - expected[some]) ** 2 / expected[some]).sum())
    return max(1.0, pearson / freedom)


class _Limits(NamedTuple):
    """(k,) each, per 1,000 boxes."""

    rate: Floats
    low: Floats
    high: Floats


def _limits(boxes: Ints, counts: Ints, dispersion: float) -> _Limits:
    from scipy.special import gammaincinv  # noqa: PLC0415  # slow to import, and rarely asked

    with np.errstate(divide="ignore", invalid="ignore"):
        worth = 1000 * dispersion / np.where(boxes > 0, boxes, np.nan)
        found = counts / dispersion
        low = np.where(counts > 0, gammaincinv(np.maximum(found, 1e-12), TAIL), 0.0)
        high = gammaincinv(found + 1, 1 - TAIL)
        return _Limits(found * worth, low * worth, high * worth)


class _Tests(NamedTuple):
    """(k,) each."""

    ratio: Floats
    p: Floats


def _tests(boxes: Ints, counts: Ints, dispersion: float) -> _Tests:
    """Each group against all others together, but for those that were found to stand out.

    Beside one that has nearly all findings, every other one has few. The surest goes first.
    """
    ratio, p = np.full(len(boxes), np.nan), np.full(len(boxes), np.nan)
    left = boxes > 0
    for _ in range(MOST_TAKEN_OUT + 1):
        rows = np.flatnonzero(left)
        if len(rows) < 2:
            break
        ratio[rows], p[rows] = _against_others(boxes[rows], counts[rows], dispersion)
        with np.errstate(divide="ignore"):
            apart = np.abs(np.log(ratio[rows]))
        odd = rows[(p[rows] < SURE) & (apart >= math.log(FACTOR))]
        if not len(odd) or 2 * len(rows) <= len(boxes):  # most are no exceptions
            break
        left[odd[np.argmin(p[odd])]] = False
    return _Tests(ratio, p)


def _against_others(boxes: Ints, counts: Ints, dispersion: float) -> tuple[Floats, Floats]:
    """The ratio of each rate to that of all others, and its p-value, corrected; (n,) each."""
    from scipy.special import betainc  # noqa: PLC0415  # as above

    rest_boxes, rest = boxes.sum() - boxes, counts.sum() - counts
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (counts / boxes) / (rest / rest_boxes)
    share = boxes / boxes.sum()
    found, others = counts / dispersion, rest / dispersion
    above = np.where(found > 0, betainc(np.maximum(found, 1e-12), others + 1, share), 1.0)
    below = np.where(others > 0, betainc(np.maximum(others, 1e-12), found + 1, 1 - share), 1.0)
    return ratio, holm(np.minimum(1.0, 2 * np.minimum(above, below)))


def holm(p: Floats) -> Floats:
    """P-values corrected for their number, (n,): Holm's step-down.

    >>> holm(np.array([0.01, 0.04, 0.03])).round(2).tolist()
    [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    factors = np.arange(len(p), 0, -1)
    corrected = np.empty(len(p))
    corrected[order] = np.minimum(1.0, np.maximum.accumulate(p[order] * factors))
    return corrected


def worst(groups: Sequence[FieldGroup], most: int) -> list[FieldGroup]:
    """The first groups, and of the others those that stand out, worse ones first.

    Parameters
    ----------
    groups:
        in the order of a breakdown.
    most:
        how many there are at most.
    """
    marked = [row for row, one in enumerate(groups) if one.stands_out == "worse"]
    rows = list(dict.fromkeys([*marked, *range(len(groups))]))[:most]
    return [groups[row] for row in sorted(rows)]
