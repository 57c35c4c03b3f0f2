"""How bad a dataset is, and where to look first: what the findings of a scan come to.

What rules find is the least that is wrong. A model that knows probabilities says how much is
expected to be, and a sample that a person judged how much it is.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from labelaudit.auditing.estimates.drawn_images import Z, total
from labelaudit.auditing.estimates.expected_errors import ExpectedErrors
from labelaudit.auditing.estimates.rates import GroupRate, standing_out
from labelaudit.auditing.label_issues import ErrorKind, JudgedSample
from labelaudit.auditing.scan import Scan
from labelaudit.core.columns import MISSING, Bools, Floats, Ints, Rows
from labelaudit.dataset.fields import Fields

FIELDS = ("class", "split", "folder")
"""What boxes are grouped by, beside files and what is asked for, to see where errors are."""

TOP_IMAGES = 10
"""Images to look at first, where nobody says how many."""

WORST = 5
"""Classes, splits, folders and files that are named at most, of each."""

MOST_ERRORS = 0.8
"""The part of the expected errors for which images are counted."""


class Basis(StrEnum):
    """What a number of errors rests on."""

    RULES = "rules"  # what is found without a model: there are at least so many
    MODEL = "model"  # a model's probabilities
    SAMPLE = "sample"  # a person's verdicts on a sample


@dataclass(frozen=True)
class ErrorShare:
    """How many of the boxes, or of the images, have an error."""

    basis: Basis
    errors: float
    of: int
    # 95 % limits: by a model as if its probabilities were right; by rules alone, what they find
    low: float
    high: float | None  # None by rules alone: nobody knows what they do not see

    @property
    def share(self) -> float:
        """The part that has an error; 0 of nothing."""
        return self.errors / self.of if self.of else 0.0


@dataclass(frozen=True)
class ImageErrors:
    """An image to look at."""

    image: int  # row in Images
    suspicion: float  # what the order is by: `expected`, and doubts that are no probabilities
    expected: float  # errors, as far as findings and a model are right
    found: int  # boxes, missing objects and the image itself that have an error or warning
    doubted: int  # of these, those that a model doubts without knowing a probability


@dataclass(frozen=True)
class Overview:
    """How bad it is, and where first."""

    boxes: ErrorShare
    images: ErrorShare
    missing: ErrorShare | None  # objects without a label, beside the images; None: nobody looked
    # what stands out by class, split, folder, file and the fields that a scan counts by
    worst: Mapping[str, tuple[GroupRate, ...]]
    top_images: tuple[ImageErrors, ...]  # an order, in which doubts take part; see `by_doubts`
    by_doubts: bool  # whether they do
    images_with_most: int  # that hold `MOST_ERRORS` of the expected errors
    elsewhere: int  # errors and warnings about files, classes and the whole: counted in no share


def overview(scan: Scan, *, top_images: int = TOP_IMAGES) -> Overview:
    """How bad a dataset is, and where to look first, by the findings of a scan.

    Parameters
    ----------
    scan:
        of the dataset.
    top_images:
        how many images are named.
    """
    errors = ExpectedErrors(scan.findings, scan.dataset, scan.label_issues)
    expected = errors.per_image
    order = np.argsort(-errors.suspicion, kind="stable")
    rated = errors.box if errors.knows_probabilities else errors.box_of_rules.astype(np.float64)
    judged = {} if scan.fixed else {sample.unit: sample for sample in scan.samples}
    return Overview(
        boxes=_by_sample(judged.get("boxes")) or _boxes(errors),
        images=_share(errors, errors.image_of_rules, errors.image, np.arange(len(expected))),
        missing=_missing(errors, _by_sample(judged.get("images"))),
        worst=_worst(scan, rated),
        top_images=tuple(
            _image_errors(errors, row)
            for row in order[:top_images].tolist()
            if errors.suspicion[row] > 0
        ),
        by_doubts=bool(errors.doubted.any()),
        images_with_most=holding(np.sort(expected)[::-1], MOST_ERRORS),
        elsewhere=errors.elsewhere,
    )


def _image_errors(errors: ExpectedErrors, row: int) -> ImageErrors:
    return ImageErrors(
        row,
        float(errors.suspicion[row]),
        float(errors.per_image[row]),
        int(errors.found_per_image[row]),
        int(errors.doubted_per_image[row]),
    )


def _worst(scan: Scan, wrong: Floats) -> dict[str, tuple[GroupRate, ...]]:
    """The groups that stand out by each field, from how probable it is that boxes are wrong, (b,).

    Where each image has a file of its own, files say no more than the list of images does.
    """
    if scan.dataset.boxes_elsewhere:  # without them nobody knows what is more than elsewhere
        return {}
    fields, image, found = Fields(scan.dataset), scan.dataset.boxes.image, {}
    one_each = len(scan.dataset.files) >= len(scan.dataset.images)
    for name in dict.fromkeys([*(FIELDS if one_each else (*FIELDS, "file")), *scan.options.by]):
        column = fields.column(name)
        names = column.values.tolist()
        found[column.name] = standing_out(names, column.box, image, wrong, most=WORST)
    return found


def _by_sample(sample: JudgedSample | None) -> ErrorShare | None:
    if sample is None:
        return None
    return ErrorShare(Basis.SAMPLE, sample.errors, sample.of, sample.low, sample.high)


def _boxes(errors: ExpectedErrors) -> ErrorShare:
    share = _share(errors, errors.box_of_rules, errors.box, errors.dataset.boxes.image)
    # Of shards that were read one by one, only boxes with findings are left.
    return dataclasses.replace(share, of=errors.dataset.box_count)


def _share(
    errors: ExpectedErrors, found: Bools, probability: Floats, image: Ints | Rows
) -> ErrorShare:
    """How many have an error: those that rules found, or by probabilities, (n,) each.

    The number of errors with probabilities p is a sum of independent trials, a Poisson-binomial;
    its normal approximation has the variance sum(p (1 - p)). Where a model looked at images that
    were drawn, the others are as these are (`drawn_images`), and hold what is found there at least.
    """
    count = len(found)
    if not errors.knows_probabilities:
        sure = int(np.count_nonzero(found))
        return ErrorShare(Basis.RULES, sure, count, sure, None)
    drawn = errors.drawn
    if drawn is None:
        mean, spread = float(probability.sum()), _spread(probability)
        return ErrorShare(
            Basis.MODEL, mean, count, max(mean - spread, 0.0), min(mean + spread, count)
        )
    inside, every = image != MISSING, len(drawn)
    image, known = image[inside], probability[inside]
    errors_in, spread_in, boxes_in = (
        np.bincount(image, values, minlength=every).astype(np.float64)
        for values in (known, known * (1 - known), np.ones(len(known)))
    )
    told, least = total(errors_in, spread_in, boxes_in, drawn), float(probability.sum())
    expected, low, high = (max(one, least) for one in (told.expected, told.low, told.high))
    return ErrorShare(Basis.MODEL, min(expected, count), count, min(low, count), min(high, count))


def _spread(probability: Floats) -> float:
    """Half of the 95 % interval of how many of independent trials happen, (n,) probabilities."""
    variance = float((probability * (1 - probability)).sum())
    return Z * math.sqrt(variance)


def _missing(errors: ExpectedErrors, judged: ErrorShare | None) -> ErrorShare | None:
    """Objects without a label: by a judged sample, else by a model that knows probabilities."""
    issues, images = errors.label_issues, len(errors.objects)
    if issues is None or not issues.missing_calibrated:
        return judged
    count = issues.counts.get(ErrorKind.MISSING_BOX.value)
    if count:  # what a judged sample made of the model's doubts
        return ErrorShare(Basis.SAMPLE, count.expected, images, count.low, count.high)
    if judged:
        return judged
    mean, (probability, image) = float(errors.objects.sum()), errors.places
    if errors.drawn is not None:
        varies = np.bincount(image, probability * (1 - probability), minlength=images)
        told = total(errors.objects, varies.astype(np.float64), np.ones(images), errors.drawn)
        return ErrorShare(
            Basis.MODEL, max(told.expected, mean), images, told.low, max(told.high, mean)
        )
    spread = _spread(probability)
    return ErrorShare(Basis.MODEL, mean, images, max(mean - spread, 0.0), mean + spread)


def holding(expected: Floats, part: float) -> int:
    """How many images hold a part of the errors that are expected, (n,), most first.

    >>> holding(np.array([6.0, 2, 1, 1]), 0.8), holding(np.zeros(3), 0.8)
    (2, 0)
    """
    total = float(expected.sum())
    if total <= 0:
        return 0
    return int(np.searchsorted(np.cumsum(expected), part * total * (1 - 1e-12))) + 1
